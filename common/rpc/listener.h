// The thread that takes connections from the sockets that a gRPC server listens on.
//
// gRPC's own listener gives up for good when accept(2) fails once, as it does when the process is
// out of descriptors: the server would look healthy and never take a connection again. This one
// waits and goes on. It also leaves a quarter of the descriptors to files: a connection that would
// get one of those is closed at once, so that its caller goes elsewhere or comes again.
//
// Concurrency: Start and Stop from one thread; `take` is called on the listener's own.
#pragma once

#include <functional>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/rpc/address.h"
#include "common/rpc/listening_sockets.h"

namespace daybook {
class Counter;
class Metrics;
}  // namespace daybook

namespace daybook::rpc {

class Listener {
 public:
  // Connections whose bytes nobody confirms for `unheard` are lost. `metrics` may be null.
  Listener(absl::Duration unheard, Metrics* metrics);
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

  const absl::Duration unheard_;
  Counter* taken_ = nullptr;
  Counter* refused_ = nullptr;
  ListeningSockets sockets_;
  int stop_[2] = {-1, -1};  // a pipe: closed to end the thread
  std::function<void(int, int)> take_;
  std::thread thread_;
};

}  // namespace daybook::rpc
