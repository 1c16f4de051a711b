// How an account stands at a pair of clocks: the one pure function behind balance, open items,
// statement, aging and trial balance.
//
// An entry counts if it was recorded at or before `read_us` (the history was read up to there) and
// is effective on or before `as_of_day`; what is about a document counts only if the document does.
// An invoice counts from its day to the day of its void, a payment from its day to the day on which
// the last of it was taken back. Money that a payment put on an invoice stands there while both
// count: before and after it is unapplied credit, and of a reversed payment gone. A void undoes the
// write-offs that counted before it, whatever they came to.
//
// So for facts dated back in any order, at every pair of clocks,
//   Σ open of invoices = invoiced + claimed − credited to them − written off − discounted
//                        − allocated
//   unapplied          = received + credited to the account − allocated − refunded − reversed
//                        − taken to income
// and no figure depends on how the facts were dated once all of them count. `unapplied`, or what is
// open on one invoice, is below zero on days before which something was dated back to: money that
// was given back, or an invoice that was paid, before the money was free.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "common/base/decimal.h"
#include "common/projection/read_position.h"
#include "projections/balances/account_history.h"

namespace daybook::balances {

inline constexpr int32_t kEveryDay = std::numeric_limits<int32_t>::max();
using projection::kEverything;

// What was written off for one reason, without the tax that was corrected; or that tax.
struct CreditLosses {
  Int128 written_off = 0;
  Int128 recovered = 0;
  Int128 voided = 0;  // undone by voids

  Int128 standing() const { return written_off - recovered - voided; }

  CreditLosses& operator+=(const CreditLosses& other);
};
// The last is no loss but a discount.
enum LossReason { kNormal, kOverdue, kBadDebt, kEarlyPayment, kLossReasons };
LossReason LossReasonOf(uint32_t write_off_reason);

// Sums in 128 bits: each amount fits 64, their sum need not.
struct Sums {
  Int128 net = 0;  // of invoices, void ones as well
  Int128 tax = 0;
  Int128 received = 0;
  Int128 put = 0;             // on invoices, with the payment
  Int128 applied = 0;         // on invoices, later, by CreditApplied
  int64_t invoice_count = 0;  // void ones as well
  int64_t payment_count = 0;
  Int128 released = 0;  // off invoices, other than by a reversal
  Int128 reversed = 0;
  Int128 reversed_allocated = 0;  // off invoices by a reversal
  Int128 refunded = 0;
  Int128 note_net = 0;
  Int128 note_tax = 0;
  Int128 note_unapplied = 0;  // of these, credit of the account
  Int128 voided_net = 0;
  Int128 voided_tax = 0;
  CreditLosses losses[kLossReasons];
  CreditLosses relief;           // tax, of all reasons but discounts
  CreditLosses discount_relief;  // of these
  int64_t void_invoice_count = 0;
  int64_t credit_note_count = 0;
  Int128 claimed = 0;  // debit notes
  int64_t debit_note_count = 0;
  Int128 lost = 0;            // to banks, beyond what was left of payments
  Int128 loss_recovered = 0;  // of that
  Int128 credit_written_off = 0;
  Int128 credit_restored = 0;  // of that

  Int128 voided() const { return voided_net + voided_tax; }
  Int128 invoiced() const { return net + tax - voided(); }
  Int128 credited() const { return note_net + note_tax; }
  Int128 written_off() const;
  Int128 discounted() const {
    return losses[kEarlyPayment].standing() + discount_relief.standing();
  }
  Int128 allocated() const { return put + applied - released - reversed_allocated; }
  Int128 receivable() const {
    return invoiced() + claimed - (credited() - note_unapplied) - written_off() - discounted() -
           allocated();
  }
  Int128 residue_income() const { return credit_written_off - credit_restored; }
  Int128 unapplied() const {
    return received + note_unapplied - allocated() - refunded - reversed - residue_income();
  }
  Int128 balance() const { return receivable() - unapplied(); }
  Sums& operator+=(const Sums& other);
};

struct Standing {
  Sums sums;
  // By ordinal; 0 of a void invoice; meaningless before its day (see Counts).
  std::vector<int64_t> open_minor;
  int64_t open_invoice_count = 0;
};

inline bool Counts(int32_t day, int32_t as_of_day) { return day <= as_of_day; }
// Of a day that may be kNever.
inline bool Ended(int32_t day, int32_t as_of_day) { return day != kNever && day <= as_of_day; }

// `standing` keeps its memory between calls.
void StandAt(const AccountHistory& history, int32_t as_of_day, Standing* standing);

// By ordinal, how much of each invoice is off if all of the rest is paid on the day: what is left
// of its offer after the credit notes, at most what is open; 0 if that day is too late, or part of
// it is written off. Empty if no invoice offers anything.
std::vector<int64_t> DiscountsAt(const AccountHistory& history, int32_t as_of_day,
                                 const Standing& standing);

// Aging: column of an amount by days overdue.
inline constexpr int kAgeColumns = 6;  // not due, 1-30, 31-60, 61-90, 91-120, over 120
int AgeColumn(int32_t due_day, int32_t as_of_day);

struct Ages {
  Int128 column[kAgeColumns] = {};
  Int128 unapplied = 0;  // positive

  Int128 balance() const;
};
void AddAges(const AccountHistory& history, const Standing& standing, int32_t as_of_day,
             Ages* ages);

}  // namespace daybook::balances
