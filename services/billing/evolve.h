// What each event of the billing book does to the state: one function per event, in the file of its
// kind. They are called by Billing::Evolve alone.
#pragma once

#include "absl/time/civil_time.h"
#include "daybook/billing/v1/event.pb.h"
#include "daybook/internal/book/v1/state.pb.h"
#include "services/billing/fold.h"
#include "services/billing/state.h"

namespace daybook::billing {

// What an event may change, and the day from which it counts.
struct Target {
  state::State& state;
  internal::book::v1::PartitionState& partition;
  absl::CivilDay day;

  // The account that an event names.
  template <class Event>
  state::Account& AccountOf(const Event& event) const {
    return EditAccount(event.account_id(), state);
  }
};

// evolve_account.cc
void On(const v1::AccountOpened& event, const Target& to);
void On(const v1::AccountTermsChanged& event, const Target& to);
void On(const v1::AccountSuspended& event, const Target& to);
void On(const v1::AccountClosed& event, const Target& to);
void On(const v1::AccountReopened& event, const Target& to);

// evolve_invoice.cc
void On(const v1::InvoiceDrafted& event, const Target& to);
void On(const v1::InvoiceDraftEdited& event, const Target& to);
void On(const v1::InvoiceDraftDeleted& event, const Target& to);
void On(const v1::InvoiceIssued& event, const Target& to);
void On(const v1::InvoiceVoided& event, const Target& to);
void On(const v1::InvoiceMarkedUncollectible& event, const Target& to);
void On(const v1::InvoiceUnmarkedUncollectible& event, const Target& to);
void On(const v1::InvoiceWrittenOff& event, const Target& to);
void On(const v1::WriteOffRecovered& event, const Target& to);
void On(const v1::WriteOffReversed& event, const Target& to);
void On(const v1::CreditNoteIssued& event, const Target& to);
void On(const v1::DebitNoteIssued& event, const Target& to);

// evolve_payment.cc
void On(const v1::PaymentRecorded& event, const Target& to);
void On(const v1::PaymentAnnounced& event, const Target& to);
void On(const v1::PaymentConfirmed& event, const Target& to);
void On(const v1::PaymentFailed& event, const Target& to);
void On(const v1::PaymentReversed& event, const Target& to);
void On(const v1::PaymentLossTaken& event, const Target& to);
void On(const v1::PaymentLossRecovered& event, const Target& to);
void On(const v1::PaymentRefunded& event, const Target& to);
void On(const v1::CreditApplied& event, const Target& to);
void On(const v1::CreditReleased& event, const Target& to);
void On(const v1::CreditWrittenOff& event, const Target& to);
void On(const v1::CreditWriteOffReversed& event, const Target& to);

}  // namespace daybook::billing
