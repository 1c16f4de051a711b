// The opaque consistency token: which log, which partition, how far.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace daybook::log {

struct Token {
  std::string log_id;
  int partition = 0;
  int64_t next_offset = 0;  // a reader whose next offset is at least this has seen the write
};

// Web-safe base64 of daybook.log.v1.ConsistencyToken.
std::string EncodeToken(const Token& token);

// CONSISTENCY_TOKEN_MALFORMED if it is none.
absl::StatusOr<Token> DecodeToken(std::string_view text);

}  // namespace daybook::log
