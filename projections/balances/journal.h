// An account's journal: written entry by entry, read whole.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "daybook/balances/v1/rows.pb.h"
#include "daybook/billing/v1/event.pb.h"

namespace daybook::balances {

// Ids as they stand in rows: a UUID takes 17 bytes, not 37. Packed ids can be put one behind the
// other. The result of PackId is good until the thread's next call.
std::string_view PackId(std::string_view id);
std::string UnpackId(std::string_view packed);
// Bytes of the packed id that `ids` begins with; 0 if it begins with none.
size_t PackedSize(std::string_view ids);

enum class Kind : uint8_t {
  kInvoice = 1,
  kDebitNote,
  kPayment,
  kCredit,   // applied
  kRelease,  // of credit
  // Changes: facts about a source that was there before,
  kReversal,
  kChargeback,
  kRefund,
  kLoss,
  kLossRecovered,
  kCreditWriteOff,
  kCreditRestored,  // what had been taken to income
  // or about an invoice.
  kCreditNote,
  kVoid,
  kWriteOff,
  kRecovery,
  kWriteOffReversed,
};
inline constexpr Kind kLastKind = Kind::kWriteOffReversed;
inline bool IsChange(Kind kind) { return kind >= Kind::kReversal; }
inline bool IsOfSource(Kind change) { return change < Kind::kCreditNote; }
// A write-off, or what undoes one.
inline bool IsLoss(Kind kind) { return kind >= Kind::kWriteOff; }

// References from here on are names; see JournalChunk in rows.proto.
inline constexpr uint32_t kFirstName = uint32_t{1} << 31;
// A reference to a document that the journal does not have.
inline constexpr uint32_t kNoDocument = 0xffffffff;

// ------------------------------------------------------------------------------------- writing

// When an entry counts and when the book learned of it.
struct EntryTime {
  int32_t day;
  int64_t recorded_us;
  int32_t year;  // of the day
};

// Put an entry at the end of `tail.chunk`; the caller moves a full chunk away (see IsFull,
// CutChunk).
void AddInvoice(const EntryTime& time, const billing::v1::InvoiceIssued& invoice, int32_t due_day,
                std::string_view packed_id, v1::AccountTail& tail);
void AddDebitNote(const EntryTime& time, const billing::v1::DebitNoteIssued& note, int32_t due_day,
                  std::string_view packed_id, v1::AccountTail& tail);
void AddPayment(const EntryTime& time, int64_t amount_minor, std::string_view packed_id,
                v1::AccountTail& tail);
// `kind`: kCredit or kRelease.
void AddMove(Kind kind, const EntryTime& time, uint32_t payment, v1::AccountTail& tail);
// Of the payment, credit or release that was added last.
void AddAllocation(uint32_t invoice, int64_t amount_minor, v1::AccountTail& tail);

// What the entry of a change says; see JournalChunk.
struct ChangeText {
  uint32_t subject = 0;
  int64_t amount_minor = 0;
  uint32_t code = 0;
  std::string_view words;
};
void AddChange(Kind kind, const EntryTime& time, const ChangeText& change, v1::AccountTail& tail);
// `kind`: kWriteOff, kRecovery, kWriteOffReversed.
void AddLoss(Kind kind, const EntryTime& time, uint32_t invoice, int64_t amount_minor,
             billing::v1::WriteOffReason reason, int64_t tax_minor, v1::AccountTail& tail);
void AddCreditNote(const EntryTime& time, const billing::v1::CreditNoteIssued& note,
                   uint32_t invoice, std::string_view packed_id, v1::AccountTail& tail);

// New names for settled documents that the next entry refers to.
uint32_t NameInvoice(std::string_view packed_id, v1::AccountTail& tail);
uint32_t NamePayment(std::string_view packed_id, v1::AccountTail& tail);

bool IsFull(const v1::AccountTail& tail);
// Empties the chunk, after it has been written as row number `tail.full_chunks()` of the journal.
void CutChunk(v1::AccountTail& tail);

// ------------------------------------------------------------------------------------- reading

struct Number {
  std::string_view series;
  int32_t year = 0;
  uint32_t partition = 0;
  int64_t sequence = 0;

  // By series, year, partition, sequence.
  friend auto operator<=>(const Number&, const Number&) = default;
  friend bool operator==(const Number&, const Number&) = default;
};
// `A-2026-03-000123`, as the invoice has it.
std::string FormatNumber(const Number& number);

inline constexpr int32_t kNever = std::numeric_limits<int32_t>::max();

struct JournalInvoice {
  int32_t day;
  int32_t due_day;
  int64_t total_minor;
  int64_t tax_minor;
  Number number;
  std::string_view id;  // packed
  bool debit_note = false;
  std::string_view words = {};  // of a debit note
  int32_t void_day = kNever;
  int32_t last_change = -1;  // its newest loss in `changes`
  int64_t offer_minor = 0;   // discount for early payment; 0 = none
  int32_t offer_day = 0;     // last day of it
};

// A source of credit: a payment, or a credit note that made some.
struct JournalPayment {
  int32_t day;
  int64_t amount_minor;
  std::string_view id;  // packed
  int32_t reversed_day = kNever;
};

struct JournalAllocation {
  uint32_t invoice;  // ordinal
  int64_t amount_minor;
};

struct JournalChange {
  uint32_t subject;  // ordinal
  int32_t day;
  int64_t amount_minor;
  uint32_t code;
  std::string_view words;
  Kind kind;
  int32_t previous = -1;  // loss of the same invoice
  // Of a credit note: its tax. Of a loss: the tax that was corrected.
  int64_t tax_minor = 0;
  // Of a credit note.
  int64_t unapplied_minor = 0;
  Number number = {};
  std::string_view id = {};  // packed
};

struct JournalEntry {
  Kind kind;
  int32_t day;
  // Ordinal of the invoice or payment; of credit and release, of the source; place of a change.
  uint32_t document;
  uint32_t first_allocation, last_allocation;  // [first, last)
};

// Entries that were known at some time, in the order of the log. Refers to the chunks that it was
// read from. References have become ordinals.
//
// A recovery has the first day, from its own on, on which so much was written off: money that is
// dated back before the write-off paid an invoice that nobody had given up.
struct Journal {
  std::vector<JournalEntry> entries;
  std::vector<JournalInvoice> invoices;  // by ordinal
  std::vector<JournalPayment> payments;  // by ordinal
  std::vector<JournalAllocation> allocations;
  std::vector<JournalChange> changes;

  void Clear();

  // Documents that are called by name, found in an index that is built when there is one.
  struct Names {
    std::vector<std::string_view> ids;  // by name; packed
    absl::flat_hash_map<absl::string_view, uint32_t> ordinals;
    size_t indexed = 0;

    void Clear();
  };
  Names invoice_names, payment_names;
};

// Adds the entries of `chunk` recorded at or before `read_us`. Chunks come in order; false =
// nothing of later chunks was known then (or the chunk is malformed).
bool ReadChunk(const v1::JournalChunk& chunk, int64_t read_us, Journal* journal);

}  // namespace daybook::balances
