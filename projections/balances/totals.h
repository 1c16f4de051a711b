// Sums over all accounts, by currency: out of the summaries of the partitions (everything that was
// seen), or by a scan of all histories (any pair of clocks).
//
// Cost of a scan: every history in the snapshot is read and folded, some 1-2 µs per account and
// 15 ns per entry; it looks at the deadline once per 256 accounts.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/projection/dump.h"
#include "common/projection/kit/two_clocks.h"
#include "daybook/internal/balances/v1/parts.pb.h"
#include "projections/balances/rows.h"
#include "projections/balances/standing.h"

namespace daybook::balances {

struct CurrencySums {
  Sums sums;
  int64_t account_count = 0;
};

struct AllTotals {
  std::map<std::string, CurrencySums> currencies;  // by code
  int64_t customer_count = 0;
};

// What the summaries of some partitions say: everything that was seen.
absl::StatusOr<AllTotals> ReadTotals(projection::ViewSpan views);
// Adds those of one.
absl::Status AddTotals(const store::View& view, AllTotals* all);

// Whether everything that was seen in a partition counts by the day that is asked for: then its
// summary answers.
absl::StatusOr<bool> AllCount(const store::View& view, projection::DayAsked& day);

// In the order of customer ids, calls `each` with every account known at `read_us` and its
// history up to there. Stops with DEADLINE_EXCEEDED.
using EachAccount = absl::FunctionRef<void(
    std::string_view customer_id, const rows::AccountTail& tail, const AccountHistory& history)>;
absl::Status ScanAccounts(const store::View& view, int64_t read_us, absl::Time deadline,
                          EachAccount each);

// The same as AddTotals, at any pair of clocks. A customer is registered by a day of UTC.
absl::Status AddScanned(const store::View& view, projection::TwoClocks& clocks, absl::Time deadline,
                        AllTotals* all);

// Totals as part of an answer.
void ToPart(const AllTotals& all, daybook::internal::balances::v1::ControlTotalsPart* part);
void AddPart(const daybook::internal::balances::v1::ControlTotalsPart& part, AllTotals* all);

}  // namespace daybook::balances
