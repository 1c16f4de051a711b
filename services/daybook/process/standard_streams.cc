#include "services/daybook/process/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "common/base/text.h"
#include "services/daybook/process/standard_streams.h"

namespace daybook {

void HoldStandardStreams() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    // The lowest number that is free is this one. Not for writing: what is printed to a closed
    // output is an error. Messages have nobody to read them, which is none.
    if (open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY) != fd) _exit(70);
  }
}

absl::Status FlushStandardOutput() {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      Cat("what was printed is not whole: standard output cannot "
          "be written",
          errno != 0 ? ": " : "", errno != 0 ? std::strerror(errno) : ""));
}

bool IsTerminal(int fd) { return isatty(fd) != 0; }

}  // namespace daybook
