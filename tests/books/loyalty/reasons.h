// Why the loyalty book says no.
#pragma once

#include "common/base/reasons.h"

namespace daybook::reason {

inline constexpr Reason kPointsTooFew{
    "POINTS_TOO_FEW", absl::StatusCode::kFailedPrecondition,
    "The customer has fewer points than the command takes; metadata `points` says how many.",
    "Take fewer."};

}  // namespace daybook::reason
