#include "common/rpc/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "common/base/metrics.h"
#include "common/base/status.h"
#include "common/base/this_thread.h"
#include "common/rpc/peer.h"
#include "common/rpc/pool.h"
#include "common/rpc/watched_sockets.h"

namespace daybook::rpc {
namespace {

// Between two tries when there are no descriptors, or no memory for a connection.
constexpr int kTryAgainMs = 50;

// Files have the last quarter of the descriptors.
constexpr int kKeptShare = 4;

void Set(int socket, int level, int option, int value) {
  (void)::setsockopt(socket, level, option, &value, sizeof value);
}

}  // namespace

// Lives as long as the last connection, which may be longer than the listener.
struct Listener::Pools {
  Pools(const ListenerLimits& limits, int descriptors)
      : connections(std::min(limits.connections, descriptors)),
        unfinished(limits.unfinished_bytes) {}
  Pool connections;
  Pool unfinished;
  std::array<Counter*, Http2Gate::kVerdicts> ended{};  // by verdict
};

Listener::Listener(const ListenerLimits& limits, Metrics* metrics)
    : limits_(limits),
      sockets_(kKeptShare),
      pools_(std::make_shared<Pools>(limits, sockets_.first_kept())) {
  if (metrics == nullptr) return;
  const auto counter = [&](const char* outcome) {
    return &metrics->AddCounter("daybook_rpc_connections_total",
                                "Connections that came in; refused: closed at once, because what "
                                "is left of descriptors is for files; greedy: closed at once, "
                                "because the address has its share.",
                                {{"outcome", outcome}});
  };
  taken_ = counter("taken");
  refused_ = counter("refused");
  greedy_ = counter("greedy");
  const auto ended = [&](Http2Gate::Verdict verdict, const char* why) {
    pools_->ended[static_cast<size_t>(verdict)] = &metrics->AddCounter(
        "daybook_rpc_connections_ended_total",
        "Connections that were ended for what they sent: a header too large, too many bytes of "
        "messages without an end, such a message for too long, too many frames that carry nothing, "
        "SETTINGS that were not acknowledged.",
        {{"why", why}});
  };
  ended(Http2Gate::Verdict::kHeaderTooLarge, "header");
  ended(Http2Gate::Verdict::kTooManyBytes, "bytes");
  ended(Http2Gate::Verdict::kTooLate, "late");
  ended(Http2Gate::Verdict::kTooManyFrames, "frames");
  ended(Http2Gate::Verdict::kNotAcknowledged, "settings");
  metrics->AddGauge("daybook_rpc_connections", "Connections that are open.", {},
                    [pools = pools_] { return static_cast<double>(pools->connections.taken()); });
  metrics->AddGauge("daybook_rpc_unfinished_bytes",
                    "Bytes of messages that are not whole, beyond 64 KiB a connection.", {},
                    [pools = pools_] { return static_cast<double>(pools->unfinished.taken()); });
}

Listener::~Listener() { Stop(); }

absl::Status Listener::Open(const Address& address) {
  RETURN_IF_ERROR(sockets_.Open(address));
  if (::pipe2(stop_, O_CLOEXEC) == 0) return absl::OkStatus();
  sockets_.Close();
  return absl::FailedPreconditionError(std::strerror(errno));
}

void Listener::Start(std::function<void(int, int)> take) {
  DAYBOOK_CHECK(!sockets_.sockets().empty());
  take_ = std::move(take);
  thread_ = std::thread([this] { Run(); });
}

void Listener::Stop() {
  if (stop_[1] >= 0) ::close(std::exchange(stop_[1], -1));
  if (thread_.joinable()) thread_.join();
  if (stop_[0] >= 0) ::close(std::exchange(stop_[0], -1));
  // Who comes from now on is told so at once, rather than to wait.
  sockets_.Close();
}

void Listener::Run() {
  SetThreadName("rpc-listener");
  std::vector<pollfd> watched = {{stop_[0], POLLIN, 0}};
  for (const int fd : sockets_.sockets()) watched.push_back({fd, POLLIN, 0});
  bool wait = false;
  while (true) {
    // When accept fails the sockets stay readable: then only the end is waited for.
    ::poll(watched.data(), wait ? 1 : watched.size(), wait ? kTryAgainMs : -1);
    if (watched[0].revents != 0) return;
    const bool waited = std::exchange(wait, false);
    for (size_t i = 1; i < watched.size(); ++i) {
      if (!waited && watched[i].revents == 0) continue;
      if (!TakeOne(watched[i].fd)) wait = true;
    }
  }
}

bool Listener::TakeOne(int listener) {
  using Outcome = ListeningSockets::Accepted::Outcome;
  const auto [outcome, fd] = sockets_.Accept(listener);
  if (outcome == Outcome::kTryLater) return false;
  if (outcome == Outcome::kRefused && refused_ != nullptr) refused_->Increment();
  if (outcome != Outcome::kTaken) return true;
  const Peer peer = PeerOf(fd);
  Pool::Part place = pools_->connections.Take(1, [&] { return TextOf(peer); });
  const bool greedy = !place.taken();
  const auto gate = std::make_shared<Http2Gate>(
      std::to_string(++connections_),
      Http2Gate::Limits{&pools_->unfinished, limits_.message_time, limits_.max_calls});
  const auto ended = [pools = pools_](Http2Gate::Verdict verdict) {
    Counter* counter = pools->ended[static_cast<size_t>(verdict)];
    if (counter != nullptr) counter->Increment();
  };
  if (greedy || !Watch(fd, {ended, gate, limits_.encrypted, std::move(place)})) {
    ::close(fd);
    if (greedy_ != nullptr) greedy_->Increment();
    return true;
  }
  Set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  Set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
      static_cast<int>(absl::ToInt64Milliseconds(limits_.unheard)));
  if (taken_ != nullptr) taken_->Increment();
  take_(listener, fd);
  return true;
}

}  // namespace daybook::rpc
