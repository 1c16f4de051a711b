#include "common/projection/worker.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/base/this_thread.h"

namespace daybook::projection {
namespace {

// Between two looks at the end of the log when nobody waits: a flush costs as much as some ten
// records, so a few of those should share it; longer where many come. Slept in small steps, so that
// a waiter who comes meanwhile waits no longer than one.
constexpr absl::Duration kLinger = absl::Milliseconds(4);
constexpr absl::Duration kBusyLinger = absl::Milliseconds(8);
constexpr uint64_t kBusyRecords = 96;  // between two looks
constexpr absl::Duration kLingerStep = absl::Milliseconds(1);
// How long to sleep at the end of a log that tells when something comes, and of one that does not.
constexpr absl::Duration kWatchedSleep = absl::Milliseconds(100);
constexpr absl::Duration kShortestSleep = absl::Microseconds(100);
constexpr absl::Duration kShortPoll = absl::Milliseconds(1);
constexpr absl::Duration kLongPoll = absl::Milliseconds(5);

}  // namespace

void Doorbell::Ring() {
  if (ringing_.exchange(true)) return;
  const std::lock_guard lock(mutex_);
  rung_.notify_one();
}

bool Doorbell::Wait(absl::Duration most) {
  std::unique_lock lock(mutex_);
  rung_.wait_for(lock, absl::ToChronoMicroseconds(most), [this] { return ringing_.load(); });
  return ringing_.exchange(false);
}

Worker::Worker(log::EventLog& log, size_t batch_records, std::function<absl::Time()> clock)
    : log_(log), batch_records_(batch_records), clock_(std::move(clock)) {}

Worker::~Worker() { Stop(absl::CancelledError("stopped")); }

void Worker::Start() {
  watch_ = log_.Watch([this] { doorbell_.Ring(); });
  thread_ = std::thread([this] { Run(); });
}

void Worker::Stop(const absl::Status& status) {
  watch_ = nullptr;
  stop_ = true;
  doorbell_.Ring();
  if (thread_.joinable()) thread_.join();
  for (Feed* feed : std::exchange(feeds_, {})) feed->Stop(status);
}

void Worker::WakeForWaiter() {
  awaited_ = true;
  doorbell_.Ring();
}

void Worker::Run() {
  SetThreadName("models");
  SetThreadUrgency(Urgency::kFollow);
  // An exclusive log is written by this process, so the driver knows of every record.
  const bool watched = log_.exclusive();
  absl::Duration poll = kShortPoll;
  while (!stop_) {
    const absl::Time now = clock_();
    bool more = false;
    absl::Time next = absl::InfiniteFuture();
    bool waiters = false;
    uint64_t records = 0;
    for (Feed* feed : feeds_) {
      const Feed::Outcome outcome = feed->Step(now, batch_records_);
      more |= outcome.more;
      records += outcome.records;
      next = std::min(next, outcome.next);
      waiters |= outcome.next != absl::InfiniteFuture();
    }
    if (more) {
      poll = kShortPoll;
      continue;
    }
    absl::Duration sleep = watched ? kWatchedSleep : waiters ? kShortPoll : poll;
    poll = std::min(poll * 2, kLongPoll);
    sleep = std::clamp(next - now, kShortestSleep, sleep);
    if (!doorbell_.Wait(sleep) || waiters) continue;
    const absl::Duration linger = records < kBusyRecords ? kLinger : kBusyLinger;
    for (absl::Duration slept; slept < linger && !awaited_ && !stop_; slept += kLingerStep) {
      std::this_thread::sleep_for(absl::ToChronoMicroseconds(kLingerStep));
    }
    awaited_ = false;
  }
}

}  // namespace daybook::projection
