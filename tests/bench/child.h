// A process that the bench starts, and stops by its pid. It ends with the bench, however that ends.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace daybook::bench {

class Child {
 public:
  // Standard error goes to the end of `log_file`, standard output to ReadLine. Only from the main
  // thread: the child is killed when the thread that made it ends. It gets no DAYBOOK_ environment
  // but where the broker's files are: a caller's settings must not change what is measured.
  static absl::StatusOr<std::unique_ptr<Child>> Start(const std::vector<std::string>& argv,
                                                      const std::string& log_file);
  ~Child();  // as Stop

  // The next line of its output. UNAVAILABLE if it ends or says nothing until then.
  absl::StatusOr<std::string> ReadLine(absl::Duration timeout);

  // UNAVAILABLE, with the end of its log, if it has ended.
  absl::Status Running();

  // SIGTERM, and SIGKILL when it does not follow in 20 s.
  void Stop();

  // Waits until it uses less than a tenth of a core, at most `timeout`.
  void Settle(absl::Duration timeout);

  double CpuSeconds() const;  // user and system, all threads
  double ResidentMiB() const;
  double MostResidentMiB() const;  // ever
  pid_t pid() const { return pid_; }

 private:
  Child() = default;
  double StatusMiB(std::string_view field) const;  // of /proc/PID/status, in KiB there

  pid_t pid_ = -1;
  int output_ = -1;
  std::string log_file_;
  std::string unread_;
};

// Of this process, all threads.
double OwnCpuSeconds();

}  // namespace daybook::bench
