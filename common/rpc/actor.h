// Who calls, as the transport knows them. What callers say of themselves does not count.
//
//   a certificate was shown     its subject's common name, else its first alternative name, as
//                               readable text: bytes that are not are written %XX
//   else, from this machine     `local`
//   else                        `anonymous`
//
// The last two are nobody's certificate: one that is called so is `cn=local`. A proxy on this
// machine that shows no certificate is `local`, whoever called it.
#pragma once

#include <string>
#include <string_view>

namespace grpc {
class ServerContext;
}

namespace daybook::rpc {

// `mutual`: clients are asked for certificates. `loopback`: nobody else can reach the server.
std::string ActorOf(const grpc::ServerContext& context, bool mutual, bool loopback);

// For tests. The name as it is recorded.
std::string ActorOfCertificate(std::string_view name);
// Whether gRPC's name of a peer (`ipv4:127.0.0.1:50000`, `ipv6:%5B::1%5D:50000`) is of this
// machine.
bool IsLoopbackPeer(std::string_view peer);

}  // namespace daybook::rpc
