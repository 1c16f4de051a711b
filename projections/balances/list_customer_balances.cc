#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/fields.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/projection/kit/amount_writer.h"
#include "common/projection/kit/checks.h"
#include "common/projection/kit/list.h"
#include "common/projection/kit/page_token.h"
#include "common/projection/kit/sum.h"
#include "daybook/internal/balances/v1/parts.pb.h"
#include "projections/balances/buckets.h"
#include "projections/balances/queries.h"
#include "projections/balances/request_args.h"
#include "projections/balances/totals.h"

namespace daybook::balances {
namespace {

using daybook::internal::balances::v1::CustomerAges;
using daybook::internal::balances::v1::CustomersToken;
using projection::Reading;
using store::Direction;

constexpr int kDefaultPage = 50, kLargestPage = 1'000;

// What customers are ordered by.
enum class By { kReceivable, kOverdue, kUnapplied, kBalance, kColumn };
struct Order {
  By by = By::kReceivable;
  int column = 0;  // of aging
  Direction direction = Direction::kBackward;
};

// Plain INVALID_ARGUMENT, to stand beside the field's name.
absl::StatusOr<Order> OrderOf(std::string_view order_by) {
  Order order;
  if (order_by.empty()) order_by = "receivable desc";
  constexpr std::string_view kDescending = " desc";
  if (order_by.ends_with(kDescending)) {
    order_by.remove_suffix(kDescending.size());
  } else {
    order.direction = Direction::kForward;
  }
  const std::pair<std::string_view, By> kFields[] = {{"receivable", By::kReceivable},
                                                     {"overdue", By::kOverdue},
                                                     {"unapplied", By::kUnapplied},
                                                     {"balance", By::kBalance}};
  std::string known;
  for (const auto& [name, by] : kFields) {
    if (order_by == name) {
      order.by = by;
      return order;
    }
    absl::StrAppend(&known, ToAbsl(name), ", ");
  }
  for (int i = 0; i < kAgeColumns; ++i) {
    if (order_by == kBuckets[i].name) {
      order.by = By::kColumn;
      order.column = i;
      return order;
    }
    absl::StrAppend(&known, i == 0 ? "" : ", ", ToAbsl(kBuckets[i].name));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("is none of ", known, ", nor one of them with ' desc'"));
}

Int128 ReceivableOf(const Ages& ages) { return ages.balance() + ages.unapplied; }

Int128 FigureOf(const Ages& ages, const Order& order) {
  switch (order.by) {
    case By::kReceivable:
      return ReceivableOf(ages);
    case By::kOverdue:
      return ReceivableOf(ages) - ages.column[0];
    case By::kUnapplied:
      return ages.unapplied;
    case By::kBalance:
      return ages.balance();
    default:
      return ages.column[order.column];
  }
}

// The place of a customer in the order: the figure, then the id.
std::string KeyOf(Int128 figure, const std::string& customer_id) {
  const auto bits = static_cast<projection::UInt128>(figure) ^
                    (static_cast<projection::UInt128>(1) << 127);  // below zero first
  std::string key;
  for (int shift = 96; shift >= 0; shift -= 32) {
    store::AppendNumber(&key, static_cast<uint32_t>(bits >> shift));
  }
  store::AppendText(&key, customer_id);
  return key;
}

struct Customer {
  std::string customer_id;
  Ages ages;
  int64_t open_invoice_count = 0;
  int32_t oldest_due_day = 0;  // of what is open
};

void AddAccount(const AccountHistory& history, int32_t as_of_day, Customer* customer) {
  Standing& standing = ScratchStanding();
  StandAt(history, as_of_day, &standing);
  AddAges(history, standing, as_of_day, &customer->ages);
  for (size_t i = 0; i < history.invoices.size(); ++i) {
    if (!Counts(history.invoices[i].day, as_of_day) || standing.open_minor[i] == 0) continue;
    const int32_t due_day = history.invoices[i].due_day;
    if (customer->open_invoice_count++ == 0 || due_day < customer->oldest_due_day) {
      customer->oldest_due_day = due_day;
    }
  }
}

// A page of the customers that were seen so far, and one more.
class TopCustomers {
 public:
  TopCustomers(const Order& order, std::string after, int page_size)
      : order_(order), after_(std::move(after)), page_size_(static_cast<size_t>(page_size)) {}

