// The tax in what is given up of an invoice, of which the state gets nothing, and which is payable
// again as far as less is given up: bad debt relief, and the tax in a discount.
//
//   corrected of each tax = tax left of it × given up / left of the invoice
//
// "Left" is after credit notes. The sum over the taxes is rounded half-up and shared by largest
// remainder. Events carry the difference: whatever happens in whatever bits, what stands corrected
// is that of what stands given up.
#pragma once

#include <cstdint>
#include <utility>

#include "daybook/billing/v1/event.pb.h"
#include "daybook/billing/v1/state.pb.h"
#include "services/billing/state_lines.h"

namespace daybook::billing {

// What is corrected when so much of an invoice of `account` is given up, in the order of its taxes.
// None if it has no tax left, more than its total, or less than half a minor unit in the amount.
Taxes ReliefOf(const v1::Account& account, const v1::Invoice& invoice, int64_t written_off_minor);

// The same of an invoice that is issued now.
Taxes ReliefOf(const v1::InvoiceIssued& invoice, int64_t written_off_minor);

// What more is corrected, beside `corrected`, when so much is given up now.
Taxes MoreRelief(const Taxes& corrected, const v1::Account& account, const v1::Invoice& invoice,
                 int64_t written_off_minor);

// What of `corrected` is payable again when so much is still given up of the invoice, which has its
// credit notes. None if nothing was corrected.
Taxes LessRelief(const Taxes& corrected, const v1::Account& account, const v1::Invoice& invoice,
                 int64_t written_off_minor);

// Adds to the totals, takes from them; totals of nothing go.
void AddTaxes(const Taxes& more, Taxes& taxes);
void TakeTaxes(const Taxes& less, Taxes& taxes);

// Sum of the taxes.
int64_t TaxSum(const Taxes& taxes);

// Gives an event its taxes and their sum.
template <class Event>
void SetTaxes(Taxes taxes, Event& event) {
  event.set_tax_minor(TaxSum(taxes));
  *event.mutable_taxes() = std::move(taxes);
}

}  // namespace daybook::billing
