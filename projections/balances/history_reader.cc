#include "projections/balances/history_reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/base/dates.h"
#include "common/base/decimal.h"
#include "projections/balances/packed_id.h"

namespace daybook::balances {

namespace {

// The columns of a chunk fit together: nothing below reads beyond one.
bool WellFormed(const rows::HistoryChunk& chunk) {
  constexpr size_t kKinds = static_cast<size_t>(kLastKind) + 1;
  const int n = chunk.kind_size();
  int counts[kKinds] = {};
  for (const uint32_t kind : chunk.kind()) {
    if (kind == 0 || kind >= kKinds) return false;
    ++counts[kind];
  }
  const auto count = [&](Kind kind) { return counts[static_cast<size_t>(kind)]; };
  const int invoices = count(Kind::kInvoice) + count(Kind::kDebitNote);
  const int numbered = invoices + count(Kind::kCreditNote);
  const int losses =
      count(Kind::kWriteOff) + count(Kind::kRecovery) + count(Kind::kWriteOffReversed);
  const int moves = count(Kind::kPayment) + count(Kind::kCredit) + count(Kind::kRelease);
  const int changes = n - invoices - moves;
  uint64_t allocations = 0;
  for (const uint32_t some : chunk.allocations()) allocations += some;
  return chunk.recorded_us_size() == n && chunk.day_size() == n && chunk.amount_minor_size() == n &&
         chunk.due_days_size() == invoices && chunk.tax_minor_size() == numbered + losses &&
         chunk.series_size() == numbered && chunk.number_year_size() == numbered &&
         chunk.number_partition_size() == numbered && chunk.number_sequence_size() == numbered &&
         chunk.allocations_size() == moves && chunk.subject_size() == changes &&
         chunk.code_size() == changes && chunk.words_size() == changes + count(Kind::kDebitNote) &&
         chunk.note_unapplied_minor_size() == count(Kind::kCreditNote) &&
         chunk.offer_days_size() == chunk.offering_invoice_size() &&
         chunk.offer_minor_size() == chunk.offering_invoice_size() &&
         allocations == static_cast<uint64_t>(chunk.allocated_invoice_size()) &&
         chunk.allocated_invoice_size() == chunk.allocated_minor_size() &&
         std::all_of(chunk.series().begin(), chunk.series().end(), [&](uint32_t series) {
           return series < static_cast<uint32_t>(chunk.series_names_size());
         });
}

std::string_view TakeId(std::string_view& ids) {
  const std::string_view id = ids.substr(0, PackedSize(ids));
  ids.remove_prefix(id.size());
  return id;
}

void ReadNames(std::string_view packed, AccountHistory::Names* names) {
  while (PackedSize(packed) != 0) names->ids.push_back(TakeId(packed));
}

// The ordinal of what a name in `names` calls, among the documents that there are so far.
template <class Document>
uint32_t ByName(uint32_t reference, const std::vector<Document>& documents,
                AccountHistory::Names& names) {
  const size_t name = reference - kFirstName;
  if (name >= names.ids.size()) return kNoDocument;
  for (; names.indexed < documents.size(); ++names.indexed) {
    const std::string_view id = documents[names.indexed].id;
    names.ordinals.emplace(absl::string_view(id.data(), id.size()),
                           static_cast<uint32_t>(names.indexed));
  }
  const std::string_view id = names.ids[name];
  const auto it = names.ordinals.find(absl::string_view(id.data(), id.size()));
  return it == names.ordinals.end() ? kNoDocument : it->second;
}

template <class Document>
uint32_t OrdinalOf(uint32_t reference, const std::vector<Document>& documents,
                   AccountHistory::Names& names) {
  return reference < kFirstName ? reference : ByName(reference, documents, names);
}

// The first day, from that of `recovery` on, on which so much stood written off.
int32_t DayWrittenOff(const HistoryChange& recovery, const AccountHistory& history) {
  const auto written_off = [&](int32_t day) {
    Int128 sum = 0;
    for (int32_t i = recovery.previous; i >= 0; i = history.changes[i].previous) {
      const HistoryChange& change = history.changes[i];
      if (change.day > day || change.code != recovery.code) continue;
      sum += change.kind == Kind::kWriteOff ? change.amount_minor : -Int128{change.amount_minor};
    }
    return sum;
  };
  if (written_off(recovery.day) >= recovery.amount_minor) return recovery.day;
  int32_t first = kNever, last = recovery.day;
  for (int32_t i = recovery.previous; i >= 0; i = history.changes[i].previous) {
    const int32_t day = history.changes[i].day;
    if (day <= recovery.day) continue;
    last = std::max(last, day);
    if (day < first && written_off(day) >= recovery.amount_minor) first = day;
  }
  return first == kNever ? last : first;
}

class ChunkReader {
 public:
  ChunkReader(const rows::HistoryChunk& chunk, AccountHistory* history)
      : chunk_(chunk), history_(*history), ids_(chunk.ids()) {}

  bool Read(int64_t read_us) {
    ReadNames(chunk_.invoice_names(), &history_.invoice_names);
    ReadNames(chunk_.payment_names(), &history_.payment_names);
    int64_t recorded_us = 0;
    int32_t day = 0;
    for (int i = 0; i < chunk_.kind_size(); ++i) {
      recorded_us += chunk_.recorded_us(i);
      if (recorded_us > read_us) return false;
      day += chunk_.day(i);
      ReadEntry({static_cast<Kind>(chunk_.kind(i)), day, 0, 0, 0}, chunk_.amount_minor(i));
    }
    return true;
  }

