// One line on a terminal that says how far something has come: share, rate, time left. Nothing when
// stderr is no terminal. Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "absl/time/time.h"

namespace daybook {

class Progress {
 public:
  // `what`: plural, `orders`. Silent: never shows anything.
  Progress(std::string what, int64_t total, bool silent);
  ~Progress();  // clears the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Add(int64_t done);

 private:
  std::string LineAt(absl::Time now) const;

  const std::string what_;
  const int64_t total_;
  const bool shown_;
  const absl::Time start_;
  std::mutex mutex_;
  int64_t done_ = 0;
  absl::Time last_shown_;
};

}  // namespace daybook
