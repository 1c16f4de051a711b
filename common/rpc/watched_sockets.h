// The connections of gRPC servers, looked at from below: what is read from a socket goes through
// its gate (http2_gate.h) before gRPC sees it, and when the socket is closed, its place is free.
//
// How. gRPC is linked statically (a condition: CMakeLists.txt here), and its calls of recvmsg,
// sendmsg, close, SSL_read and SSL_write come to functions here first (the linker's --wrap). That
// is the only place where its bytes can be seen without copying them once more: a relay between the
// caller and gRPC would cost each call two wakeups. On an encrypted connection the gate looks at
// what OpenSSL gives, so that it sees frames there, too.
//
// Sockets and connections of OpenSSL that nobody watches pass through untouched.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "common/rpc/http2_gate.h"
#include "common/rpc/pool.h"

namespace daybook::rpc {

struct WatchedSocket {
  // Told once if the gate says no; on the thread that reads. Whatever owns the pools below lives as
  // long as this, the last to go.
  std::function<void(Http2Gate::Verdict)> ended;
  std::shared_ptr<Http2Gate> gate;
  bool encrypted = false;
  Pool::Part place;  // among the connections of the server
};

// From now on, until the socket is closed. False: its number is too high to be watched (above
// 65,535), and nothing was done.
bool Watch(int socket, WatchedSocket watched);

}  // namespace daybook::rpc
