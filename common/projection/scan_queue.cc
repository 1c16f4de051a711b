#include "common/projection/scan_queue.h"

#include <utility>

#include "common/base/status.h"

namespace daybook::projection {

ScanQueue::ScanQueue(size_t max_waiting) : max_waiting_(max_waiting), thread_([this] { Run(); }) {}

ScanQueue::~ScanQueue() { Stop(); }

void ScanQueue::Add(Task task) {
  absl::Status refused;
  {
    const std::lock_guard lock(mutex_);
    if (stop_) {
      refused = Refuse(Reason::kShuttingDown, "the server is stopping");
    } else if (tasks_.size() >= max_waiting_) {
      refused = Refuse(Reason::kOverloaded, "too many queries over all customers are waiting");
    } else {
      tasks_.push_back(std::move(task));
    }
  }
  if (refused.ok()) {
    arrived_.notify_one();
  } else {
    task(refused);
  }
}

void ScanQueue::Stop() {
  std::deque<Task> left;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    left.swap(tasks_);
  }
  arrived_.notify_one();
  if (thread_.joinable()) thread_.join();
  for (Task& task : left) task(Refuse(Reason::kShuttingDown, "the server is stopping"));
}

void ScanQueue::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    arrived_.wait(lock, [this] { return stop_ || !tasks_.empty(); });
    if (stop_) return;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task(absl::OkStatus());
    task = nullptr;
    lock.lock();
  }
}

}  // namespace daybook::projection
