// Small things about text that several subcommands need.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"

namespace daybook {

// absl::StrCat that also takes std::string_view.
namespace text_internal {
template <class T>
decltype(auto) ForCat(const T& part) {
  if constexpr (std::is_same_v<T, std::string_view>) {
    return ToAbsl(part);
  } else {
    return (part);
  }
}
}  // namespace text_internal
template <class... Parts>
std::string Cat(const Parts&... parts) {
  return absl::StrCat(text_internal::ForCat(parts)...);
}

// Everything in a file. NOT_FOUND, PERMISSION_DENIED, ... name the path; INVALID_ARGUMENT if there
// is more than `max_bytes`.
inline constexpr size_t kMaxFileBytes = size_t{1} << 30;
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes = kMaxFileBytes);

// `1234567` -> `1,234,567`.
std::string Grouped(int64_t number);

// Whether people look at this stream with colours: a terminal, and NO_COLOR is not set.
bool IsTerminal(int fd);

}  // namespace daybook
