// Writes the history of an account, entry by entry, into the columns of its rows.
#pragma once

#include <cstdint>
#include <string_view>

#include "daybook/billing/v1/event.pb.h"
#include "projections/balances/account_history.h"
#include "projections/balances/rows.h"

namespace daybook::balances {

// When an entry counts and when the book learned of it.
struct EntryTime {
  int32_t day;
  int64_t recorded_us;
  int32_t year;  // of the day
};

// Put an entry at the end of `tail.chunk`; the caller moves a full chunk away (see IsFull,
// CutChunk).
void AddInvoice(const EntryTime& time, const billing::v1::InvoiceIssued& invoice, int32_t due_day,
                std::string_view packed_id, rows::AccountTail& tail);
void AddDebitNote(const EntryTime& time, const billing::v1::DebitNoteIssued& note, int32_t due_day,
                  std::string_view packed_id, rows::AccountTail& tail);
void AddPayment(const EntryTime& time, int64_t amount_minor, std::string_view packed_id,
                rows::AccountTail& tail);
// `kind`: kCredit or kRelease.
void AddMove(Kind kind, const EntryTime& time, uint32_t payment, rows::AccountTail& tail);
// Of the payment, credit or release that was added last.
void AddAllocation(uint32_t invoice, int64_t amount_minor, rows::AccountTail& tail);

// What the entry of a change says; see HistoryChunk.
struct ChangeText {
  uint32_t subject = 0;
  int64_t amount_minor = 0;
  uint32_t code = 0;
  std::string_view words;
};
void AddChange(Kind kind, const EntryTime& time, const ChangeText& change, rows::AccountTail& tail);
// `kind`: kWriteOff, kRecovery, kWriteOffReversed.
void AddLoss(Kind kind, const EntryTime& time, uint32_t invoice, int64_t amount_minor,
             billing::v1::WriteOffReason reason, int64_t tax_minor, std::string_view words,
             rows::AccountTail& tail);
void AddCreditNote(const EntryTime& time, const billing::v1::CreditNoteIssued& note,
                   uint32_t invoice, std::string_view packed_id, rows::AccountTail& tail);

// New names for settled documents that the next entry refers to.
uint32_t NameInvoice(std::string_view packed_id, rows::AccountTail& tail);
uint32_t NamePayment(std::string_view packed_id, rows::AccountTail& tail);

bool IsFull(const rows::AccountTail& tail);
// Empties the chunk, after it has been written as row number `tail.full_chunks()` of the journal.
void CutChunk(rows::AccountTail& tail);

}  // namespace daybook::balances
