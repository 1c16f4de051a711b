// One shard of one projection, as a machine: no thread, no clock, no reading of the log.
//
// Inputs are batches, the news that the log's end is reached, waiters, time. Outputs: whether it
// wants to be flushed, and the waiters that are done. A worker carries them; tests call it
// directly.
//
// Concurrency: one thread at a time; `shard().view()`, `complete_at` and `figures` from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/projection/projection.h"
#include "common/projection/source.h"
#include "common/store/store.h"

namespace daybook::projection {

// Somebody who waits until a partition has been flushed up to an offset.
struct Waiter {
  int64_t next_offset = 0;
  absl::Time deadline;
  absl::AnyInvocable<void(absl::Status)> callback;
  absl::Time since = absl::InfinitePast();  // set by Runner::Wait
  bool checked = false;                     // the log was asked whether it has that offset at all
};

struct RunnerLimits {
  uint64_t flush_events = 200'000;
  size_t flush_bytes = 64 << 20;
  absl::Duration flush_delay = absl::Milliseconds(5);
  absl::Duration idle_flush = absl::Seconds(1);  // of a position that moved over void records only
  size_t max_waiters = 10'000;
};

class Runner {
 public:
  // `ready_at`: the end of the log when the shard was opened.
  Runner(const ProjectionInfo& projection, std::unique_ptr<Shard> shard, const RunnerLimits& limits,
         int64_t ready_at = 0);

  // Folds a batch that begins where the runner stands.
  void OnBatch(const ParsedBatch& batch);
  // All that stood in the log at `when` has been folded (not: flushed).
  void OnEnd(absl::Time when);
  // OVERLOADED through the callback if too many wait.
  void Wait(Waiter waiter, absl::Time now);

  bool WantsFlush(absl::Time now) const;
  // It wants to be flushed before more is folded.
  bool full() const;
  // Writes rows and position and completes the waiters that they satisfy. An error is the store's;
  // the runner may be asked again.
  absl::Status Flush(absl::Time now);
  // Waiters whose deadline is past: POSITION_NOT_REACHED.
  void Expire(absl::Time now);
  // Ends all waiters with `status`.
  void Refuse(const absl::Status& status);
  // Waiters beyond `applied` that have not been checked against the log's extent.
  std::vector<Waiter*> Unchecked();
  // Takes out those for which `status` is not OK.
  void RefuseIf(const std::function<absl::Status(const Waiter&)>& refuse);
  // When somebody who waits wants Expire or Flush to be called; InfiniteFuture if nobody waits.
  absl::Time NextDeadline() const;
  // When its pace wants it flushed, if nothing comes; InfiniteFuture if there is nothing to flush.
  absl::Time NextFlush() const;

  const log::Position& applied() const { return applied_; }
  const ProjectionInfo& projection() const { return projection_; }
  const Shard& shard() const { return *shard_; }
  Shard& shard() { return *shard_; }
  size_t waiters() const { return waiters_.size(); }

  // Has flushed what was the end of the log when it was opened. Any thread.
  bool ready() const {
    return complete_at() > absl::UnixEpoch() || shard_->view()->position().next_offset >= ready_at_;
  }

  // The newest view holds all that stood in the log at this time. Read it before the view.
  absl::Time complete_at() const {
    return absl::FromUnixMicros(complete_at_us_.load(std::memory_order_acquire));
  }

  struct Figures {
    std::atomic<uint64_t> events{0};
    std::atomic<uint64_t> flushes{0};
    std::atomic<uint64_t> waiters{0};
  };
  const Figures& figures() const { return figures_; }

 private:
  // Of the commits [begin, end), those that the projection listens to.
  template <class Each>
  void ForEachFact(const ParsedBatch& batch, int begin, int end, const Each& each);
  void Complete();
  // Somebody waits for what was folded.
  bool Awaited() const;
  absl::Time PaceEnds(absl::Time now) const;

  const ProjectionInfo& projection_;
  const std::unique_ptr<Shard> shard_;
  const RunnerLimits limits_;
  const int64_t ready_at_;
  log::Position applied_;
  uint64_t events_since_flush_ = 0;
  bool changed_ = false;                      // rows or log_id, not only the position
  absl::Time end_at_ = absl::InfinitePast();  // at the end as of then; InfinitePast: not at the end
  absl::Time last_flush_ = absl::InfinitePast();
  absl::Time last_view_ = absl::InfinitePast();
  std::multimap<int64_t, Waiter> waiters_;  // by next_offset
  absl::Time earliest_deadline_ = absl::InfiniteFuture();
  std::atomic<int64_t> complete_at_us_;
  Figures figures_;
};

}  // namespace daybook::projection
