// The day from which something counts.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/command/decider.h"
#include "google/type/date.pb.h"
#include "services/billing/state.h"

namespace daybook::billing {

// Today in `time_zone`, for a request without `field`. INVALID_FIELDS on `field` if this machine
// does not know the zone: its tz database may be older than that of the machine that opened the
// account.
absl::StatusOr<absl::CivilDay> DefaultDay(const std::string& time_zone, absl::Time now,
                                          std::string_view field);

// The day from which a fact counts: `date` if it is given, else today or `earliest`, whichever is
// later. `earliest` (YYYYMMDD, 0 = none) is the day of the thing that the fact is about.
// INVALID_FIELDS on `field` for a date before that or in the future.
absl::StatusOr<absl::CivilDay> EffectiveDay(const state::Account& account, bool given,
                                            const google::type::Date& date, absl::Time now,
                                            int32_t earliest,
                                            std::string_view field = "effective_date");

// INVALID_FIELDS with one violation, for rules that need the state.
absl::Status Violation(std::string_view field, std::string_view description);

}  // namespace daybook::billing
