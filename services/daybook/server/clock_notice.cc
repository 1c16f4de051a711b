#include "services/daybook/server/clock_notice.h"

#include <utility>

#include "common/base/text.h"

namespace daybook {

void ClockNotice::Look(const Moment& now) {
  const absl::Time origin = now.wall - now.steady;
  const absl::Duration moved = origin - std::exchange(origin_, origin).value_or(origin);
  if (absl::AbsDuration(moved) < kWorthALine) return;
  const bool back = moved < absl::ZeroDuration();
  say_(Severity::kWarning,
       Cat("this machine's clock was set ", back ? "back" : "forward", " by ",
           absl::FormatDuration(
               absl::Trunc(absl::AbsDuration(moved) + absl::Milliseconds(500), absl::Seconds(1))),
           " to ", absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", now.wall, absl::UTCTimeZone()),
           back ? "; records bear the time of the newest one until it has passed that" : ""),
       {});
}

}  // namespace daybook
