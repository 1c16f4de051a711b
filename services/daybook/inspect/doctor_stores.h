// What `doctor` finds in the directories of read models and of the command cache, before a restart
// finds it: damage, and files that have a second name.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/daybook/config/config.h"

namespace daybook {

struct Finding {
  std::string what;     // the store, or "names"
  absl::Status status;  // not OK: what is wrong, and what to do
  std::string fine;     // else
};

// Reads every block of every store, in linked copies, beside a running server or without one;
// `partitions`: of the log, 0 if it is not known. Changes nothing.
std::vector<Finding> CheckStores(const Config& config, int partitions);

// Whether a file that must have one name has another: whoever writes under that would write into
// it. Names in work directories of ours (`scratch.*`) are none. FAILED_PRECONDITION: names the
// file.
absl::Status CheckNames(const std::string& data_dir, const std::vector<std::string>& directories);

}  // namespace daybook
