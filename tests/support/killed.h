// Work that is killed at a named point: in a child process, without any clean-up.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/store/fault_point.h"

namespace daybook {

enum class Ending { kKilled, kFinished, kFailed };

// Runs `work` in a child that dies when it passes `point` for the `nth` time. kFinished: it never
// did, and `work` returned true.
inline Ending RunKilledAt(const std::string& point, int nth, const std::function<bool()>& work) {
  constexpr int kKilledCode = 42;
  const pid_t child = ::fork();
  DAYBOOK_CHECK(child >= 0);
  if (child == 0) {
    int left = nth;
    store::SetFaultHook([&](std::string_view name) {
      if (name == point && --left == 0) ::_exit(kKilledCode);
    });
    ::_exit(work() ? 0 : 1);
  }
  int status = 0;
  DAYBOOK_CHECK(::waitpid(child, &status, 0) == child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kKilledCode) return Ending::kKilled;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? Ending::kFinished : Ending::kFailed;
}

}  // namespace daybook
