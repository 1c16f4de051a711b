#include "common/projection/feed.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/projection/reasons.h"

namespace daybook::projection {
namespace {

constexpr absl::Duration kFirstBackoff = absl::Milliseconds(50);
constexpr absl::Duration kLongestBackoff = absl::Seconds(2);
// Asking a log that others write, too, for its end is a question to a broker, which the thread
// waits for.
constexpr absl::Duration kAskInterval = absl::Seconds(1);

}  // namespace

absl::Status StoppedStatus(const absl::Status& why) {
  return Refuse(reason::kReadModelStopped,
                absl::StrCat("the read model has stopped: ", why.message()));
}

Feed::Feed(log::EventLog& log, int partition, size_t places, std::function<void()> wake)
    : log_(log),
      partition_(partition),
      wake_(std::move(wake)),
      active_(places),
      absent_(places),
      backoff_(kFirstBackoff),
      places_(places) {}

Feed::~Feed() = default;

Feed::Outcome Feed::Step(absl::Time now, size_t max) {
  TakeInbox(now);
  retry_at_ = std::min(retry_at_, now + kLongestBackoff);  // the clock may have been set back
  Outcome outcome;
  const uint64_t before = figures_.counted.load(std::memory_order_relaxed);
  // What cannot be flushed is not added to.
  if (!stopped_ && !flush_failed_ && now >= retry_at_) {
    for (size_t i = 0; i < groups_.size() && !stopped_;) {
      outcome.more |= ReadGroup(i, now, max);
      if (!MergeIntoNext(i)) ++i;
    }
    if (!has_error()) CheckFutures(now);
  }
  outcome.records = figures_.counted.load(std::memory_order_relaxed) - before;
  FlushDue(now);
  if (has_error()) {
    outcome.more = false;
    if (!stopped_) outcome.next = retry_at_;
  }
  for (const auto& runner : active_) {
    if (runner == nullptr) continue;
    runner->Expire(now);
    if (stopped_) runner->Refuse(StoppedStatus(error()));
    outcome.next = std::min(outcome.next, runner->NextDeadline());
    if (!has_error()) outcome.flush = std::min(outcome.flush, runner->NextFlush());
  }
  return outcome;
}

// ----------------------------------------------------------------------------- runners and waiters

void Feed::Attach(size_t i, std::shared_ptr<Runner> runner) {
  {
    const std::lock_guard lock(mutex_);
    DAYBOOK_CHECK(places_[i].runner == nullptr);
    places_[i] = {std::move(runner), absl::OkStatus(), absl::OkStatus(), true};
    has_inbox_.store(true, std::memory_order_release);
  }
  wake_();
}

void Feed::Detach(size_t i, const absl::Status& why) {
  std::shared_ptr<Runner> gone;  // not let go under the lock
  {
    const std::lock_guard lock(mutex_);
    gone = std::move(places_[i].runner);
    places_[i] = {nullptr, why, absl::OkStatus(), true};
    has_inbox_.store(true, std::memory_order_release);
  }
  wake_();
}

std::shared_ptr<const Runner> Feed::runner(size_t i) const {
  const std::lock_guard lock(mutex_);
  return places_[i].runner;
}

absl::Status Feed::broken(size_t i) const {
  const std::lock_guard lock(mutex_);
  return places_[i].broken;
}

void Feed::TakeInbox(absl::Time now) {
  if (!has_inbox_.load(std::memory_order_acquire)) return;
  std::vector<std::pair<size_t, Place>> changed;
  std::vector<std::pair<size_t, Waiter>> arrived;
  {
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < places_.size(); ++i) {
      if (std::exchange(places_[i].changed, false)) changed.emplace_back(i, places_[i]);
    }
    arrived.swap(inbox_);
    has_inbox_ = false;
  }
  for (auto& [i, place] : changed) TakePlace(i, std::move(place.runner), place.absent);
  for (auto& [i, waiter] : arrived) {
    if (active_[i] != nullptr) {
      active_[i]->Wait(std::move(waiter), now);
    } else {
      waiter.callback(absent_[i]);
    }
  }
}

