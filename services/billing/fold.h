// How money moves in the state of an account: what the folds of several events have in common.
//
// Everything here follows an event that was decided on this very state, so that what does not fit
// is a broken invariant and stops the process. The sums of the account are kept with every step.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "daybook/billing/v1/event.pb.h"
#include "services/billing/state.h"

namespace daybook::billing {

using EventAllocations = google::protobuf::RepeatedPtrField<v1::Allocation>;

// The account of this id, which is there.
state::Account& EditAccount(const std::string& account_id, state::State& state);

// The ordinal of the payment or credit note of this id, which exists. One with unapplied money is
// found without a pass over the others.
uint32_t PaymentOrdinal(const state::Account& account, const std::string& payment_id);

// Key of method and external id in `external_keys`; never 0.
uint32_t ExternalKey(v1::PaymentMethod method, const std::string& external_id);

// The issued invoice of this id for editing, which exists, open or settled. A pass over them.
state::Invoice& EditInvoice(state::Account& account, const std::string& invoice_id);

// Adds a new invoice to the open ones, in their order, or to the settled ones if nothing is open.
void AddInvoice(std::unique_ptr<state::Invoice> invoice, state::Account& account);

// Changes the open amount of an invoice by `delta` and moves it between the lists if need be. The
// caller sets its state.
void ChangeOpen(const std::string& invoice_id, int64_t delta, state::Account& account);

// Sets the unapplied amount of a payment, and keeps the list of the payments that have one.
void SetUnapplied(uint32_t ordinal, int64_t unapplied_minor, state::Account& account);

// Allocates money of a payment to open invoices, each named once, from `day` (YYYYMMDD) on. An
// invoice with nothing open is settled: PAID, or UNCOLLECTIBLE if part of it is written off. Leaves
// the unapplied amount to the caller. Returns the sum.
int64_t Allocate(uint32_t ordinal, int32_t day, const EventAllocations& allocations,
                 state::Account& account);

// Deallocates money of a payment from invoices, the newest rows first. PAID ones become ISSUED.
// Leaves the unapplied amount to the caller. Returns the sum.
int64_t Deallocate(uint32_t ordinal, const EventAllocations& released, state::Account& account);

// The newest reversal of the payment, whose event stands before the present one in the record.
state::PaymentReversal& LastReversal(const std::string& payment_id, state::Account& account);

}  // namespace daybook::billing
