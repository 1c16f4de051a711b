// An account's journal: written entry by entry, read whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "daybook/balances/v1/rows.pb.h"
#include "daybook/billing/v1/event.pb.h"

namespace daybook::balances {

inline constexpr absl::CivilDay kEpochDay(1970, 1, 1);
inline int32_t DayNumber(absl::CivilDay day) { return static_cast<int32_t>(day - kEpochDay); }
inline absl::CivilDay DayOfNumber(int32_t number) { return kEpochDay + number; }

// Ids as they stand in rows: a UUID takes 17 bytes, not 37. Packed ids can be put one behind the other.
// The result of PackId is good until the thread's next call.
std::string_view PackId(std::string_view id);
std::string UnpackId(std::string_view packed);
// Bytes of the packed id that `ids` begins with; 0 if it begins with none.
size_t PackedSize(std::string_view ids);

enum class Kind : uint8_t { kInvoice = 1, kPayment = 2, kCredit = 3 };

// ------------------------------------------------------------------------------------- writing

// When an entry counts and when the book learned of it.
struct EntryTime {
  int32_t day;
  int64_t recorded_us;
};

// Put an entry at the end of `tail.chunk`; the caller moves a full chunk away (see IsFull,
// CutChunk).
void AddInvoice(const EntryTime& time, const billing::v1::InvoiceIssued& invoice, int32_t due_day,
                int32_t year, std::string_view packed_id, v1::AccountTail& tail);
void AddPayment(const EntryTime& time, int64_t amount_minor, std::string_view packed_id,
                v1::AccountTail& tail);
void AddCredit(const EntryTime& time, uint32_t payment, v1::AccountTail& tail);
// Of the payment or credit that was added last.
void AddAllocation(uint32_t invoice, int64_t amount_minor, v1::AccountTail& tail);

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

struct JournalInvoice {
  int32_t day;
  int32_t due_day;
  int64_t total_minor;
  int64_t tax_minor;
  Number number;
  std::string_view id;  // packed
};

struct JournalPayment {
  int32_t day;
  int64_t amount_minor;
  std::string_view id;  // packed
};

struct JournalAllocation {
  uint32_t invoice;  // ordinal
  int64_t amount_minor;
};

struct JournalEntry {
  Kind kind;
  int32_t day;
  uint32_t document;  // ordinal of the invoice or payment; of a credit, of the payment it came from
  uint32_t first_allocation, last_allocation;  // [first, last)
};

// Entries that were known at some time, in the order of the log. Refers to the chunks that it was
// read from.
struct Journal {
  std::vector<JournalEntry> entries;
  std::vector<JournalInvoice> invoices;  // by ordinal
  std::vector<JournalPayment> payments;  // by ordinal
  std::vector<JournalAllocation> allocations;

  void Clear();
};

// Adds the entries of `chunk` recorded at or before `read_us`. Chunks come in order; false =
// nothing of later chunks was known then (or the chunk is malformed).
bool ReadChunk(const v1::JournalChunk& chunk, int64_t read_us, Journal* journal);

}  // namespace daybook::balances
