#include "projections/balances/standing.h"

#include <algorithm>

#include "daybook/billing/v1/billing.pb.h"

namespace daybook::balances {

LossReason LossReasonOf(uint32_t write_off_reason) {
  switch (write_off_reason) {
    case billing::v1::WRITE_OFF_REASON_NORMAL:
      return kNormal;
    case billing::v1::WRITE_OFF_REASON_OVERDUE:
      return kOverdue;
    case billing::v1::WRITE_OFF_REASON_EARLY_PAYMENT:
      return kEarlyPayment;
    default:
      return kBadDebt;
  }
}

CreditLosses& CreditLosses::operator+=(const CreditLosses& other) {
  written_off += other.written_off;
  recovered += other.recovered;
  voided += other.voided;
  return *this;
}

Int128 Sums::written_off() const {
  return relief.standing() + losses[kNormal].standing() + losses[kOverdue].standing() +
         losses[kBadDebt].standing();
}

Sums& Sums::operator+=(const Sums& other) {
  net += other.net;
  tax += other.tax;
  received += other.received;
  put += other.put;
  applied += other.applied;
  invoice_count += other.invoice_count;
  payment_count += other.payment_count;
  released += other.released;
  reversed += other.reversed;
  reversed_allocated += other.reversed_allocated;
  refunded += other.refunded;
  note_net += other.note_net;
  note_tax += other.note_tax;
  note_unapplied += other.note_unapplied;
  voided_net += other.voided_net;
  voided_tax += other.voided_tax;
  for (int i = 0; i < kLossReasons; ++i) losses[i] += other.losses[i];
  relief += other.relief;
  discount_relief += other.discount_relief;
  void_invoice_count += other.void_invoice_count;
  credit_note_count += other.credit_note_count;
  claimed += other.claimed;
  debit_note_count += other.debit_note_count;
  lost += other.lost;
  loss_recovered += other.loss_recovered;
  credit_written_off += other.credit_written_off;
  credit_restored += other.credit_restored;
  return *this;
}

namespace {

class Stander {
 public:
  Stander(const AccountHistory& history, int32_t as_of_day, Standing* standing)
      : history_(history), as_of_day_(as_of_day), standing_(*standing), sums_(standing->sums) {}

  void AddInvoices() {
    for (const HistoryInvoice& invoice : history_.invoices) {
      const bool is_void = Ended(invoice.void_day, as_of_day_);
      standing_.open_minor.push_back(is_void ? 0 : invoice.total_minor);
      if (!Counts(invoice.day, as_of_day_)) continue;
      if (invoice.debit_note) {
        sums_.claimed += invoice.total_minor;
        ++sums_.debit_note_count;
        continue;
      }
      sums_.net += invoice.total_minor - invoice.tax_minor;
      sums_.tax += invoice.tax_minor;
      ++sums_.invoice_count;
      if (!is_void) continue;
      sums_.voided_net += invoice.total_minor - invoice.tax_minor;
      sums_.voided_tax += invoice.tax_minor;
      ++sums_.void_invoice_count;
    }
  }

  void AddEntry(const HistoryEntry& entry) {
    if (entry.kind <= Kind::kDebitNote || !Counts(entry.day, as_of_day_)) return;
    if (IsChange(entry.kind)) return AddChange(history_.changes[entry.document]);
    if (entry.document >= history_.payments.size()) return;
    const HistorySource& payment = history_.payments[entry.document];
    if (!Counts(payment.day, as_of_day_)) return;
    if (entry.kind == Kind::kPayment) {
      sums_.received += payment.amount_minor;
      ++sums_.payment_count;
    }
    Move(entry, Ended(payment.reversed_day, as_of_day_));
  }

  void CountOpen() {
    for (size_t i = 0; i < history_.invoices.size(); ++i) {
      standing_.open_invoice_count +=
          Counts(history_.invoices[i].day, as_of_day_) && standing_.open_minor[i] != 0;
    }
  }

 private:
  // Money on invoices or, by a release, off them. What stands on an invoice that is void has been
  // released, and what a reversed payment put anywhere has been undone, by these facts.
  void Move(const HistoryEntry& entry, bool reversed) {
    const bool off = entry.kind == Kind::kRelease;
    Int128& side = entry.kind == Kind::kPayment ? sums_.put : off ? sums_.released : sums_.applied;
    for (uint32_t a = entry.first_allocation; a < entry.last_allocation; ++a) {
      const HistoryAllocation& allocation = history_.allocations[a];
      if (!CountsInvoice(allocation.invoice)) continue;
      const int64_t amount = off ? -allocation.amount_minor : allocation.amount_minor;
      side += allocation.amount_minor;
      if (reversed) {
        sums_.reversed_allocated += amount;
      } else if (IsVoid(allocation.invoice)) {
        sums_.released += amount;
      } else {
        standing_.open_minor[allocation.invoice] -= amount;
      }
    }
  }

  void AddChange(const HistoryChange& change) {
    if (IsOfSource(change.kind)) {
      if (CountsPayment(change.subject)) SumOf(change.kind) += change.amount_minor;
      return;
    }
    if (!CountsInvoice(change.subject)) return;
    if (change.kind == Kind::kCreditNote) AddCreditNote(change);
    if (IsLoss(change.kind)) AddLoss(change);
  }

