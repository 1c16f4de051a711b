#include "projections/documents/standing.h"

#include <vector>

#include "common/base/wrapping.h"
#include "projections/documents/entries.h"

namespace daybook::documents {

// --------------------------------------------------------------------------------------- payments

namespace {

class PaymentFold {
 public:
  explicit PaymentFold(PaymentStanding& out) : out_(out), stands_(out.money) {}

  void Take(const rows::Entry& entry, int32_t day) {
    const int64_t amount = entry.amount_minor();
    switch (entry.kind()) {
      case rows::ENTRY_KIND_ANNOUNCED:
        out_.state = static_cast<billing::v1::PaymentState>(entry.code());
        out_.day = day;
        return;
      case rows::ENTRY_KIND_RECEIVED:
        out_.state = billing::v1::PAYMENT_STATE_SUCCEEDED;
        out_.received = true;
        out_.day = day;
        out_.reason = entry.words();
        return;
      case rows::ENTRY_KIND_FAILED:
        out_.state = billing::v1::PAYMENT_STATE_FAILED;
        out_.reason = entry.words();
        return;
      case rows::ENTRY_KIND_PUT:
        return Move(entry, amount, day);
      case rows::ENTRY_KIND_TAKEN_OFF:
        return Move(entry, Minus(amount), day);
      case rows::ENTRY_KIND_OTHER_ENDED:
        return Add(Minus(stands_.End(entry)), out_.allocated_minor);
      case rows::ENTRY_KIND_REVERSED:
        out_.state = static_cast<billing::v1::PaymentState>(entry.code());
        if (amount != 0) {
          stands_.Clear();
          out_.allocated_minor = 0;
        }
        return PaymentReversal(entry);
      case rows::ENTRY_KIND_REVERSED_IN_PART:
        return PaymentReversal(entry);
      default:
        return TakeOther(entry, amount);
    }
  }

  void Finish(const rows::PaymentRow& row) {
    stands_.Finish();
    if (!out_.received) return;
    out_.unapplied_minor = row.amount_minor();
    for (const int64_t gone :
         {out_.allocated_minor, out_.refunded_minor, out_.reversed_minor, out_.written_off_minor}) {
      out_.unapplied_minor = Minus(out_.unapplied_minor, gone);
    }
  }

 private:
  static void Add(int64_t amount, int64_t& sum) { sum = Plus(sum, amount); }

  void Move(const rows::Entry& entry, int64_t amount, int32_t day) {
    stands_.Add(entry, amount, day);
    Add(amount, out_.allocated_minor);
  }

  void PaymentReversal(const rows::Entry& entry) {
    out_.reversals.push_back(&entry);
    out_.reason = entry.words();
    Add(entry.amount_minor(), out_.reversed_minor);
  }

  // What does not move money between the payment and invoices.
  void TakeOther(const rows::Entry& entry, int64_t amount) {
    switch (entry.kind()) {
      case rows::ENTRY_KIND_REFUNDED:
        out_.refunds.push_back(&entry);
        return Add(amount, out_.refunded_minor);
      case rows::ENTRY_KIND_CLAIMED:
        out_.claims.push_back(&entry);
        return Add(amount, out_.claimed_minor);
      case rows::ENTRY_KIND_LOST:
        return Add(amount, out_.lost_minor);
      case rows::ENTRY_KIND_LOSS_RECOVERED:
        return Add(Minus(amount), out_.lost_minor);
      case rows::ENTRY_KIND_REINSTATED:
        out_.reinstatements.push_back(&entry);
        return Add(amount, out_.reinstated_minor);
      case rows::ENTRY_KIND_TAKEN_TO_INCOME:
        return Add(amount, out_.written_off_minor);
      case rows::ENTRY_KIND_INCOME_REVERSED:
        return Add(Minus(amount), out_.written_off_minor);
      default:
        return;
    }
  }

