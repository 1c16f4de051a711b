// What the folds of facts have in common: rows, keys of the orders, entries on both sides.
#pragma once

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/dates.h"
#include "common/projection/kit/rows.h"
#include "common/projection/projection.h"
#include "projections/documents/rows.h"

namespace daybook::documents {

using projection::Meta;
using store::Shard;

// Good until the thread's next call.
inline const std::string& Key(std::string_view customer_id, std::string_view id) {
  thread_local std::string key;
  key.clear();
  AppendDocument(customer_id, id, &key);
  return key;
}

inline void Index(store::Table<rows::IndexRow> table, std::string key, const Meta& meta,
                  std::string_view id, Shard& shard) {
  AppendDocument(meta.customer_id, id, &key);
  shard.Renew(table, key);
}
inline std::string DayKey(int32_t day) {
  std::string key;
  projection::AppendDay(&key, day);
  return key;
}
inline std::string TextKey(std::string_view text) {
  std::string key;
  store::AppendText(&key, text);
  return key;
}
inline std::string NumberKey(const billing::v1::InvoiceNumber& number) {
  std::string key;
  AppendDocumentNumber(NumberOf(number), &key);
  return key;
}

// What rows of all documents begin with.
template <class Row>
void Begin(const Meta& meta, Row& row) {
  row.set_day(EpochDay(meta.effective_date));
  row.set_recorded_us(meta.recorded_time_us);
}
template <class Row, class Fact>
void BeginOf(const Fact& fact, const Meta& meta, Shard& shard, Row& row) {
  Begin(meta, row);
  row.set_account_id(fact.account_id());
  const rows::AccountRow* account = shard.Find(kAccounts, Key(meta.customer_id, fact.account_id()));
  if (account != nullptr && account->time_zone() != "UTC") row.set_time_zone(account->time_zone());
}

// An entry of a document that counts from its own day on, and not before that of the document.
template <class Row>
rows::Entry& Add(rows::EntryKind kind, int32_t document_day, const Meta& meta, Row& row) {
  rows::Entry& entry = *row.add_entries();
  entry.set_kind(kind);
  entry.set_day(std::max(EpochDay(meta.effective_date), document_day));
  entry.set_recorded_us(meta.recorded_time_us);
  return entry;
}
inline rows::Entry& Add(rows::EntryKind kind, const Meta& meta, rows::InvoiceRow& row) {
  return Add(kind, row.day(), meta, row);
}
inline rows::Entry& Add(rows::EntryKind kind, const Meta& meta, rows::PaymentRow& row) {
  return Add(kind, row.received_day(), meta, row);
}
inline rows::Entry& Add(rows::EntryKind kind, const Meta& meta, rows::CreditNoteRow& row) {
  return Add(kind, row.day(), meta, row);
}

inline rows::InvoiceRow& InvoiceOf(const std::string& invoice_id, const Meta& meta, Shard& shard) {
  return shard.Edit(kInvoices, Key(meta.customer_id, invoice_id));
}
inline rows::PaymentRow& PaymentOf(const std::string& payment_id, const Meta& meta, Shard& shard) {
  return shard.Edit(kPayments, Key(meta.customer_id, payment_id));
}
inline rows::CreditNoteRow& CreditNoteOf(const std::string& id, const Meta& meta, Shard& shard) {
  return shard.Edit(kCreditNotes, Key(meta.customer_id, id));
}

// Calls `edit` with the row of a source of credit, which is a payment or a credit note.
template <class EditRow>
void EditSource(const std::string& id, const Meta& meta, Shard& shard, const EditRow& edit) {
  const std::string& key = Key(meta.customer_id, id);
  if (shard.Find(kPayments, key) != nullptr) return edit(shard.Edit(kPayments, key));
  edit(shard.Edit(kCreditNotes, key));
}

inline int32_t DayOfSource(const rows::PaymentRow& row) { return row.received_day(); }
inline int32_t DayOfSource(const rows::CreditNoteRow& row) { return row.day(); }
constexpr bool IsCreditNote(const rows::PaymentRow&) { return false; }
constexpr bool IsCreditNote(const rows::CreditNoteRow&) { return true; }

using Allocations = google::protobuf::RepeatedPtrField<billing::v1::Allocation>;

// Money was put on invoices, or taken off them; it stands with both, from the day on which both
// count.
template <class SourceRow>
void Move(rows::EntryKind kind, const std::string& source_id, const Allocations& allocations,
          const Meta& meta, Shard& shard, SourceRow& source) {
  for (const billing::v1::Allocation& allocation : allocations) {
    rows::InvoiceRow& invoice = InvoiceOf(allocation.invoice_id(), meta, shard);
    const int32_t day = std::max(DayOfSource(source), invoice.day());
    rows::Entry& on = Add(kind, day, meta, invoice);
    on.set_other_id(source_id);
    on.set_amount_minor(allocation.amount_minor());
    if (IsCreditNote(source)) on.set_code(1);
    rows::Entry& of = Add(kind, day, meta, source);
    of.set_other_id(allocation.invoice_id());
    of.set_amount_minor(allocation.amount_minor());
  }
}

// The documents that money was ever put on, or came from.
template <class Row>
std::set<std::string> OthersOf(const Row& row) {
  std::set<std::string> ids;
  for (const rows::Entry& entry : row.entries()) {
    if (entry.kind() == rows::ENTRY_KIND_PUT) ids.insert(entry.other_id());
  }
  return ids;
}

inline rows::DocumentTotals& Totals(Shard& shard) { return shard.Edit(kTotals, kTotalsKey); }

// Something that has an amount and a reason.
template <class Row, class Fact>
rows::Entry& AddAmount(rows::EntryKind kind, const Fact& fact, const Meta& meta, Row& row) {
  rows::Entry& entry = Add(kind, meta, row);
  entry.set_amount_minor(fact.amount_minor());
  entry.set_words(fact.reason());
  return entry;
}

}  // namespace daybook::documents
