#include "common/projection/pipeline.h"

#include <utility>

#include "common/base/clock.h"
#include "common/base/status.h"

namespace daybook::projection {
namespace {

// Records handed from one thread to the other at a time.
constexpr size_t kHandedOver = 512;

}  // namespace

Pipeline::Pipeline(log::EventLog& log, int partition, const log::Position& from, int64_t until,
                   size_t max, bool two_stages)
    : source_(log, partition, from, two_stages ? kHandedOver : Source::kFewAtOnce),
      until_(until),
      max_(max),
      current_(std::make_unique<ParsedBatch>()) {
  if (!two_stages) return;
  for (size_t i = 0; i < kAhead; ++i) empty_.push_back(std::make_unique<ParsedBatch>());
  thread_ = std::thread([this] { ReadAhead(); });
}

Pipeline::~Pipeline() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

absl::Status Pipeline::Fill(ParsedBatch* batch) {
  const int64_t from = source_.at().next_offset;
  const absl::Time give_up = WallNow() + absl::Minutes(1);
  while (source_.at().next_offset == from) {
    const absl::Status status = source_.Next(max_, until_, absl::Milliseconds(500), batch);
    if (!status.ok() && !absl::IsUnavailable(status)) return status;
    if (source_.at().next_offset != from) break;
    if (WallNow() > give_up) {
      return status.ok() ? absl::UnavailableError("the log does not answer") : status;
    }
    if (!status.ok()) absl::SleepFor(absl::Milliseconds(100));
  }
  return absl::OkStatus();
}

absl::StatusOr<const ParsedBatch*> Pipeline::Next() {
  if (!thread_.joinable()) {
    RETURN_IF_ERROR(Fill(current_.get()));
    return current_.get();
  }
  std::unique_lock lock(mutex_);
  empty_.push_back(std::move(current_));
  changed_.notify_all();
  changed_.wait(lock, [this] { return !filled_.empty() || !status_.ok(); });
  if (filled_.empty()) {
    current_ = std::make_unique<ParsedBatch>();
    return status_;
  }
  current_ = std::move(filled_.front());
  filled_.pop_front();
  return current_.get();
}

void Pipeline::ReadAhead() {
  std::unique_lock lock(mutex_);
  while (source_.at().next_offset < until_) {
    changed_.wait(lock, [this] { return stop_ || !empty_.empty(); });
    if (stop_) return;
    std::unique_ptr<ParsedBatch> batch = std::move(empty_.front());
    empty_.pop_front();
    lock.unlock();
    const absl::Status status = Fill(batch.get());
    lock.lock();
    if (status.ok()) {
      filled_.push_back(std::move(batch));
    } else {
      status_ = status;
    }
    changed_.notify_all();
    if (!status.ok()) return;
  }
}

}  // namespace daybook::projection
