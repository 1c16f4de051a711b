// The thread for queries that read whole partitions, so that those of one customer need not wait.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"

namespace daybook::projection {

class ScanQueue {
 public:
  // Called once, with OK on the queue's thread, or with why it will not be run.
  using Task = absl::AnyInvocable<void(const absl::Status&)>;

  explicit ScanQueue(size_t max_waiting);
  ~ScanQueue();  // as Stop

  // Any thread. OVERLOADED if too many wait, SHUTTING_DOWN after Stop.
  void Add(Task task);
  void Stop();

 private:
  void Run();

  const size_t max_waiting_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Task> tasks_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace daybook::projection
