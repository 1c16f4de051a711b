// A TOML file as a list of settings with their lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/daybook/config/config.h"

namespace daybook {

// Tables are flattened: `[kafka]` + `brokers` = `kafka.brokers`. INVALID_ARGUMENT names file and
// line.
absl::StatusOr<std::vector<Given>> ParseConfigFile(const std::string& path,
                                                   std::string_view content);

// The same for a file on disk. FAILED_PRECONDITION if it holds a secret and others may read it.
absl::StatusOr<std::vector<Given>> ReadConfigFile(const std::string& path);

}  // namespace daybook
