// What events of drafts, invoices, credit notes and debit notes do to the state.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "common/base/status.h"
#include "services/billing/day_number.h"
#include "services/billing/evolve.h"
#include "services/billing/fold.h"
#include "services/billing/invoice_number.h"
#include "services/billing/state_lines.h"
#include "services/billing/tax_relief.h"

namespace daybook::billing {
namespace {

using state::Account;
using state::Invoice;
using state::Payment;

int FindDraft(const Account& account, const std::string& invoice_id) {
  for (int i = 0; i < account.drafts_size(); ++i) {
    if (account.drafts(i).invoice_id() == invoice_id) return i;
  }
  return -1;
}

void DropDraft(const std::string& invoice_id, Account& account) {
  const int i = FindDraft(account, invoice_id);
  if (i >= 0) account.mutable_drafts()->DeleteSubrange(i, 1);
}

// The fields that invoices and debit notes have in common.
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

// A recovery, or the reversal of a write-off: this much of the written-off amount is open again.
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

// The money in a credit note becomes a source of credit.
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

}  // namespace

void On(const v1::InvoiceDrafted& event, const Target& to) {
  Account& account = to.AccountOf(event);
  state::Draft& draft = *account.add_drafts();
  draft.set_invoice_id(event.invoice_id());
  *draft.mutable_draft() = event.draft();
  draft.set_version(1);
}

void On(const v1::InvoiceDraftEdited& event, const Target& to) {
  Account& account = to.AccountOf(event);
  const int i = FindDraft(account, event.invoice_id());
  DAYBOOK_CHECK(i >= 0);
  state::Draft& draft = *account.mutable_drafts(i);
  *draft.mutable_draft() = event.draft();
  draft.set_version(draft.version() + 1);
}

void On(const v1::InvoiceDraftDeleted& event, const Target& to) {
  DropDraft(event.invoice_id(), to.AccountOf(event));
}

void On(const v1::InvoiceIssued& event, const Target& to) {
  UseNumber(event.number(), *to.partition.mutable_series()->mutable_last());
  Account& account = to.AccountOf(event);
  std::unique_ptr<Invoice> invoice = NewInvoice(event.invoice_id(), event.number(), to.day,
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

void On(const v1::InvoiceVoided& event, const Target& to) {
  Account& account = to.AccountOf(event);
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

void On(const v1::InvoiceMarkedUncollectible& event, const Target& to) {
  EditInvoice(to.AccountOf(event), event.invoice_id()).set_state(v1::INVOICE_STATE_UNCOLLECTIBLE);
}

void On(const v1::InvoiceUnmarkedUncollectible& event, const Target& to) {
  EditInvoice(to.AccountOf(event), event.invoice_id()).set_state(v1::INVOICE_STATE_ISSUED);
}

void On(const v1::InvoiceWrittenOff& event, const Target& to) {
  Account& account = to.AccountOf(event);
  Invoice& invoice = EditInvoice(account, event.invoice_id());
  invoice.set_write_off_date(std::max(invoice.write_off_date(), DayNumber(to.day)));
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

void On(const v1::WriteOffRecovered& event, const Target& to) {
  OpenAgain(event, to.AccountOf(event));
}

void On(const v1::WriteOffReversed& event, const Target& to) {
  OpenAgain(event, to.AccountOf(event));
}

void On(const v1::CreditNoteIssued& event, const Target& to) {
  UseNumber(event.number(), *to.partition.mutable_series()->mutable_credit_notes());
  Account& account = to.AccountOf(event);
  Invoice& invoice = EditInvoice(account, event.invoice_id());
  KeepCredited(event.lines(), invoice);
  if (event.unapplied_minor() > 0) {
    AddSource(event, to.day, invoice.ordinal(), account);
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

void On(const v1::DebitNoteIssued& event, const Target& to) {
  UseNumber(event.number(), *to.partition.mutable_series()->mutable_debit_notes());
  Account& account = to.AccountOf(event);
  state::PaymentReversal& reversal = LastReversal(event.payment_id(), account);
  reversal.set_claimed_minor(event.total_minor());
  reversal.set_debit_note(account.invoice_count());
  std::unique_ptr<Invoice> note = NewInvoice(event.debit_note_id(), event.number(), to.day,
                                             event.due_date(), event.total_minor(), account);
  note->set_debit_note_of(PaymentOrdinal(account, event.payment_id()));
  AddInvoice(std::move(note), account);
}

}  // namespace daybook::billing
