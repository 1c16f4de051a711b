#include "common/base/background_thread.h"

#include <utility>

#include "common/base/this_thread.h"

namespace daybook {

BackgroundThread::BackgroundThread(std::string name)
    : name_(std::move(name)), thread_([this] { Run(); }) {}

BackgroundThread::~BackgroundThread() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  bell_.notify_one();
  thread_.join();
}

void BackgroundThread::Post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(work));
  }
  bell_.notify_one();
}

void BackgroundThread::Run() {
  SetThreadName(name_);
  SetThreadUrgency(Urgency::kTidy);
  std::unique_lock lock(mutex_);
  while (true) {
    bell_.wait(lock, [this] { return stop_ || !posted_.empty(); });
    if (posted_.empty()) return;
    std::function<void()> work = std::move(posted_.front());
    posted_.pop_front();
    lock.unlock();
    work();
    work = nullptr;  // with what it holds, before the lock
    lock.lock();
  }
}

}  // namespace daybook