  Int128& SumOf(Kind kind) {
    switch (kind) {
      case Kind::kRefund:
        return sums_.refunded;
      case Kind::kLoss:
        return sums_.lost;
      case Kind::kLossRecovered:
        return sums_.loss_recovered;
      case Kind::kCreditWriteOff:
        return sums_.credit_written_off;
      case Kind::kCreditRestored:
        return sums_.credit_restored;
      default:
        return sums_.reversed;
    }
  }

  void AddCreditNote(const HistoryChange& note) {
    sums_.note_net += note.amount_minor - note.tax_minor;
    sums_.note_tax += note.tax_minor;
    ++sums_.credit_note_count;
    sums_.note_unapplied += note.unapplied_minor;
    // Never of a void invoice.
    standing_.open_minor[note.subject] -= note.amount_minor - note.unapplied_minor;
  }

  void AddLoss(const HistoryChange& change) {
    AddTo(sums_.losses[LossReasonOf(change.code)], change, change.amount_minor - change.tax_minor);
    const bool discount = LossReasonOf(change.code) == kEarlyPayment;
    AddTo(discount ? sums_.discount_relief : sums_.relief, change, change.tax_minor);
    if (IsVoid(change.subject)) return;
    standing_.open_minor[change.subject] -=
        change.kind == Kind::kWriteOff ? change.amount_minor : -change.amount_minor;
  }

  void AddTo(CreditLosses& losses, const HistoryChange& change, int64_t amount) const {
    const bool given_up = change.kind == Kind::kWriteOff;
    (given_up ? losses.written_off : losses.recovered) += amount;
    if (IsVoid(change.subject)) losses.voided += given_up ? amount : -amount;
  }

  bool CountsInvoice(uint32_t ordinal) const {
    return ordinal < history_.invoices.size() && Counts(history_.invoices[ordinal].day, as_of_day_);
  }
  bool IsVoid(uint32_t ordinal) const {
    return Ended(history_.invoices[ordinal].void_day, as_of_day_);
  }
  bool CountsPayment(uint32_t ordinal) const {
    return ordinal < history_.payments.size() && Counts(history_.payments[ordinal].day, as_of_day_);
  }

  const AccountHistory& history_;
  const int32_t as_of_day_;
  Standing& standing_;
  Sums& sums_;
};

}  // namespace

void StandAt(const AccountHistory& history, int32_t as_of_day, Standing* standing) {
  standing->sums = {};
  standing->open_minor.clear();
  standing->open_invoice_count = 0;
  Stander stander(history, as_of_day, standing);
  stander.AddInvoices();
  for (const HistoryEntry& entry : history.entries) stander.AddEntry(entry);
  stander.CountOpen();
}

std::vector<int64_t> DiscountsAt(const AccountHistory& history, int32_t as_of_day,
                                 const Standing& standing) {
  std::vector<int64_t> off;
  for (const HistoryInvoice& invoice : history.invoices) {
    if (invoice.offer_minor != 0) off.resize(history.invoices.size());
  }
  if (off.empty()) return off;
  struct Change {
    int64_t credited_minor = 0, lost_minor = 0, taken_minor = 0;
  };
  std::vector<Change> changes(off.size());
  for (const HistoryChange& change : history.changes) {
    if (IsOfSource(change.kind) || change.subject >= off.size()) continue;
    if (!Counts(change.day, as_of_day)) continue;
    Change& sum = changes[change.subject];
    if (change.kind == Kind::kCreditNote) sum.credited_minor += change.amount_minor;
    if (!IsLoss(change.kind)) continue;
    const LossReason reason = LossReasonOf(change.code);
    if (reason == kNormal) continue;
    (reason == kEarlyPayment ? sum.taken_minor : sum.lost_minor) +=
        change.kind == Kind::kWriteOff ? change.amount_minor : -change.amount_minor;
  }
  for (size_t i = 0; i < off.size(); ++i) {
    const HistoryInvoice& invoice = history.invoices[i];
    if (invoice.offer_minor == 0 || as_of_day > invoice.offer_day) continue;
    if (invoice.total_minor <= 0 || changes[i].lost_minor != 0) continue;
    const int64_t left = std::max<int64_t>(0, invoice.total_minor - changes[i].credited_minor);
    const auto allowed =
        static_cast<int64_t>(DivideHalfUp(Int128{invoice.offer_minor} * left, invoice.total_minor));
    off[i] = std::clamp<int64_t>(allowed - changes[i].taken_minor, 0,
                                 std::max<int64_t>(0, standing.open_minor[i]));
  }
  return off;
}

int AgeColumn(int32_t due_day, int32_t as_of_day) {
  const int64_t age = static_cast<int64_t>(as_of_day) - due_day;
  if (age <= 0) return 0;
  return static_cast<int>(age > 120 ? 5 : (age + 29) / 30);
}

Int128 Ages::balance() const {
  Int128 sum = -unapplied;
  for (const Int128 amount : column) sum += amount;
  return sum;
}

void AddAges(const AccountHistory& history, const Standing& standing, int32_t as_of_day,
             Ages* ages) {
  for (size_t i = 0; i < history.invoices.size(); ++i) {
    const HistoryInvoice& invoice = history.invoices[i];
    if (!Counts(invoice.day, as_of_day)) continue;
    ages->column[AgeColumn(invoice.due_day, as_of_day)] += standing.open_minor[i];
  }
  ages->unapplied += standing.sums.unapplied();
}

}  // namespace daybook::balances
