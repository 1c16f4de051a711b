#include "common/rpc/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

namespace daybook::rpc {
namespace {

constexpr size_t kSiteBytes = 8;
constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool IsMapped(const Peer& peer) {
  return std::equal(kMapped.begin(), kMapped.end(), peer.address.begin());
}

Peer PeerOfV4(const in_addr& v4) {
  Peer peer;
  std::copy(kMapped.begin(), kMapped.end(), peer.address.begin());
  std::copy_n(reinterpret_cast<const uint8_t*>(&v4.s_addr), sizeof v4.s_addr,
              peer.address.begin() + kMapped.size());
  return peer;
}

Peer PeerOfV6(const in6_addr& v6) {
  Peer peer;
  std::copy_n(v6.s6_addr, peer.address.size(), peer.address.begin());
  if (!IsMapped(peer)) std::fill(peer.address.begin() + kSiteBytes, peer.address.end(), 0);
  return peer;
}

}  // namespace

Peer PeerOf(int socket) {
  sockaddr_storage other{};
  socklen_t size = sizeof other;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&other), &size) != 0) return {};
  if (other.ss_family == AF_INET) {
    return PeerOfV4(reinterpret_cast<const sockaddr_in&>(other).sin_addr);
  }
  if (other.ss_family == AF_INET6) {
    return PeerOfV6(reinterpret_cast<const sockaddr_in6&>(other).sin6_addr);
  }
  return {};
}

Peer PeerOfUri(std::string_view uri) {
  constexpr std::string_view kV4 = "ipv4:", kV6 = "ipv6:";
  const bool is_v6 = uri.substr(0, kV6.size()) == kV6;
  if (!is_v6 && uri.substr(0, kV4.size()) != kV4) return {};
  uri.remove_prefix(kV4.size());
  std::string address(uri.substr(0, uri.rfind(':')));
  for (const char* bracket : {"%5B", "%5D", "[", "]"}) {
    const size_t at = address.find(bracket);
    if (at != std::string::npos) address.erase(at, std::string_view(bracket).size());
  }
  in_addr v4{};
  in6_addr v6{};
  if (is_v6 && ::inet_pton(AF_INET6, address.c_str(), &v6) == 1) return PeerOfV6(v6);
  if (!is_v6 && ::inet_pton(AF_INET, address.c_str(), &v4) == 1) return PeerOfV4(v4);
  return {};
}

std::string TextOf(const Peer& peer) {
  char text[INET6_ADDRSTRLEN] = "";
  if (IsMapped(peer)) {
    ::inet_ntop(AF_INET, peer.address.data() + kMapped.size(), text, sizeof text);
  } else {
    ::inet_ntop(AF_INET6, peer.address.data(), text, sizeof text);
  }
  return text;
}

}  // namespace daybook::rpc
