#include <openssl/sha.h>

#include <array>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/command/decider.h"

namespace daybook::command {
namespace {

// UUID version 8 (RFC 9562): 122 bits of the hash, version and variant set.
std::string UuidOf(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  hash[6] = (hash[6] & 0x0f) | 0x80;
  hash[8] = (hash[8] & 0x3f) | 0x80;
  const std::string hex =
      absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(hash.data()), 16));
  const absl::string_view h(hex);
  return absl::StrCat(h.substr(0, 8), "-", h.substr(8, 4), "-", h.substr(12, 4), "-",
                      h.substr(16, 4), "-", h.substr(20, 12));
}

}  // namespace

std::string Context::NewId(const View& view, int ordinal) const {
  // Lengths in front, so that no two triples spell the same text.
  return UuidOf(absl::StrCat(view.customer_id.size(), ":", absl::string_view(view.customer_id.data(), view.customer_id.size()),
                             request_id.size(), ":", absl::string_view(request_id.data(), request_id.size()), ordinal));
}

std::string DerivedCustomerId(std::string_view request_id) {
  return UuidOf(absl::StrCat("customer:", absl::string_view(request_id.data(), request_id.size())));
}

}  // namespace daybook::command
