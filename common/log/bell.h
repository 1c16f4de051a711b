// Calls everybody who waits for new records of a log: threads that sleep and functions that watch.
// Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace daybook::log {

class Bell {
 public:
  void Ring() {
    const std::lock_guard lock(mutex_);
    rung_.notify_all();
    for (const auto* wake : watchers_) (*wake)();
  }

  // Returns when `ready` holds, which is looked at now and after each Ring, or after `wait`.
  template <class Ready>
  void Await(const Ready& ready, absl::Duration wait) {
    std::unique_lock lock(mutex_);
    rung_.wait_for(lock, absl::ToChronoNanoseconds(wait), ready);
  }

  // Ring calls `wake` until the handle is dropped, and never after. `wake` must not come back here.
  static std::shared_ptr<void> Watch(const std::shared_ptr<Bell>& bell,
                                     std::function<void()> wake) {
    auto* const mine = new std::function<void()>(std::move(wake));
    {
      const std::lock_guard lock(bell->mutex_);
      bell->watchers_.push_back(mine);
    }
    return std::shared_ptr<std::function<void()>>(mine, [bell](std::function<void()>* gone) {
      {
        const std::lock_guard lock(bell->mutex_);
        std::erase(bell->watchers_, gone);
      }
      delete gone;
    });
  }

 private:
  std::mutex mutex_;
  std::condition_variable rung_;
  std::vector<const std::function<void()>*> watchers_;
};

}  // namespace daybook::log