 private:
  void ReadEntry(HistoryEntry entry, int64_t amount) {
    if (entry.kind == Kind::kInvoice || entry.kind == Kind::kDebitNote) {
      ReadInvoice(entry, amount);
    } else if (IsChange(entry.kind)) {
      ReadChange(entry, amount);
    } else {
      ReadMove(entry, amount);
    }
    history_.entries.push_back(entry);
  }

  void ReadInvoice(HistoryEntry& entry, int64_t amount) {
    entry.document = static_cast<uint32_t>(history_.invoices.size());
    const int place = invoice_++;
    const int32_t due_day = entry.day + chunk_.due_days(place);
    const int64_t tax = chunk_.tax_minor(tax_++);
    const DocumentNumber number = TakeNumber(entry.day);
    const bool debit_note = entry.kind == Kind::kDebitNote;
    history_.invoices.push_back({entry.day, due_day, amount, tax, number, TakeId(ids_), debit_note,
                                 debit_note ? TakeWords() : std::string_view()});
    if (offer_ < chunk_.offering_invoice_size() &&
        chunk_.offering_invoice(offer_) == static_cast<uint32_t>(place)) {
      history_.invoices.back().offer_minor = chunk_.offer_minor(offer_);
      history_.invoices.back().offer_day = entry.day + chunk_.offer_days(offer_);
      ++offer_;
    }
  }

  void ReadMove(HistoryEntry& entry, int64_t amount) {
    entry.first_allocation = static_cast<uint32_t>(history_.allocations.size());
    for (uint32_t a = 0; a < chunk_.allocations(move_); ++a, ++allocation_) {
      history_.allocations.push_back({InvoiceOrdinal(chunk_.allocated_invoice(allocation_)),
                                      chunk_.allocated_minor(allocation_)});
    }
    entry.last_allocation = static_cast<uint32_t>(history_.allocations.size());
    ++move_;
    if (entry.kind == Kind::kPayment) {
      entry.document = static_cast<uint32_t>(history_.payments.size());
      history_.payments.push_back({entry.day, amount, TakeId(ids_)});
    } else {
      entry.document = PaymentOrdinal(static_cast<uint32_t>(amount));
    }
  }

  void ReadChange(HistoryEntry& entry, int64_t amount) {
    const bool of_payment = IsOfSource(entry.kind);
    const uint32_t reference = chunk_.subject(change_);
    HistoryChange change{of_payment ? PaymentOrdinal(reference) : InvoiceOrdinal(reference),
                         entry.day,
                         amount,
                         chunk_.code(change_),
                         TakeWords(),
                         entry.kind};
    ++change_;
    if (entry.kind == Kind::kCreditNote) ReadCreditNote(change);
    if (IsLoss(entry.kind)) change.tax_minor = chunk_.tax_minor(tax_++);
    if (of_payment ? change.subject < history_.payments.size()
                   : change.subject < history_.invoices.size()) {
      Mark(change);
    }
    entry.day = change.day;
    entry.document = static_cast<uint32_t>(history_.changes.size());
    history_.changes.push_back(change);
  }

  void ReadCreditNote(HistoryChange& note) {
    note.tax_minor = chunk_.tax_minor(tax_++);
    note.number = TakeNumber(note.day);
    note.id = TakeId(ids_);
    note.unapplied_minor = chunk_.note_unapplied_minor(note_++);
    if (note.unapplied_minor != 0) {
      history_.payments.push_back({note.day, note.unapplied_minor, note.id});
    }
  }

  // What a change means for the document that it is about.
  void Mark(HistoryChange& change) {
    switch (change.kind) {
      case Kind::kReversal:
      case Kind::kChargeback:
        if (change.code == 0) history_.payments[change.subject].reversed_day = change.day;
        return;
      case Kind::kVoid:
        history_.invoices[change.subject].void_day = change.day;
        return;
      case Kind::kWriteOff:
      case Kind::kRecovery:
      case Kind::kWriteOffReversed: {
        int32_t& last = history_.invoices[change.subject].last_change;
        change.previous = last;
        if (change.kind != Kind::kWriteOff) change.day = DayWrittenOff(change, history_);
        last = static_cast<int32_t>(history_.changes.size());
        return;
      }
      default:
        return;
    }
  }

  std::string_view TakeWords() { return chunk_.words(words_++); }

  DocumentNumber TakeNumber(int32_t day) {
    const int i = numbered_++;
    sequence_ += chunk_.number_sequence(i);
    return {chunk_.series_names(static_cast<int>(chunk_.series(i))),
            static_cast<int32_t>(DayOfEpoch(day).year()) + chunk_.number_year(i),
            static_cast<int32_t>(chunk_.number_partition(i)), sequence_};
  }

  uint32_t InvoiceOrdinal(uint32_t reference) {
    return OrdinalOf(reference, history_.invoices, history_.invoice_names);
  }
  uint32_t PaymentOrdinal(uint32_t reference) {
    return OrdinalOf(reference, history_.payments, history_.payment_names);
  }

  const rows::HistoryChunk& chunk_;
  AccountHistory& history_;
  std::string_view ids_;
  int64_t sequence_ = 0;
  int invoice_ = 0, numbered_ = 0, tax_ = 0, note_ = 0, words_ = 0;
  int move_ = 0, allocation_ = 0, change_ = 0, offer_ = 0;
};

}  // namespace

bool ReadChunk(const rows::HistoryChunk& chunk, int64_t read_us, AccountHistory* history) {
  return WellFormed(chunk) && ChunkReader(chunk, history).Read(read_us);
}

}  // namespace daybook::balances
