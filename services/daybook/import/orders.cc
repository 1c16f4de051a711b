#include "services/daybook/import/orders.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "common/base/dates.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/decider.h"
#include "services/daybook/import/csv.h"

namespace daybook {
namespace {

constexpr size_t kMaxOrderIdCharacters = 128;
constexpr int kFirstYear = 1900;

enum Column {
  kCustomerId,
  kOrderDate,
  kAmount,
  kOrderId,
  kQuantity,
  kDueDate,
  kPaidDate,
  kName,
  kEmail,
  kRegion,
  kColumns
};
constexpr const char* kNames[kColumns] = {"customer_id", "order_date", "amount",    "order_id",
                                          "quantity",    "due_date",   "paid_date", "name",
                                          "email",       "region"};
constexpr int kNeeded = 3;  // the first of them

absl::Status Invalid(const std::string& why) { return absl::InvalidArgumentError(why); }

std::string Trimmed(std::string_view text) {
  return std::string(absl::StripAsciiWhitespace(ToAbsl(text)));
}

std::string NeededNames(const OrderFormat& format) {
  const char* const between = format.delimiter == ','   ? "commas"
                              : format.delimiter == ';' ? "';'"
                                                        : "tabs";
  return Cat(absl::StrJoin(kNames, kNames + kNeeded, ", "), ", with ", between, " between");
}

// The message of a status, after the name of what it is about.
absl::Status About(Column column, const absl::Status& status) {
  return Invalid(Cat(kNames[column], ": ", status.message()));
}

// How a file spells an id, white space around it and accents apart from their letters, is its
// maker's doing. `check`: CheckId or CheckName.
absl::StatusOr<std::string> ParseId(std::string_view text, size_t max_characters,
                                    absl::Status (*check)(std::string_view, size_t)) {
  RETURN_IF_ERROR(CheckText(text, text.size()));
  const std::string id = Trim(text);
  RETURN_IF_ERROR(check(id, max_characters));
  return id;
}

// Rows of one file into orders, one after the other.
class OrderReader {
 public:
  OrderReader(const Currency& currency, const OrderReading& reading)
      : currency_(currency), reading_(reading) {}

  // Where the columns are.
  absl::Status ReadHeader(const CsvRow& header) {
    if (!header.problem.empty()) return Invalid(Cat("line ", header.line, ": ", header.problem));
    fields_ = header.fields.size();
    for (int column = 0; column < kColumns; ++column) {
      std::vector<int> found;
      for (size_t i = 0; i < header.fields.size(); ++i) {
        if (absl::AsciiStrToLower(Trimmed(header.fields[i])) == kNames[column]) {
          found.push_back(static_cast<int>(i));
        }
      }
      if (found.size() > 1 || (found.empty() && column < kNeeded)) {
        return Invalid(Cat(
            "line ", header.line, ": column '", kNames[column], "' is ",
            found.empty() ? "missing" : "there more than once", "; the header must name ",
            NeededNames(reading_.format),
            header.fields.size() == 1 ? reading_.format.HintFor(header.fields[0]) : std::string()));
      }
      places_[column] = found.empty() ? -1 : found[0];
    }
    file_.has_order_ids = Has(kOrderId);
    return absl::OkStatus();
  }

  void Read(const CsvRow& row) {
    auto order = ParseOrder(row);
    if (!order.ok()) {
      std::string why(order.status().message());
      // A quote may have swallowed rows: all of its lines are left out.
      if (row.last_line > row.line) why += Cat("; the row goes on to line ", row.last_line);
      RememberLeftOut(row);
      return Refuse(row.line, std::move(why));
    }
    if (order->is_return()) {
      order->occurrence = seen_[{order->customer_id, order->date, order->quantity,
                                 order->amount_minor, order->order_id}]++;
    } else if (order->order_id.empty()) {
      order->occurrence =
          seen_[{order->customer_id, order->date, order->quantity, order->amount_minor, ""}]++;
    } else if (!IsFirst(*order)) {
      return;
    }
    KeepProfile(row, order->customer_id);
    file_.orders.push_back(*std::move(order));
  }

  OrderFile Finish() {
    FindReturnedOrders();
    std::sort(file_.bad_rows.begin(), file_.bad_rows.end(),
              [](const BadRow& a, const BadRow& b) { return a.line < b.line; });
    return std::move(file_);
  }

 private:
  bool Has(Column column) const { return places_[column] >= 0; }
  std::string TextOf(const CsvRow& row, Column column) const {
    if (!Has(column)) return {};
    return Trimmed(row.fields[static_cast<size_t>(places_[column])]);
  }
  void Refuse(int64_t line, std::string why) { file_.bad_rows.push_back({line, std::move(why)}); }

  absl::StatusOr<absl::CivilDay> DayOf(const CsvRow& row, Column column) const {
    const auto day = reading_.format.ParseDay(TextOf(row, column));
    if (!day.ok()) return About(column, day.status());
    if (day->year() < kFirstYear) {
      return About(column, Invalid(Cat(FormatDay(*day), " is before ", kFirstYear)));
    }
    if (*day > reading_.last_day) {
      return About(column, Invalid(Cat(FormatDay(*day), " is after ", FormatDay(reading_.last_day),
                                       ", two years from now")));
    }
    return *day;
  }

