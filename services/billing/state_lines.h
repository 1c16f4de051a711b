// The lines of an issued invoice as the state keeps them: three numbers a line, one more if a line
// has a tax code, and two more once a credit note took something back.
#pragma once

#include <cstdint>

#include "daybook/billing/v1/event.pb.h"
#include "daybook/billing/v1/state.pb.h"

namespace daybook::billing {

using Taxes = google::protobuf::RepeatedPtrField<v1::TaxTotal>;

// `rate_scaled` of a line without tax.
inline constexpr int64_t kUntaxed = -1;

// One line, its amounts in minor units, its rate in per cent × 10^9.
struct StateLine {
  int64_t net = 0;
  int64_t tax = 0;
  int64_t rate_scaled = kUntaxed;
  const v1::TaxCode* tax_code = nullptr;  // null = none
  int64_t credited_net = 0;
  int64_t credited_tax = 0;
};

int LineCount(const v1::Invoice& invoice);
// Of an invoice of `account`, whose tax code the line refers to.
StateLine LineAt(const v1::Account& account, const v1::Invoice& invoice, int index);

// What credit notes of all kinds took back of the invoice.
int64_t CreditedTotal(const v1::Invoice& invoice);

// Tax codes that are new to the account are added to its own.
void KeepLines(const google::protobuf::RepeatedPtrField<v1::InvoiceLine>& lines,
               v1::Invoice& invoice, v1::Account& account);
void KeepCredited(const google::protobuf::RepeatedPtrField<v1::CreditNoteLine>& lines,
                  v1::Invoice& invoice);

// `19`: a rate as documents write it; empty for kUntaxed.
std::string RateText(int64_t rate_scaled);

// Adds amounts to the total of their rate and tax code, in the order of first use.
void AddTax(const v1::TaxTotal& tax, Taxes& taxes);
// The same of a line, which has no total without tax.
void AddToTaxes(const StateLine& line, int64_t net, int64_t tax, Taxes& taxes);

}  // namespace daybook::billing
