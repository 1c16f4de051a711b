#include "common/rpc/listening_sockets.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace daybook::rpc {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

// Why a listener could not be opened, for people.
std::string WhyNot(int error) {
  switch (error) {
    case EADDRINUSE:
      return "the port is taken; is another server running?";
    case EADDRNOTAVAIL:
      return "the address is not one of this machine";
    case EACCES:
      return "the port may not be opened by this user";
    default:
      return std::strerror(error);
  }
}

void SetPort(addrinfo& address, int port) {
  const auto network_order = htons(static_cast<uint16_t>(port));
  if (address.ai_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(address.ai_addr)->sin6_port = network_order;
  } else {
    reinterpret_cast<sockaddr_in*>(address.ai_addr)->sin_port = network_order;
  }
}

int PortOf(int socket) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(bound).sin6_port
                                           : reinterpret_cast<sockaddr_in&>(bound).sin_port);
}

void Set(int socket, int level, int option, int value) {
  (void)::setsockopt(socket, level, option, &value, sizeof value);
}

// A socket that listens, or -1 with errno. No SO_REUSEPORT: two servers on one port would each get
// some of the connections, without a word.
int ListenOn(const addrinfo& address) {
  const int fd =
      ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
  if (fd < 0) return -1;
  Set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  // `[::]` is every address of the machine, as people expect.
  if (address.ai_family == AF_INET6) Set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (::bind(fd, address.ai_addr, address.ai_addrlen) == 0 && ::listen(fd, SOMAXCONN) == 0) {
    return fd;
  }
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

}  // namespace

int ListeningSockets::first_kept() const {
  constexpr rlim_t kMost = std::numeric_limits<int>::max();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  return static_cast<int>(
      std::min(limit.rlim_cur - limit.rlim_cur / static_cast<rlim_t>(kept_share_), kMost));
}

absl::Status ListeningSockets::Open(const Address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.host.c_str(), nullptr, &hints, &found) != 0) {
    return absl::FailedPreconditionError("there is no such host");
  }
  const Addresses addresses(found, &::freeaddrinfo);
  int error = 0;
  std::set<std::string> seen;  // a hosts file may say an address twice
  for (addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (each->ai_family != AF_INET && each->ai_family != AF_INET6) continue;
    if (!seen.emplace(reinterpret_cast<char*>(each->ai_addr), each->ai_addrlen).second) continue;
    SetPort(*each, port_ == 0 ? address.port : port_);
    const int fd = ListenOn(*each);
    if (fd >= 0) {
      sockets_.push_back(fd);
      port_ = PortOf(fd);
    } else if (errno == EADDRINUSE || error == 0) {
      error = errno;
    }
  }
  // Taken on one of a name's addresses: callers of the name would find two servers.
  const bool shared = error == EADDRINUSE && address.port != 0;
  if (!sockets_.empty() && !shared) return absl::OkStatus();
  Close();
  return absl::FailedPreconditionError(WhyNot(error));
}

void ListeningSockets::Close() {
  for (const int fd : std::exchange(sockets_, {})) ::close(fd);
}

ListeningSockets::Accepted ListeningSockets::Accept(int socket) const {
  const int fd = ::accept4(socket, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    const bool short_of = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    // The others are of the one connection, which is gone.
    return {short_of ? Accepted::Outcome::kTryLater : Accepted::Outcome::kNone};
  }
  if (fd >= first_kept()) {
    ::close(fd);
    return {Accepted::Outcome::kRefused};
  }
  return {Accepted::Outcome::kTaken, fd};
}

}  // namespace daybook::rpc
