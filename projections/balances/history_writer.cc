#include "projections/balances/history_writer.h"

#include <algorithm>
#include <string>

#include "common/base/dates.h"
#include "projections/balances/rows.h"

namespace daybook::balances {
namespace {

rows::HistoryChunk& AddEntry(Kind kind, const EntryTime& time, int64_t amount_minor,
                             rows::AccountTail& tail) {
  rows::HistoryChunk& chunk = *tail.mutable_chunk();
  chunk.add_kind(static_cast<uint32_t>(kind));
  chunk.add_recorded_us(time.recorded_us - tail.last_recorded_us());
  chunk.add_day(time.day - tail.last_day());
  chunk.add_amount_minor(amount_minor);
  tail.set_last_recorded_us(time.recorded_us);
  tail.set_last_day(time.day);
  return chunk;
}

uint32_t SeriesIndex(const std::string& series, rows::HistoryChunk& chunk) {
  const auto& names = chunk.series_names();
  const auto found = std::find(names.begin(), names.end(), series);
  const auto index = static_cast<uint32_t>(found - names.begin());
  if (found == names.end()) chunk.add_series_names(series);
  return index;
}

// The columns that invoices, debit notes and credit notes have in common.
void AddNumbered(const EntryTime& time, const billing::v1::InvoiceNumber& number, int64_t tax_minor,
                 std::string_view packed_id, rows::AccountTail& tail) {
  rows::HistoryChunk& chunk = *tail.mutable_chunk();
  chunk.add_tax_minor(tax_minor);
  chunk.add_series(SeriesIndex(number.series(), chunk));
  chunk.add_number_year(number.year() - time.year);
  chunk.add_number_partition(static_cast<uint32_t>(number.partition()));
  chunk.add_number_sequence(number.sequence() - tail.last_sequence());
  chunk.mutable_ids()->append(packed_id);
  tail.set_last_sequence(number.sequence());
}

}  // namespace

void AddInvoice(const EntryTime& time, const billing::v1::InvoiceIssued& invoice, int32_t due_day,
                std::string_view packed_id, rows::AccountTail& tail) {
  rows::HistoryChunk& chunk = AddEntry(Kind::kInvoice, time, invoice.total_minor(), tail);
  if (invoice.has_discount()) {
    chunk.add_offering_invoice(static_cast<uint32_t>(chunk.due_days_size()));
    chunk.add_offer_days(EpochDay(invoice.discount().last_date()) - time.day);
    chunk.add_offer_minor(invoice.discount().amount_minor());
  }
  chunk.add_due_days(due_day - time.day);
  AddNumbered(time, invoice.number(), invoice.tax_minor(), packed_id, tail);
  tail.set_invoices(tail.invoices() + 1);
}

void AddDebitNote(const EntryTime& time, const billing::v1::DebitNoteIssued& note, int32_t due_day,
                  std::string_view packed_id, rows::AccountTail& tail) {
  rows::HistoryChunk& chunk = AddEntry(Kind::kDebitNote, time, note.total_minor(), tail);
  chunk.add_due_days(due_day - time.day);
  chunk.add_words(note.reason());
  AddNumbered(time, note.number(), 0, packed_id, tail);
  tail.set_invoices(tail.invoices() + 1);
}

void AddPayment(const EntryTime& time, int64_t amount_minor, std::string_view packed_id,
                rows::AccountTail& tail) {
  rows::HistoryChunk& chunk = AddEntry(Kind::kPayment, time, amount_minor, tail);
  chunk.add_allocations(0);
  chunk.mutable_ids()->append(packed_id);
  tail.set_payments(tail.payments() + 1);
}

void AddMove(Kind kind, const EntryTime& time, uint32_t payment, rows::AccountTail& tail) {
  AddEntry(kind, time, payment, tail).add_allocations(0);
}

void AddChange(Kind kind, const EntryTime& time, const ChangeText& change,
               rows::AccountTail& tail) {
  rows::HistoryChunk& chunk = AddEntry(kind, time, change.amount_minor, tail);
  chunk.add_subject(change.subject);
  chunk.add_code(change.code);
  chunk.add_words(std::string(change.words));
}

void AddLoss(Kind kind, const EntryTime& time, uint32_t invoice, int64_t amount_minor,
             billing::v1::WriteOffReason reason, int64_t tax_minor, std::string_view words,
             rows::AccountTail& tail) {
  AddChange(kind, time, {invoice, amount_minor, static_cast<uint32_t>(reason), words}, tail);
  tail.mutable_chunk()->add_tax_minor(tax_minor);
}

void AddCreditNote(const EntryTime& time, const billing::v1::CreditNoteIssued& note,
                   uint32_t invoice, std::string_view packed_id, rows::AccountTail& tail) {
  AddChange(Kind::kCreditNote, time, {invoice, note.total_minor(), 0, note.reason()}, tail);
  AddNumbered(time, note.number(), note.tax_minor(), packed_id, tail);
  tail.mutable_chunk()->add_note_unapplied_minor(note.unapplied_minor());
  if (note.unapplied_minor() != 0) tail.set_payments(tail.payments() + 1);
}

uint32_t NameInvoice(std::string_view packed_id, rows::AccountTail& tail) {
  tail.mutable_chunk()->mutable_invoice_names()->append(packed_id);
  tail.set_invoice_names(tail.invoice_names() + 1);
  return kFirstName + tail.invoice_names() - 1;
}

uint32_t NamePayment(std::string_view packed_id, rows::AccountTail& tail) {
  tail.mutable_chunk()->mutable_payment_names()->append(packed_id);
  tail.set_payment_names(tail.payment_names() + 1);
  return kFirstName + tail.payment_names() - 1;
}

void AddAllocation(uint32_t invoice, int64_t amount_minor, rows::AccountTail& tail) {
  rows::HistoryChunk& chunk = *tail.mutable_chunk();
  const int last = chunk.allocations_size() - 1;
  chunk.set_allocations(last, chunk.allocations(last) + 1);
  chunk.add_allocated_invoice(invoice);
  chunk.add_allocated_minor(amount_minor);
}

bool IsFull(const rows::AccountTail& tail) { return tail.chunk().kind_size() >= kChunkEntries; }

void CutChunk(rows::AccountTail& tail) {
  tail.mutable_chunk()->Clear();
  tail.clear_last_recorded_us();
  tail.clear_last_day();
  tail.clear_last_sequence();
  tail.set_full_chunks(tail.full_chunks() + 1);
}

}  // namespace daybook::balances
