// The thread that drives feeds, and what wakes it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "common/base/doorbell.h"
#include "common/log/event_log.h"
#include "common/projection/feed.h"

namespace daybook::projection {

// Steps its feeds as long as there is something to do.
class Worker {
 public:
  // Reads at most `batch_records` of a partition at a time.
  Worker(log::EventLog& log, size_t batch_records, std::function<absl::Time()> clock);
  ~Worker();  // as Stop

  // Before Start.
  void Add(Feed* feed) { feeds_.push_back(feed); }
  void Start();
  // Joins the thread; then stops every feed with `status`.
  void Stop(const absl::Status& status);
  // Somebody waits: step now.
  void WakeForWaiter();

 private:
  void Run();

  log::EventLog& log_;
  const size_t batch_records_;
  const std::function<absl::Time()> clock_;
  std::vector<Feed*> feeds_;
  Doorbell news_;    // there is something to do
  Doorbell urgent_;  // at once
  std::shared_ptr<void> watch_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace daybook::projection
