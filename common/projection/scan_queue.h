// The threads for queries that read whole partitions, so that those of one customer need not wait.
//
// Operation. Tasks of a kind (the queries of one method) run in the order in which they came, on
// all threads but one at most: so while several long queries of one method run, those of another
// are answered. With one thread all stand behind each other.
//
// Concurrency: any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"

namespace daybook::projection {

class ScanQueue {
 public:
  // Called once, with OK on a thread of the queue, or with why it will not be run.
  using Task = absl::AnyInvocable<void(const absl::Status&)>;

  ScanQueue(size_t max_waiting, int threads);
  ~ScanQueue();  // as Stop

  // `kind`: the address of anything that tasks of one kind share. OVERLOADED if too many wait,
  // SHUTTING_DOWN after Stop.
  void Add(const void* kind, Task task);
  void Stop();

 private:
  struct Waiting {
    const void* kind;
    Task task;
  };
  void Run();
  // The first that may run; the end if there is none.
  std::deque<Waiting>::iterator Next();

  const size_t max_waiting_;
  const int most_of_a_kind_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Waiting> waiting_;
  absl::flat_hash_map<const void*, int> running_;  // of a kind; none: 0
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace daybook::projection
