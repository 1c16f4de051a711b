// `daybook serve` as a child on 127.0.0.1, to be killed, stopped and started again on its
// directory.
//
//   DaybookProcess server({.data_dir = scratch.path() + "/data"});
//   ASSERT_OK(server.StartAndWait());
//   ... server.address() ...
//   server.Kill();  server.StartAndWait();
//
// The binary is $DAYBOOK_BINARY, or else the one of the build that the test belongs to. The address
// stays the same over all starts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/support/child_program.h"

namespace daybook {

// Path of the binary.
std::string DaybookBinary();

// Runs the binary with these arguments to its end. Killed at the deadline: code -SIGKILL; not even
// started: code 127, as a shell has it, and why.
Ran RunDaybook(std::vector<std::string> arguments, absl::Duration at_most = absl::Minutes(2));

// A free port of 127.0.0.1, not given twice by one process.
int UnusedPort();

struct ProcessOptions {
  std::string data_dir = {};
  int partitions = 4;                         // 0: not given
  std::string http_listen = {};               // HOST:PORT; empty: no HTTP
  std::vector<std::string> arguments = {};    // further ones of `daybook serve`
  std::vector<std::string> environment = {};  // NAME=value
};

class DaybookProcess {
 public:
  explicit DaybookProcess(ProcessOptions options);

  const std::string& address() const { return address_; }
  const std::string& data_dir() const { return options_.data_dir; }

  // The next start has this environment.
  void SetEnvironment(std::vector<std::string> environment);

  // Starts it and does not wait. It must not be running.
  absl::Status Start();
  // OK when it says that it is ready. FAILED_PRECONDITION with its words when it ends instead.
  absl::Status WaitUntilReady(absl::Duration at_most = absl::Seconds(30));
  absl::Status StartAndWait();
  // False: it has not said so since the last start, or it has ended without.
  bool WaitUntilSays(std::string_view text, absl::Duration at_most);

  // Starts it where it must refuse to: returns what it said, once it has ended by itself with a
  // code other than 0. Otherwise FAILED_PRECONDITION.
  absl::StatusOr<std::string> StartInVain();

  bool running();
  pid_t pid() const { return child_->pid(); }  // once it was started
  void Kill();                                 // SIGKILL, waits until it is gone
  void Stop();                                 // SIGSTOP
  void Continue();                             // SIGCONT
  void Terminate();                            // SIGTERM
  void AskToClaim();                           // SIGUSR1
  // Exit code, or minus the signal; nothing if it is still there then.
  std::optional<int> WaitUntilEnded(absl::Duration at_most);

  // Standard error since the last start.
  std::string words();

 private:
  ProcessOptions options_;
  const std::string address_;
  std::unique_ptr<ChildProgram> child_;
};

}  // namespace daybook
