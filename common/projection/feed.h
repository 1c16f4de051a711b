// One partition for all read models: read once, parse once, fold many times.
//
// Read models that stand at different positions are brought together: those behind are read on
// alone until they reach the next, and then go on with it; their chain hashes must agree there.
//
// A machine like Runner: `Step` is called by whoever drives it. Concurrency: Step from one thread;
// Wait, `error` and `figures` from any.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/log/event_log.h"
#include "common/projection/runner.h"
#include "common/projection/source.h"

namespace daybook::projection {

// What a query of a stopped partition is told.
absl::Status StoppedStatus(const absl::Status& why);

class Feed {
 public:
  // `ready_at`: the end of the log when it was opened; a runner that has flushed it is ready.
  // `wake` is called by Wait.
  Feed(log::EventLog& log, int partition, std::vector<std::unique_ptr<Runner>> runners,
       int64_t ready_at, std::function<void()> wake);
  ~Feed();

  struct Outcome {
    bool more = false;                         // there is more to read now
    uint64_t records = 0;                      // that counted
    absl::Time next = absl::InfiniteFuture();  // step again by then, even if nothing comes
  };
  // Reads at most `max` records and does all that is due.
  Outcome Step(absl::Time now, size_t max);

  // Parks a waiter for runner number `runner`. Its callback runs within Step.
  void Wait(size_t runner, Waiter waiter);
  // Flushes what was folded and ends all waiters, now and later, with `status`.
  void Stop(const absl::Status& status);

  int partition() const { return partition_; }
  size_t runners() const { return runners_.size(); }
  const Runner& runner(size_t i) const { return *runners_[i]; }
  bool ready(size_t i) const {
    return runners_[i]->shard().view()->position().next_offset >= ready_at_ ||
           runners_[i]->complete_at() > absl::UnixEpoch();
  }

  // Not OK: stopped for good, or waiting for a log that does not answer (UNAVAILABLE).
  absl::Status error() const;
  bool has_error() const { return has_error_.load(std::memory_order_acquire); }

  struct Figures {
    std::atomic<uint64_t> counted{0};
    std::atomic<uint64_t> void_records[log::kVerdicts] = {};
  };
  const Figures& figures() const { return figures_; }

 private:
  // Runners that stand at the same position and the source that reads for them.
  struct Group {
    std::vector<Runner*> runners;
    std::unique_ptr<Source> source;
    ParsedBatch batch;
  };

  void TakeInbox(absl::Time now);
  bool ReadGroup(size_t i, absl::Time now, size_t max);
  void TakeBatch(Group& group, absl::Time now);
  void RetryLater(absl::Time now);
  void Merge();
  void CheckFutures(absl::Time now);
  void FlushDue(absl::Time now);
  void SetError(const absl::Status& status);

  log::EventLog& log_;
  const int partition_;
  const int64_t ready_at_;
  const std::vector<std::unique_ptr<Runner>> runners_;
  const std::function<void()> wake_;
  std::vector<Group> groups_;  // by position, those behind first
  absl::Time retry_at_ = absl::InfinitePast();
  absl::Duration backoff_;
  absl::Time ask_at_ = absl::InfinitePast();  // for the log's end, at the earliest
  bool stopped_ = false;
  bool flush_failed_ = false;

  mutable std::mutex mutex_;
  std::vector<std::pair<size_t, Waiter>> inbox_;
  absl::Status error_;
  absl::Status closed_;
  std::atomic<bool> has_error_{false};
  std::atomic<bool> has_inbox_{false};
  Figures figures_;
};

}  // namespace daybook::projection
