#include "services/daybook/server/owners.h"

#include <algorithm>
#include <utility>

#include "common/base/clock.h"
#include "common/base/this_thread.h"
#include "common/log/find_claim.h"

namespace daybook {
namespace {

// Between two looks for one owner that was not found.
constexpr absl::Duration kLookAgain = absl::Seconds(10);

}  // namespace

Owners::Owners(log::EventLog& log, PositionOf position_of)
    : log_(log),
      position_of_(std::move(position_of)),
      known_(static_cast<size_t>(log.partitions())),
      thread_([this] { Run(); }) {}

Owners::~Owners() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  bell_.notify_all();
  thread_.join();
}

Owners::Answer Owners::Find(int partition) {
  const uint64_t epoch = position_of_(partition).epoch;
  const std::lock_guard lock(mutex_);
  Known& known = known_[static_cast<size_t>(partition)];
  if (epoch == 0) return {};  // there is no owner yet
  const bool looked = known.epoch == epoch;
  if (looked && (!known.endpoint.empty() || ReadClocks().steady < known.next_look)) {
    return {known.endpoint, false};
  }
  known.wanted = true;
  bell_.notify_all();
  return {"", true};
}

void Owners::Run() {
  SetThreadName("owners");
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto wanted = [this] {
      return std::find_if(known_.begin(), known_.end(), [](const Known& k) { return k.wanted; });
    };
    bell_.wait(lock, [&] { return stop_ || wanted() != known_.end(); });
    if (stop_) return;
    Known& known = *wanted();
    const int partition = static_cast<int>(&known - known_.data());
    lock.unlock();
    const log::Position at = position_of_(partition);
    const auto claim = log::FindClaim(log_, partition, at);
    lock.lock();
    known.wanted = false;
    known.epoch = at.epoch;
    known.endpoint = claim.ok() ? claim->endpoint() : "";
    known.next_look = ReadClocks().steady + kLookAgain;
  }
}

}  // namespace daybook
