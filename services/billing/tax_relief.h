// The tax in a written-off amount, which the seller does not owe as long as the write-off stands:
// bad debt relief, and the tax in a discount.
//
//   corrected, per tax = tax left × written off / left of the invoice
//
// "Left" is after credit notes. The sum over the taxes is rounded half-up and shared by largest
// remainder. Events carry the difference, so that the corrected tax always fits the amount that
// stands written off, in however many steps it came about.
#pragma once

#include <cstdint>
#include <utility>

#include "daybook/billing/v1/event.pb.h"
#include "services/billing/state.h"
#include "services/billing/state_lines.h"

namespace daybook::billing {

// The tax that is corrected when this much of an invoice of `account` is written off, in the order
// of its taxes. None if it has no tax left, more tax than its total, or less than half a minor unit
// in the amount.
Taxes ReliefOf(const state::Account& account, const state::Invoice& invoice,
               int64_t written_off_minor);

// The same for an invoice that is issued now.
Taxes ReliefOf(const v1::InvoiceIssued& invoice, int64_t written_off_minor);

// What has to be corrected beyond `corrected` when this much is written off now.
Taxes MoreRelief(const Taxes& corrected, const state::Account& account,
                 const state::Invoice& invoice, int64_t written_off_minor);

// The part of `corrected` that is payable again when this much of the invoice still stands written
// off. `invoice` includes its newest credit note. None if nothing was corrected.
Taxes LessRelief(const Taxes& corrected, const state::Account& account,
                 const state::Invoice& invoice, int64_t written_off_minor);

// Adds to the totals, or takes from them; totals of zero are removed.
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
