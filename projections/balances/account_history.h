// The history of an account, as queries see it: everything that moved money, in the order of the
// log. Written by history_writer.h into the rows of an account, read back by history_reader.h.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "common/base/document_number.h"

namespace daybook::balances {

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

// References from here on are names; see HistoryChunk in rows.proto.
inline constexpr uint32_t kFirstName = uint32_t{1} << 31;
// A reference to a document that the history does not have.
inline constexpr uint32_t kNoDocument = 0xffffffff;

inline constexpr int32_t kNever = std::numeric_limits<int32_t>::max();

struct HistoryInvoice {
  int32_t day;
  int32_t due_day;
  int64_t total_minor;
  int64_t tax_minor;
  DocumentNumber number;
  std::string_view id;  // packed
  bool debit_note = false;
  std::string_view words = {};  // of a debit note
  int32_t void_day = kNever;
  int32_t last_change = -1;  // its newest loss in `changes`
  int64_t offer_minor = 0;   // discount for early payment; 0 = none
  int32_t offer_day = 0;     // last day of it
};

// A source of credit: a payment, or a credit note that made some.
struct HistorySource {
  int32_t day;
  int64_t amount_minor;
  std::string_view id;  // packed
  int32_t reversed_day = kNever;
};

struct HistoryAllocation {
  uint32_t invoice;  // ordinal
  int64_t amount_minor;
};

struct HistoryChange {
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
  DocumentNumber number = {};
  std::string_view id = {};  // packed
};

struct HistoryEntry {
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
// dated back before the write-off paid an invoice that nobody had written off.
struct AccountHistory {
  std::vector<HistoryEntry> entries;
  std::vector<HistoryInvoice> invoices;  // by ordinal
  std::vector<HistorySource> payments;   // by ordinal
  std::vector<HistoryAllocation> allocations;
  std::vector<HistoryChange> changes;

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

}  // namespace daybook::balances
