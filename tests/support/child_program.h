// Programs run as children: started, signalled by pid, listened to, and ended with their owner.
//
// Concurrency: Spawn from a thread that lives as long as the child (it dies with that thread, so
// that nothing is left behind when a test is killed); everything else from any one thread.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace daybook {

class ChildProgram {
 public:
  // The environment is ours without DAYBOOK_*, which would configure a child by accident, and with
  // `environment` (NAME=value). NOT_FOUND when there is no such program.
  static absl::StatusOr<std::unique_ptr<ChildProgram>> Spawn(
      std::vector<std::string> command, std::vector<std::string> environment = {});
  ~ChildProgram();  // as Kill
  ChildProgram(const ChildProgram&) = delete;
  ChildProgram& operator=(const ChildProgram&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal);
  // SIGKILL; returns when it is gone.
  void Kill();

  // What it ended with: its exit code, or minus the signal. Nothing while it runs.
  std::optional<int> ended();
  std::optional<int> WaitUntilEnded(absl::Time deadline);

  // Waits until it has written `text` to standard error. False: it ended without, or the deadline.
  bool WaitUntilSays(std::string_view text, absl::Time deadline);

  // What it has written so far; all of it once it has ended.
  std::string out();
  std::string err();

 private:
  ChildProgram(pid_t pid, int out, int err);
  void Listen(int out, int err);

  const pid_t pid_;
  std::optional<int> ended_;

  std::mutex mutex_;  // guards what is below
  std::condition_variable changed_;
  std::string out_;
  std::string err_;
  bool closed_ = false;  // it will write nothing any more

  std::thread listener_;
};

// Runs a program to its end; it is killed at the deadline.
struct Ran {
  int code = 0;  // exit code, or minus the signal
  std::string out;
  std::string err;
};
absl::StatusOr<Ran> RunProgram(std::vector<std::string> command, absl::Duration at_most,
                               std::vector<std::string> environment = {});

}  // namespace daybook
