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
#include "tests/support/given_when_then.h"

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
  return numerator(value) < 0 && numerator(value) % denominator(value) != 0
             ? cpp_int(quotient - 1)
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
    if (*rc::gen::inRange(0, 3) == 0) {
      *item.mutable_amount() = MoneyOf(*rc::gen::inRange<int64_t>(-5'000, 100'000), currency);
    } else {
      item.mutable_quantity()->set_value(sign + AnyDecimal(3));
      item.mutable_unit_price()->set_value(AnyDecimal(5));
    }
    if (*rc::gen::inRange(0, 5) != 0) {
      item.mutable_tax_rate_percent()->set_value(*rc::gen::elementOf(rates));
    }
  }
  return items;
}

RC_GTEST_PROP(Amounts, AreTheExactOnesRoundedOnce, ()) {
  const Currency& currency = *Currency::Find(*rc::gen::element("JPY", "EUR", "KWD", "CLF"));
  const Items items = AnyItems(currency);
  v1::InvoiceIssued invoice;
  const absl::Status status = FillAmounts(items, currency, invoice);
  RC_PRE(status.ok());  // not of a negative total

  struct Rate {
    cpp_int net = 0, tax_of_lines = 0;
  };
  std::map<cpp_rational, Rate> rates;
  cpp_int net = 0, tax = 0;
  for (int i = 0; i < items.size(); ++i) {
    const v1::InvoiceLine& line = invoice.lines(i);
    const cpp_int expected =
        items[i].has_amount() ? cpp_int(*MinorOf(items[i].amount()))
                              : HalfUp(Exact(items[i].quantity().value()) *
                                       Exact(items[i].unit_price().value()) * currency.factor());
    RC_ASSERT(line.net_minor() == expected);
    net += line.net_minor();
    tax += line.tax_minor();
    if (!items[i].has_tax_rate_percent()) {
      RC_ASSERT(line.tax_minor() == 0);
      continue;
    }
    const cpp_rational rate = Exact(items[i].tax_rate_percent().value());
    const cpp_rational share = rate / 100 * line.net_minor();
    RC_ASSERT(abs(cpp_rational(line.tax_minor()) - share) < 1);
    rates[rate].net += line.net_minor();
    rates[rate].tax_of_lines += line.tax_minor();
  }
  RC_ASSERT(size_t(invoice.taxes_size()) == rates.size());
  for (const v1::TaxTotal& total : invoice.taxes()) {
    const cpp_rational rate = Exact(total.rate_percent());
    RC_ASSERT(total.net_minor() == rates[rate].net);
    RC_ASSERT(total.tax_minor() == HalfUp(rate / 100 * cpp_rational(rates[rate].net)));
    RC_ASSERT(total.tax_minor() == rates[rate].tax_of_lines);
  }
  RC_ASSERT(invoice.net_minor() == net);
  RC_ASSERT(invoice.tax_minor() == tax);
  RC_ASSERT(invoice.total_minor() == net + tax);
}

}  // namespace
}  // namespace daybook::billing
