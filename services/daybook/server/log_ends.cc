#include "services/daybook/server/log_ends.h"

#include <chrono>

#include "common/base/this_thread.h"

namespace daybook {
namespace {

constexpr auto kInterval = std::chrono::seconds(1);

}  // namespace

LogEnds::LogEnds(log::EventLog& log)
    : log_(log), ends_(static_cast<size_t>(log.partitions()), 0), thread_([this] { Run(); }) {}

LogEnds::~LogEnds() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  bell_.notify_all();
  thread_.join();
}

std::vector<int64_t> LogEnds::Get() const {
  const std::lock_guard lock(mutex_);
  return ends_;
}

void LogEnds::Run() {
  SetThreadName("log-ends");
  std::unique_lock lock(mutex_);
  while (!stop_) {
    lock.unlock();
    const auto extents = log_.GetExtents();
    lock.lock();
    for (size_t p = 0; extents.ok() && p < extents->size(); ++p) ends_[p] = (*extents)[p].end;
    bell_.wait_for(lock, kInterval, [this] { return stop_; });
  }
}

}  // namespace daybook