  absl::StatusOr<int64_t> AmountOf(const CsvRow& row) const {
    const auto amount = reading_.format.ParseAmount(TextOf(row, kAmount), currency_);
    if (!amount.ok()) return About(kAmount, amount.status());
    const int64_t most = reading_.max_amount_minor;
    if (*amount > most || *amount < -most) {
      return About(kAmount, Invalid(Cat("'", FormatMoney(*amount, currency_),
                                        "' is more than the usual ", FormatMoney(most, currency_),
                                        "; say --allow-unusual if it is meant")));
    }
    return *amount;
  }

  absl::StatusOr<std::string> OrderIdOf(const CsvRow& row) const {
    const auto id = ParseId(TextOf(row, kOrderId), kMaxOrderIdCharacters, CheckName);
    if (!id.ok()) return About(kOrderId, id.status());
    return *id;
  }

  // The order of a row that cannot be read, so that its returns are not told that it is not there.
  void RememberLeftOut(const CsvRow& row) {
    if (!row.problem.empty() || row.fields.size() != fields_ || !Has(kOrderId)) return;
    const auto id = OrderIdOf(row);
    const auto amount = reading_.format.ParseAmount(TextOf(row, kAmount), currency_);
    if (id.ok() && !(amount.ok() && *amount < 0)) left_out_ids_.insert(*id);
  }

  absl::StatusOr<Order> ParseOrder(const CsvRow& row) const {
    if (!row.problem.empty()) return Invalid(row.problem);
    if (row.fields.size() != fields_) {
      return Invalid(Cat(row.fields.size(), " fields where the header has ", fields_));
    }
    Order order;
    order.line = row.line;
    auto id = ParseId(TextOf(row, kCustomerId), command::kMaxStreamIdCharacters, CheckId);
    if (!id.ok()) return About(kCustomerId, id.status());
    order.customer_id = *std::move(id);
    ASSIGN_OR_RETURN(order.date, DayOf(row, kOrderDate));
    ASSIGN_OR_RETURN(order.amount_minor, AmountOf(row));
    // A return need not name its order.
    if (Has(kOrderId) && !(order.is_return() && TextOf(row, kOrderId).empty())) {
      ASSIGN_OR_RETURN(order.order_id, OrderIdOf(row));
    }
    RETURN_IF_ERROR(ReadQuantity(row, order));
    if (Has(kDueDate) && !TextOf(row, kDueDate).empty()) {
      ASSIGN_OR_RETURN(order.due_date, DayOf(row, kDueDate));
      if (*order.due_date < order.date) {
        return About(kDueDate, Invalid(Cat(FormatDay(*order.due_date), " is before order_date")));
      }
    }
    if (!Has(kPaidDate)) {
      order.paid_date = order.date;
    } else if (!TextOf(row, kPaidDate).empty()) {
      ASSIGN_OR_RETURN(order.paid_date, DayOf(row, kPaidDate));
    }
    return order;
  }

  absl::Status ReadQuantity(const CsvRow& row, Order& order) const {
    order.quantity.assign(1, '1');
    if (!Has(kQuantity)) return absl::OkStatus();
    auto quantity = reading_.format.ParseQuantity(TextOf(row, kQuantity));
    if (!quantity.ok()) return About(kQuantity, quantity.status());
    const bool below = quantity->front() == '-';
    // A return counts what came back as less than nothing, or as it is.
    if (*quantity == "0" || (below && !order.is_return())) {
      return About(kQuantity, Invalid("must be more than 0"));
    }
    if (below) quantity->erase(0, 1);
    order.quantity = *std::move(quantity);
    return absl::OkStatus();
  }

  // An order id stands once; where it stands again, the row says the same or is refused.
  bool IsFirst(const Order& order) {
    const auto [at, is_first] = by_id_.emplace(order.order_id, file_.orders.size());
    if (is_first) return true;
    const Order& first = file_.orders[at->second];
    const auto content = [](const Order& one) {
      return std::tie(one.customer_id, one.date, one.quantity, one.amount_minor, one.due_date,
                      one.paid_date);
    };
    if (content(first) == content(order)) {
      file_.repeated_rows.push_back({order.line, first.line});
    } else {
      Refuse(order.line, Cat("order_id: '", order.order_id, "' stands on line ", first.line,
                             " with other content; an order has one row"));
    }
    return false;
  }

  void KeepProfile(const CsvRow& row, const std::string& customer_id) {
    for (const auto& [column, field] :
         {std::pair{kName, &CustomerProfile::name}, std::pair{kEmail, &CustomerProfile::email},
          std::pair{kRegion, &CustomerProfile::region}}) {
      std::string text = TextOf(row, column);
      if (text.empty()) continue;
      std::string& kept = file_.customers[customer_id].*field;
      if (kept.empty()) kept = std::move(text);
    }
  }

