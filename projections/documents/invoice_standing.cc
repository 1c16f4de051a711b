#include <algorithm>
#include <limits>
#include <vector>

#include "common/base/wrapping.h"
#include "projections/documents/entries.h"
#include "projections/documents/standing.h"

namespace daybook::documents {
namespace {

constexpr int32_t kNever = std::numeric_limits<int32_t>::max();

bool IsLoss(rows::EntryKind kind) {
  return kind == rows::ENTRY_KIND_WRITTEN_OFF || kind == rows::ENTRY_KIND_RECOVERED ||
         kind == rows::ENTRY_KIND_WRITE_OFF_REVERSED;
}

// The days from which the entries of an invoice count. What undoes a write-off counts from the
// first day on, from its own, on which so much stood written off: money that is dated back before
// the write-off paid an invoice that nobody had written off.
class InvoiceDays {
 public:
  explicit InvoiceDays(const rows::InvoiceRow& row) : row_(row) {}

  // To be called for each entry, in order.
  int32_t operator()(int i) {
    const rows::Entry& entry = row_.entries(i);
    if (!IsLoss(entry.kind())) return entry.day();
    int32_t day = entry.day();
    if (entry.kind() != rows::ENTRY_KIND_WRITTEN_OFF) day = DayOfWriteOff(entry);
    losses_.push_back({&entry, day});
    return std::max(day, row_.day());
  }

 private:
  struct Loss {
    const rows::Entry* entry;
    int32_t day;
  };

  int64_t WrittenOffOn(int32_t day, uint32_t reason) const {
    int64_t sum = 0;
    for (const Loss& loss : losses_) {
      if (loss.day > day || loss.entry->code() != reason) continue;
      const int64_t amount = loss.entry->amount_minor();
      sum = loss.entry->kind() == rows::ENTRY_KIND_WRITTEN_OFF ? Plus(sum, amount)
                                                               : Minus(sum, amount);
    }
    return sum;
  }

  int32_t DayOfWriteOff(const rows::Entry& undoing) const {
    if (WrittenOffOn(undoing.day(), undoing.code()) >= undoing.amount_minor()) return undoing.day();
    int32_t first = kNever, last = undoing.day();
    for (const Loss& loss : losses_) {
      if (loss.day <= undoing.day()) continue;
      last = std::max(last, loss.day);
      if (loss.day < first && WrittenOffOn(loss.day, undoing.code()) >= undoing.amount_minor()) {
        first = loss.day;
      }
    }
    return first == kNever ? last : first;
  }

  const rows::InvoiceRow& row_;
  std::vector<Loss> losses_;
};

bool IsDiscount(uint32_t reason) { return reason == billing::v1::WRITE_OFF_REASON_EARLY_PAYMENT; }

class InvoiceFold {
 public:
  InvoiceFold(const rows::InvoiceRow& row, InvoiceStanding& out) : out_(out), stands_(out.money) {
    out_.open_minor = row.total_minor();
    out_.settled_day = row.day();
  }

  void Take(const rows::Entry& entry, int32_t day) {
    switch (entry.kind()) {
      case rows::ENTRY_KIND_PUT:
        Move(entry, entry.amount_minor(), day);
        break;
      case rows::ENTRY_KIND_TAKEN_OFF:
        Move(entry, Minus(entry.amount_minor()), day);
        break;
      case rows::ENTRY_KIND_OTHER_ENDED: {
        const int64_t stood = stands_.End(entry);
        out_.allocated_minor = Minus(out_.allocated_minor, stood);
        Lower(Minus(stood), day);
        break;
      }
      case rows::ENTRY_KIND_CREDIT_NOTE:
        out_.credit_notes.push_back(&entry);
        out_.credited_minor = Plus(out_.credited_minor, entry.part_minor());
        Lower(entry.part_minor(), day);
        break;
      case rows::ENTRY_KIND_WRITTEN_OFF:
        GiveUp(entry, entry.amount_minor(), entry.tax_minor(), day);
        break;
      case rows::ENTRY_KIND_RECOVERED:
      case rows::ENTRY_KIND_WRITE_OFF_REVERSED:
        GiveUp(entry, Minus(entry.amount_minor()), Minus(entry.tax_minor()), day);
        break;
      case rows::ENTRY_KIND_VOID:
        out_.voided = &entry;
        break;
      case rows::ENTRY_KIND_MARKED_UNCOLLECTIBLE:
        out_.marked = &entry;
        break;
      case rows::ENTRY_KIND_UNMARKED_UNCOLLECTIBLE:
        out_.marked = nullptr;
        break;
      default:
        break;
    }
  }

