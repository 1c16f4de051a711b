// The amounts of random invoices against exact fractions of any size: what is rounded is rounded
// once, half away from zero, and the parts sum to the whole.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/multiprecision/cpp_int.hpp>
#include <map>
#include <vector>

#include "common/base/decimal.h"
#include "common/base/money.h"
#include "services/billing/invoice_amounts.h"
#include "tests/billing/billing_story.h"

namespace daybook::billing {
namespace {

using boost::multiprecision::cpp_int;
using boost::multiprecision::cpp_rational;
using Items = google::protobuf::RepeatedPtrField<v1::LineItem>;

cpp_rational Exact(const std::string& decimal) {
  return {cpp_int(Decimal::Parse(decimal)->scaled()), cpp_int(Decimal::kOne)};
}

cpp_int Floor(const cpp_rational& value) {
  const cpp_int quotient = numerator(value) / denominator(value);
  return numerator(value) < 0 && numerator(value) % denominator(value) != 0 ? cpp_int(quotient - 1)
                                                                            : quotient;
}

cpp_int HalfUp(const cpp_rational& value) {
  const cpp_rational magnitude = abs(value) + cpp_rational(1, 2);
  return value < 0 ? cpp_int(-Floor(magnitude)) : Floor(magnitude);
}

// A decimal of up to `digits` digits before the point and up to 9 behind it, often next to a half.
std::string AnyDecimal(int digits) {
  int64_t bound = 1;
  for (int i = *rc::gen::inRange(0, digits + 1); i > 0; --i) bound *= 10;
  const Int128 whole = *rc::gen::inRange<int64_t>(0, bound);
  const Int128 nanos =
      *rc::gen::oneOf(rc::gen::inRange<int64_t>(0, 1'000'000'000),
                      rc::gen::element<int64_t>(0, 1, 9'999'999, 499'999'999, 500'000'000,
                                                4'999'999, 5'000'000, 9'999, 999'999'999));
  return Decimal::FromScaled(whole * Decimal::kOne + nanos)->ToString();
}

std::string AnyRate() {
  if (*rc::gen::arbitrary<bool>()) return *rc::gen::element<std::string>("0", "7", "19", "8.25");
  return AnyDecimal(1);
}

Items AnyItems(const Currency& currency) {
  const std::vector<std::string> rates = {AnyRate(), AnyRate()};
  Items items;
  for (int n = *rc::gen::inRange(1, 12); n > 0; --n) {
    v1::LineItem& item = *items.Add();
    const std::string sign = *rc::gen::inRange(0, 4) == 0 ? "-" : "";
    const bool with_tax = *rc::gen::arbitrary<bool>();
    if (*rc::gen::inRange(0, 3) == 0) {
      (with_tax ? *item.mutable_gross_amount() : *item.mutable_amount()) =
          MoneyOf(*rc::gen::inRange<int64_t>(-5'000, 100'000), currency);
    } else {
      item.mutable_quantity()->set_value(sign + AnyDecimal(3));
      (with_tax ? item.mutable_gross_unit_price() : item.mutable_unit_price())
          ->set_value(AnyDecimal(5));
    }
    if (*rc::gen::inRange(0, 5) == 0) continue;
    item.mutable_tax_rate_percent()->set_value(*rc::gen::elementOf(rates));
    if (*rc::gen::arbitrary<bool>()) item.mutable_tax_code()->set_category(v1::TAX_CATEGORY_L);
  }
  return items;
}

// Of a line as it was asked for, in minor units, exact.
cpp_rational AmountOf(const v1::LineItem& item, const Currency& currency) {
  if (item.has_amount()) return {*MinorOf(item.amount())};
  if (item.has_gross_amount()) return {*MinorOf(item.gross_amount())};
  const std::string& price =
      item.has_unit_price() ? item.unit_price().value() : item.gross_unit_price().value();
  return Exact(item.quantity().value()) * Exact(price) * currency.factor();
}

RC_GTEST_PROP(Amounts, AreTheExactOnesRoundedOnce, ()) {
  const Currency& currency = *Currency::Find(*rc::gen::element("JPY", "EUR", "KWD", "CLF"));
  const Items items = AnyItems(currency);
  v1::InvoiceIssued invoice;
  const absl::Status status = FillAmounts(items, currency, invoice);
  RC_PRE(status.ok());  // not of a negative total

  struct Taxed {
    cpp_int amount_before_tax = 0, amount_with_tax = 0, net = 0, tax = 0;
  };
  using Key = std::pair<cpp_rational, std::string>;
  std::map<Key, Taxed> taxes;
  cpp_int net = 0, tax = 0;
  for (int i = 0; i < items.size(); ++i) {
    const v1::InvoiceLine& line = invoice.lines(i);
    const cpp_int amount = HalfUp(AmountOf(items[i], currency));
    const bool with_tax = items[i].has_gross_amount() || items[i].has_gross_unit_price();
    RC_ASSERT(line.tax_included() == with_tax);
    RC_ASSERT(line.net_minor() + (with_tax ? line.tax_minor() : 0) == amount);
    net += line.net_minor();
    tax += line.tax_minor();
    if (!items[i].has_tax_rate_percent()) {
      RC_ASSERT(line.tax_minor() == 0);
      continue;
    }
    const cpp_rational rate = Exact(items[i].tax_rate_percent().value());
    const cpp_rational share = amount * rate / (with_tax ? 100 + rate : cpp_rational(100));
    RC_ASSERT(abs(cpp_rational(line.tax_minor()) - share) < 1);
    Taxed& taxed = taxes[{rate, line.tax_code().SerializeAsString()}];
    (with_tax ? taxed.amount_with_tax : taxed.amount_before_tax) += amount;
    taxed.net += line.net_minor();
    taxed.tax += line.tax_minor();
  }
  RC_ASSERT(size_t(invoice.taxes_size()) == taxes.size());
  for (const v1::TaxTotal& total : invoice.taxes()) {
    const cpp_rational rate = Exact(total.rate_percent());
    const Taxed& taxed = taxes.at({rate, total.tax_code().SerializeAsString()});
    const cpp_int included = HalfUp(taxed.amount_with_tax * rate / (100 + rate));
    RC_ASSERT(total.tax_minor() == HalfUp(taxed.amount_before_tax * rate / 100) + included);
    RC_ASSERT(total.net_minor() == taxed.amount_before_tax + taxed.amount_with_tax - included);
    RC_ASSERT(total.tax_minor() == taxed.tax);
    RC_ASSERT(total.net_minor() == taxed.net);
    // As EN 16931 has it, but for what the two taxes were rounded by.
    RC_ASSERT(abs(cpp_rational(taxed.tax) - cpp_rational(taxed.net) * rate / 100) <= 2);
  }
  RC_ASSERT(invoice.net_minor() == net);
  RC_ASSERT(invoice.tax_minor() == tax);
  RC_ASSERT(invoice.total_minor() == net + tax);
}

using Taxes = std::map<std::pair<std::string, std::string>, std::pair<int64_t, int64_t>>;
template <class Event>
void Add(const Event& event, Taxes& taxes) {
  for (const v1::TaxTotal& total : event.taxes()) {
    auto& [net, tax] = taxes[{total.rate_percent(), total.tax_code().SerializeAsString()}];
    net += total.net_minor();
    tax += total.tax_minor();
  }
}

// Any line, taken back by any bits before tax and with tax, in any order.
RC_GTEST_PROP(Amounts, BitsOfALineSumToIt, ()) {
  test::Story<Billing> story = test::CustomerWithAccount();
  test::IssueInvoiceRequest request;
  for (const v1::LineItem& item : AnyItems(*Currency::Find("EUR"))) {
    const cpp_int amount = HalfUp(AmountOf(item, *Currency::Find("EUR")));
    if (amount > 0) *request.add_lines() = item;
  }
  RC_PRE(request.lines_size() > 0);
  const auto issued = story.When(request);
  RC_ASSERT(issued.status.ok());
  const v1::InvoiceIssued& invoice = issued.events[0].event.invoice_issued();
  std::vector<std::pair<int64_t, int64_t>> taken(invoice.lines_size());
  Taxes taken_by_code, issued_by_code;
  const auto note = [&](const v1::IssueCreditNoteRequest& credit) {
    const auto outcome = story.When(credit);
    if (!outcome.status.ok()) return false;
    const v1::CreditNoteIssued& event = outcome.events[0].event.credit_note_issued();
    for (const v1::CreditNoteLine& line : event.lines()) {
      RC_ASSERT(line.net_minor() >= 0 && line.tax_minor() >= 0);
      auto& [net, tax] = taken[line.line_index()];
      net += line.net_minor();
      tax += line.tax_minor();
      RC_ASSERT(net <= invoice.lines(line.line_index()).net_minor());
      RC_ASSERT(tax <= invoice.lines(line.line_index()).tax_minor());
    }
    Add(event, taken_by_code);
    return true;
  };
  v1::IssueCreditNoteRequest credit;
  credit.set_invoice_id(invoice.invoice_id());
  credit.set_kind(v1::CREDIT_NOTE_KIND_OFFSET);
  int64_t asked = 0;
  for (int n = *rc::gen::inRange(0, 20); n > 0; --n) {
    auto bit = credit;
    auto& line = *bit.add_lines();
    line.set_line_index(*rc::gen::inRange(0, invoice.lines_size()));
    const v1::InvoiceLine& of = invoice.lines(line.line_index());
    const int64_t most = of.net_minor() + of.tax_minor();
    asked = *rc::gen::inRange<int64_t>(1, most / *rc::gen::inRange(1, 30) + 2);
    const bool gross = *rc::gen::arbitrary<bool>();
    (gross ? *line.mutable_gross() : *line.mutable_net()) = MoneyOf(asked, *Currency::Find("EUR"));
    const auto before = taken;
    if (note(bit) && gross) {
      const auto& [net, tax] = taken[line.line_index()];
      const auto& [net_before, tax_before] = before[line.line_index()];
      RC_ASSERT(net + tax - net_before - tax_before == asked);
    }
  }
  note(credit);  // refused if nothing is left
  for (int i = 0; i < invoice.lines_size(); ++i) {
    RC_ASSERT(taken[i].first == invoice.lines(i).net_minor());
    RC_ASSERT(taken[i].second == invoice.lines(i).tax_minor());
  }
  Add(invoice, issued_by_code);
  RC_ASSERT(taken_by_code == issued_by_code);
}

}  // namespace
}  // namespace daybook::billing
