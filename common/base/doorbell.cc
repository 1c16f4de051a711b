#include "common/base/doorbell.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace daybook {
namespace {

// What the system looks at is the number itself.
static_assert(sizeof(std::atomic<int>) == 4 && std::atomic<int>::is_always_lock_free);

constexpr absl::Duration kLongest = absl::Seconds(1);

}  // namespace

void Doorbell::Ring() {
  if (state_.exchange(kRung) == kAsleep) ::syscall(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, 1);
}

bool Doorbell::Wait(absl::Duration timeout) {
  int state = kQuiet;
  if (timeout > absl::ZeroDuration() && state_.compare_exchange_strong(state, kAsleep)) {
    const timespec most = absl::ToTimespec(std::min(timeout, kLongest));
    // Returns at once if it has been rung meanwhile.
    ::syscall(SYS_futex, &state_, FUTEX_WAIT_PRIVATE, kAsleep, &most);
  }
  return state_.exchange(kQuiet) == kRung;
}

}  // namespace daybook
