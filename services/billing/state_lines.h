// The lines of an issued invoice as the state keeps them: three numbers per line, one more if any
// line has a tax code, and two more once a credit note has credited something.
#pragma once

#include <cstdint>

#include "daybook/billing/v1/event.pb.h"
#include "services/billing/state.h"

namespace daybook::billing {

using Taxes = google::protobuf::RepeatedPtrField<v1::TaxTotal>;

// `rate_scaled` of a line without tax.
inline constexpr int64_t kUntaxed = -1;

// One line: amounts in minor units, the rate in per cent × 10^9.
struct StateLine {
  int64_t net = 0;
  int64_t tax = 0;
  int64_t rate_scaled = kUntaxed;
  const v1::TaxCode* tax_code = nullptr;  // null if it has none
  int64_t credited_net = 0;
  int64_t credited_tax = 0;
};

int LineCount(const state::Invoice& invoice);
// `account` is that of the invoice and has the tax codes.
StateLine LineAt(const state::Account& account, const state::Invoice& invoice, int index);

// The total of all credit notes of the invoice.
int64_t CreditedTotal(const state::Invoice& invoice);

// Keeps the lines of a new invoice; tax codes that are new to the account are added to it.
// KeepCredited keeps what a credit note credits.
void KeepLines(const google::protobuf::RepeatedPtrField<v1::InvoiceLine>& lines,
               state::Invoice& invoice, state::Account& account);
void KeepCredited(const google::protobuf::RepeatedPtrField<v1::CreditNoteLine>& lines,
                  state::Invoice& invoice);

// A rate as documents write it, such as `19`; empty for kUntaxed.
std::string RateText(int64_t rate_scaled);

// Adds amounts to the total of their rate and tax code, in the order of first use.
void AddTax(const v1::TaxTotal& tax, Taxes& taxes);
// The same for a line; a line without a tax rate has no total.
void AddToTaxes(const StateLine& line, int64_t net, int64_t tax, Taxes& taxes);

}  // namespace daybook::billing