  PaymentStanding& out_;
  Stands stands_;
};

}  // namespace

bool StandAt(const rows::PaymentRow& row, const Clocks& clocks, PaymentStanding* standing) {
  *standing = {};
  PaymentFold fold(*standing);
  ForEachThatCounts(row.entries(), clocks, &standing->newest,
                    [&](const rows::Entry& entry, int32_t day) { fold.Take(entry, day); });
  fold.Finish(row);
  return standing->state != billing::v1::PAYMENT_STATE_UNSPECIFIED;
}

// ----------------------------------------------------------------------------------- credit notes

bool StandAt(const rows::CreditNoteRow& row, const Clocks& clocks, CreditNoteStanding* standing) {
  if (!clocks.Count(row.day(), row.recorded_us())) return false;
  CreditNoteStanding& out = *standing;
  out = {};
  out.newest = {row.day(), row.recorded_us()};
  Stands stands(out.money);
  const auto move = [&](const rows::Entry& entry, int64_t amount, int32_t day) {
    stands.Add(entry, amount, day);
    out.allocated_minor = Plus(out.allocated_minor, amount);
  };
  ForEachThatCounts(row.entries(), clocks, &out.newest, [&](const rows::Entry& entry, int32_t day) {
    const int64_t amount = entry.amount_minor();
    switch (entry.kind()) {
      case rows::ENTRY_KIND_PUT:
        return move(entry, amount, day);
      case rows::ENTRY_KIND_TAKEN_OFF:
        return move(entry, Minus(amount), day);
      case rows::ENTRY_KIND_OTHER_ENDED:
        out.allocated_minor = Minus(out.allocated_minor, stands.End(entry));
        return;
      case rows::ENTRY_KIND_TAKEN_TO_INCOME:
        out.written_off_minor = Plus(out.written_off_minor, amount);
        return;
      case rows::ENTRY_KIND_INCOME_REVERSED:
        out.written_off_minor = Minus(out.written_off_minor, amount);
        return;
      case rows::ENTRY_KIND_PAID_OUT:
        out.payouts.push_back(&entry);
        out.paid_out_minor = Plus(out.paid_out_minor, amount);
        return;
      default:
        return;
    }
  });
  stands.Finish();
  out.unapplied_minor =
      Minus(Minus(row.unapplied_minor(), out.allocated_minor), out.written_off_minor);
  return true;
}

// ----------------------------------------------------------------------------- accounts and drafts

namespace {

billing::v1::CreditApplication Told(billing::v1::CreditApplication recorded) {
  return recorded == billing::v1::CREDIT_APPLICATION_UNSPECIFIED
             ? billing::v1::CREDIT_APPLICATION_AUTOMATIC
             : recorded;
}

}  // namespace

bool StandAt(const rows::AccountRow& row, const Clocks& clocks, AccountStanding* standing) {
  if (!clocks.Count(row.day(), row.recorded_us())) return false;
  AccountStanding& out = *standing;
  out = {.state = billing::v1::ACCOUNT_STATE_ACTIVE,
         .terms = &row.terms(),
         .credit_application = Told(row.credit_application()),
         .reason = {},
         .newest = {row.day(), row.recorded_us()}};
  ForEachThatCounts(row.entries(), clocks, &out.newest, [&](const rows::Entry& entry, int32_t) {
    if (entry.kind() == rows::ENTRY_KIND_TERMS) {
      out.terms = &entry.terms();
      out.credit_application = Told(entry.credit_application());
    } else {
      out.state = static_cast<billing::v1::AccountState>(entry.code());
      out.reason = entry.words();
    }
  });
  return true;
}

bool StandAt(const rows::DraftRow& row, const Clocks& clocks, DraftStanding* standing) {
  DraftStanding& out = *standing;
  out = {};
  ForEachThatCounts(row.entries(), clocks, &out.newest, [&](const rows::Entry& entry, int32_t) {
    const bool deleted = entry.kind() == rows::ENTRY_KIND_DELETED;
    out.state = deleted ? v1::DRAFT_STATE_DELETED : v1::DRAFT_STATE_OPEN;
    if (!deleted) out.version = entry.code();
  });
  return out.state != v1::DRAFT_STATE_UNSPECIFIED;
}

}  // namespace daybook::documents
