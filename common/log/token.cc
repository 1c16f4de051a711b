#include "common/log/token.h"

#include "absl/strings/escaping.h"
#include "common/base/status.h"
#include "daybook/log/v1/token.pb.h"

namespace daybook::log {

std::string EncodeToken(const Token& token) {
  v1::ConsistencyToken proto;
  proto.set_log_id(token.log_id);
  proto.set_partition(token.partition);
  proto.set_next_offset(token.next_offset);
  return absl::WebSafeBase64Escape(proto.SerializeAsString());
}

absl::StatusOr<Token> DecodeToken(std::string_view text) {
  v1::ConsistencyToken proto;
  std::string bytes;
  if (text.size() > 256 ||
      !absl::WebSafeBase64Unescape(absl::string_view(text.data(), text.size()), &bytes) ||
      !proto.ParseFromString(bytes) || proto.log_id().empty() || proto.partition() < 0 ||
      proto.next_offset() < 0) {
    return Refuse(Reason::kTokenMalformed, "consistency_token is not one that a server gave");
  }
  return Token{proto.log_id(), proto.partition(), proto.next_offset()};
}

}  // namespace daybook::log
