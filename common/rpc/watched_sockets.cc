#include "common/rpc/watched_sockets.h"

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <utility>

// What the linker makes of the calls of everything that is linked statically, and the functions
// themselves.
extern "C" {
ssize_t __real_recvmsg(int socket, msghdr* message, int flags);
ssize_t __real_sendmsg(int socket, const msghdr* message, int flags);
int __real_close(int descriptor);
int __real_SSL_read(SSL* ssl, void* bytes, int size);
int __real_SSL_write(SSL* ssl, const void* bytes, int size);
ssize_t __wrap_recvmsg(int socket, msghdr* message, int flags);
ssize_t __wrap_sendmsg(int socket, const msghdr* message, int flags);
int __wrap_close(int descriptor);
int __wrap_SSL_read(SSL* ssl, void* bytes, int size);
int __wrap_SSL_write(SSL* ssl, const void* bytes, int size);
}

namespace daybook::rpc {
namespace {

using Verdict = Http2Gate::Verdict;

// One direction of a connection is read, or written, by one thread at a time; close comes after
// both.
struct Entry {
  explicit Entry(WatchedSocket watched) : socket(std::move(watched)) {}

  // What it held is given back, though OpenSSL and threads may know of it for longer.
  void Closed() {
    socket.gate->Closed();
    socket.place.GiveBack();
  }

  Verdict Received(std::string_view bytes) {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    const Verdict verdict =
        socket.gate->Received(bytes, absl::UnixEpoch() + absl::FromChrono(since));
    if (verdict != Verdict::kGoOn && !std::exchange(told, true) && socket.ended) {
      socket.ended(verdict);
    }
    return verdict;
  }

  WatchedSocket socket;
  bool told = false;
  std::atomic<bool> adopted{false};  // by a connection of OpenSSL
};
using EntryPtr = std::shared_ptr<Entry>;

constexpr size_t kMostSockets = 65536;

// By descriptor. Static storage: it is there before and after everything that opens sockets.
std::array<std::atomic<EntryPtr*>, kMostSockets> table{};

EntryPtr* Find(int socket) {
  const auto at = static_cast<size_t>(socket);
  return socket < 0 || at >= kMostSockets ? nullptr : table[at].load(std::memory_order_acquire);
}

// What this thread has read from last, if it is encrypted: gRPC decrypts on the thread that read,
// before it reads again.
thread_local EntryPtr read_last;

// Where a connection of OpenSSL keeps its entry.
int SslIndex() {
  static const int index = SSL_get_ex_new_index(
      0, nullptr, nullptr, nullptr, [](void*, void* entry, CRYPTO_EX_DATA*, int, long, void*) {
        delete static_cast<EntryPtr*>(entry);
      });
  return index;
}

EntryPtr* Find(SSL* ssl) {
  if (SSL_is_server(ssl) == 0) return nullptr;
  auto* entry = static_cast<EntryPtr*>(SSL_get_ex_data(ssl, SslIndex()));
  if (entry != nullptr || read_last == nullptr || read_last->adopted.exchange(true)) return entry;
  entry = new EntryPtr(read_last);
  SSL_set_ex_data(ssl, SslIndex(), entry);
  return entry;
}

// Calls `each` with the first `bytes` of the message's buffers.
template <typename Each>
void ForEachPiece(const msghdr& message, size_t bytes, const Each& each) {
  for (size_t i = 0; i < message.msg_iovlen && bytes > 0; ++i) {
    const iovec& piece = message.msg_iov[i];
    const size_t size = std::min(bytes, piece.iov_len);
    each(std::string_view(static_cast<const char*>(piece.iov_base), size));
    bytes -= size;
  }
}

}  // namespace

bool Watch(int socket, WatchedSocket watched) {
  if (socket < 0 || static_cast<size_t>(socket) >= kMostSockets) return false;
  auto entry = std::make_unique<EntryPtr>(std::make_shared<Entry>(std::move(watched)));
  delete table[static_cast<size_t>(socket)].exchange(entry.release(), std::memory_order_acq_rel);
  return true;
}

}  // namespace daybook::rpc

using daybook::rpc::EntryPtr;
using daybook::rpc::Find;
using daybook::rpc::ForEachPiece;
using daybook::rpc::Verdict;

ssize_t __wrap_recvmsg(int socket, msghdr* message, int flags) {
  const ssize_t n = __real_recvmsg(socket, message, flags);
  const EntryPtr* entry = Find(socket);
  if (entry == nullptr || n <= 0) return n;
  if ((*entry)->socket.encrypted) {
    if (daybook::rpc::read_last != *entry) daybook::rpc::read_last = *entry;
    return n;
  }
  Verdict verdict = Verdict::kGoOn;
  ForEachPiece(*message, static_cast<size_t>(n),
               [&](std::string_view piece) { verdict = (*entry)->Received(piece); });
  if (verdict == Verdict::kGoOn) return n;
  errno = ECONNRESET;
  return -1;
}

ssize_t __wrap_sendmsg(int socket, const msghdr* message, int flags) {
  const EntryPtr* entry = Find(socket);
  const bool plain = entry != nullptr && !(*entry)->socket.encrypted;
  if (plain) (*entry)->socket.gate->Sending();
  const ssize_t n = __real_sendmsg(socket, message, flags);
  if (plain && n > 0) {
    ForEachPiece(*message, static_cast<size_t>(n),
                 [&](std::string_view piece) { (*entry)->socket.gate->Sent(piece); });
  }
  return n;
}

int __wrap_close(int descriptor) {
  if (Find(descriptor) != nullptr) {
    const std::unique_ptr<EntryPtr> entry(
        daybook::rpc::table[static_cast<size_t>(descriptor)].exchange(nullptr,
                                                                      std::memory_order_acq_rel));
    if (entry != nullptr) (*entry)->Closed();
  }
  return __real_close(descriptor);
}

int __wrap_SSL_read(SSL* ssl, void* bytes, int size) {
  const int n = __real_SSL_read(ssl, bytes, size);
  if (n <= 0) return n;
  const EntryPtr* entry = Find(ssl);
  if (entry == nullptr) return n;
  const std::string_view piece(static_cast<const char*>(bytes), static_cast<size_t>(n));
  // SSL_get_error takes what is not said in OpenSSL's own words for an error of the connection.
  return (*entry)->Received(piece) == Verdict::kGoOn ? n : -1;
}

int __wrap_SSL_write(SSL* ssl, const void* bytes, int size) {
  const int n = __real_SSL_write(ssl, bytes, size);
  if (n <= 0) return n;
  const EntryPtr* entry = Find(ssl);
  if (entry != nullptr) {
    // Before the socket gets it: OpenSSL writes into memory here.
    (*entry)->socket.gate->Sending();
    (*entry)->socket.gate->Sent({static_cast<const char*>(bytes), static_cast<size_t>(n)});
  }
  return n;
}
