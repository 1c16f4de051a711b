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

}  // namespace

Peer PeerOf(int socket) {
  Peer peer;
  sockaddr_storage other{};
  socklen_t size = sizeof other;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&other), &size) != 0) return peer;
  if (other.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const uint8_t*>(
        &reinterpret_cast<const sockaddr_in&>(other).sin_addr.s_addr);
    std::copy(kMapped.begin(), kMapped.end(), peer.address.begin());
    std::copy_n(v4, 4, peer.address.begin() + kMapped.size());
  } else if (other.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6&>(other).sin6_addr.s6_addr;
    std::copy_n(v6, peer.address.size(), peer.address.begin());
    if (!IsMapped(peer)) std::fill(peer.address.begin() + kSiteBytes, peer.address.end(), 0);
  }
  return peer;
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
