#include "services/billing/invoice_amounts.h"

#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "common/base/decimal.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "services/billing/account.h"
#include "services/billing/effective_day.h"
#include "services/billing/tax_code.h"

namespace daybook::billing {
namespace {

constexpr Int128 kHundred = 100 * Decimal::kOne;

// Lines that are taxed together: all priced before tax, or all with tax.
struct TaxedLines {
  Int128 amount = 0;
  absl::InlinedVector<int, 4> lines;
};

// The lines of one tax rate and tax code.
struct TaxGroup {
  Decimal rate;
  const v1::TaxCode* code = nullptr;  // null = none
  TaxedLines before_tax;
  TaxedLines with_tax;
};

using Groups = absl::InlinedVector<TaxGroup, 2>;

Int128 Magnitude(int64_t amount) { return amount < 0 ? -Int128{amount} : Int128{amount}; }

absl::Status LineOverflow(int index) {
  return Refuse(reason::kAmountOverflow,
                absl::StrCat("lines[", index, "] leaves the range of 64-bit minor units"));
}

absl::StatusOr<int64_t> AmountOf(Decimal quantity, Decimal price, const Currency& currency,
                                 int index) {
  const absl::StatusOr<int64_t> amount = MultiplyToMinor(quantity, price, currency);
  if (!amount.ok()) return LineOverflow(index);
  return amount;
}

// Everything of a line except its tax. For a line priced with tax, `net_minor` is the gross amount
// until the tax is taken out of it.
absl::Status FillLine(const v1::LineItem& item, const Currency& currency, int index,
                      v1::InvoiceLine& line) {
  line.set_description(Normalise(item.description()));
  line.set_product(Tidy(item.product()));
  Decimal quantity = *Decimal::FromScaled(Decimal::kOne);
  if (item.has_quantity()) {
    ASSIGN_OR_RETURN(quantity, Decimal::Parse(item.quantity().value()));
    line.set_quantity(quantity.ToString());
  }
  int64_t amount = 0;
  Decimal price;
  switch (item.price_case()) {
    case v1::LineItem::kUnitPrice: {
      ASSIGN_OR_RETURN(price, Decimal::Parse(item.unit_price().value()));
      ASSIGN_OR_RETURN(amount, AmountOf(quantity, price, currency, index));
      line.set_unit_price(price.ToString());
      break;
    }
    case v1::LineItem::kGrossUnitPrice: {
      ASSIGN_OR_RETURN(price, Decimal::Parse(item.gross_unit_price().value()));
      ASSIGN_OR_RETURN(amount, AmountOf(quantity, price, currency, index));
      line.set_gross_unit_price(price.ToString());
      break;
    }
    case v1::LineItem::kGrossAmount: {
      ASSIGN_OR_RETURN(amount, MinorOf(item.gross_amount()));
      break;
    }
    default: {
      ASSIGN_OR_RETURN(amount, MinorOf(item.amount()));
    }
  }
  line.set_tax_included(item.has_gross_unit_price() || item.has_gross_amount());
  line.set_net_minor(amount);
  if (item.has_tax_code()) *line.mutable_tax_code() = Normalised(item.tax_code());
  return absl::OkStatus();
}

// The group of a rate and a tax code; the pointer stays valid.
TaxGroup& GroupOf(Decimal rate, const v1::TaxCode* code, Groups& groups) {
  for (TaxGroup& group : groups) {
    if (group.rate != rate || (group.code == nullptr) != (code == nullptr)) continue;
    if (code == nullptr || Same(*group.code, *code)) return group;
  }
  TaxGroup& group = groups.emplace_back();
  group.rate = rate;
  group.code = code;
  return group;
}

// The tax of the lines, amount × rate / whole rounded once, which the lines then share.
absl::StatusOr<int64_t> FillLineTaxes(const TaxedLines& taxed, Decimal rate, Int128 whole,
                                      v1::InvoiceIssued& invoice) {
  ASSIGN_OR_RETURN(const int64_t amount, ToInt64(taxed.amount));
  ASSIGN_OR_RETURN(const int64_t tax, ToInt64(DivideHalfUp(Int128{amount} * rate.scaled(), whole)));
  if (taxed.lines.size() == 1) {  // the common case: nothing to share
    invoice.mutable_lines(taxed.lines[0])->set_tax_minor(tax);
    return tax;
  }
  std::vector<Int128> shares;
  shares.reserve(taxed.lines.size());
  for (const int line : taxed.lines) {
    shares.push_back(Int128{invoice.lines(line).net_minor()} * rate.scaled());
  }
  const std::vector<int64_t> parts = RoundToSum(tax, shares, whole);
  for (size_t i = 0; i < parts.size(); ++i) {
    invoice.mutable_lines(taxed.lines[i])->set_tax_minor(parts[i]);
  }
  return tax;
}

// Adds the group's total to the taxes.
absl::Status FillTax(const TaxGroup& group, v1::InvoiceIssued& invoice) {
  Int128 net = group.before_tax.amount;
  Int128 tax = 0;
  const std::string rate = group.rate.ToString();
  if (!group.before_tax.lines.empty()) {
    ASSIGN_OR_RETURN(tax, FillLineTaxes(group.before_tax, group.rate, kHundred, invoice));
  }
  if (!group.with_tax.lines.empty()) {
    ASSIGN_OR_RETURN(
        const int64_t included,
        FillLineTaxes(group.with_tax, group.rate, kHundred + group.rate.scaled(), invoice));
    for (const int i : group.with_tax.lines) {
      v1::InvoiceLine& line = *invoice.mutable_lines(i);
      line.set_net_minor(line.net_minor() - line.tax_minor());
    }
    net += group.with_tax.amount - included;
    tax += included;
  }
  for (const TaxedLines* taxed : {&group.before_tax, &group.with_tax}) {
    for (const int line : taxed->lines) invoice.mutable_lines(line)->set_tax_rate_percent(rate);
  }
  ASSIGN_OR_RETURN(const int64_t net_minor, ToInt64(net));
  ASSIGN_OR_RETURN(const int64_t tax_minor, ToInt64(tax));
  v1::TaxTotal& total = *invoice.add_taxes();
  total.set_rate_percent(rate);
  total.set_net_minor(net_minor);
  total.set_tax_minor(tax_minor);
  if (group.code != nullptr) *total.mutable_tax_code() = *group.code;
  return absl::OkStatus();
}

// Adds a line to those that are taxed in the same way. A line without a rate is in no group, unless
// its category has the rate 0.
absl::Status AddToGroups(const v1::LineItem& item, int index, const v1::InvoiceIssued& invoice,
                         Groups& groups) {
  if (!item.has_tax_rate_percent() && !item.has_tax_code()) return absl::OkStatus();
  Decimal rate;
  if (item.has_tax_rate_percent()) {
    ASSIGN_OR_RETURN(rate, Decimal::Parse(item.tax_rate_percent().value()));
  }
  const v1::InvoiceLine& line = invoice.lines(index);
  TaxGroup& group = GroupOf(rate, line.has_tax_code() ? &line.tax_code() : nullptr, groups);
  TaxedLines& taxed = line.tax_included() ? group.with_tax : group.before_tax;
  taxed.amount += line.net_minor();
  taxed.lines.push_back(index);
  return absl::OkStatus();
}

}  // namespace

absl::Status FillAmounts(const google::protobuf::RepeatedPtrField<v1::LineItem>& items,
                         const Currency& currency, v1::InvoiceIssued& invoice,
                         std::string_view field) {
  Groups groups;
  for (int i = 0; i < items.size(); ++i) {
    RETURN_IF_ERROR(FillLine(items[i], currency, i, *invoice.add_lines()));
    RETURN_IF_ERROR(AddToGroups(items[i], i, invoice, groups));
  }
  for (const TaxGroup& group : groups) RETURN_IF_ERROR(FillTax(group, invoice));
  Int128 net = 0, tax = 0;
  for (const v1::InvoiceLine& line : invoice.lines()) {
    net += line.net_minor();
    tax += line.tax_minor();
  }
  // Credit notes may sum up any of these amounts, line by line and in any order.
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

absl::Status ExpectUsual(const state::Account& account, const v1::InvoiceIssued& invoice,
                         bool allow_unusual) {
  for (const v1::InvoiceLine& line : invoice.lines()) {
    RETURN_IF_ERROR(ExpectUsual(account, line.net_minor() + line.tax_minor(), allow_unusual));
  }
  return ExpectUsual(account, invoice.total_minor(), allow_unusual);
}

}  // namespace daybook::billing
