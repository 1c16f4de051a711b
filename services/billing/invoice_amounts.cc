#include "services/billing/invoice_amounts.h"

#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "common/base/decimal.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "services/billing/account.h"

namespace daybook::billing {
namespace {

constexpr int64_t kPercent = 100;

// The lines of one tax rate.
struct RateGroup {
  Decimal rate;
  Int128 net = 0;
  absl::InlinedVector<int, 4> lines;
};

using Groups = absl::InlinedVector<RateGroup, 2>;

Int128 Magnitude(int64_t amount) { return amount < 0 ? -Int128{amount} : Int128{amount}; }

absl::Status LineOverflow(int index) {
  return Refuse(Reason::kAmountOverflow,
                absl::StrCat("lines[", index, "] leaves the range of 64-bit minor units"));
}

absl::StatusOr<int64_t> NetOf(const v1::LineItem& item, Decimal quantity, Decimal price,
                              const Currency& currency, int index) {
  if (item.price_case() == v1::LineItem::kAmount) return MinorOf(item.amount());
  const absl::StatusOr<int64_t> net = MultiplyToMinor(quantity, price, currency);
  if (!net.ok()) return LineOverflow(index);
  return net;
}

absl::Status FillLine(const v1::LineItem& item, const Currency& currency, int index,
                      v1::InvoiceLine& line) {
  line.set_description(Normalise(item.description()));
  line.set_product(Tidy(item.product()));
  Decimal quantity = *Decimal::FromScaled(Decimal::kOne);
  Decimal price;
  if (item.has_quantity()) {
    ASSIGN_OR_RETURN(quantity, Decimal::Parse(item.quantity().value()));
    line.set_quantity(quantity.ToString());
  }
  if (item.price_case() == v1::LineItem::kUnitPrice) {
    ASSIGN_OR_RETURN(price, Decimal::Parse(item.unit_price().value()));
    line.set_unit_price(price.ToString());
  }
  ASSIGN_OR_RETURN(const int64_t net, NetOf(item, quantity, price, currency, index));
  line.set_net_minor(net);
  return absl::OkStatus();
}

void AddToGroup(Decimal rate, int64_t net, int line, Groups& groups) {
  for (RateGroup& group : groups) {
    if (group.rate != rate) continue;
    group.net += net;
    group.lines.push_back(line);
    return;
  }
  groups.push_back({.rate = rate, .net = net, .lines = {line}});
}

absl::Status FillTax(const RateGroup& group, v1::InvoiceIssued& invoice) {
  ASSIGN_OR_RETURN(const int64_t net, ToInt64(group.net));
  ASSIGN_OR_RETURN(const int64_t tax, ToInt64(DivideHalfUp(Int128{net} * group.rate.scaled(),
                                                           kPercent * Decimal::kOne)));
  const std::string rate = group.rate.ToString();
  for (const int line : group.lines) invoice.mutable_lines(line)->set_tax_rate_percent(rate);
  if (group.lines.size() == 1) {  // the common case: nothing to bring back
    invoice.mutable_lines(group.lines[0])->set_tax_minor(tax);
  } else {
    std::vector<Int128> shares;
    shares.reserve(group.lines.size());
    for (const int line : group.lines) {
      shares.push_back(Int128{invoice.lines(line).net_minor()} * group.rate.scaled());
    }
    const std::vector<int64_t> parts = RoundToSum(tax, shares, kPercent * Decimal::kOne);
    for (size_t i = 0; i < parts.size(); ++i) {
      invoice.mutable_lines(group.lines[i])->set_tax_minor(parts[i]);
    }
  }
  v1::TaxTotal& total = *invoice.add_taxes();
  total.set_rate_percent(rate);
  total.set_net_minor(net);
  total.set_tax_minor(tax);
  return absl::OkStatus();
}

}  // namespace

absl::Status FillAmounts(const google::protobuf::RepeatedPtrField<v1::LineItem>& items,
                         const Currency& currency, v1::InvoiceIssued& invoice,
                         std::string_view field) {
  Groups groups;
  Int128 net = 0;
  for (int i = 0; i < items.size(); ++i) {
    v1::InvoiceLine& line = *invoice.add_lines();
    RETURN_IF_ERROR(FillLine(items[i], currency, i, line));
    net += line.net_minor();
    if (items[i].has_tax_rate_percent()) {
      ASSIGN_OR_RETURN(const Decimal rate, Decimal::Parse(items[i].tax_rate_percent().value()));
      AddToGroup(rate, line.net_minor(), i, groups);
    }
  }
  Int128 tax = 0;
  for (const RateGroup& group : groups) {
    RETURN_IF_ERROR(FillTax(group, invoice));
    tax += invoice.taxes(invoice.taxes_size() - 1).tax_minor();
  }
  // Whatever is taken back later, line by line and in any order, is a sum of parts of these.
  Int128 without_signs = 0;
  for (const v1::InvoiceLine& line : invoice.lines()) {
    without_signs += Magnitude(line.net_minor()) + Magnitude(line.tax_minor());
  }
  RETURN_IF_ERROR(ToInt64(without_signs).status());
  ASSIGN_OR_RETURN(const int64_t net_minor, ToInt64(net));
  ASSIGN_OR_RETURN(const int64_t tax_minor, ToInt64(tax));
  ASSIGN_OR_RETURN(const int64_t total_minor, ToInt64(net + tax));
  if (total_minor < 0) {
    return Violation(field, absl::StrCat("come to a total of ", FormatMoney(total_minor, currency),
                                         "; it must not be negative"));
  }
  invoice.set_net_minor(net_minor);
  invoice.set_tax_minor(tax_minor);
  invoice.set_total_minor(total_minor);
  return absl::OkStatus();
}

}  // namespace daybook::billing