  void Add(const Customer& customer) {
    const Int128 figure = FigureOf(customer.ages, order_);
    if (figure == 0) return;
    std::string key = KeyOf(figure, customer.customer_id);
    if (!after_.empty() && !Behind(key, after_)) return;
    kept_.emplace_back(std::move(key), customer);
    if (kept_.size() > 4 * page_size_ + 1'000) Prune();
  }

  void Finish(projection::ListPart* part) {
    Prune();
    for (size_t i = 0; i < std::min(kept_.size(), page_size_); ++i) {
      const auto& [key, customer] = kept_[i];
      CustomerAges ages;
      ages.set_customer_id(customer.customer_id);
      SetAges(customer.ages, &ages);
      ages.set_open_invoice_count(customer.open_invoice_count);
      ages.set_oldest_due_day(customer.oldest_due_day);
      auto& row = *part->add_rows();
      row.set_key(key);
      ages.SerializeToString(row.mutable_row());
    }
    if (kept_.size() > page_size_) part->set_frontier(kept_[page_size_ - 1].first);
  }

 private:
  bool Behind(std::string_view a, std::string_view b) const {
    return order_.direction == Direction::kForward ? a > b : a < b;
  }
  void Prune() {
    std::sort(kept_.begin(), kept_.end(),
              [this](const auto& a, const auto& b) { return Behind(b.first, a.first); });
    if (kept_.size() > page_size_ + 1) kept_.resize(page_size_ + 1);
  }

  const Order order_;
  const std::string after_;
  const size_t page_size_;
  std::vector<std::pair<std::string, Customer>> kept_;
};

int PageSizeOf(const v1::ListCustomerBalancesRequest& request) {
  return projection::PageSizeOf(request.page_size(), kDefaultPage, kLargestPage);
}

absl::StatusOr<CustomersToken> TokenOf(const v1::ListCustomerBalancesRequest& request,
                                       absl::Time now) {
  ASSIGN_OR_RETURN(const std::string bytes, projection::AfterOf(request, request.page_token()));
  CustomersToken token;
  if (bytes.empty()) {
    token.set_now_us(absl::ToUnixMicros(now));
    token.set_read_us(projection::kEverything);
  } else if (!token.ParseFromString(bytes) || token.after().empty() || token.read_us() < 0) {
    return projection::PageTokenMalformed();
  }
  return token;
}

absl::Status WriteCustomer(const CustomerAges& ages, const Currency& currency,
                           v1::CustomerBalance* out) {
  if (ages.columns_size() != kAgeColumns) return absl::InternalError("a part does not parse");
  const projection::AmountWriter money(currency, out);
  Ages read;
  AddAges(ages, &read);
  const Int128 receivable = ReceivableOf(read);
  WriteBuckets(read, currency, out->mutable_buckets());
  out->set_customer_id(ages.customer_id());
  money.Write(receivable, out->mutable_receivable());
  money.Write(receivable - read.column[0], out->mutable_overdue());
  money.Write(read.unapplied, out->mutable_unapplied());
  money.Write(read.balance(), out->mutable_balance());
  out->set_open_invoice_count(ages.open_invoice_count());
  if (ages.open_invoice_count() != 0) {
    SetDate(ages.oldest_due_day(), out->mutable_oldest_due_date());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status BalancesQueries::Check(const v1::ListCustomerBalancesRequest& request) {
  FieldViolations bad;
  if (Currency::Find(request.currency_code()) == nullptr) {
    bad.Add("currency_code", "must be the code of a currency, such as EUR");
  }
  if (request.order_by().size() > 64) {
    bad.Add("order_by", "is longer than 64 bytes");
  } else {
    Expect(OrderOf(request.order_by()).status(), "order_by", bad);
  }
  projection::CheckPageSize(request.page_size(), bad);
  projection::CheckClocks(request, bad);
  return bad.ToStatus();
}

absl::Status BalancesQueries::Part(const v1::ListCustomerBalancesRequest& request,
                                   const Reading& reading, CustomersPart* part) {
  ASSIGN_OR_RETURN(const Order order, OrderOf(request.order_by()));
  ASSIGN_OR_RETURN(const CustomersToken token, TokenOf(request, reading.now));
  const absl::Time now = absl::FromUnixMicros(token.now_us());
  TopCustomers top(order, token.after(), PageSizeOf(request));
  for (const projection::PartitionReading& partition : reading.partitions) {
    projection::TwoClocks clocks = projection::ClocksOf(request, now, partition);
    clocks.read_us = std::min(clocks.read_us, token.read_us());
    Customer customer;
    RETURN_IF_ERROR(ScanAccounts(*partition.view, clocks.read_us, reading.deadline,
                                 [&](std::string_view customer_id, const rows::AccountTail& tail,
                                     const AccountHistory& history) {
                                   if (tail.currency_code() != request.currency_code()) return;
                                   if (customer.customer_id != customer_id) {
                                     top.Add(customer);
                                     customer = {};
                                     customer.customer_id = customer_id;
                                   }
                                   AddAccount(history, clocks.day.In(tail.time_zone()), &customer);
                                 }));
    top.Add(customer);
    part->set_read_us(
        std::max(part->read_us(), std::min(partition.recorded_us(), token.read_us())));
  }
  part->set_now_us(token.now_us());
  top.Finish(part->mutable_list());
  return absl::OkStatus();
}

absl::Status BalancesQueries::Merge(const v1::ListCustomerBalancesRequest& request,
                                    projection::Parts<CustomersPart> parts,
                                    v1::ListCustomerBalancesResponse* response) {
  ASSIGN_OR_RETURN(const Order order, OrderOf(request.order_by()));
  ASSIGN_OR_RETURN(const Currency* currency, projection::CurrencyOf(request.currency_code()));
  CustomersToken token;
  std::vector<const projection::ListPart*> lists;
  for (const CustomersPart* part : parts) {
    lists.push_back(&part->list());
    token.set_now_us(std::max(token.now_us(), part->now_us()));
    token.set_read_us(std::max(token.read_us(), part->read_us()));
  }
  ASSIGN_OR_RETURN(*token.mutable_after(),
                   projection::MergeRows(
                       lists, order.direction, PageSizeOf(request),
                       [&](std::string_view, std::string_view bytes) -> absl::StatusOr<size_t> {
                         CustomerAges ages;
                         ages.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
                         RETURN_IF_ERROR(WriteCustomer(ages, *currency, response->add_balances()));
                         return bytes.size();
                       }));
  if (!token.after().empty()) {
    response->set_next_page_token(projection::PageTokenFor(request, token.SerializeAsString()));
  }
  return absl::OkStatus();
}

}  // namespace daybook::balances
