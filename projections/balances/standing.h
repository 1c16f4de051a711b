// How an account stands at a pair of clocks: the one pure function behind balance, open items,
// statement, ageing and trial balance.
//
// An entry counts if it was recorded at or before `read_us` (the journal was read up to there) and
// is effective on or before `as_of_day`. An allocation counts if its entry, its payment and its
// invoice do: money allocated to an invoice that does not count yet is unapplied credit until then.
// So at every pair of clocks
//   Σ open of invoices = invoiced − allocated,  unapplied = received − allocated,
//   balance = Σ open − unapplied = invoiced − received.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "common/base/decimal.h"
#include "projections/balances/journal.h"

namespace daybook::balances {

inline constexpr int32_t kEveryDay = std::numeric_limits<int32_t>::max();
inline constexpr int64_t kEverything = std::numeric_limits<int64_t>::max();

struct Clocks {
  int32_t as_of_day = kEveryDay;
  int64_t read_us = kEverything;
};

// Sums in 128 bits: each amount fits 64, their sum need not.
struct Sums {
  Int128 net = 0;
  Int128 tax = 0;
  Int128 received = 0;
  Int128 allocated = 0;  // with the payment
  Int128 applied = 0;    // later, by CreditApplied
  int64_t invoice_count = 0;
  int64_t payment_count = 0;

  Int128 invoiced() const { return net + tax; }
  Int128 receivable() const { return net + tax - allocated - applied; }
  Int128 unapplied() const { return received - allocated - applied; }
  Int128 balance() const { return invoiced() - received; }
  Sums& operator+=(const Sums& other);
};

struct Standing {
  Sums sums;
  // By ordinal; meaningless for an invoice that does not count (see Counts).
  std::vector<int64_t> open_minor;
  int64_t open_invoice_count = 0;
};

inline bool Counts(int32_t day, int32_t as_of_day) { return day <= as_of_day; }

// `standing` keeps its memory between calls.
void StandAt(const Journal& journal, int32_t as_of_day, Standing* standing);

// Ageing: column of an amount by days overdue.
inline constexpr int kAgeColumns = 6;  // not due, 1-30, 31-60, 61-90, 91-120, over 120
int AgeColumn(int32_t due_day, int32_t as_of_day);

struct Ages {
  Int128 column[kAgeColumns] = {};
  Int128 unapplied = 0;  // positive

  Int128 balance() const;
};
void AddAges(const Journal& journal, const Standing& standing, int32_t as_of_day, Ages* ages);

}  // namespace daybook::balances
