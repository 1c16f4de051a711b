#include "common/projection/worker.h"

#include <algorithm>
#include <utility>

#include "common/base/this_thread.h"

namespace daybook::projection {
namespace {

// Between two looks at the end of the log when nobody waits: a flush costs as much as some ten
// records, so a few of those should share it; longer where many come.
constexpr absl::Duration kLinger = absl::Milliseconds(4);
constexpr absl::Duration kBusyLinger = absl::Milliseconds(8);
constexpr uint64_t kBusyRecords = 96;  // between two looks
// How long to sleep at the end of a log that tells when something comes, and of one that does not.
constexpr absl::Duration kWatchedSleep = absl::Milliseconds(100);
constexpr absl::Duration kShortestSleep = absl::Microseconds(100);
constexpr absl::Duration kShortPoll = absl::Milliseconds(1);
constexpr absl::Duration kLongPoll = absl::Milliseconds(5);

}  // namespace

Worker::Worker(log::EventLog& log, size_t batch_records, std::function<absl::Time()> clock)
    : log_(log), batch_records_(batch_records), clock_(std::move(clock)) {}

Worker::~Worker() { Stop(absl::CancelledError("stopped")); }

void Worker::Start() {
  watch_ = log_.Watch([this] { news_.Ring(); });
  thread_ = std::thread([this] { Run(); });
}

void Worker::Stop(const absl::Status& status) {
  watch_ = nullptr;
  stop_ = true;
  WakeForWaiter();
  if (thread_.joinable()) thread_.join();
  for (Feed* feed : std::exchange(feeds_, {})) feed->Stop(status);
}

void Worker::WakeForWaiter() {
  urgent_.Ring();
  news_.Ring();
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
      next = std::min({next, outcome.next, outcome.flush});
      waiters |= outcome.next != absl::InfiniteFuture();
    }
    if (more) {
      poll = kShortPoll;
      continue;
    }
    absl::Duration sleep = watched ? kWatchedSleep : waiters ? kShortPoll : poll;
    poll = std::min(poll * 2, kLongPoll);
    sleep = std::clamp(next - now, kShortestSleep, sleep);
    if (!news_.Wait(sleep) || waiters) continue;
    urgent_.Wait(records < kBusyRecords ? kLinger : kBusyLinger);
  }
}

}  // namespace daybook::projection
