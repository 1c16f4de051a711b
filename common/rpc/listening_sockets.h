// The sockets that a server listens on.
//
// Not thread-safe.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "common/rpc/address.h"

namespace daybook::rpc {

class ListeningSockets {
 public:
  // The last 1/`kept_share` of the process's descriptors are for others: files, above all.
  explicit ListeningSockets(int kept_share) : kept_share_(kept_share) {}
  ~ListeningSockets() { Close(); }
  ListeningSockets(const ListeningSockets&) = delete;
  ListeningSockets& operator=(const ListeningSockets&) = delete;

  // Opens every address of the host, all on one port; those that are not there (IPv6 is off) are
  // left out unless that is all. FAILED_PRECONDITION says in a few words why not.
  absl::Status Open(const Address& address);
  void Close();

  int port() const { return port_; }
  // The first descriptor that no connection may have. The system gives out the lowest that is free,
  // so that a connection's own number says how many are in use.
  int first_kept() const;
  const std::vector<int>& sockets() const { return sockets_; }

  // What came of asking one of the sockets for a connection; it does not wait.
  struct Accepted {
    enum class Outcome {
      kTaken,
      kRefused,   // closed at once: its descriptor was one of those that are kept
      kNone,      // nobody is there any more
      kTryLater,  // no descriptors, or no memory: the socket stays readable
    };
    Outcome outcome;
    int connection = -1;  // taken: whoever asked owns it; it does not block
  };
  Accepted Accept(int socket) const;

 private:
  const int kept_share_;
  int port_ = 0;
  std::vector<int> sockets_;
};

}  // namespace daybook::rpc
