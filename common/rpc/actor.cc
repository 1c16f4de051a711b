#include "common/rpc/actor.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/server_context.h>

#include <cstdint>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/text.h"
#include "common/rpc/address.h"

namespace daybook::rpc {
namespace {

constexpr std::string_view kLocal = "local";
constexpr std::string_view kAnonymous = "anonymous";

}  // namespace

std::string ActorOfCertificate(std::string_view name) {
  if (name == kLocal || name == kAnonymous) return absl::StrCat("cn=", std::string(name));
  if (CheckName(name, std::numeric_limits<int32_t>::max()).ok()) return std::string(name);
  std::string text;
  for (const char c : name) {
    if (c > ' ' && c < 0x7f && c != '%') {
      text.push_back(c);
    } else {
      absl::StrAppend(&text, "%", absl::Hex(static_cast<uint8_t>(c), absl::kZeroPad2));
    }
  }
  return text;
}

bool IsLoopbackPeer(std::string_view peer) {
  if (peer.rfind("unix:", 0) == 0) return true;
  const size_t colon = peer.find(':');
  if (colon == std::string_view::npos) return false;
  std::string address(peer.substr(colon + 1));
  address = absl::StrReplaceAll(
      address, {{"%5B", "["}, {"%5D", "]"}, {"%5b", "["}, {"%5d", "]"}, {"::ffff:", ""}});
  if (address.rfind("[127.", 0) == 0)
    address = absl::StrReplaceAll(address, {{"[", ""}, {"]", ""}});
  const auto parsed = ParseAddress(address);
  return parsed.ok() && parsed->loopback();
}

std::string ActorOf(const grpc::ServerContext& context, bool mutual, bool loopback) {
  if (mutual) {
    const auto auth = context.auth_context();
    if (auth != nullptr && auth->IsPeerAuthenticated()) {
      for (const char* property : {GRPC_X509_CN_PROPERTY_NAME, GRPC_X509_SAN_PROPERTY_NAME}) {
        const auto values = auth->FindPropertyValues(property);
        if (values.empty() || values[0].empty()) continue;
        return ActorOfCertificate({values[0].data(), values[0].size()});
      }
    }
  }
  return std::string(loopback || IsLoopbackPeer(context.peer()) ? kLocal : kAnonymous);
}

}  // namespace daybook::rpc