void Feed::TakePlace(size_t i, std::shared_ptr<Runner> runner, const absl::Status& absent) {
  TakeOut(i, absent);
  if (runner == nullptr) return;
  Group group;
  group.runners = {runner.get()};
  group.source = std::make_unique<Source>(log_, partition_, runner->applied());
  const int64_t at = runner->applied().next_offset;
  const auto place = std::find_if(groups_.begin(), groups_.end(), [at](const Group& other) {
    return other.source->at().next_offset >= at;
  });
  groups_.insert(place, std::move(group));
  for (size_t g = 0; g < groups_.size() && !stopped_;) {
    if (!MergeIntoNext(g)) ++g;
  }
  active_[i] = std::move(runner);
}

void Feed::TakeOut(size_t i, const absl::Status& why) {
  absent_[i] = why;
  const std::shared_ptr<Runner> gone = std::exchange(active_[i], nullptr);
  if (gone == nullptr) return;
  for (Group& group : groups_) std::erase(group.runners, gone.get());
  std::erase_if(groups_, [](const Group& group) { return group.runners.empty(); });
  gone->Refuse(why);
}

// It cannot flush: the others are not to wait for it.
void Feed::Break(size_t i, const absl::Status& why) {
  TakeOut(i, StoppedStatus(why));
  std::shared_ptr<Runner> gone;
  const std::lock_guard lock(mutex_);
  if (places_[i].changed) return;  // somebody has seen to it already
  gone = std::move(places_[i].runner);
  places_[i] = {nullptr, StoppedStatus(why), why, false};
}

// ----------------------------------------------------------------------------------------- reading

// True if there is more to be read at once.
bool Feed::ReadGroup(size_t i, absl::Time now, size_t max) {
  Group& group = groups_[i];
  const int64_t from = group.source->at().next_offset;
  // The next group's position is a place to meet, not to pass.
  const int64_t until = i + 1 < groups_.size() ? groups_[i + 1].source->at().next_offset
                                               : std::numeric_limits<int64_t>::max();
  do {
    const absl::Status status = group.source->Next(max, until, absl::ZeroDuration(), &group.batch);
    if (!status.ok()) {
      SetError(status);
      if (absl::IsUnavailable(status)) {
        RetryLater(now);
      } else {
        stopped_ = true;
      }
      return false;
    }
    TakeBatch(group, now);
    // What was read already waits while a runner is full: memory is bounded batch by batch.
  } while (group.source->has_read_ahead() && group.source->at().next_offset < until &&
           std::none_of(
               group.runners.begin(), group.runners.end(),
               [](const Runner* runner) { return runner->full(); }));
  if (has_error()) SetError(absl::OkStatus());
  backoff_ = kFirstBackoff;
  // Where nothing came the log has not answered yet.
  return !group.batch.end && group.source->at().next_offset != from;
}

void Feed::TakeBatch(Group& group, absl::Time now) {
  for (Runner* runner : group.runners) {
    runner->OnBatch(group.batch);
    if (group.batch.end) runner->OnEnd(now);
  }
  figures_.counted.fetch_add(group.batch.counted, std::memory_order_relaxed);
  for (int v = 1; v < log::kVerdicts; ++v) {
    if (group.batch.void_records[v] == 0) continue;
    figures_.void_records[v].fetch_add(group.batch.void_records[v], std::memory_order_relaxed);
  }
}

void Feed::RetryLater(absl::Time now) {
  retry_at_ = now + backoff_;
  backoff_ = std::min(backoff_ * 2, kLongestBackoff);
}

