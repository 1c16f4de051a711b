// What is wrong with the log of a configuration, as far as a look shows it: what has been done to
// its topic, and whether what stands in the data directory was computed from it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/daybook/config/config.h"

namespace daybook {

struct LogFound {
  std::string text;                       // for people
  int partitions = 0;                     // 0: there is no log yet, which is fine
  absl::Time newest = absl::UnixEpoch();  // recorded time of its newest record
};

// An error says what is wrong. Changes nothing.
absl::StatusOr<LogFound> LookAtLog(const Config& config);

}  // namespace daybook
