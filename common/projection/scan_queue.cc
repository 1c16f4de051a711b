#include "common/projection/scan_queue.h"

#include <algorithm>
#include <utility>

#include "common/base/status.h"
#include "common/base/this_thread.h"

namespace daybook::projection {

ScanQueue::ScanQueue(size_t max_waiting, int threads)
    : max_waiting_(max_waiting), most_of_a_kind_(std::max(1, threads - 1)) {
  for (int t = 0; t < std::max(1, threads); ++t) threads_.emplace_back([this] { Run(); });
}

ScanQueue::~ScanQueue() { Stop(); }

void ScanQueue::Add(const void* kind, Task task) {
  absl::Status refused;
  {
    const std::lock_guard lock(mutex_);
    if (stop_) {
      refused = Refuse(reason::kShuttingDown, "the server is stopping");
    } else if (waiting_.size() >= max_waiting_) {
      refused = Refuse(reason::kOverloaded, "too many queries over all customers are waiting");
    } else {
      waiting_.push_back({kind, std::move(task)});
    }
  }
  if (refused.ok()) {
    arrived_.notify_one();
  } else {
    task(refused);
  }
}

void ScanQueue::Stop() {
  std::deque<Waiting> left;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    left.swap(waiting_);
  }
  arrived_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  for (Waiting& waiting : left) {
    waiting.task(Refuse(reason::kShuttingDown, "the server is stopping"));
  }
}

std::deque<ScanQueue::Waiting>::iterator ScanQueue::Next() {
  return std::find_if(waiting_.begin(), waiting_.end(), [this](const Waiting& waiting) {
    const auto running = running_.find(waiting.kind);
    return running == running_.end() || running->second < most_of_a_kind_;
  });
}

void ScanQueue::Run() {
  SetThreadName("scans");
  SetThreadUrgency(Urgency::kFollow);  // several of them are not to keep commands waiting
  std::unique_lock lock(mutex_);
  while (true) {
    auto next = waiting_.end();
    // Whoever ends a task looks for the next itself, so that nobody must be told that its kind may
    // run again.
    arrived_.wait(lock, [&] {
      next = Next();
      return stop_ || next != waiting_.end();
    });
    if (stop_) return;
    const void* const kind = next->kind;
    Task task = std::move(next->task);
    waiting_.erase(next);
    ++running_[kind];
    lock.unlock();
    task(absl::OkStatus());
    task = nullptr;
    lock.lock();
    if (--running_[kind] == 0) running_.erase(kind);
  }
}

}  // namespace daybook::projection
