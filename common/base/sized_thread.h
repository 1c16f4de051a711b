// A thread whose stack is as large as said, whatever the system's limits say of threads.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <functional>
#include <string>

namespace daybook {

class SizedThread {
 public:
  // Runs `run`, called `name` in top and perf.
  SizedThread(std::string name, size_t stack_bytes, std::function<void()> run);
  ~SizedThread();  // as Join
  SizedThread(const SizedThread&) = delete;
  SizedThread& operator=(const SizedThread&) = delete;

  // Returns when `run` has. Any number of times, from one thread.
  void Join();

 private:
  const std::string name_;
  const std::function<void()> run_;
  pthread_t thread_{};
  bool joined_ = false;
};

}  // namespace daybook
