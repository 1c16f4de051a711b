// Calls everybody who waits for new records of a log: threads that sleep and functions that watch.
// Any thread.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace daybook::log {

class Bell {
 public:
  void Ring() {
    absl::MutexLock lock(&mutex_);
    rung_.SignalAll();
    for (const auto* wake : watchers_) (*wake)();
  }

  // Returns when `ready` holds, which is looked at now and after each Ring, or after `wait`.
  template <class Ready>
  void Await(const Ready& ready, absl::Duration wait) {
    const absl::Time deadline = absl::Now() + wait;
    absl::MutexLock lock(&mutex_);
    while (!ready()) {
      if (rung_.WaitWithDeadline(&mutex_, deadline)) return;
    }
  }

  // Ring calls `wake` until the handle is dropped, and never after. `wake` must not come back here.
  static std::shared_ptr<void> Watch(const std::shared_ptr<Bell>& bell,
                                     std::function<void()> wake) {
    auto* const mine = new std::function<void()>(std::move(wake));
    {
      absl::MutexLock lock(&bell->mutex_);
      bell->watchers_.push_back(mine);
    }
    return std::shared_ptr<std::function<void()>>(mine, [bell](std::function<void()>* gone) {
      {
        absl::MutexLock lock(&bell->mutex_);
        std::erase(bell->watchers_, gone);
      }
      delete gone;
    });
  }

 private:
  absl::Mutex mutex_;
  absl::CondVar rung_;
  std::vector<const std::function<void()>*> watchers_;
};

}  // namespace daybook::log
