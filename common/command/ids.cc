#include <openssl/evp.h>

#include <array>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/decider.h"

namespace daybook::command {
namespace {

using Hash = std::array<unsigned char, 32>;

// The digest is fetched once: looking it up costs more than hashing an id.
Hash Sha256(absl::string_view text) {
  static const EVP_MD* const digest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  Hash hash;
  DAYBOOK_CHECK(digest != nullptr && context != nullptr);
  DAYBOOK_CHECK(EVP_DigestInit_ex2(context.get(), digest, nullptr) == 1 &&
                EVP_DigestUpdate(context.get(), text.data(), text.size()) == 1 &&
                EVP_DigestFinal_ex(context.get(), hash.data(), nullptr) == 1);
  return hash;
}

// UUID version 8 (RFC 9562): 122 bits of the hash, version and variant set.
std::string UuidOf(absl::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  Hash hash = Sha256(text);
  hash[6] = (hash[6] & 0x0f) | 0x80;
  hash[8] = (hash[8] & 0x3f) | 0x80;
  std::string uuid(36, '-');
  for (int i = 0, at = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) ++at;
    uuid[at++] = kDigits[hash[i] >> 4];
    uuid[at++] = kDigits[hash[i] & 0xf];
  }
  return uuid;
}

}  // namespace

std::string Context::NewId(const View& view, int ordinal) const {
  // Lengths in front, so that no two triples spell the same text.
  return UuidOf(absl::StrCat(view.stream_id.size(), ":", ToAbsl(view.stream_id), request_id.size(),
                             ":", ToAbsl(request_id), ordinal, reacting.empty() ? "" : ":",
                             ToAbsl(reacting)));
}

std::string DerivedStreamId(std::string_view noun, std::string_view request_id) {
  return UuidOf(absl::StrCat(ToAbsl(noun), ":", ToAbsl(request_id)));
}

}  // namespace daybook::command
