// The day from which something counts.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/command/decider.h"
#include "daybook/billing/v1/state.pb.h"
#include "google/type/date.pb.h"

namespace daybook::billing {

// The day in `time_zone` for a request that leaves `field` out. INVALID_FIELDS on `field` if this
// machine does not know the zone (its tz database is older than the one the account was opened
// with).
absl::StatusOr<absl::CivilDay> DefaultDay(const std::string& time_zone, absl::Time now,
                                          std::string_view field);

// The day that a fact counts from: as asked for, else today, but never before `earliest`, the day
// of what it is about. INVALID_FIELDS on `field` for a day before that or in the future.
absl::StatusOr<absl::CivilDay> EffectiveDay(const v1::Account& account, bool asked,
                                            const google::type::Date& date, absl::Time now,
                                            int32_t earliest,
                                            std::string_view field = "effective_date");

// INVALID_FIELDS with one violation, for what only the state could tell.
absl::Status Violation(std::string_view field, std::string_view description);

}  // namespace daybook::billing
