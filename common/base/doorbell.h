// Wakes one thread that has nothing to do. Ringing before it sleeps is not lost.
//
// Why not a condition variable: its sleeper wakes to take a mutex and pays for giving it back, and
// that is on the way of a command that comes alone (60 of its 420 µs). Here Ring is one atomic
// exchange unless the thread sleeps, and then one system call; the sleeper goes on without another.
// To wake any number of threads and functions there is log::Bell.
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
