// Bad debt relief: the tax in what is given up of an invoice, which need not be paid to the state; and
// in what comes back of it, which must be.
//
//   given up    of each rate   tax left of the rate × amount / left of the invoice
//   comes back  of each rate   corrected of the rate × amount / written off
//
// "Left" is after credit notes. The sum over the rates is rounded half-up, the rates share it by largest
// remainder; bit by bit, what comes back sums to what was corrected.
#pragma once

#include <cstdint>

#include "daybook/billing/v1/state.pb.h"
#include "services/billing/state_lines.h"

namespace daybook::billing {

// In `amount_minor` (positive) of an invoice of `account`, in the order of its taxes. None if the invoice has no
// tax left, or less than half a minor unit of it in the amount.
Taxes TaxesIn(const v1::Account& account, const v1::Invoice& invoice, int64_t amount_minor);

// What of `taxes`, corrected for `whole_minor`, goes with `part_minor` of it (0 < part <= whole).
Taxes PartOf(const Taxes& taxes, int64_t part_minor, int64_t whole_minor);

// Sum of the taxes.
int64_t TaxSum(const Taxes& taxes);

// Adds to the totals, takes from them; totals of nothing go.
void AddTaxes(const Taxes& more, Taxes& taxes);
void TakeTaxes(const Taxes& less, Taxes& taxes);

// Gives an event its taxes and their sum.
template <class Event>
void SetTaxes(Taxes taxes, Event& event) {
  event.set_tax_minor(TaxSum(taxes));
  *event.mutable_taxes() = std::move(taxes);
}

}  // namespace daybook::billing
