// One partition for all read models: read once, parse once, fold many times.
//
// Read models that stand at different positions are brought together: those behind are read on
// alone until they reach the next, and then go on with it; their chain hashes must agree there.
//
// Runners come and go. One whose store fails is taken out; the others go on without it. One that
// comes later, with a store made anew, catches up as one that was behind at the start.
//
// A machine like Runner: `Step` is called by whoever drives it. Concurrency: Step and Stop from one
// thread; the rest from any.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/log/event_log.h"
#include "common/projection/runner.h"
#include "common/projection/source.h"

namespace daybook::projection {

// What a query of what has stopped is told.
absl::Status StoppedStatus(const absl::Status& why);

class Feed {
 public:
  // Place i is for read model number i. `wake` is called when Step has something to do.
  Feed(log::EventLog& log, int partition, size_t places, std::function<void()> wake);
  ~Feed();

  struct Outcome {
    bool more = false;     // there is more to read now
    uint64_t records = 0;  // that counted
    // Step again by then, even if nothing comes: somebody waits, or something is tried again.
    absl::Time next = absl::InfiniteFuture();
    absl::Time flush = absl::InfiniteFuture();  // the same, for a projection with a slow pace
  };
  // Reads at most `max` records and does all that is due.
  Outcome Step(absl::Time now, size_t max);

  // Fills an empty place.
  void Attach(size_t i, std::shared_ptr<Runner> runner);
  // Empties a place: who waits there, or comes to wait, is told `why`. The feed lets go of the
  // runner, without a flush, at the next Step.
  void Detach(size_t i, const absl::Status& why);
  // The runner, null if the place is empty.
  std::shared_ptr<const Runner> runner(size_t i) const;
  // Why a runner was taken out that could not flush; OK: none was, or another one is there by now.
  absl::Status broken(size_t i) const;

  // Parks a waiter for runner number `runner`. Its callback runs within Step.
  void Wait(size_t runner, Waiter waiter);
  // Flushes what was folded and ends all waiters, now and later, with `status`.
  void Stop(const absl::Status& status);

  int partition() const { return partition_; }

  // Not OK: stopped for good, or waiting for a log that does not answer (UNAVAILABLE) or a disk
  // that is full (RESOURCE_EXHAUSTED). OUT_OF_RANGE: stopped because the log was cut or replaced;
  // what stands in the read models is what was known of the one before.
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
  // What others see of a place, and what Step is to take over from there.
  struct Place {
    std::shared_ptr<Runner> runner;
    absl::Status absent;  // why there is none
    absl::Status broken;
    bool changed = false;
  };

  void TakeInbox(absl::Time now);
  void TakePlace(size_t i, std::shared_ptr<Runner> runner, const absl::Status& absent);
  void TakeOut(size_t i, const absl::Status& why);
  void Break(size_t i, const absl::Status& why);
  bool ReadGroup(size_t i, absl::Time now, size_t max);
  void TakeBatch(Group& group, absl::Time now);
  void RetryLater(absl::Time now);
  bool MergeIntoNext(size_t i);
  void CheckFutures(absl::Time now);
  void FlushDue(absl::Time now);
  void SetError(const absl::Status& status);

  log::EventLog& log_;
  const int partition_;
  const std::function<void()> wake_;
  std::vector<std::shared_ptr<Runner>> active_;  // by place; null: none
  std::vector<absl::Status> absent_;             // by place: why there is none
  std::vector<Group> groups_;                    // by position, those behind first
  absl::Time retry_at_ = absl::InfinitePast();
  absl::Duration backoff_;
  absl::Time ask_at_ = absl::InfinitePast();  // for the log's end, at the earliest
  bool stopped_ = false;
  bool flush_failed_ = false;

  mutable std::mutex mutex_;
  std::vector<Place> places_;
  std::vector<std::pair<size_t, Waiter>> inbox_;
  absl::Status error_;
  absl::Status closed_;
  std::atomic<bool> has_error_{false};
  std::atomic<bool> has_inbox_{false};
  Figures figures_;
};

}  // namespace daybook::projection
