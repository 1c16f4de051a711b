// A file as one string.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace daybook {

// Everything in a file. NOT_FOUND, PERMISSION_DENIED, ... name the path; INVALID_ARGUMENT if there
// is more than `max_bytes`.
inline constexpr size_t kMaxFileBytes = size_t{1} << 30;
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes = kMaxFileBytes);

}  // namespace daybook
