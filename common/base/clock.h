// The clocks of a machine, and what each is good for.
#pragma once

#include "absl/time/time.h"

namespace daybook {

// The time of day. Unlike absl::Now(), which is up to 2 s behind once the clock was set: gRPC's
// deadlines are not, and calls would look as if they were over when they came.
absl::Time WallNow();

// What both clocks of a machine show at one moment.
struct Moment {
  // The time of day: what is recorded. Whoever may, sets it either way, at any time.
  absl::Time wall;
  // Since the machine was started, asleep or not: what waiting is measured by. Nobody sets it.
  absl::Duration steady;
};

// This machine's, now. Both belong together, also if the thread is stopped meanwhile.
Moment ReadClocks();

}  // namespace daybook