  void Finish() {
    stands_.Finish();
    if (out_.voided != nullptr) {
      out_.state = billing::v1::INVOICE_STATE_VOID;
      out_.open_minor = out_.allocated_minor = 0;
      for (WrittenOff& one : out_.written_off) one = {};
      out_.money.clear();
    } else if (Lost() > 0) {
      out_.state = billing::v1::INVOICE_STATE_UNCOLLECTIBLE;
    } else if (out_.open_minor == 0) {
      out_.state = billing::v1::INVOICE_STATE_PAID;
    } else {
      out_.state = out_.marked != nullptr ? billing::v1::INVOICE_STATE_UNCOLLECTIBLE
                                          : billing::v1::INVOICE_STATE_ISSUED;
    }
  }

 private:
  // What is neither a residue nor a discount.
  int64_t Lost() const {
    return Plus(out_.written_off[billing::v1::WRITE_OFF_REASON_OVERDUE].amount_minor,
                out_.written_off[billing::v1::WRITE_OFF_REASON_BAD_DEBT].amount_minor);
  }

  void Lower(int64_t amount, int32_t day) {
    out_.open_minor = Minus(out_.open_minor, amount);
    if (amount > 0) out_.settled_day = std::max(out_.settled_day, day);
    // Who paid is expected to pay: if it is taken back, too.
    if (out_.open_minor == 0 && Lost() == 0) out_.marked = nullptr;
  }

  void Move(const rows::Entry& entry, int64_t amount, int32_t day) {
    stands_.Add(entry, amount, day);
    out_.allocated_minor = Plus(out_.allocated_minor, amount);
    Lower(amount, day);
  }

  void GiveUp(const rows::Entry& entry, int64_t amount, int64_t tax, int32_t day) {
    WrittenOff& one = out_.written_off[std::min<uint32_t>(entry.code(), kWriteOffReasons - 1)];
    const bool was_lost = Lost() != 0;
    one.amount_minor = Plus(one.amount_minor, amount);
    one.tax_minor = Plus(one.tax_minor, tax);
    if (amount > 0) one.day = day;
    if (was_lost && Lost() == 0) out_.marked = nullptr;
    Lower(amount, day);
  }

  InvoiceStanding& out_;
  Stands stands_;
};

}  // namespace

int64_t InvoiceStanding::written_off_minor() const {
  int64_t sum = 0;
  for (uint32_t reason = 0; reason < kWriteOffReasons; ++reason) {
    if (!IsDiscount(reason)) sum = Plus(sum, written_off[reason].amount_minor);
  }
  return sum;
}

int64_t InvoiceStanding::discounted_minor() const {
  return written_off[billing::v1::WRITE_OFF_REASON_EARLY_PAYMENT].amount_minor;
}

bool StandAt(const rows::InvoiceRow& row, const Clocks& clocks, InvoiceStanding* standing) {
  if (!clocks.Count(row.day(), row.recorded_us())) return false;
  *standing = {};
  standing->newest = {row.day(), row.recorded_us()};
  InvoiceFold fold(row, *standing);
  InvoiceDays day_of(row);
  ForEachThatCounts(row.entries(), clocks, &standing->newest, day_of,
                    [&](const rows::Entry& entry, int32_t day) { fold.Take(entry, day); });
  fold.Finish();
  return true;
}

}  // namespace daybook::documents
