#include "services/daybook/process/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/base/clock.h"
#include "common/base/text.h"
#include "services/daybook/process/standard_streams.h"

namespace daybook {

Progress::Progress(std::string what, int64_t total, bool silent)
    : what_(std::move(what)),
      total_(total),
      shown_(!silent && IsTerminal(STDERR_FILENO)),
      start_(WallNow()),
      last_shown_(start_) {}

Progress::~Progress() {
  if (shown_) std::fputs("\r\x1b[K", stderr);
}

std::string Progress::LineAt(absl::Time now) const {
  const double seconds = std::max(absl::ToDoubleSeconds(now - start_), 0.001);
  const double rate = done_ / seconds;
  const double share = total_ > 0 ? 100.0 * done_ / total_ : 100.0;
  const double left = rate > 0 ? (total_ - done_) / rate : 0;
  return absl::StrFormat("%s of %s %s (%.0f %%), %s/s, %.0f s left", Grouped(done_),
                         Grouped(total_), what_, share, Grouped(static_cast<int64_t>(rate)), left);
}

void Progress::Add(int64_t done) {
  std::lock_guard lock(mutex_);
  done_ += done;
  const absl::Time now = WallNow();
  if (!shown_ || now - last_shown_ < absl::Milliseconds(200)) return;
  last_shown_ = now;
  std::fprintf(stderr, "\r\x1b[K%s", LineAt(now).c_str());
  std::fflush(stderr);
}

}  // namespace daybook
