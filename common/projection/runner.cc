#include "common/projection/runner.h"

#include <algorithm>
#include <utility>

#include "common/base/dates.h"
#include "common/base/status.h"
#include "common/projection/reasons.h"

namespace daybook::projection {
namespace {

// Commits whose rows are asked for together. With two or three rows each that is some times what a
// core can wait for at once, and little enough to be near still when they are folded.
constexpr int kExpected = 16;

constexpr int64_t kNever = std::numeric_limits<int64_t>::min() / 2;

absl::Status NotReached(const Waiter& waiter) {
  return Refuse(reason::kPositionNotReached,
                "the read model has not yet seen the command of the consistency token",
                {{"next_offset", std::to_string(waiter.next_offset)}});
}

}  // namespace

Runner::Runner(const ProjectionInfo& projection, std::unique_ptr<Shard> shard,
               const RunnerLimits& limits, int64_t ready_at)
    : projection_(projection),
      shard_(std::move(shard)),
      limits_(limits),
      ready_at_(ready_at),
      applied_(shard_->position()),
      complete_at_us_(kNever) {}

template <class Each>
void Runner::ForEachFact(const ParsedBatch& batch, int begin, int end, const Each& each) {
  for (int i = begin; i < end; ++i) {
    const book::v1::Commit& commit = batch.commits.Get(i);
    Meta meta{commit.customer_id(), {}, batch.entries[i].recorded_time_us, commit.revision(), -1};
    const FactTable::Fact* fact = batch.facts.data() + batch.entries[i].first_fact;
    for (const book::v1::Event& event : commit.events()) {
      ++meta.part;
      const FactTable::Fact& held = *fact++;
      const ApplyFact apply = projection_.apply[held.index];
      if (apply == nullptr) continue;
      const google::type::Date& day = event.effective_date();
      meta.effective_date = absl::CivilDay(day.year(), day.month(), day.day());
      each(event, *held.message, meta, apply);
    }
  }
}

void Runner::OnBatch(const ParsedBatch& batch) {
  if (!batch.log_id.empty() && shard_->log_id().empty()) {
    shard_->set_log_id(batch.log_id);
    changed_ = true;
  }
  uint64_t events = 0;
  for (int begin = 0; begin < batch.commits.size(); begin += kExpected) {
    const int end = std::min(batch.commits.size(), begin + kExpected);
    if (projection_.expect != nullptr && end - begin > 1) {
      ForEachFact(batch, begin, end,
                  [this](const auto& event, const auto&, const Meta& meta, ApplyFact) {
                    projection_.expect(event, meta, *shard_);
                  });
      shard_->FetchExpected();
    }
    ForEachFact(batch, begin, end,
                [&](const auto&, const auto& fact, const Meta& meta, ApplyFact apply) {
                  apply(fact, meta, *shard_);
                  ++events;
                });
  }
  events_since_flush_ += events;
  changed_ |= events > 0;
  figures_.events.fetch_add(events, std::memory_order_relaxed);
  if (batch.at.next_offset != applied_.next_offset) end_at_ = absl::InfinitePast();
  applied_ = batch.at;
}

void Runner::OnEnd(absl::Time when) {
  end_at_ = when;
  if (applied_ == shard_->position()) {
    complete_at_us_.store(absl::ToUnixMicros(when), std::memory_order_release);
  }
}

void Runner::Wait(Waiter waiter, absl::Time now) {
  if (waiter.next_offset <= shard_->position().next_offset) {
    waiter.callback(absl::OkStatus());
    return;
  }
  if (waiters_.size() >= limits_.max_waiters) {
    waiter.callback(
        ::daybook::Refuse(reason::kOverloaded, "too many queries wait for the read model"));
    return;
  }
  waiter.since = now;
  earliest_deadline_ = std::min(earliest_deadline_, waiter.deadline);
  waiters_.emplace(waiter.next_offset, std::move(waiter));
  figures_.waiters.store(waiters_.size(), std::memory_order_relaxed);
}

bool Runner::full() const {
  return events_since_flush_ >= limits_.flush_events ||
         shard_->memory_bytes() >= limits_.flush_bytes || shard_->full();
}

bool Runner::Awaited() const {
  return !waiters_.empty() && waiters_.begin()->first <= applied_.next_offset;
}

bool Runner::WantsFlush(absl::Time now) const {
  if (applied_.next_offset == shard_->position().next_offset) return false;
  if (full()) return true;
  if (end_at_ == absl::InfinitePast()) {
    return Awaited() && now - waiters_.begin()->second.since >= limits_.flush_delay;
  }
  if (Awaited()) return true;
  if (changed_) return events_since_flush_ >= projection_.pace.events || now >= PaceEnds(now);
  return now - last_flush_ >= limits_.idle_flush;
}

// When rows that were changed are flushed at the end of the log; a clock that was set back makes
// nobody wait longer.
absl::Time Runner::PaceEnds(absl::Time now) const {
  return std::min(last_flush_, now) + projection_.pace.delay;
}

absl::Status Runner::Flush(absl::Time now) {
  RETURN_IF_ERROR(shard_->Flush(applied_));
  figures_.flushes.fetch_add(1, std::memory_order_relaxed);
  events_since_flush_ = 0;
  changed_ = false;
  last_flush_ = now;
  last_view_ = now;
  if (end_at_ != absl::InfinitePast()) {
    complete_at_us_.store(absl::ToUnixMicros(end_at_), std::memory_order_release);
  }
  Complete();
  return absl::OkStatus();
}

void Runner::Complete() {
  const auto last = waiters_.upper_bound(shard_->position().next_offset);
  for (auto it = waiters_.begin(); it != last; ++it) it->second.callback(absl::OkStatus());
  waiters_.erase(waiters_.begin(), last);
  if (waiters_.empty()) earliest_deadline_ = absl::InfiniteFuture();
  figures_.waiters.store(waiters_.size(), std::memory_order_relaxed);
}

void Runner::RefuseIf(const std::function<absl::Status(const Waiter&)>& refuse) {
  earliest_deadline_ = absl::InfiniteFuture();
  for (auto it = waiters_.begin(); it != waiters_.end();) {
    const absl::Status status = refuse(it->second);
    if (status.ok()) {
      earliest_deadline_ = std::min(earliest_deadline_, it->second.deadline);
      ++it;
    } else {
      it->second.callback(status);
      it = waiters_.erase(it);
    }
  }
  figures_.waiters.store(waiters_.size(), std::memory_order_relaxed);
}

void Runner::Expire(absl::Time now) {
  // A view that nothing changes keeps rows of other partitions alive that nobody can see.
  if (now - last_view_ > absl::Seconds(10)) {
    if (last_view_ != absl::InfinitePast()) shard_->Tend();
    last_view_ = now;
  }
  if (now < earliest_deadline_) return;
  RefuseIf([now](const Waiter& waiter) {
    return waiter.deadline <= now ? NotReached(waiter) : absl::OkStatus();
  });
}

void Runner::Refuse(const absl::Status& status) {
  RefuseIf([&](const Waiter&) { return status; });
}

std::vector<Waiter*> Runner::Unchecked() {
  std::vector<Waiter*> all;
  for (auto it = waiters_.upper_bound(applied_.next_offset); it != waiters_.end(); ++it) {
    if (!it->second.checked) all.push_back(&it->second);
  }
  return all;
}

absl::Time Runner::NextDeadline() const {
  absl::Time next = earliest_deadline_;
  if (Awaited()) next = std::min(next, waiters_.begin()->second.since + limits_.flush_delay);
  return next;
}

absl::Time Runner::NextFlush() const {
  return changed_ && end_at_ != absl::InfinitePast() ? PaceEnds(end_at_) : absl::InfiniteFuture();
}

}  // namespace daybook::projection