  // A return is taken off the order that its order id names, and off no other. Without one: off the
  // customer's newest order that is not newer than it and has so much left, after all those with
  // one.
  void FindReturnedOrders() {
    std::map<std::string_view, std::vector<size_t>> orders;  // by customer, oldest first
    for (size_t i = 0; i < file_.orders.size(); ++i) {
      if (!file_.orders[i].is_return()) orders[file_.orders[i].customer_id].push_back(i);
    }
    for (auto& [customer, all] : orders) {
      std::stable_sort(all.begin(), all.end(), [&](size_t a, size_t b) {
        return file_.orders[a].date < file_.orders[b].date;
      });
    }
    Rests rests;
    std::vector<size_t> without;
    for (const bool named : {true, false}) {
      for (size_t i = 0; i < file_.orders.size(); ++i) {
        Order& order = file_.orders[i];
        if (!order.is_return() || order.order_id.empty() == named) continue;
        const auto found =
            named ? NamedOrder(order, rests) : NewestOrder(order, orders[order.customer_id], rests);
        if (found.ok()) {
          order.returned = *found;
        } else {
          Refuse(order.line, std::string(found.status().message()));
          without.push_back(i);
        }
      }
    }
    std::sort(without.begin(), without.end());
    RemoveOrders(without);
  }

  // What is left of orders of which something came back, by place.
  using Rests = std::map<size_t, int64_t>;

  // Takes a return off an order, unless less is left of it.
  bool TakeBack(const Order& returned, size_t place, Rests& rests) const {
    int64_t& rest = rests.try_emplace(place, file_.orders[place].amount_minor).first->second;
    if (rest + returned.amount_minor < 0) return false;
    rest += returned.amount_minor;
    return true;
  }

  absl::StatusOr<size_t> NamedOrder(const Order& returned, Rests& rests) const {
    const std::string order = Cat("order '", returned.order_id, "'");
    const auto at = by_id_.find(returned.order_id);
    if (at == by_id_.end() && left_out_ids_.count(returned.order_id) > 0) {
      return Invalid(Cat("order_id: a return of ", order, ", which was left out as well"));
    }
    if (at == by_id_.end()) {
      return Invalid(Cat("order_id: ", order,
                         " is not in this file: import the return in one file with its order"));
    }
    const size_t place = at->second;
    if (file_.orders[place].customer_id != returned.customer_id) {
      return Invalid(Cat("customer_id: ", order, " is another customer's"));
    }
    if (!TakeBack(returned, place, rests)) {
      return Invalid(Cat("amount: ", order, " has only '", FormatMoney(rests.at(place), currency_),
                         "' left to take back"));
    }
    return place;
  }

  // `all`: the customer's orders, oldest first.
  absl::StatusOr<size_t> NewestOrder(const Order& returned, const std::vector<size_t>& all,
                                     Rests& rests) const {
    bool any = false;
    for (auto it = all.rbegin(); it != all.rend(); ++it) {
      if (file_.orders[*it].date > returned.date) continue;
      if (TakeBack(returned, *it, rests)) return *it;
      any = true;
    }
    return Invalid(any ? "amount: a return of more than any earlier order of the customer in this "
                         "file has left to take back"
                       : "amount: a return, but no earlier order of the customer is in this file: "
                         "import the return in one file with its order");
  }

  void RemoveOrders(const std::vector<size_t>& places) {  // in order
    if (places.empty()) return;
    std::vector<Order> kept;
    std::vector<size_t> moved(file_.orders.size());
    for (size_t i = 0; i < file_.orders.size(); ++i) {
      moved[i] = kept.size();
      if (!std::binary_search(places.begin(), places.end(), i)) {
        kept.push_back(std::move(file_.orders[i]));
      }
    }
    for (Order& order : kept) order.returned = moved[order.returned];
    file_.orders = std::move(kept);
  }

  const Currency& currency_;
  const OrderReading& reading_;
  int places_[kColumns] = {};  // below 0: no such column
  size_t fields_ = 0;
  OrderFile file_;
  std::map<std::tuple<std::string, absl::CivilDay, std::string, int64_t, std::string>, int> seen_;
  std::map<std::string, size_t> by_id_;  // places of orders, returns aside
  std::set<std::string> left_out_ids_;   // of orders whose row cannot be read
};

}  // namespace

absl::StatusOr<OrderFile> ParseOrders(std::string_view content, const Currency& currency,
                                      const OrderReading& reading) {
  RETURN_IF_ERROR(CheckEncoding(content));
  CsvReader reader(content, reading.format.delimiter);
  CsvRow row;
  if (!reader.Next(&row)) {
    return Invalid(
        Cat("the file is empty; its first line must name ", NeededNames(reading.format)));
  }
  OrderReader orders(currency, reading);
  RETURN_IF_ERROR(orders.ReadHeader(row));
  while (reader.Next(&row)) orders.Read(row);
  return orders.Finish();
}

}  // namespace daybook
