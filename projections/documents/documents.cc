#include "projections/documents/documents.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "projections/documents/fold.h"

namespace daybook::documents {
namespace {

rows::AccountRow& AccountOf(const std::string& account_id, const Meta& meta, Shard& shard) {
  return shard.Edit(kAccounts, Key(meta.customer_id, account_id));
}

template <class Fact>
void SetAccountState(billing::v1::AccountState state, const Fact& fact, const Meta& meta,
                     Shard& shard) {
  rows::AccountRow& row = AccountOf(fact.account_id(), meta, shard);
  rows::Entry& entry = Add(rows::ENTRY_KIND_ACCOUNT_STATE, row.day(), meta, row);
  entry.set_code(static_cast<uint32_t>(state));
  entry.set_words(fact.reason());
}

template <class Fact>
void SetDraft(const Fact& fact, const Meta& meta, Shard& shard, rows::DraftRow& row) {
  int64_t version = 0;
  for (const rows::Entry& entry : row.entries())
    version += entry.kind() == rows::ENTRY_KIND_DRAFTED;
  Add(rows::ENTRY_KIND_DRAFTED, row.day(), meta, row).set_code(static_cast<uint32_t>(version));
  std::string key = Key(meta.customer_id, fact.invoice_id());
  store::AppendNumber(&key, static_cast<uint32_t>(version));
  shard.Append(kDraftTexts, key, fact.draft());
}

// A write-off, or what undoes one. It keeps its own day: see DayOfWriteOff in standing.cc.
template <class Fact>
rows::Entry& AddLoss(rows::EntryKind kind, const Fact& fact, const Meta& meta, Shard& shard) {
  rows::InvoiceRow& invoice = InvoiceOf(fact.invoice_id(), meta, shard);
  rows::Entry& entry = Add(kind, EpochDay(meta.effective_date), meta, invoice);
  entry.set_amount_minor(fact.amount_minor());
  entry.set_tax_minor(fact.tax_minor());
  entry.set_code(static_cast<uint32_t>(fact.reason()));
  return entry;
}

}  // namespace

void Documents::On(const customer::v1::CustomerRegistered&, const Meta& meta, Shard& shard) {
  shard.Renew(kCustomers, meta.customer_id).set_recorded_us(meta.recorded_time_us);
}

// ---------------------------------------------------------------------------------------- accounts

void Documents::On(const billing::v1::AccountOpened& fact, const Meta& meta, Shard& shard) {
  rows::AccountRow& row = shard.Renew(kAccounts, Key(meta.customer_id, fact.account_id()));
  Begin(meta, row);
  row.set_currency_code(fact.currency_code());
  row.set_time_zone(fact.time_zone());
  *row.mutable_terms() = fact.terms();
  row.set_credit_application(fact.credit_application());
  Index(kAccountsByDay, DayKey(row.day()), meta, fact.account_id(), shard);
  rows::DocumentTotals& totals = Totals(shard);
  totals.set_account_count(totals.account_count() + 1);
}

void Documents::On(const billing::v1::AccountTermsChanged& fact, const Meta& meta, Shard& shard) {
  rows::AccountRow& row = AccountOf(fact.account_id(), meta, shard);
  rows::Entry& entry = Add(rows::ENTRY_KIND_TERMS, row.day(), meta, row);
  *entry.mutable_terms() = fact.terms();
  entry.set_credit_application(fact.credit_application());
}

void Documents::On(const billing::v1::AccountSuspended& fact, const Meta& meta, Shard& shard) {
  SetAccountState(billing::v1::ACCOUNT_STATE_SUSPENDED, fact, meta, shard);
}

void Documents::On(const billing::v1::AccountClosed& fact, const Meta& meta, Shard& shard) {
  SetAccountState(billing::v1::ACCOUNT_STATE_CLOSED, fact, meta, shard);
}

void Documents::On(const billing::v1::AccountReopened& fact, const Meta& meta, Shard& shard) {
  SetAccountState(billing::v1::ACCOUNT_STATE_ACTIVE, fact, meta, shard);
}

// ------------------------------------------------------------------------------------------ drafts

void Documents::On(const billing::v1::InvoiceDrafted& fact, const Meta& meta, Shard& shard) {
  rows::DraftRow& row = shard.Renew(kDrafts, Key(meta.customer_id, fact.invoice_id()));
  BeginOf(fact, meta, shard, row);
  SetDraft(fact, meta, shard, row);
  Index(kDraftsByDay, DayKey(row.day()), meta, fact.invoice_id(), shard);
  rows::DocumentTotals& totals = Totals(shard);
  totals.set_draft_count(totals.draft_count() + 1);
}

void Documents::On(const billing::v1::InvoiceDraftEdited& fact, const Meta& meta, Shard& shard) {
  SetDraft(fact, meta, shard, shard.Edit(kDrafts, Key(meta.customer_id, fact.invoice_id())));
}

void Documents::On(const billing::v1::InvoiceDraftDeleted& fact, const Meta& meta, Shard& shard) {
  rows::DraftRow& row = shard.Edit(kDrafts, Key(meta.customer_id, fact.invoice_id()));
  Add(rows::ENTRY_KIND_DELETED, row.day(), meta, row);
}

// ---------------------------------------------------------------------------------------- invoices

void Documents::On(const billing::v1::InvoiceIssued& fact, const Meta& meta, Shard& shard) {
  rows::InvoiceRow& row = shard.Renew(kInvoices, Key(meta.customer_id, fact.invoice_id()));
  BeginOf(fact, meta, shard, row);
  row.set_currency_code(fact.currency_code());
  *row.mutable_number() = fact.number();
  row.set_due_day(EpochDay(fact.due_date()));
  row.set_net_minor(fact.net_minor());
  row.set_tax_minor(fact.tax_minor());
  row.set_total_minor(fact.total_minor());
  row.set_reference(fact.reference());
  if (fact.has_discount()) *row.mutable_discount() = fact.discount();
  shard.Append(kInvoiceTexts, Key(meta.customer_id, fact.invoice_id()), fact);
  Index(kInvoicesByDay, DayKey(row.day()), meta, fact.invoice_id(), shard);
  Index(kInvoicesByDueDay, DayKey(row.due_day()), meta, fact.invoice_id(), shard);
  Index(kInvoicesByNumber, NumberKey(fact.number()), meta, fact.invoice_id(), shard);
  if (!fact.reference().empty()) {
    Index(kInvoicesByReference, TextKey(fact.reference()), meta, fact.invoice_id(), shard);
  }
  rows::DocumentTotals& totals = Totals(shard);
  totals.set_invoice_count(totals.invoice_count() + 1);
}

void Documents::On(const billing::v1::DebitNoteIssued& fact, const Meta& meta, Shard& shard) {
  rows::InvoiceRow& row = shard.Renew(kInvoices, Key(meta.customer_id, fact.debit_note_id()));
  BeginOf(fact, meta, shard, row);
  row.set_currency_code(fact.currency_code());
  row.set_debit_note(true);
  *row.mutable_number() = fact.number();
  row.set_due_day(EpochDay(fact.due_date()));
  row.set_net_minor(fact.total_minor());
  row.set_total_minor(fact.total_minor());
  row.set_payment_id(fact.payment_id());
  row.set_words(fact.reason());
  Index(kInvoicesByDay, DayKey(row.day()), meta, fact.debit_note_id(), shard);
  Index(kInvoicesByDueDay, DayKey(row.due_day()), meta, fact.debit_note_id(), shard);
  Index(kInvoicesByNumber, NumberKey(fact.number()), meta, fact.debit_note_id(), shard);
  rows::Entry& entry =
      Add(rows::ENTRY_KIND_CLAIMED, meta, PaymentOf(fact.payment_id(), meta, shard));
  entry.set_other_id(fact.debit_note_id());
  entry.set_amount_minor(fact.total_minor());
  rows::DocumentTotals& totals = Totals(shard);
  totals.set_invoice_count(totals.invoice_count() + 1);
}

void Documents::On(const billing::v1::InvoiceVoided& fact, const Meta& meta, Shard& shard) {
  rows::InvoiceRow& row = InvoiceOf(fact.invoice_id(), meta, shard);
  for (const std::string& id : OthersOf(row)) {
    EditSource(id, meta, shard, [&](auto& source) {
      Add(rows::ENTRY_KIND_OTHER_ENDED, meta, source).set_other_id(fact.invoice_id());
    });
  }
  Add(rows::ENTRY_KIND_VOID, meta, row).set_words(fact.reason());
}

void Documents::On(const billing::v1::InvoiceMarkedUncollectible& fact, const Meta& meta,
                   Shard& shard) {
  Add(rows::ENTRY_KIND_MARKED_UNCOLLECTIBLE, meta, InvoiceOf(fact.invoice_id(), meta, shard))
      .set_words(fact.reason());
}

void Documents::On(const billing::v1::InvoiceUnmarkedUncollectible& fact, const Meta& meta,
                   Shard& shard) {
  Add(rows::ENTRY_KIND_UNMARKED_UNCOLLECTIBLE, meta, InvoiceOf(fact.invoice_id(), meta, shard))
      .set_words(fact.reason());
}

void Documents::On(const billing::v1::InvoiceWrittenOff& fact, const Meta& meta, Shard& shard) {
  AddLoss(rows::ENTRY_KIND_WRITTEN_OFF, fact, meta, shard);
}

void Documents::On(const billing::v1::WriteOffRecovered& fact, const Meta& meta, Shard& shard) {
  AddLoss(rows::ENTRY_KIND_RECOVERED, fact, meta, shard);
}

void Documents::On(const billing::v1::WriteOffReversed& fact, const Meta& meta, Shard& shard) {
  AddLoss(rows::ENTRY_KIND_WRITE_OFF_REVERSED, fact, meta, shard).set_words(fact.comment());
}

// ------------------------------------------------------------------------------------ credit notes

void Documents::On(const billing::v1::CreditNoteIssued& fact, const Meta& meta, Shard& shard) {
  rows::CreditNoteRow& row =
      shard.Renew(kCreditNotes, Key(meta.customer_id, fact.credit_note_id()));
  BeginOf(fact, meta, shard, row);
  row.set_currency_code(fact.currency_code());
  *row.mutable_number() = fact.number();
  row.set_kind(fact.kind());
  row.set_invoice_id(fact.invoice_id());
  row.set_net_minor(fact.net_minor());
  row.set_tax_minor(fact.tax_minor());
  row.set_total_minor(fact.total_minor());
  row.set_applied_minor(fact.applied_minor());
  row.set_unapplied_minor(fact.unapplied_minor());
  row.set_words(fact.reason());
  shard.Append(kCreditNoteTexts, Key(meta.customer_id, fact.credit_note_id()), fact);
  Index(kCreditNotesByDay, DayKey(row.day()), meta, fact.credit_note_id(), shard);
  Index(kCreditNotesByNumber, NumberKey(fact.number()), meta, fact.credit_note_id(), shard);
  rows::Entry& on =
      Add(rows::ENTRY_KIND_CREDIT_NOTE, meta, InvoiceOf(fact.invoice_id(), meta, shard));
  on.set_other_id(fact.credit_note_id());
  on.set_amount_minor(fact.total_minor());
  on.set_part_minor(fact.applied_minor());
  rows::DocumentTotals& totals = Totals(shard);
  totals.set_credit_note_count(totals.credit_note_count() + 1);
}

absl::Status Documents::ControlTotals(projection::ViewSpan views,
                                      std::map<std::string, std::string>* totals) {
  rows::DocumentTotals all;
  for (const auto& view : views) {
    rows::DocumentTotals one;
    RETURN_IF_ERROR(view->Read(kTotals, kTotalsKey, &one).status());
    all.set_account_count(all.account_count() + one.account_count());
    all.set_invoice_count(all.invoice_count() + one.invoice_count());
    all.set_payment_count(all.payment_count() + one.payment_count());
    all.set_credit_note_count(all.credit_note_count() + one.credit_note_count());
    all.set_draft_count(all.draft_count() + one.draft_count());
  }
  (*totals)["accounts"] = absl::StrCat(all.account_count());
  (*totals)["invoices"] = absl::StrCat(all.invoice_count());
  (*totals)["payments"] = absl::StrCat(all.payment_count());
  (*totals)["credit notes"] = absl::StrCat(all.credit_note_count());
  (*totals)["drafts"] = absl::StrCat(all.draft_count());
  return absl::OkStatus();
}

}  // namespace daybook::documents
