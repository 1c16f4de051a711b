#include "projections/balances/journal.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/dates.h"
#include "common/base/decimal.h"
#include "projections/balances/rows.h"

namespace daybook::balances {
namespace {

// ----------------------------------------------------------------------------------------- ids

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

constexpr bool IsDash(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

// The 16 bytes of a lower-case UUID; false: it is none, or spelled otherwise.
bool UuidBytes(std::string_view id, char* bytes) {
  if (id.size() != 36) return false;
  for (size_t i = 0; i < id.size();) {
    if (IsDash(i)) {
      if (id[i++] != '-') return false;
      continue;
    }
    const int high = HexDigit(id[i]), low = HexDigit(id[i + 1]);
    if (high < 0 || low < 0) return false;
    *bytes++ = static_cast<char>(high << 4 | low);
    i += 2;
  }
  return true;
}

}  // namespace

size_t PackedSize(std::string_view ids) {
  uint64_t n = 0;
  for (size_t i = 0; i < ids.size() && i < 9; ++i) {
    n |= static_cast<uint64_t>(ids[i] & 0x7f) << (7 * i);
    if ((ids[i] & 0x80) != 0) continue;
    const size_t size = i + 1 + (n == 0 ? 16 : n);
    return size <= ids.size() ? size : 0;
  }
  return 0;
}

std::string_view PackId(std::string_view id) {
  thread_local std::string packed;
  packed.assign(17, '\0');
  if (UuidBytes(id, packed.data() + 1)) return packed;
  // An empty id would read as a UUID; nothing has one, but On never fails.
  if (id.empty()) id = "-";
  packed.clear();
  size_t n = id.size();
  for (; n >= 0x80; n >>= 7) packed.push_back(static_cast<char>(0x80 | (n & 0x7f)));
  packed.push_back(static_cast<char>(n));
  packed.append(id);
  return packed;
}

std::string UnpackId(std::string_view packed) {
  if (packed.empty()) return "";
  if (packed[0] != 0) {
    size_t i = 0;
    while (i < packed.size() && (packed[i] & 0x80) != 0) ++i;
    return std::string(packed.substr(std::min(i + 1, packed.size())));
  }
  constexpr char kHex[] = "0123456789abcdef";
  std::string id;
  for (const char c : packed.substr(1)) {
    if (IsDash(id.size())) id.push_back('-');
    id.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
    id.push_back(kHex[static_cast<unsigned char>(c) & 15]);
  }
  return id;
}

// ------------------------------------------------------------------------------------- writing

namespace {

v1::JournalChunk& AddEntry(Kind kind, const EntryTime& time, int64_t amount_minor,
                           v1::AccountTail& tail) {
  v1::JournalChunk& chunk = *tail.mutable_chunk();
  chunk.add_kind(static_cast<uint32_t>(kind));
  chunk.add_recorded_us(time.recorded_us - tail.last_recorded_us());
  chunk.add_day(time.day - tail.last_day());
  chunk.add_amount_minor(amount_minor);
  tail.set_last_recorded_us(time.recorded_us);
  tail.set_last_day(time.day);
  return chunk;
}

uint32_t SeriesIndex(const std::string& series, v1::JournalChunk& chunk) {
  const auto& names = chunk.series_names();
  const auto found = std::find(names.begin(), names.end(), series);
  const auto index = static_cast<uint32_t>(found - names.begin());
  if (found == names.end()) chunk.add_series_names(series);
  return index;
}

}  // namespace

namespace {

// The columns that invoices, debit notes and credit notes have in common.
void AddNumbered(const EntryTime& time, const billing::v1::InvoiceNumber& number, int64_t tax_minor,
                 std::string_view packed_id, v1::AccountTail& tail) {
  v1::JournalChunk& chunk = *tail.mutable_chunk();
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
                std::string_view packed_id, v1::AccountTail& tail) {
  v1::JournalChunk& chunk = AddEntry(Kind::kInvoice, time, invoice.total_minor(), tail);
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
                  std::string_view packed_id, v1::AccountTail& tail) {
  v1::JournalChunk& chunk = AddEntry(Kind::kDebitNote, time, note.total_minor(), tail);
  chunk.add_due_days(due_day - time.day);
  chunk.add_words(note.reason());
  AddNumbered(time, note.number(), 0, packed_id, tail);
  tail.set_invoices(tail.invoices() + 1);
}

void AddPayment(const EntryTime& time, int64_t amount_minor, std::string_view packed_id,
                v1::AccountTail& tail) {
  v1::JournalChunk& chunk = AddEntry(Kind::kPayment, time, amount_minor, tail);
  chunk.add_allocations(0);
  chunk.mutable_ids()->append(packed_id);
  tail.set_payments(tail.payments() + 1);
}

void AddMove(Kind kind, const EntryTime& time, uint32_t payment, v1::AccountTail& tail) {
  AddEntry(kind, time, payment, tail).add_allocations(0);
}

void AddChange(Kind kind, const EntryTime& time, const ChangeText& change, v1::AccountTail& tail) {
  v1::JournalChunk& chunk = AddEntry(kind, time, change.amount_minor, tail);
  chunk.add_subject(change.subject);
  chunk.add_code(change.code);
  chunk.add_words(std::string(change.words));
}

void AddLoss(Kind kind, const EntryTime& time, uint32_t invoice, int64_t amount_minor,
             billing::v1::WriteOffReason reason, int64_t tax_minor, v1::AccountTail& tail) {
  AddChange(kind, time, {invoice, amount_minor, static_cast<uint32_t>(reason), ""}, tail);
  tail.mutable_chunk()->add_tax_minor(tax_minor);
}

void AddCreditNote(const EntryTime& time, const billing::v1::CreditNoteIssued& note,
                   uint32_t invoice, std::string_view packed_id, v1::AccountTail& tail) {
  AddChange(Kind::kCreditNote, time, {invoice, note.total_minor(), 0, note.reason()}, tail);
  AddNumbered(time, note.number(), note.tax_minor(), packed_id, tail);
  tail.mutable_chunk()->add_note_unapplied_minor(note.unapplied_minor());
  if (note.unapplied_minor() != 0) tail.set_payments(tail.payments() + 1);
}

uint32_t NameInvoice(std::string_view packed_id, v1::AccountTail& tail) {
  tail.mutable_chunk()->mutable_invoice_names()->append(packed_id);
  tail.set_invoice_names(tail.invoice_names() + 1);
  return kFirstName + tail.invoice_names() - 1;
}

uint32_t NamePayment(std::string_view packed_id, v1::AccountTail& tail) {
  tail.mutable_chunk()->mutable_payment_names()->append(packed_id);
  tail.set_payment_names(tail.payment_names() + 1);
  return kFirstName + tail.payment_names() - 1;
}

void AddAllocation(uint32_t invoice, int64_t amount_minor, v1::AccountTail& tail) {
  v1::JournalChunk& chunk = *tail.mutable_chunk();
  const int last = chunk.allocations_size() - 1;
  chunk.set_allocations(last, chunk.allocations(last) + 1);
  chunk.add_allocated_invoice(invoice);
  chunk.add_allocated_minor(amount_minor);
}

bool IsFull(const v1::AccountTail& tail) { return tail.chunk().kind_size() >= kChunkEntries; }

void CutChunk(v1::AccountTail& tail) {
  tail.mutable_chunk()->Clear();
  tail.clear_last_recorded_us();
  tail.clear_last_day();
  tail.clear_last_sequence();
  tail.set_full_chunks(tail.full_chunks() + 1);
}

// ------------------------------------------------------------------------------------- reading

std::string FormatNumber(const Number& number) {
  return absl::StrFormat("%s-%d-%02d-%06d", std::string(number.series), number.year,
                         number.partition, number.sequence);
}

void Journal::Names::Clear() {
  if (ids.empty()) return;
  ids.clear();
  ordinals.clear();
  indexed = 0;
}

void Journal::Clear() {
  entries.clear();
  invoices.clear();
  payments.clear();
  allocations.clear();
  changes.clear();
  invoice_names.Clear();
  payment_names.Clear();
}

namespace {

// The columns of a chunk fit together: nothing below reads beyond one.
bool WellFormed(const v1::JournalChunk& chunk) {
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

void ReadNames(std::string_view packed, Journal::Names* names) {
  while (PackedSize(packed) != 0) names->ids.push_back(TakeId(packed));
}

// The ordinal of what a name in `names` calls, among the documents that there are so far.
template <class Document>
uint32_t ByName(uint32_t reference, const std::vector<Document>& documents, Journal::Names& names) {
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
                   Journal::Names& names) {
  return reference < kFirstName ? reference : ByName(reference, documents, names);
}

// The first day, from that of `recovery` on, on which so much stood written off.
int32_t DayWrittenOff(const JournalChange& recovery, const Journal& journal) {
  const auto written_off = [&](int32_t day) {
    Int128 sum = 0;
    for (int32_t i = recovery.previous; i >= 0; i = journal.changes[i].previous) {
      const JournalChange& change = journal.changes[i];
      if (change.day > day || change.code != recovery.code) continue;
      sum += change.kind == Kind::kWriteOff ? change.amount_minor : -Int128{change.amount_minor};
    }
    return sum;
  };
  if (written_off(recovery.day) >= recovery.amount_minor) return recovery.day;
  int32_t first = kNever, last = recovery.day;
  for (int32_t i = recovery.previous; i >= 0; i = journal.changes[i].previous) {
    const int32_t day = journal.changes[i].day;
    if (day <= recovery.day) continue;
    last = std::max(last, day);
    if (day < first && written_off(day) >= recovery.amount_minor) first = day;
  }
  return first == kNever ? last : first;
}

class ChunkReader {
 public:
  ChunkReader(const v1::JournalChunk& chunk, Journal* journal)
      : chunk_(chunk), journal_(*journal), ids_(chunk.ids()) {}

  bool Read(int64_t read_us) {
    ReadNames(chunk_.invoice_names(), &journal_.invoice_names);
    ReadNames(chunk_.payment_names(), &journal_.payment_names);
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
  void ReadEntry(JournalEntry entry, int64_t amount) {
    if (entry.kind == Kind::kInvoice || entry.kind == Kind::kDebitNote) {
      ReadInvoice(entry, amount);
    } else if (IsChange(entry.kind)) {
      ReadChange(entry, amount);
    } else {
      ReadMove(entry, amount);
    }
    journal_.entries.push_back(entry);
  }

  void ReadInvoice(JournalEntry& entry, int64_t amount) {
    entry.document = static_cast<uint32_t>(journal_.invoices.size());
    const int place = invoice_++;
    const int32_t due_day = entry.day + chunk_.due_days(place);
    const int64_t tax = chunk_.tax_minor(tax_++);
    const Number number = TakeNumber(entry.day);
    const bool debit_note = entry.kind == Kind::kDebitNote;
    journal_.invoices.push_back({entry.day, due_day, amount, tax, number, TakeId(ids_), debit_note,
                                 debit_note ? TakeWords() : std::string_view()});
    if (offer_ < chunk_.offering_invoice_size() &&
        chunk_.offering_invoice(offer_) == static_cast<uint32_t>(place)) {
      journal_.invoices.back().offer_minor = chunk_.offer_minor(offer_);
      journal_.invoices.back().offer_day = entry.day + chunk_.offer_days(offer_);
      ++offer_;
    }
  }

  void ReadMove(JournalEntry& entry, int64_t amount) {
    entry.first_allocation = static_cast<uint32_t>(journal_.allocations.size());
    for (uint32_t a = 0; a < chunk_.allocations(move_); ++a, ++allocation_) {
      journal_.allocations.push_back({InvoiceOrdinal(chunk_.allocated_invoice(allocation_)),
                                      chunk_.allocated_minor(allocation_)});
    }
    entry.last_allocation = static_cast<uint32_t>(journal_.allocations.size());
    ++move_;
    if (entry.kind == Kind::kPayment) {
      entry.document = static_cast<uint32_t>(journal_.payments.size());
      journal_.payments.push_back({entry.day, amount, TakeId(ids_)});
    } else {
      entry.document = PaymentOrdinal(static_cast<uint32_t>(amount));
    }
  }

  void ReadChange(JournalEntry& entry, int64_t amount) {
    const bool of_payment = IsOfSource(entry.kind);
    const uint32_t reference = chunk_.subject(change_);
    JournalChange change{of_payment ? PaymentOrdinal(reference) : InvoiceOrdinal(reference),
                         entry.day,
                         amount,
                         chunk_.code(change_),
                         TakeWords(),
                         entry.kind};
    ++change_;
    if (entry.kind == Kind::kCreditNote) ReadCreditNote(change);
    if (IsLoss(entry.kind)) change.tax_minor = chunk_.tax_minor(tax_++);
    if (of_payment ? change.subject < journal_.payments.size()
                   : change.subject < journal_.invoices.size()) {
      Mark(change);
    }
    entry.day = change.day;
    entry.document = static_cast<uint32_t>(journal_.changes.size());
    journal_.changes.push_back(change);
  }

  void ReadCreditNote(JournalChange& note) {
    note.tax_minor = chunk_.tax_minor(tax_++);
    note.number = TakeNumber(note.day);
    note.id = TakeId(ids_);
    note.unapplied_minor = chunk_.note_unapplied_minor(note_++);
    if (note.unapplied_minor != 0) {
      journal_.payments.push_back({note.day, note.unapplied_minor, note.id});
    }
  }

  // What a change means for the document that it is about.
  void Mark(JournalChange& change) {
    switch (change.kind) {
      case Kind::kReversal:
      case Kind::kChargeback:
        if (change.code == 0) journal_.payments[change.subject].reversed_day = change.day;
        return;
      case Kind::kVoid:
        journal_.invoices[change.subject].void_day = change.day;
        return;
      case Kind::kWriteOff:
      case Kind::kRecovery:
      case Kind::kWriteOffReversed: {
        int32_t& last = journal_.invoices[change.subject].last_change;
        change.previous = last;
        if (change.kind != Kind::kWriteOff) change.day = DayWrittenOff(change, journal_);
        last = static_cast<int32_t>(journal_.changes.size());
        return;
      }
      default:
        return;
    }
  }

  std::string_view TakeWords() { return chunk_.words(words_++); }

  Number TakeNumber(int32_t day) {
    const int i = numbered_++;
    sequence_ += chunk_.number_sequence(i);
    return {chunk_.series_names(static_cast<int>(chunk_.series(i))),
            static_cast<int32_t>(DayOfEpoch(day).year()) + chunk_.number_year(i),
            chunk_.number_partition(i), sequence_};
  }

  uint32_t InvoiceOrdinal(uint32_t reference) {
    return OrdinalOf(reference, journal_.invoices, journal_.invoice_names);
  }
  uint32_t PaymentOrdinal(uint32_t reference) {
    return OrdinalOf(reference, journal_.payments, journal_.payment_names);
  }

  const v1::JournalChunk& chunk_;
  Journal& journal_;
  std::string_view ids_;
  int64_t sequence_ = 0;
  int invoice_ = 0, numbered_ = 0, tax_ = 0, note_ = 0, words_ = 0;
  int move_ = 0, allocation_ = 0, change_ = 0, offer_ = 0;
};

}  // namespace

bool ReadChunk(const v1::JournalChunk& chunk, int64_t read_us, Journal* journal) {
  return WellFormed(chunk) && ChunkReader(chunk, journal).Read(read_us);
}

}  // namespace daybook::balances
