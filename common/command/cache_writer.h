// The thread that writes the command caches of all partitions, so that commands do not wait for it.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace daybook::command {

class CacheWriter {
 public:
  CacheWriter();
  ~CacheWriter();  // does what has been posted first

  // Any thread. Bounded by whoever posts: a partition has one write under way.
  void Post(std::function<void()> work);

 private:
  void Run();

  std::mutex mutex_;
  std::condition_variable bell_;
  std::deque<std::function<void()>> posted_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace daybook::command
