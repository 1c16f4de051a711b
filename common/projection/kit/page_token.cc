#include "common/projection/kit/page_token.h"

#include <cstdint>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/projection/reasons.h"

namespace daybook::projection {
namespace {

constexpr size_t kFingerprintBytes = 8;

// Tells requests apart by type and all fields but `page_token`.
uint64_t FingerprintOf(const google::protobuf::Message& request) {
  const std::unique_ptr<google::protobuf::Message> other(request.New());
  other->CopyFrom(request);
  const auto* field = request.GetDescriptor()->FindFieldByName("page_token");
  DAYBOOK_CHECK(field != nullptr);
  other->GetReflection()->ClearField(other.get(), field);
  uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (const char c : absl::StrCat(request.GetTypeName(), "\n", other->SerializeAsString())) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  }
  return hash;
}

std::string FingerprintBytes(const google::protobuf::Message& request) {
  const uint64_t fingerprint = FingerprintOf(request);
  std::string bytes;
  for (size_t i = 0; i < kFingerprintBytes; ++i) {
    bytes.push_back(static_cast<char>(fingerprint >> 8 * i));
  }
  return bytes;
}

}  // namespace

std::string PageTokenFor(const google::protobuf::Message& request, std::string_view key) {
  return absl::WebSafeBase64Escape(
      absl::StrCat(FingerprintBytes(request), absl::string_view(key.data(), key.size())));
}

absl::Status PageTokenMalformed() {
  return Refuse(reason::kPageTokenMalformed,
                "page_token is not the next_page_token of this query with these fields");
}

absl::StatusOr<std::string> AfterOf(const google::protobuf::Message& request,
                                    const std::string& page_token) {
  if (page_token.empty()) return std::string();
  std::string bytes;
  if (page_token.size() > kMaxPageTokenBytes || !absl::WebSafeBase64Unescape(page_token, &bytes) ||
      bytes.size() <= kFingerprintBytes ||
      bytes.substr(0, kFingerprintBytes) != FingerprintBytes(request)) {
    return PageTokenMalformed();
  }
  return bytes.substr(kFingerprintBytes);
}

}  // namespace daybook::projection
