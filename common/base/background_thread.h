// A thread for work that nobody waits for, done in the order in which it was posted.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace daybook {

class BackgroundThread {
 public:
  explicit BackgroundThread(std::string name);
  ~BackgroundThread();  // does what has been posted first

  // Any thread. Bounded by whoever posts.
  void Post(std::function<void()> work);

 private:
  void Run();

  const std::string name_;
  std::mutex mutex_;
  std::condition_variable bell_;
  std::deque<std::function<void()>> posted_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace daybook
