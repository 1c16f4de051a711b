// The thread that takes connections from the sockets that a gRPC server listens on.
//
// gRPC's own listener gives up for good when accept(2) fails once, as it does when the process is
// out of descriptors: the server would look healthy and never take a connection again. This one
// waits and goes on. From gRPC 1.53.2 on (CVE-2023-4785) its own goes on as well: with that, remove
// this listener, if what follows is done otherwise. It also leaves a quarter of the descriptors to
// files: a connection that would get one of those is closed at once, so that its caller goes
// elsewhere or comes again; and so is one beyond its address's share. What connections send is
// watched (watched_sockets.h).
//
// Concurrency: Start and Stop from one thread; `take` is called on the listener's own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/rpc/address.h"
#include "common/rpc/http2_gate.h"
#include "common/rpc/listening_sockets.h"

namespace daybook {
class Counter;
class Metrics;
}  // namespace daybook

namespace daybook::rpc {

struct ListenerLimits {
  absl::Duration unheard;  // connections whose bytes nobody confirms for so long are lost
  int connections;         // at once, or as many as there are descriptors; each address has its
                           // share of them (pool.h)
  // What a connection may send (http2_gate.h).
  int64_t unfinished_bytes;
  absl::Duration message_time;
  int max_calls;
  bool encrypted;
};

class Listener {
 public:
  // `metrics` may be null.
  Listener(const ListenerLimits& limits, Metrics* metrics);
  ~Listener();  // as Stop
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // As ListeningSockets::Open.
  absl::Status Open(const Address& address);
  int port() const { return sockets_.port(); }

  // `take` owns the descriptor it is given, of a connection on the socket `listener`. After Open.
  void Start(std::function<void(int listener, int connection)> take);

  // Takes no more; returns when `take` is not being called. Any number of times.
  void Stop();

 private:
  void Run();
  bool TakeOne(int listener);  // whether the next one may be looked for at once

  struct Pools;

  const ListenerLimits limits_;
  Counter* taken_ = nullptr;
  Counter* refused_ = nullptr;
  Counter* greedy_ = nullptr;
  ListeningSockets sockets_;
  const std::shared_ptr<Pools> pools_;  // of this and of its connections
  uint64_t connections_ = 0;            // so far
  int stop_[2] = {-1, -1};              // a pipe: closed to end the thread
  std::function<void(int, int)> take_;
  std::thread thread_;
};

}  // namespace daybook::rpc
