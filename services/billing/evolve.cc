// How the billing book's state follows from its events.
#include <algorithm>
#include <memory>

#include "common/base/decimal.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "services/billing/billing.h"
#include "services/billing/day_number.h"
#include "services/billing/early_payment.h"
#include "services/billing/fold.h"
#include "services/billing/invoice_number.h"
#include "services/billing/state_lines.h"
#include "services/billing/tax_relief.h"

namespace daybook::billing {
namespace {

using v1::Account;
using v1::Invoice;
using v1::Payment;

void SetState(v1::AccountState state, absl::CivilDay day, Account& account) {
  account.set_state(state);
  account.set_changed_date(DayNumber(day));
}

void Opened(const v1::AccountOpened& event, absl::CivilDay day, v1::State& state) {
  Account& account = *state.add_accounts();
  account.set_account_id(event.account_id());
  account.set_currency_code(event.currency_code());
  if (event.has_currency_digits()) account.set_currency_digits(event.currency_digits());
  account.set_time_zone(event.time_zone());
  *account.mutable_terms() = event.terms();
  account.set_manual_credit(event.manual_credit());
  SetState(v1::ACCOUNT_STATE_ACTIVE, day, account);
}

void TermsChanged(const v1::AccountTermsChanged& event, Account& account) {
  *account.mutable_terms() = event.terms();
  account.set_manual_credit(event.manual_credit());
}

void Drafted(const v1::InvoiceDrafted& event, Account& account) {
  v1::Draft& draft = *account.add_drafts();
  draft.set_invoice_id(event.invoice_id());
  *draft.mutable_draft() = event.draft();
  draft.set_version(1);
}

int FindDraft(const Account& account, const std::string& invoice_id) {
  for (int i = 0; i < account.drafts_size(); ++i) {
    if (account.drafts(i).invoice_id() == invoice_id) return i;
  }
  return -1;
}

void DraftEdited(const v1::InvoiceDraftEdited& event, Account& account) {
  const int i = FindDraft(account, event.invoice_id());
  DAYBOOK_CHECK(i >= 0);
  v1::Draft& draft = *account.mutable_drafts(i);
  *draft.mutable_draft() = event.draft();
  draft.set_version(draft.version() + 1);
}

void DropDraft(const std::string& invoice_id, Account& account) {
  const int i = FindDraft(account, invoice_id);
  if (i >= 0) account.mutable_drafts()->DeleteSubrange(i, 1);
}

// What invoices and debit notes have in common.
std::unique_ptr<Invoice> NewInvoice(const std::string& id, const v1::InvoiceNumber& number,
                                    absl::CivilDay day, const google::type::Date& due_date,
                                    int64_t total_minor, Account& account) {
  auto invoice = std::make_unique<Invoice>();
  invoice->set_invoice_id(id);
  invoice->set_ordinal(account.invoice_count());
  invoice->set_state(total_minor == 0 ? v1::INVOICE_STATE_PAID : v1::INVOICE_STATE_ISSUED);
  if (number.series() != kDefaultInvoiceSeries) invoice->set_series(number.series());
  invoice->set_sequence(number.sequence());
  invoice->set_invoice_date(DayNumber(day));
  invoice->set_due_date(DayNumber(due_date));
  invoice->set_total_minor(total_minor);
  invoice->set_open_minor(total_minor);
  account.set_invoiced_minor(account.invoiced_minor() + total_minor);
  account.set_invoice_count(account.invoice_count() + 1);
  return invoice;
}

void Issued(const v1::InvoiceIssued& event, absl::CivilDay invoice_day, Account& account) {
  std::unique_ptr<Invoice> invoice = NewInvoice(event.invoice_id(), event.number(), invoice_day,
                                                event.due_date(), event.total_minor(), account);
  KeepLines(event.lines(), *invoice, account);
  if (event.has_discount()) {
    invoice->set_discount_minor(event.discount().amount_minor());
    invoice->set_discount_date(DayNumber(event.discount().last_date()));
    account.set_discount_offer_count(account.discount_offer_count() + 1);
  }
  account.set_line_count(account.line_count() + event.lines_size());
  AddInvoice(std::move(invoice), account);
  if (!account.drafts().empty()) DropDraft(event.invoice_id(), account);
}

void Voided(const v1::InvoiceVoided& event, Account& account) {
  Invoice& invoice = EditInvoice(account, event.invoice_id());
  DAYBOOK_CHECK(event.open_minor() == invoice.open_minor());
  invoice.set_state(v1::INVOICE_STATE_VOID);
  invoice.clear_written_off_minor();
  invoice.clear_write_off_reason();
  invoice.clear_residue_minor();
  invoice.clear_written_off_taxes();
  invoice.clear_residue_taxes();
  invoice.clear_discounted_minor();
  invoice.clear_discounted_taxes();
  if (event.open_minor() > 0) ChangeOpen(event.invoice_id(), -event.open_minor(), account);
}

void WrittenOff(const v1::InvoiceWrittenOff& event, absl::CivilDay day, Account& account) {
  Invoice& invoice = EditInvoice(account, event.invoice_id());
  invoice.set_write_off_date(std::max(invoice.write_off_date(), DayNumber(day)));
  const bool all = event.amount_minor() == invoice.open_minor();
  switch (event.reason()) {
    case v1::WRITE_OFF_REASON_EARLY_PAYMENT:
      DAYBOOK_CHECK(event.amount_minor() <= invoice.open_minor());
      invoice.set_discounted_minor(invoice.discounted_minor() + event.amount_minor());
      AddTaxes(event.taxes(), *invoice.mutable_discounted_taxes());
      if (all) invoice.set_state(v1::INVOICE_STATE_PAID);
      break;
    case v1::WRITE_OFF_REASON_NORMAL:
      DAYBOOK_CHECK(all);
      invoice.set_residue_minor(invoice.residue_minor() + event.amount_minor());
      AddTaxes(event.taxes(), *invoice.mutable_residue_taxes());
      invoice.set_state(v1::INVOICE_STATE_PAID);
      break;
    default:
      DAYBOOK_CHECK(all);
      invoice.set_written_off_minor(invoice.written_off_minor() + event.amount_minor());
      AddTaxes(event.taxes(), *invoice.mutable_written_off_taxes());
      invoice.set_write_off_reason(event.reason());
      invoice.set_state(v1::INVOICE_STATE_UNCOLLECTIBLE);
  }
  ChangeOpen(event.invoice_id(), -event.amount_minor(), account);
}

// So much of what was given up is open again: of a recovery, or of a reversal.
template <class Event>
void OpenAgain(const Event& event, Account& account) {
  Invoice& invoice = EditInvoice(account, event.invoice_id());
  const int64_t amount = event.amount_minor();
  if (event.reason() == v1::WRITE_OFF_REASON_EARLY_PAYMENT) {
    DAYBOOK_CHECK(amount > 0 && amount <= invoice.discounted_minor());
    invoice.set_discounted_minor(invoice.discounted_minor() - amount);
    TakeTaxes(event.taxes(), *invoice.mutable_discounted_taxes());
    if (invoice.state() == v1::INVOICE_STATE_PAID) invoice.set_state(v1::INVOICE_STATE_ISSUED);
  } else if (event.reason() == v1::WRITE_OFF_REASON_NORMAL) {
    DAYBOOK_CHECK(amount > 0 && amount <= invoice.residue_minor());
    invoice.set_residue_minor(invoice.residue_minor() - amount);
    TakeTaxes(event.taxes(), *invoice.mutable_residue_taxes());
    if (invoice.state() == v1::INVOICE_STATE_PAID) invoice.set_state(v1::INVOICE_STATE_ISSUED);
  } else {
    DAYBOOK_CHECK(amount > 0 && amount <= invoice.written_off_minor());
    invoice.set_written_off_minor(invoice.written_off_minor() - amount);
    TakeTaxes(event.taxes(), *invoice.mutable_written_off_taxes());
    if (invoice.written_off_minor() == 0) {
      invoice.clear_write_off_reason();
      invoice.set_state(v1::INVOICE_STATE_ISSUED);
    }
  }
  ChangeOpen(event.invoice_id(), amount, account);
}

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

// Money came in: as recorded, or as confirmed.
template <class Event>
void Received(uint32_t ordinal, const Event& event, absl::CivilDay day, Account& account) {
  const int64_t allocated = PutOn(ordinal, DayNumber(day), event.allocations(), account);
  DAYBOOK_CHECK(allocated + event.unapplied_minor() == event.amount_minor());
  account.set_received_minor(account.received_minor() + event.amount_minor());
  if (event.unapplied_minor() > 0) SetUnapplied(ordinal, event.unapplied_minor(), account);
}

// What was taken back of another payment, if it is that, has come again.
void Reinstated(uint32_t ordinal, const v1::PaymentRecorded& event, Account& account) {
  if (event.reinstates_payment_id().empty()) return;
  const uint32_t first = PaymentOrdinal(account, event.reinstates_payment_id());
  Payment& payment = *account.mutable_payments(static_cast<int>(first));
  payment.set_reinstated_minor(payment.reinstated_minor() + event.amount_minor());
  account.mutable_payments(static_cast<int>(ordinal))->set_first_date(FirstDayOf(payment));
}

void Announced(const v1::PaymentAnnounced& event, absl::CivilDay day, Account& account) {
  v1::PendingPayment& pending = *account.add_pending_payments();
  pending.set_ordinal(AddPayment(event, event.state(), day, account));
  *pending.mutable_said() = event.said();
  for (const v1::Allocation& said : event.said()) {
    Invoice& invoice = EditInvoice(account, said.invoice_id());
    invoice.set_pending_count(invoice.pending_count() + 1);
  }
}

// An announced payment is under way no more. One that had failed was not.
void Arrived(uint32_t ordinal, v1::PaymentState state, Account& account) {
  Payment& payment = *account.mutable_payments(static_cast<int>(ordinal));
  const bool had_failed = payment.state() == v1::PAYMENT_STATE_FAILED;
  payment.set_state(state);
  if (had_failed) return;
  auto& pending = *account.mutable_pending_payments();
  for (int i = 0; i < pending.size(); ++i) {
    if (pending[i].ordinal() != ordinal) continue;
    for (const v1::Allocation& said : pending[i].said()) {
      Invoice& invoice = EditInvoice(account, said.invoice_id());
      invoice.set_pending_count(invoice.pending_count() - 1);
    }
    pending.DeleteSubrange(i, 1);
    return;
  }
  DAYBOOK_CHECK(!"a payment arrived that was not under way");
}

void Confirmed(const v1::PaymentConfirmed& event, absl::CivilDay day, Account& account) {
  const uint32_t ordinal = PaymentOrdinal(account, event.payment_id());
  Arrived(ordinal, v1::PAYMENT_STATE_SUCCEEDED, account);
  account.mutable_payments(static_cast<int>(ordinal))->set_payment_date(DayNumber(day));
  Received(ordinal, event, day, account);
}

void Applied(const v1::CreditApplied& event, absl::CivilDay day, Account& account) {
  const uint32_t ordinal = PaymentOrdinal(account, event.payment_id());
  const int64_t amount = PutOn(ordinal, DayNumber(day), event.allocations(), account);
  SetUnapplied(ordinal, account.payments(static_cast<int>(ordinal)).unapplied_minor() - amount,
               account);
}

void Released(const v1::CreditReleased& event, Account& account) {
  const uint32_t ordinal = PaymentOrdinal(account, event.payment_id());
  const int64_t amount = TakeOff(ordinal, event.released(), account);
  SetUnapplied(ordinal, account.payments(static_cast<int>(ordinal)).unapplied_minor() + amount,
               account);
}

void Reversed(const v1::PaymentReversed& event, absl::CivilDay day, Account& account) {
  const uint32_t ordinal = PaymentOrdinal(account, event.payment_id());
  const int64_t released = TakeOff(ordinal, event.released(), account);
  Payment& payment = *account.mutable_payments(static_cast<int>(ordinal));
  DAYBOOK_CHECK(event.partial() || event.unapplied_minor() == payment.unapplied_minor());
  DAYBOOK_CHECK(released + event.unapplied_minor() == event.amount_minor());
  SetUnapplied(ordinal, payment.unapplied_minor() - event.unapplied_minor(), account);
  if (!event.partial()) payment.set_state(event.state());
  payment.set_reversed_minor(payment.reversed_minor() + event.amount_minor());
  v1::TakeBack& take_back = *payment.add_take_backs();
  take_back.set_kind(event.state());
  take_back.set_reversed_minor(event.amount_minor());
  take_back.set_external_id(event.external_id());
  take_back.set_day(DayNumber(day));
  account.set_reversed_minor(account.reversed_minor() + event.amount_minor());
}

// The take-back whose excess an event is about: it stands before it in the record.
v1::TakeBack& LastTakeBack(const std::string& payment_id, Account& account) {
  const uint32_t ordinal = PaymentOrdinal(account, payment_id);
  Payment& payment = *account.mutable_payments(static_cast<int>(ordinal));
  DAYBOOK_CHECK(!payment.take_backs().empty());
  return *payment.mutable_take_backs(payment.take_backs_size() - 1);
}

void Claimed(const v1::DebitNoteIssued& event, absl::CivilDay day, Account& account) {
  v1::TakeBack& take_back = LastTakeBack(event.payment_id(), account);
  take_back.set_claimed_minor(event.total_minor());
  take_back.set_debit_note(account.invoice_count());
  std::unique_ptr<Invoice> note = NewInvoice(event.debit_note_id(), event.number(), day,
                                             event.due_date(), event.total_minor(), account);
  note->set_debit_note_of(PaymentOrdinal(account, event.payment_id()));
  AddInvoice(std::move(note), account);
}

void CreditWrittenOff(const v1::CreditWrittenOff& event, absl::CivilDay day, Account& account) {
  const uint32_t ordinal = PaymentOrdinal(account, event.payment_id());
  Payment& payment = *account.mutable_payments(static_cast<int>(ordinal));
  DAYBOOK_CHECK(event.amount_minor() > 0 && event.amount_minor() == payment.unapplied_minor());
  SetUnapplied(ordinal, 0, account);
  payment.set_written_off_minor(payment.written_off_minor() + event.amount_minor());
  payment.set_write_off_date(std::max(payment.write_off_date(), DayNumber(day)));
  account.set_credit_written_off_minor(account.credit_written_off_minor() + event.amount_minor());
}

void CreditWriteOffReversed(const v1::CreditWriteOffReversed& event, Account& account) {
  const uint32_t ordinal = PaymentOrdinal(account, event.payment_id());
  Payment& payment = *account.mutable_payments(static_cast<int>(ordinal));
  DAYBOOK_CHECK(event.amount_minor() > 0 && event.amount_minor() == payment.written_off_minor());
  payment.clear_written_off_minor();
  account.set_credit_written_off_minor(account.credit_written_off_minor() - event.amount_minor());
  SetUnapplied(ordinal, payment.unapplied_minor() + event.amount_minor(), account);
}

void Refunded(const v1::PaymentRefunded& event, Account& account) {
  const uint32_t ordinal = PaymentOrdinal(account, event.payment_id());
  Payment& payment = *account.mutable_payments(static_cast<int>(ordinal));
  SetUnapplied(ordinal, payment.unapplied_minor() - event.amount_minor(), account);
  payment.set_refunded_minor(payment.refunded_minor() + event.amount_minor());
  if (!event.external_id().empty()) {
    v1::Refund& refund = *payment.add_refunds();
    refund.set_external_id(Tidy(event.external_id()));
    refund.set_amount_minor(event.amount_minor());
    refund.set_credit_note_id(event.credit_note_id());
  }
  account.set_refunded_minor(account.refunded_minor() + event.amount_minor());
}

// What of a credit note is money becomes a source of credit.
void AddSource(const v1::CreditNoteIssued& event, absl::CivilDay day, uint32_t invoice,
               Account& account) {
  const int ordinal = account.payments_size();
  Payment& source = *account.add_payments();
  source.set_payment_id(event.credit_note_id());
  source.set_state(v1::PAYMENT_STATE_SUCCEEDED);
  source.set_amount_minor(event.unapplied_minor());
  source.set_payment_date(DayNumber(day));
  source.set_credit_note(true);
  source.set_credit_note_of(invoice);
  account.add_external_keys(0);
  account.set_credited_minor(account.credited_minor() + event.unapplied_minor());
  SetUnapplied(static_cast<uint32_t>(ordinal), event.unapplied_minor(), account);
}

void Credited(const v1::CreditNoteIssued& event, absl::CivilDay day, Account& account) {
  Invoice& invoice = EditInvoice(account, event.invoice_id());
  KeepCredited(event.lines(), invoice);
  if (event.unapplied_minor() > 0) {
    AddSource(event, day, invoice.ordinal(), account);
  } else {
    account.set_credit_note_count(account.credit_note_count() + 1);
  }
  if (event.applied_minor() == 0) return;
  invoice.set_credited_minor(invoice.credited_minor() + event.applied_minor());
  if (invoice.open_minor() == event.applied_minor() && invoice.written_off_minor() == 0) {
    invoice.set_state(v1::INVOICE_STATE_PAID);
  }
  ChangeOpen(event.invoice_id(), -event.applied_minor(), account);
}

}  // namespace

void Billing::Evolve(const command::EventMeta& meta, const Event& event, book::v1::State& state,
                     book::v1::PartitionState& partition_state) {
  v1::State& own = *state.mutable_billing();
  const absl::CivilDay day = meta.effective_date;
  const auto account = [&own](const auto& e) -> Account& {
    return EditAccount(e.account_id(), own);
  };
  switch (event.event_case()) {  // without default: a new event without its case does not compile
    case Event::kAccountOpened:
      return Opened(event.account_opened(), day, own);
    case Event::kAccountTermsChanged:
      return TermsChanged(event.account_terms_changed(), account(event.account_terms_changed()));
    case Event::kAccountSuspended:
      return SetState(v1::ACCOUNT_STATE_SUSPENDED, day, account(event.account_suspended()));
    case Event::kAccountClosed:
      return SetState(v1::ACCOUNT_STATE_CLOSED, day, account(event.account_closed()));
    case Event::kAccountReopened:
      return SetState(v1::ACCOUNT_STATE_ACTIVE, day, account(event.account_reopened()));

    case Event::kInvoiceDrafted:
      return Drafted(event.invoice_drafted(), account(event.invoice_drafted()));
    case Event::kInvoiceDraftEdited:
      return DraftEdited(event.invoice_draft_edited(), account(event.invoice_draft_edited()));
    case Event::kInvoiceDraftDeleted:
      return DropDraft(event.invoice_draft_deleted().invoice_id(),
                       account(event.invoice_draft_deleted()));
    case Event::kInvoiceIssued:
      UseNumber(event.invoice_issued().number(), *partition_state.mutable_series()->mutable_last());
      return Issued(event.invoice_issued(), day, account(event.invoice_issued()));
    case Event::kInvoiceVoided:
      return Voided(event.invoice_voided(), account(event.invoice_voided()));
    case Event::kInvoiceMarkedUncollectible: {
      const auto& marked = event.invoice_marked_uncollectible();
      return EditInvoice(account(marked), marked.invoice_id())
          .set_state(v1::INVOICE_STATE_UNCOLLECTIBLE);
    }
    case Event::kInvoiceWrittenOff:
      return WrittenOff(event.invoice_written_off(), day, account(event.invoice_written_off()));
    case Event::kInvoiceUnmarkedUncollectible: {
      const auto& unmarked = event.invoice_unmarked_uncollectible();
      return EditInvoice(account(unmarked), unmarked.invoice_id())
          .set_state(v1::INVOICE_STATE_ISSUED);
    }
    case Event::kWriteOffRecovered:
      return OpenAgain(event.write_off_recovered(), account(event.write_off_recovered()));
    case Event::kWriteOffReversed:
      return OpenAgain(event.write_off_reversed(), account(event.write_off_reversed()));

    case Event::kPaymentRecorded: {
      const auto& recorded = event.payment_recorded();
      Account& own_account = account(recorded);
      const uint32_t ordinal = AddPayment(recorded, v1::PAYMENT_STATE_SUCCEEDED, day, own_account);
      Reinstated(ordinal, recorded, own_account);
      return Received(ordinal, recorded, day, own_account);
    }
    case Event::kPaymentAnnounced:
      return Announced(event.payment_announced(), day, account(event.payment_announced()));
    case Event::kPaymentConfirmed:
      return Confirmed(event.payment_confirmed(), day, account(event.payment_confirmed()));
    case Event::kPaymentFailed: {
      const auto& failed = event.payment_failed();
      Account& own_account = account(failed);
      return Arrived(PaymentOrdinal(own_account, failed.payment_id()), v1::PAYMENT_STATE_FAILED,
                     own_account);
    }
    case Event::kPaymentReversed:
      return Reversed(event.payment_reversed(), day, account(event.payment_reversed()));
    case Event::kDebitNoteIssued:
      UseNumber(event.debit_note_issued().number(),
                *partition_state.mutable_series()->mutable_debit_notes());
      return Claimed(event.debit_note_issued(), day, account(event.debit_note_issued()));
    case Event::kPaymentLossTaken: {
      const auto& lost = event.payment_loss_taken();
      return LastTakeBack(lost.payment_id(), account(lost)).set_lost_minor(lost.amount_minor());
    }
    case Event::kPaymentLossRecovered: {
      const auto& recovered = event.payment_loss_recovered();
      Account& own_account = account(recovered);
      Payment& payment = *own_account.mutable_payments(
          static_cast<int>(PaymentOrdinal(own_account, recovered.payment_id())));
      return payment.set_loss_recovered_minor(payment.loss_recovered_minor() +
                                              recovered.amount_minor());
    }
    case Event::kPaymentRefunded:
      return Refunded(event.payment_refunded(), account(event.payment_refunded()));
    case Event::kCreditApplied:
      return Applied(event.credit_applied(), day, account(event.credit_applied()));
    case Event::kCreditReleased:
      return Released(event.credit_released(), account(event.credit_released()));
    case Event::kCreditWrittenOff:
      return CreditWrittenOff(event.credit_written_off(), day, account(event.credit_written_off()));
    case Event::kCreditWriteOffReversed:
      return CreditWriteOffReversed(event.credit_write_off_reversed(),
                                    account(event.credit_write_off_reversed()));
    case Event::kCreditNoteIssued:
      UseNumber(event.credit_note_issued().number(),
                *partition_state.mutable_series()->mutable_credit_notes());
      return Credited(event.credit_note_issued(), day, account(event.credit_note_issued()));

    case Event::EVENT_NOT_SET:
      break;
  }
  DAYBOOK_CHECK(!"an event of the billing book that this binary does not know");
}

}  // namespace daybook::billing
