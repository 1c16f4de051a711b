// Where a connection comes from, as far as shares go: an IPv4 address, or the 64 bits of an IPv6
// address that one site has. Callers behind one proxy are one peer.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace daybook::rpc {

struct Peer {
  std::array<uint8_t, 16> address{};  // IPv6, or IPv4 mapped into it; zeros: not known
  friend auto operator<=>(const Peer&, const Peer&) = default;
};

// Of the other end of a connected socket.
Peer PeerOf(int socket);

// Of what gRPC calls a peer: `ipv4:10.0.0.1:40532`, `ipv6:%5B2001:db8::1%5D:40532`.
Peer PeerOfUri(std::string_view uri);

// `10.0.0.1`, `2001:db8::`.
std::string TextOf(const Peer& peer);

}  // namespace daybook::rpc
