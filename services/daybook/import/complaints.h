// What an import has to say while it goes on.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>

#include "services/daybook/process/standard_streams.h"

namespace daybook {

// Lines on stderr; on a terminal over the line of the progress. Thread-safe.
class Complaints {
 public:
  void Say(std::string_view text) {
    std::lock_guard lock(mutex_);
    std::fprintf(stderr, "%s%s\n", terminal_ ? "\r\x1b[K" : "", std::string(text).c_str());
  }

 private:
  const bool terminal_ = IsTerminal(STDERR_FILENO);
  std::mutex mutex_;
};

}  // namespace daybook
