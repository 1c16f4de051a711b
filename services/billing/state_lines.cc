#include "services/billing/state_lines.h"

#include <string>

#include "common/base/decimal.h"
#include "common/base/status.h"
#include "services/billing/tax_code.h"

namespace daybook::billing {
namespace {

constexpr int kNumbers = 3;
constexpr int kCreditedNumbers = 2;

// Decimal::ToString wrote the rate, so it parses.
int64_t RateOf(const v1::InvoiceLine& line) {
  if (line.tax_rate_percent().empty()) return kUntaxed;
  const absl::StatusOr<Decimal> rate = Decimal::Parse(line.tax_rate_percent());
  DAYBOOK_CHECK(rate.ok());
  return static_cast<int64_t>(rate->scaled());
}

uint32_t KeepTaxCode(const v1::TaxCode& code, state::Account& account) {
  const uint32_t place = PlaceOf(code, account);
  if (place != 0) return place;
  *account.add_tax_codes() = code;
  return static_cast<uint32_t>(account.tax_codes_size());
}

}  // namespace

int LineCount(const state::Invoice& invoice) { return invoice.lines_size() / kNumbers; }

StateLine LineAt(const state::Account& account, const state::Invoice& invoice, int index) {
  StateLine line{.net = invoice.lines(index * kNumbers),
                 .tax = invoice.lines(index * kNumbers + 1),
                 .rate_scaled = invoice.lines(index * kNumbers + 2)};
  if (!invoice.line_tax_codes().empty() && invoice.line_tax_codes(index) != 0) {
    line.tax_code = &account.tax_codes(static_cast<int>(invoice.line_tax_codes(index)) - 1);
  }
  if (!invoice.credited_lines().empty()) {
    line.credited_net = invoice.credited_lines(index * kCreditedNumbers);
    line.credited_tax = invoice.credited_lines(index * kCreditedNumbers + 1);
  }
  return line;
}

int64_t CreditedTotal(const state::Invoice& invoice) {
  int64_t total = 0;
  for (const int64_t amount : invoice.credited_lines()) total += amount;
  return total;
}

void KeepLines(const google::protobuf::RepeatedPtrField<v1::InvoiceLine>& lines,
               state::Invoice& invoice, state::Account& account) {
  auto& numbers = *invoice.mutable_lines();
  numbers.Reserve(lines.size() * kNumbers);
  bool coded = false;
  for (const v1::InvoiceLine& line : lines) {
    numbers.AddAlreadyReserved(line.net_minor());
    numbers.AddAlreadyReserved(line.tax_minor());
    numbers.AddAlreadyReserved(RateOf(line));
    coded = coded || line.has_tax_code();
  }
  if (!coded) return;
  for (const v1::InvoiceLine& line : lines) {
    invoice.add_line_tax_codes(line.has_tax_code() ? KeepTaxCode(line.tax_code(), account) : 0);
  }
}

void KeepCredited(const google::protobuf::RepeatedPtrField<v1::CreditNoteLine>& lines,
                  state::Invoice& invoice) {
  auto& numbers = *invoice.mutable_credited_lines();
  if (numbers.empty()) numbers.Resize(LineCount(invoice) * kCreditedNumbers, 0);
  for (const v1::CreditNoteLine& line : lines) {
    const int at = line.line_index() * kCreditedNumbers;
    DAYBOOK_CHECK(at + 1 < numbers.size());
    numbers[at] += line.net_minor();
    numbers[at + 1] += line.tax_minor();
  }
}

std::string RateText(int64_t rate_scaled) {
  return rate_scaled == kUntaxed ? "" : Decimal::FromScaled(rate_scaled)->ToString();
}

void AddTax(const v1::TaxTotal& tax, Taxes& taxes) {
  for (v1::TaxTotal& known : taxes) {
    if (known.rate_percent() != tax.rate_percent() || !Same(known.tax_code(), tax.tax_code())) {
      continue;
    }
    known.set_net_minor(known.net_minor() + tax.net_minor());
    known.set_tax_minor(known.tax_minor() + tax.tax_minor());
    return;
  }
  *taxes.Add() = tax;
}

void AddToTaxes(const StateLine& line, int64_t net, int64_t tax, Taxes& taxes) {
  if (line.rate_scaled == kUntaxed) return;
  v1::TaxTotal total;
  total.set_rate_percent(RateText(line.rate_scaled));
  total.set_net_minor(net);
  total.set_tax_minor(tax);
  if (line.tax_code != nullptr) *total.mutable_tax_code() = *line.tax_code;
  AddTax(total, taxes);
}

}  // namespace daybook::billing
