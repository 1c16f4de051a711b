#include "projections/balances/journal.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
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

void AddInvoice(const EntryTime& time, const billing::v1::InvoiceIssued& invoice, int32_t due_day,
                int32_t year, std::string_view packed_id, v1::AccountTail& tail) {
  v1::JournalChunk& chunk = AddEntry(Kind::kInvoice, time, invoice.total_minor(), tail);
  chunk.add_due_days(due_day - time.day);
  chunk.add_tax_minor(invoice.tax_minor());
  const billing::v1::InvoiceNumber& number = invoice.number();
  chunk.add_series(SeriesIndex(number.series(), chunk));
  chunk.add_number_year(number.year() - year);
  chunk.add_number_partition(static_cast<uint32_t>(number.partition()));
  chunk.add_number_sequence(number.sequence() - tail.last_sequence());
  chunk.mutable_ids()->append(packed_id);
  tail.set_last_sequence(number.sequence());
  tail.set_invoices(tail.invoices() + 1);
}

void AddPayment(const EntryTime& time, int64_t amount_minor, std::string_view packed_id,
                v1::AccountTail& tail) {
  v1::JournalChunk& chunk = AddEntry(Kind::kPayment, time, amount_minor, tail);
  chunk.add_allocations(0);
  chunk.mutable_ids()->append(packed_id);
  tail.set_payments(tail.payments() + 1);
}

void AddCredit(const EntryTime& time, uint32_t payment, v1::AccountTail& tail) {
  AddEntry(Kind::kCredit, time, payment, tail).add_allocations(0);
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

void Journal::Clear() {
  entries.clear();
  invoices.clear();
  payments.clear();
  allocations.clear();
}

namespace {

// The columns of a chunk fit together: nothing below reads beyond one.
bool WellFormed(const v1::JournalChunk& chunk) {
  const int n = chunk.kind_size();
  const auto count = [&](Kind kind) {
    return static_cast<int>(
        std::count(chunk.kind().begin(), chunk.kind().end(), static_cast<uint32_t>(kind)));
  };
  const int invoices = count(Kind::kInvoice);
  const int others = count(Kind::kPayment) + count(Kind::kCredit);
  uint64_t allocations = 0;
  for (const uint32_t some : chunk.allocations()) allocations += some;
  return invoices + others == n && chunk.recorded_us_size() == n && chunk.day_size() == n &&
         chunk.amount_minor_size() == n && chunk.due_days_size() == invoices &&
         chunk.tax_minor_size() == invoices && chunk.series_size() == invoices &&
         chunk.number_year_size() == invoices && chunk.number_partition_size() == invoices &&
         chunk.number_sequence_size() == invoices && chunk.allocations_size() == others &&
         allocations == static_cast<uint64_t>(chunk.allocated_invoice_size()) &&
         chunk.allocated_invoice_size() == chunk.allocated_minor_size() &&
         std::all_of(chunk.series().begin(), chunk.series().end(), [&](uint32_t series) {
           return series < static_cast<uint32_t>(chunk.series_names_size());
         });
}

}  // namespace

bool ReadChunk(const v1::JournalChunk& chunk, int64_t read_us, Journal* journal) {
  if (!WellFormed(chunk)) return false;
  int64_t recorded_us = 0;
  int32_t day = 0;
  int64_t sequence = 0;
  int invoice = 0, other = 0, allocation = 0;
  std::string_view ids = chunk.ids();
  const auto take_id = [&] {
    const std::string_view id = ids.substr(0, PackedSize(ids));
    ids.remove_prefix(id.size());
    return id;
  };
  for (int i = 0; i < chunk.kind_size(); ++i) {
    recorded_us += chunk.recorded_us(i);
    if (recorded_us > read_us) return false;
    day += chunk.day(i);
    const auto kind = static_cast<Kind>(chunk.kind(i));
    const int64_t amount = chunk.amount_minor(i);
    JournalEntry entry{kind, day, 0, 0, 0};
    if (kind == Kind::kInvoice) {
      sequence += chunk.number_sequence(invoice);
      entry.document = static_cast<uint32_t>(journal->invoices.size());
      journal->invoices.push_back(
          {day,
           day + chunk.due_days(invoice),
           amount,
           chunk.tax_minor(invoice),
           {chunk.series_names(static_cast<int>(chunk.series(invoice))),
            static_cast<int32_t>(DayOfNumber(day).year()) + chunk.number_year(invoice),
            chunk.number_partition(invoice), sequence},
           take_id()});
      ++invoice;
    } else {
      entry.first_allocation = static_cast<uint32_t>(journal->allocations.size());
      for (uint32_t a = 0; a < chunk.allocations(other); ++a, ++allocation) {
        journal->allocations.push_back(
            {chunk.allocated_invoice(allocation), chunk.allocated_minor(allocation)});
      }
      entry.last_allocation = static_cast<uint32_t>(journal->allocations.size());
      ++other;
      if (kind == Kind::kPayment) {
        entry.document = static_cast<uint32_t>(journal->payments.size());
        journal->payments.push_back({day, amount, take_id()});
      } else {
        entry.document = static_cast<uint32_t>(amount);
      }
    }
    journal->entries.push_back(entry);
  }
  return true;
}

}  // namespace daybook::balances
