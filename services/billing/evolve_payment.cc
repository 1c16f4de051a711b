// What events of payments and of their credit do to the state.
#include <algorithm>

#include "common/base/status.h"
#include "common/base/text.h"
#include "services/billing/day_number.h"
#include "services/billing/early_payment.h"
#include "services/billing/evolve.h"
#include "services/billing/fold.h"

namespace daybook::billing {
namespace {

using state::Account;
using state::Invoice;
using state::Payment;

// The fields that a recorded and an announced payment have in common; returns the ordinal.
template <class Event>
uint32_t AddPayment(const Event& event, v1::PaymentState state, absl::CivilDay day,
                    Account& account) {
  const int ordinal = account.payments_size();
  Payment& payment = *account.add_payments();
  payment.set_payment_id(event.payment_id());
  payment.set_state(state);
  payment.set_method(event.method());
  payment.set_amount_minor(event.amount_minor());
  payment.set_payment_date(DayNumber(day));
  payment.set_channel(event.channel());
  uint32_t key = 0;
  if (!event.external_id().empty()) {
    payment.set_external_id(Tidy(event.external_id()));  // older events have it as it was given
    if (event.attempt() > 1) payment.set_attempt(event.attempt());
    key = ExternalKey(event.method(), payment.external_id());
  }
  account.add_external_keys(key);
  return static_cast<uint32_t>(ordinal);
}

// Money came in, recorded or confirmed.
template <class Event>
void Received(uint32_t ordinal, const Event& event, absl::CivilDay day, Account& account) {
  const int64_t allocated = Allocate(ordinal, DayNumber(day), event.allocations(), account);
  DAYBOOK_CHECK(allocated + event.unapplied_minor() == event.amount_minor());
  account.set_received_minor(account.received_minor() + event.amount_minor());
  if (event.unapplied_minor() > 0) SetUnapplied(ordinal, event.unapplied_minor(), account);
}

// Money of another payment, which a bank took back, came again, if the event names that payment.
void Reinstated(uint32_t ordinal, const v1::PaymentRecorded& event, Account& account) {
  if (event.reinstates_payment_id().empty()) return;
  const uint32_t first = PaymentOrdinal(account, event.reinstates_payment_id());
  Payment& payment = *account.mutable_payments(static_cast<int>(first));
  payment.set_reinstated_minor(payment.reinstated_minor() + event.amount_minor());
  account.mutable_payments(static_cast<int>(ordinal))->set_first_date(FirstDayOf(payment));
}

// An announced payment is no longer pending. A failed one was not pending any more.
void Arrived(uint32_t ordinal, v1::PaymentState state, Account& account) {
  Payment& payment = *account.mutable_payments(static_cast<int>(ordinal));
  const bool had_failed = payment.state() == v1::PAYMENT_STATE_FAILED;
  payment.set_state(state);
  if (had_failed) return;
  auto& pending = *account.mutable_pending_payments();
  for (int i = 0; i < pending.size(); ++i) {
    if (pending[i].ordinal() != ordinal) continue;
    for (const v1::Allocation& instructed : pending[i].instructed_allocations()) {
      Invoice& invoice = EditInvoice(account, instructed.invoice_id());
      invoice.set_pending_count(invoice.pending_count() - 1);
    }
    pending.DeleteSubrange(i, 1);
    return;
  }
  DAYBOOK_CHECK(!"a payment arrived that was not under way");
}

}  // namespace

void On(const v1::PaymentRecorded& event, const Target& to) {
  Account& account = to.AccountOf(event);
  const uint32_t ordinal = AddPayment(event, v1::PAYMENT_STATE_SUCCEEDED, to.day, account);
  Reinstated(ordinal, event, account);
  Received(ordinal, event, to.day, account);
}

void On(const v1::PaymentAnnounced& event, const Target& to) {
  Account& account = to.AccountOf(event);
  state::PendingPayment& pending = *account.add_pending_payments();
  pending.set_ordinal(AddPayment(event, event.state(), to.day, account));
  *pending.mutable_instructed_allocations() = event.instructed_allocations();
  for (const v1::Allocation& instructed : event.instructed_allocations()) {
    Invoice& invoice = EditInvoice(account, instructed.invoice_id());
    invoice.set_pending_count(invoice.pending_count() + 1);
  }
}

void On(const v1::PaymentConfirmed& event, const Target& to) {
  Account& account = to.AccountOf(event);
  const uint32_t ordinal = PaymentOrdinal(account, event.payment_id());
  Arrived(ordinal, v1::PAYMENT_STATE_SUCCEEDED, account);
  account.mutable_payments(static_cast<int>(ordinal))->set_payment_date(DayNumber(to.day));
  Received(ordinal, event, to.day, account);
}

void On(const v1::PaymentFailed& event, const Target& to) {
  Account& account = to.AccountOf(event);
  Arrived(PaymentOrdinal(account, event.payment_id()), v1::PAYMENT_STATE_FAILED, account);
}

void On(const v1::PaymentReversed& event, const Target& to) {
  Account& account = to.AccountOf(event);
  const uint32_t ordinal = PaymentOrdinal(account, event.payment_id());
  const int64_t released = Deallocate(ordinal, event.released(), account);
  Payment& payment = *account.mutable_payments(static_cast<int>(ordinal));
  DAYBOOK_CHECK(event.partial() || event.unapplied_minor() == payment.unapplied_minor());
  DAYBOOK_CHECK(released + event.unapplied_minor() == event.amount_minor());
  SetUnapplied(ordinal, payment.unapplied_minor() - event.unapplied_minor(), account);
  if (!event.partial()) payment.set_state(event.state());
  payment.set_reversed_minor(payment.reversed_minor() + event.amount_minor());
  state::PaymentReversal& reversal = *payment.add_reversals();
  reversal.set_kind(event.state());
  reversal.set_reversed_minor(event.amount_minor());
  reversal.set_external_id(event.external_id());
  reversal.set_day(DayNumber(to.day));
  account.set_reversed_minor(account.reversed_minor() + event.amount_minor());
}

void On(const v1::PaymentLossTaken& event, const Target& to) {
  LastReversal(event.payment_id(), to.AccountOf(event)).set_lost_minor(event.amount_minor());
}

void On(const v1::PaymentLossRecovered& event, const Target& to) {
  Account& account = to.AccountOf(event);
  Payment& payment =
      *account.mutable_payments(static_cast<int>(PaymentOrdinal(account, event.payment_id())));
  payment.set_loss_recovered_minor(payment.loss_recovered_minor() + event.amount_minor());
}

void On(const v1::PaymentRefunded& event, const Target& to) {
  Account& account = to.AccountOf(event);
  const uint32_t ordinal = PaymentOrdinal(account, event.payment_id());
  Payment& payment = *account.mutable_payments(static_cast<int>(ordinal));
  SetUnapplied(ordinal, payment.unapplied_minor() - event.amount_minor(), account);
  payment.set_refunded_minor(payment.refunded_minor() + event.amount_minor());
  if (!event.external_id().empty()) {
    state::Refund& refund = *payment.add_refunds();
    refund.set_external_id(Tidy(event.external_id()));
    refund.set_amount_minor(event.amount_minor());
    refund.set_credit_note_id(event.credit_note_id());
    refund.set_refund_id(event.refund_id());
  }
  account.set_refunded_minor(account.refunded_minor() + event.amount_minor());
}

void On(const v1::CreditApplied& event, const Target& to) {
  Account& account = to.AccountOf(event);
  const uint32_t ordinal = PaymentOrdinal(account, event.payment_id());
  const int64_t amount = Allocate(ordinal, DayNumber(to.day), event.allocations(), account);
  SetUnapplied(ordinal, account.payments(static_cast<int>(ordinal)).unapplied_minor() - amount,
               account);
}

void On(const v1::CreditReleased& event, const Target& to) {
  Account& account = to.AccountOf(event);
  const uint32_t ordinal = PaymentOrdinal(account, event.payment_id());
  const int64_t amount = Deallocate(ordinal, event.released(), account);
  SetUnapplied(ordinal, account.payments(static_cast<int>(ordinal)).unapplied_minor() + amount,
               account);
}

void On(const v1::CreditWrittenOff& event, const Target& to) {
  Account& account = to.AccountOf(event);
  const uint32_t ordinal = PaymentOrdinal(account, event.payment_id());
  Payment& payment = *account.mutable_payments(static_cast<int>(ordinal));
  DAYBOOK_CHECK(event.amount_minor() > 0 && event.amount_minor() == payment.unapplied_minor());
  SetUnapplied(ordinal, 0, account);
  payment.set_written_off_minor(payment.written_off_minor() + event.amount_minor());
  payment.set_write_off_date(std::max(payment.write_off_date(), DayNumber(to.day)));
  account.set_credit_written_off_minor(account.credit_written_off_minor() + event.amount_minor());
}

void On(const v1::CreditWriteOffReversed& event, const Target& to) {
  Account& account = to.AccountOf(event);
  const uint32_t ordinal = PaymentOrdinal(account, event.payment_id());
  Payment& payment = *account.mutable_payments(static_cast<int>(ordinal));
  DAYBOOK_CHECK(event.amount_minor() > 0 && event.amount_minor() == payment.written_off_minor());
  payment.clear_written_off_minor();
  account.set_credit_written_off_minor(account.credit_written_off_minor() - event.amount_minor());
  SetUnapplied(ordinal, payment.unapplied_minor() + event.amount_minor(), account);
}

}  // namespace daybook::billing