// True: group number i has reached the next one, and is part of it now.
bool Feed::MergeIntoNext(size_t i) {
  if (i + 1 >= groups_.size()) return false;
  Group& behind = groups_[i];
  Group& ahead = groups_[i + 1];
  if (behind.source->at().next_offset != ahead.source->at().next_offset) return false;
  if (behind.source->at() != ahead.source->at()) {
    SetError(absl::FailedPreconditionError(absl::StrCat(
        "partition ", partition_, ": read models '", behind.runners.front()->projection().name,
        "' and '", ahead.runners.front()->projection().name,
        "' were computed from different logs: ", log::ToString(behind.source->at()), " against ",
        log::ToString(ahead.source->at()))));
    stopped_ = true;
    return false;
  }
  ahead.runners.insert(ahead.runners.end(), behind.runners.begin(), behind.runners.end());
  groups_.erase(groups_.begin() + static_cast<std::ptrdiff_t>(i));
  return true;
}

// Refuses tokens beyond the end of the log, which this log has not given. The log is asked once per
// waiter, and only when reading has just come to the end: before that, the record that is waited
// for may still be read, and a log that does not answer reads would not answer this question.
void Feed::CheckFutures(absl::Time now) {
  ask_at_ = std::min(ask_at_, now + kAskInterval);  // a clock that was set back holds nothing up
  if (now < ask_at_) return;
  absl::StatusOr<log::Extent> extent = absl::UnknownError("not asked");
  for (const Group& group : groups_) {
    if (!group.batch.end) continue;
    for (Runner* runner : group.runners) {
      const std::vector<Waiter*> unchecked = runner->Unchecked();
      if (unchecked.empty()) continue;
      if (!extent.ok()) {
        extent = log_.GetExtent(partition_);
        if (!extent.ok() || !log_.exclusive()) ask_at_ = now + kAskInterval;
        if (!extent.ok()) return;
      }
      for (Waiter* waiter : unchecked) waiter->checked = true;
      runner->RefuseIf([&](const Waiter& waiter) {
        if (waiter.next_offset <= extent->end) return absl::OkStatus();
        return Refuse(
            reason::kTokenInFuture,
            absl::StrCat("the consistency token points behind the end of partition ", partition_),
            {{"next_offset", absl::StrCat(waiter.next_offset)},
             {"end", absl::StrCat(extent->end)}});
      });
    }
  }
}

// A disk without room keeps all from being read on; anything else is the trouble of one store.
void Feed::FlushDue(absl::Time now) {
  if (flush_failed_ && now < retry_at_) return;
  absl::Status full;
  for (size_t i = 0; i < active_.size(); ++i) {
    const std::shared_ptr<Runner> runner = active_[i];
    if (runner == nullptr) continue;
    // In front of a record that stops it, what was folded is good.
    const bool last = stopped_ && runner->applied() != runner->shard().position();
    if (!last && !runner->WantsFlush(now)) continue;
    const absl::Status status = runner->Flush(now);
    if (status.ok()) continue;
    const absl::Status named(status.code(),
                             absl::StrCat("partition ", partition_, " of read model '",
                                          runner->projection().name, "': ", status.message()));
    if (absl::IsResourceExhausted(status)) {
      full = named;
    } else {
      Break(i, named);
    }
  }
  if (!full.ok()) {
    SetError(full);
    RetryLater(now);
  } else if (flush_failed_) {
    SetError(absl::OkStatus());
  }
  flush_failed_ = !full.ok();
}

void Feed::SetError(const absl::Status& status) {
  const std::lock_guard lock(mutex_);
  error_ = status;
  has_error_.store(!status.ok(), std::memory_order_release);
}

absl::Status Feed::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

void Feed::Wait(size_t runner, Waiter waiter) {
  absl::Status closed;
  {
    const std::lock_guard lock(mutex_);
    closed = closed_;
    if (closed.ok()) {
      inbox_.emplace_back(runner, std::move(waiter));
      has_inbox_.store(true, std::memory_order_release);
    }
  }
  if (closed.ok()) {
    wake_();
  } else {
    waiter.callback(closed);
  }
}

void Feed::Stop(const absl::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    closed_ = status;
  }
  const absl::Time now = WallNow();
  TakeInbox(now);
  for (const auto& runner : active_) {
    if (runner == nullptr) continue;
    if (runner->applied() != runner->shard().position()) runner->Flush(now).IgnoreError();
    runner->Refuse(status);
  }
}

}  // namespace daybook::projection
