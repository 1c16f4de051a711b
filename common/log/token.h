// The opaque consistency token: which log, which partitions, how far.
//
// A command gives one of its partition. An answer over several partitions gives one of all of them
// (`read_token`): whoever takes it is answered at or after that vector of positions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace daybook::log {

// Of one partition.
struct Token {
  std::string log_id;
  int partition = 0;
  int64_t next_offset = 0;  // a reader whose next offset is at least this has seen the write
};

// A log has no more partitions than this, nor has a token.
inline constexpr size_t kMaxTokenPartitions = 1024;

// Web-safe base64 of daybook.log.v1.ConsistencyToken.
std::string EncodeToken(const Token& token);
// The same without a Token, into `text`: every answer has one.
void EncodeToken(std::string_view log_id, int partition, int64_t next_offset, std::string* text);
// Of several partitions, no two of them the same. Partitions without a `log_id` are left out: there
// is nothing in them to wait for. Empty if none is left.
std::string EncodeTokens(std::vector<Token> places);

// CONSISTENCY_TOKEN_MALFORMED if it is none, or none of one partition.
absl::StatusOr<Token> DecodeToken(std::string_view text);
// One or more places. CONSISTENCY_TOKEN_MALFORMED if it is no token.
absl::StatusOr<std::vector<Token>> DecodeTokens(std::string_view text);

}  // namespace daybook::log
