// Sums over all accounts, by currency: out of the summaries of the partitions (everything that was
// seen), or by a scan of all histories (any pair of clocks).
//
// Cost of a scan: every history in the snapshot is read and folded, some 1-2 µs an account and 15
// ns an entry; it looks at the deadline every 256 accounts.
#pragma once

#include <map>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/projection/dump.h"
#include "common/projection/kit/day_asked.h"
#include "daybook/balances/v1/rows.pb.h"
#include "projections/balances/standing.h"

namespace daybook::balances {

void AddTo(int64_t amount, v1::Sum* sum);
Int128 ValueOf(const v1::Sum& sum);

struct CurrencySums {
  Sums sums;
  int64_t account_count = 0;
};

struct AllTotals {
  std::map<std::string, CurrencySums> currencies;  // by code
  int64_t customer_count = 0;
};

// What the summaries say: everything that was seen.
absl::StatusOr<AllTotals> ReadTotals(projection::ViewSpan views);

// Whether everything that was seen counts by the day that is asked for: then the summaries answer.
absl::StatusOr<bool> AllCount(projection::ViewSpan views, projection::DayAsked& day);

// Calls `each` with every account known at `clocks.read_us` and its history up to there. Stops with
// DEADLINE_EXCEEDED.
using EachAccount =
    absl::FunctionRef<void(const v1::AccountTail& tail, const AccountHistory& history)>;
absl::Status ScanAccounts(const store::View& view, int64_t read_us, absl::Time deadline,
                          EachAccount each);

// The same as ReadTotals, at any pair of clocks. A customer is registered by a day of UTC.
absl::StatusOr<AllTotals> ScanTotals(projection::ViewSpan views, projection::DayAsked& day,
                                     int64_t read_us, absl::Time deadline);

}  // namespace daybook::balances
