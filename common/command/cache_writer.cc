#include "common/command/cache_writer.h"

#include <utility>

#include "common/base/thread_name.h"

namespace daybook::command {

CacheWriter::CacheWriter() : thread_([this] { Run(); }) {}

CacheWriter::~CacheWriter() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  bell_.notify_one();
  thread_.join();
}

void CacheWriter::Post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(work));
  }
  bell_.notify_one();
}

void CacheWriter::Run() {
  SetThreadName("cache-writer");
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

}  // namespace daybook::command
