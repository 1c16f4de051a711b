// Where to listen, as people write it: `127.0.0.1:50051`, `[::1]:0`, `localhost:8080`.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace daybook::rpc {

struct Address {
  std::string host;  // without brackets
  int port = 0;

  // Only this machine can reach it. A name other than `localhost` counts as reachable.
  bool loopback() const;
};

// INVALID_ARGUMENT says what is expected.
absl::StatusOr<Address> ParseAddress(std::string_view text);

}  // namespace daybook::rpc
