// Wakes one thread that has nothing to do. Ringing before it sleeps is not lost.
//
// Ring is one atomic exchange unless the thread sleeps, and then one system call; the sleeper goes
// on without another. With a condition variable it would wake to take a mutex, and pay for giving
// it back: that is on the way of a command that comes alone.
#pragma once

#include <atomic>

#include "absl/time/time.h"

namespace daybook {

class Doorbell {
 public:
  // Any thread.
  void Ring();
  // One thread. True: it was rung since the last Wait. False after `timeout`, or now and then for
  // no reason.
  bool Wait(absl::Duration timeout);

 private:
  enum State : int { kQuiet, kRung, kAsleep };
  std::atomic<int> state_{kQuiet};
};

}  // namespace daybook
