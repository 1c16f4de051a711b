#include "common/projection/feed.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/status.h"

namespace daybook::projection {
namespace {

constexpr absl::Duration kFirstBackoff = absl::Milliseconds(50);
constexpr absl::Duration kLongestBackoff = absl::Seconds(2);
// Asking a log that others write, too, for its end is a question to a broker, which the thread
// waits for.
constexpr absl::Duration kAskInterval = absl::Seconds(1);

}  // namespace

absl::Status StoppedStatus(const absl::Status& why) {
  return Refuse(Reason::kReadModelStopped,
                absl::StrCat("the read model has stopped: ", why.message()));
}

Feed::Feed(log::EventLog& log, int partition, std::vector<std::unique_ptr<Runner>> runners,
           int64_t ready_at, std::function<void()> wake)
    : log_(log),
      partition_(partition),
      ready_at_(ready_at),
      runners_(std::move(runners)),
      wake_(std::move(wake)),
      backoff_(kFirstBackoff) {
  std::map<int64_t, Group> groups;
  for (const auto& runner : runners_) {
    Group& group = groups[runner->applied().next_offset];
    group.runners.push_back(runner.get());
    if (group.source == nullptr) {
      group.source = std::make_unique<Source>(log, partition, runner->applied());
    }
  }
  for (auto& [offset, group] : groups) groups_.push_back(std::move(group));
}

Feed::~Feed() = default;

Feed::Outcome Feed::Step(absl::Time now, size_t max) {
  TakeInbox(now);
  retry_at_ = std::min(retry_at_, now + kLongestBackoff);  // the clock may have been set back
  Outcome outcome;
  const uint64_t before = figures_.counted.load(std::memory_order_relaxed);
  // What cannot be flushed is not added to.
  if (!stopped_ && !flush_failed_ && now >= retry_at_) {
    for (size_t i = 0; i < groups_.size() && !stopped_; ++i) outcome.more |= ReadGroup(i, now, max);
    Merge();
    if (!has_error()) CheckFutures(now);
  }
  outcome.records = figures_.counted.load(std::memory_order_relaxed) - before;
  FlushDue(now);
  if (has_error()) {
    outcome.more = false;
    if (!stopped_) outcome.next = retry_at_;
  }
  for (const auto& runner : runners_) {
    runner->Expire(now);
    if (stopped_) runner->Refuse(StoppedStatus(error()));
    outcome.next = std::min(outcome.next, runner->NextDeadline());
  }
  return outcome;
}

void Feed::TakeInbox(absl::Time now) {
  if (!has_inbox_.load(std::memory_order_acquire)) return;
  std::vector<std::pair<size_t, Waiter>> arrived;
  {
    const std::lock_guard lock(mutex_);
    arrived.swap(inbox_);
    has_inbox_ = false;
  }
  for (auto& [runner, waiter] : arrived) runners_[runner]->Wait(std::move(waiter), now);
}

// True if there is more to be read at once.
bool Feed::ReadGroup(size_t i, absl::Time now, size_t max) {
  Group& group = groups_[i];
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
  } while (group.source->has_read_ahead() && group.source->at().next_offset < until);
  if (has_error()) SetError(absl::OkStatus());
  backoff_ = kFirstBackoff;
  return !group.batch.end;
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

void Feed::Merge() {
  for (size_t i = 0; i + 1 < groups_.size();) {
    Group& behind = groups_[i];
    Group& ahead = groups_[i + 1];
    if (behind.source->at().next_offset != ahead.source->at().next_offset) {
      ++i;
      continue;
    }
    if (behind.source->at() != ahead.source->at()) {
      SetError(absl::FailedPreconditionError(absl::StrCat(
          "partition ", partition_, ": read models '", behind.runners.front()->projection().name,
          "' and '", ahead.runners.front()->projection().name,
          "' were computed from different logs: ", log::ToString(behind.source->at()), " against ",
          log::ToString(ahead.source->at()))));
      stopped_ = true;
      return;
    }
    ahead.runners.insert(ahead.runners.end(), behind.runners.begin(), behind.runners.end());
    groups_.erase(groups_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

// A token beyond the end of the log was not given by this log; asked once a waiter, and only where
// reading has just come to the end: what still comes may be what is waited for, and a log that does
// not answer readers does not answer this either.
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
            Reason::kTokenInFuture,
            absl::StrCat("the consistency token points behind the end of partition ", partition_),
            {{"next_offset", absl::StrCat(waiter.next_offset)},
             {"end", absl::StrCat(extent->end)}});
      });
    }
  }
}

void Feed::FlushDue(absl::Time now) {
  if (flush_failed_ && now < retry_at_) return;
  absl::Status failed;
  for (const auto& runner : runners_) {
    // In front of a record that stops it, what was folded is good.
    const bool last = stopped_ && runner->applied() != runner->shard().position();
    if (!last && !runner->WantsFlush(now)) continue;
    const absl::Status status = runner->Flush(now);
    if (status.ok()) continue;
    failed = absl::Status(status.code(),
                          absl::StrCat("partition ", partition_, " of read model '",
                                       runner->projection().name, "': ", status.message()));
  }
  if (!failed.ok()) {
    SetError(failed);
    RetryLater(now);
    // A full disk may have room again; damage stays.
    stopped_ = stopped_ || absl::IsDataLoss(failed);
  } else if (flush_failed_) {
    SetError(absl::OkStatus());
  }
  flush_failed_ = !failed.ok();
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
  for (const auto& runner : runners_) {
    if (runner->applied() != runner->shard().position()) runner->Flush(now).IgnoreError();
    runner->Refuse(status);
  }
}

}  // namespace daybook::projection
