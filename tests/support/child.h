// A child process whose output is read; ended with the object.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/status.h"

extern char** environ;

namespace daybook {

class Child {
 public:
  // Standard output and error both come to Read.
  explicit Child(const std::vector<std::string>& command) {
    int ends[2];
    DAYBOOK_CHECK(::pipe2(ends, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    std::vector<char*> argv;
    for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    const int failed = ::posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    output_ = ends[0];
    DAYBOOK_CHECK(failed == 0);
  }
  ~Child() {
    Kill();
    ::close(output_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  const std::string& output() const { return text_; }

  // Takes output for as long as `time`; false: it has ended.
  bool Read(absl::Duration time) {
    const absl::Time deadline = absl::Now() + time;
    for (;;) {
      const auto left = absl::ToInt64Milliseconds(deadline - absl::Now());
      pollfd event = {output_, POLLIN, 0};
      if (left < 0 || ::poll(&event, 1, static_cast<int>(left)) <= 0) return true;
      char bytes[65536];
      const ssize_t n = ::read(output_, bytes, sizeof bytes);
      if (n <= 0) return false;
      text_.append(bytes, static_cast<size_t>(n));
    }
  }

  void Kill() {
    if (status_ < 0) ::kill(pid_, SIGKILL);
    Wait();
  }

  // Waits for its end and takes the rest of its output; the status of waitpid.
  int Wait() {
    while (Read(absl::Minutes(1))) {
    }
    if (status_ < 0) ::waitpid(pid_, &status_, 0);
    return status_;
  }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  int status_ = -1;
  std::string text_;
};

}  // namespace daybook
