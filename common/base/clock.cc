#include "common/base/clock.h"

#include <time.h>

namespace daybook {
namespace {

// Readings this close are of one moment. A thread that is stopped between them reads again.
constexpr absl::Duration kTogether = absl::Milliseconds(1);
constexpr int kTries = 10;

timespec Read(clockid_t clock) {
  timespec now = {};
  clock_gettime(clock, &now);
  return now;
}

absl::Duration Steady() { return absl::DurationFromTimespec(Read(CLOCK_BOOTTIME)); }

}  // namespace

absl::Time WallNow() { return absl::TimeFromTimespec(Read(CLOCK_REALTIME)); }

Moment ReadClocks() {
  Moment moment;
  absl::Duration before = Steady();
  for (int i = 0; i < kTries; ++i) {
    moment.wall = WallNow();
    moment.steady = Steady();
    if (moment.steady - before <= kTogether) break;
    before = moment.steady;
  }
  return moment;
}

}  // namespace daybook
