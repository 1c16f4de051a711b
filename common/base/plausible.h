// What is more likely a typing error than meant, unless the request says that it is.
//
// Errors are plain INVALID_ARGUMENT whose message stands beside a field's name.
#pragma once

#include "absl/status/status.h"
#include "absl/time/civil_time.h"

namespace daybook {

inline constexpr int kPlausibleYearsBack = 10;
inline constexpr int kPlausibleYearsAhead = 2;

// `day` is within so many years of `today`, both bounds included. The message names day and bounds.
absl::Status CheckPlausible(absl::CivilDay day, absl::CivilDay today);

}  // namespace daybook
