#include "common/rpc/http_server.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/base/metrics.h"
#include "common/base/sized_thread.h"
#include "common/base/status.h"
#include "common/rpc/address.h"
#include "common/rpc/http_answer.h"
#include "common/rpc/http_connection.h"
#include "common/rpc/http_page.h"
#include "common/rpc/http_request.h"
#include "common/rpc/listening_sockets.h"
#include "common/rpc/peer.h"

namespace daybook::rpc {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr size_t kStackBytes = 2 << 20;
constexpr auto kSweepEvery = std::chrono::milliseconds(100);
constexpr auto kTryAgain = std::chrono::milliseconds(50);
// An answer that is the last of its connection is followed by what the caller still sends, so that
// no reset takes it from them.
constexpr auto kLinger = std::chrono::seconds(1);
constexpr size_t kMostDiscarded = 256 << 10;
// Answers under way when the server stops.
constexpr auto kLastAnswers = std::chrono::seconds(1);
// Connections taken in a row before others are served.
constexpr int kTakenAtOnce = 64;
// Twice as many descriptors as callers of gRPC may have go on to be there for probes.
constexpr int kKeptShare = 8;

std::string JsonString(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) json += c;
  }
  return json + "\"";
}

using PagePtr = std::shared_ptr<const HttpPage>;

PagePtr MakePage(HttpPage page) { return std::make_shared<const HttpPage>(std::move(page)); }

using Connection = HttpConnection;
using ConnectionPtr = std::shared_ptr<Connection>;
using Doing = Connection::Doing;

}  // namespace

// Everything but Start, Stop and port happens on the one thread of `io_`.
class HttpServer::Impl {
 public:
  explicit Impl(HttpOptions options) : options_(std::move(options)) {}
  ~Impl() { Stop(); }

  absl::Status Start() {
    DAYBOOK_CHECK(thread_ == nullptr);
    ASSIGN_OR_RETURN(const Address address, ParseAddress(options_.address));
    if (!address.loopback() && !options_.insecure) {
      return absl::FailedPreconditionError(
          absl::StrCat("refusing to serve HTTP on ", options_.address,
                       ", because others can reach it: listen on 127.0.0.1 and let a proxy or an "
                       "agent scrape there, or say --insecure"));
    }
    if (const absl::Status opened = sockets_.Open(address); !opened.ok()) {
      return absl::FailedPreconditionError(
          absl::StrCat("cannot serve HTTP on ", options_.address, ": ", opened.message()));
    }
    AddFigures();
    health_ = MakePage({.body = "ok\n"});
    version_ = MakePage({200, "application/json",
                         absl::StrCat("{\"version\":", JsonString(options_.version), "}\n")});
    nothing_ = MakePage({.status = 404, .body = "/metrics, /healthz, /readyz, /version\n"});
    AddMaker("http-metrics", [this] { return Figures(); });
    AddMaker("http-readiness", [this] { return Readiness(); });
    for (const int socket : sockets_.sockets()) {
      Listen(
          *listening_.emplace_back(std::make_unique<asio::posix::stream_descriptor>(io_, socket)));
    }
    work_.emplace(io_.get_executor());
    thread_ = std::make_unique<SizedThread>("http", kStackBytes, [this] { io_.run(); });
    return absl::OkStatus();
  }

  int port() const { return sockets_.port(); }

  void Stop() {
    if (thread_ == nullptr) return;
    for (const auto& maker : makers_) maker->Stop();
    asio::post(io_, [this] { StopListening(); });
    thread_->Join();
    sockets_.Close();
    thread_ = nullptr;
  }

 private:
  // --- pages ---

  HttpPage Figures() const {
    return {200, "text/plain; version=0.0.4; charset=utf-8",
            options_.metrics == nullptr ? "" : options_.metrics->Expose()};
  }

  HttpPage Readiness() const {
    const std::vector<std::string> missing =
        options_.missing ? options_.missing() : std::vector<std::string>();
    if (missing.empty()) return {.body = "ready\n"};
    HttpPage page{.status = 503, .body = "not ready\n"};
    for (const std::string& each : missing) absl::StrAppend(&page.body, each, "\n");
    return page;
  }

  void AddMaker(std::string name, std::function<HttpPage()> make) {
    makers_.push_back(std::make_unique<HttpPageMaker>(
        std::move(name), std::move(make),
        [this, maker = makers_.size()](uint64_t round, PagePtr page) {
          asio::post(io_, [=, this, page = std::move(page)] { Deliver(maker, round, page); });
        }));
  }

  void Deliver(size_t maker, uint64_t round, const PagePtr& page) {
    for (const ConnectionPtr& c : Connections()) {
      if (c->doing == Doing::kMaking && c->maker == maker && c->round == round) Send(c, page);
    }
  }

  void AddFigures() {
    if (options_.metrics == nullptr) return;
    Metrics& metrics = *options_.metrics;
    const auto connections = [&](const char* outcome) {
      return &metrics.AddCounter(
          "daybook_http_connections_total",
          "Connections to the HTTP port; refused: no descriptor was left; missed: closed to make "
          "room for the next.",
          {{"outcome", outcome}});
    };
    taken_ = connections("taken");
    refused_ = connections("refused");
    missed_ = connections("missed");
    for (size_t i = 0; i < answers_.size(); ++i) {
      answers_[i] = &metrics.AddCounter("daybook_http_answers_total", "Answers by class of status.",
                                        {{"status", absl::StrCat(i + 1, "xx")}});
    }
  }

  static void Count(Counter* counter) {
    if (counter != nullptr) counter->Increment();
  }

  // --- connections ---

  std::vector<ConnectionPtr> Connections() const {
    return {connections_.begin(), connections_.end()};
  }

  void Listen(asio::posix::stream_descriptor& socket) {
    socket.async_wait(asio::posix::stream_descriptor::wait_read,
                      [this, &socket](const error_code& error) {
                        if (!error) TakeConnections(socket);
                      });
  }

  void TakeConnections(asio::posix::stream_descriptor& socket) {
    using Outcome = ListeningSockets::Accepted::Outcome;
    for (int i = 0; i < kTakenAtOnce; ++i) {
      const auto accepted = sockets_.Accept(socket.native_handle());
      if (accepted.outcome == Outcome::kNone) break;
      if (accepted.outcome == Outcome::kRefused) Count(refused_);
      if (accepted.outcome == Outcome::kTaken) Take(accepted.connection);
      if (accepted.outcome != Outcome::kTryLater) continue;
      const auto later = std::make_shared<asio::steady_timer>(io_, kTryAgain);
      return later->async_wait([this, &socket, later](const error_code&) {
        if (!stopping_) Listen(socket);
      });
    }
    Listen(socket);
  }

  void Take(int fd) {
    const Peer peer = PeerOf(fd);
    if (of_peer_[peer] >= options_.limits.connections_of_one_address) {
      CloseOneOf(peer);
    } else if (static_cast<int>(connections_.size()) >= options_.limits.connections) {
      const auto fewer = [](const auto& a, const auto& b) { return a.second < b.second; };
      CloseOneOf(std::max_element(of_peer_.begin(), of_peer_.end(), fewer)->first);
    }
    // v6 sockets as well: what the protocol is does not matter once they are connected.
    const auto c = std::make_shared<Connection>(io_, tcp::v4(), fd, peer);
    error_code error;
    c->socket.non_blocking(true, error);
    connections_.insert(c);
    ++of_peer_[peer];
    Count(taken_);
    if (!sweeping_) Sweep();
    Do(c, Doing::kReading, options_.limits.first_byte);
    Read(c);
  }

  // Makes room where the most is taken.
  void CloseOneOf(Peer peer) {
    ConnectionPtr missed;
    for (const ConnectionPtr& c : connections_) {
      if (c->peer != peer) continue;
      const auto worth = [](const ConnectionPtr& of) { return std::tuple(of->doing, of->since); };
      if (missed == nullptr || worth(c) < worth(missed)) missed = c;
    }
    if (missed == nullptr) return;
    Count(missed_);
    Close(missed);
  }

  void Close(const ConnectionPtr& c) {
    if (connections_.erase(c) == 0) return;
    if (--of_peer_[c->peer] == 0) of_peer_.erase(c->peer);
    error_code error;
    c->socket.close(error);
    EndIfStopped();
  }

  bool IsOpen(const ConnectionPtr& c) const { return connections_.contains(c); }

  static void Do(const ConnectionPtr& c, Doing doing, absl::Duration at_most) {
    c->doing = doing;
    c->since = Clock::now();
    c->until = c->since + absl::ToChronoNanoseconds(at_most);
  }

  void Read(const ConnectionPtr& c) {
    std::array<char, 4096> bytes;
    error_code error;
    const size_t n =
        c->socket.read_some(asio::buffer(bytes, std::min(bytes.size(), c->reader.room())), error);
    if (error == asio::error::would_block) return WaitToRead(c);
    if (error) return Close(c);  // also at the end: what is not whole now never will be
    if (!std::exchange(c->begun, true)) Do(c, Doing::kReading, options_.limits.whole_header);
    c->reader.Append({bytes.data(), n});
    Next(c);
  }

  void WaitToRead(const ConnectionPtr& c) {
    if (std::exchange(c->waiting_to_read, true)) return;
    c->socket.async_wait(tcp::socket::wait_read, [this, c](const error_code& error) {
      c->waiting_to_read = false;
      if (error || !IsOpen(c)) return;
      if (c->doing == Doing::kLingering) return Discard(c);
      // What comes while a request is being answered stays in the system's buffer.
      if (c->doing == Doing::kIdle || c->doing == Doing::kReading) Read(c);
    });
  }

  // Looks at what has been read.
  void Next(const ConnectionPtr& c) {
    auto next = c->reader.Take();
    if (std::holds_alternative<HttpMore>(next)) return WaitToRead(c);
    if (const auto* refusal = std::get_if<HttpRefusal>(&next)) {
      c->request = {};
      return Refuse(c, refusal->status, refusal->why);
    }
    c->request = std::get<HttpRequest>(std::move(next));
    ++c->requests;
    const std::string& path = c->request.path;
    if (path == "/metrics") return Make(c, kFigures);
    if (path == "/readyz") return Make(c, kReadiness);
    Send(c, path == "/healthz" ? health_ : path == "/version" ? version_ : nothing_);
  }

  void Make(const ConnectionPtr& c, size_t maker) {
    Do(c, Doing::kMaking, options_.limits.page);
    c->maker = maker;
    c->round = makers_[maker]->Ask(c->request.gzip);
  }

  void Refuse(const ConnectionPtr& c, int status, const std::string& why) {
    c->request.keep_alive = false;
    Send(c, MakePage({.status = status, .body = absl::StrCat(why, "\n")}));
  }

  void Send(const ConnectionPtr& c, const PagePtr& page) {
    Do(c, Doing::kWriting, options_.limits.write);
    const bool gzip = c->request.gzip && !page->gzip_body.empty();
    const std::string& body = gzip ? page->gzip_body : page->body;
    c->page = page;
    c->last = stopping_ || !c->request.keep_alive ||
              c->requests >= options_.limits.requests_of_one_connection;
    c->head = HttpHead(*page, body.size(), gzip, c->last);
    Count(answers_[page->status / 100 - 1]);
    const std::array<asio::const_buffer, 2> bytes = {
        asio::buffer(c->head), asio::buffer(body.data(), c->request.head ? 0 : body.size())};
    asio::async_write(c->socket, bytes, [this, c](const error_code& error, size_t) {
      if (!IsOpen(c)) return;
      if (error) return Close(c);
      Sent(c);
    });
  }

  void Sent(const ConnectionPtr& c) {
    c->page = nullptr;
    if (c->last) {
      error_code error;
      c->socket.shutdown(tcp::socket::shutdown_send, error);
      Do(c, Doing::kLingering, absl::FromChrono(kLinger));
      return Discard(c);
    }
    c->begun = c->reader.begun();
    Do(c, c->begun ? Doing::kReading : Doing::kIdle,
       c->begun ? options_.limits.whole_header : options_.limits.idle);
    Next(c);
  }

  void Discard(const ConnectionPtr& c) {
    std::array<char, 4096> bytes;
    while (c->discarded < kMostDiscarded) {
      error_code error;
      const size_t n = c->socket.read_some(asio::buffer(bytes), error);
      c->discarded += n;
      if (error == asio::error::would_block) return WaitToRead(c);
      if (error) break;
    }
    Close(c);
  }

  // --- time ---

  void Sweep() {
    sweeping_ = !connections_.empty();
    if (!sweeping_) return;
    timer_.expires_after(kSweepEvery);
    timer_.async_wait([this](const error_code&) {
      const auto now = Clock::now();
      for (const ConnectionPtr& c : Connections()) {
        if (now >= c->until) IsLate(c);
      }
      Sweep();
    });
  }

  void IsLate(const ConnectionPtr& c) {
    if (c->doing == Doing::kReading && c->begun) {
      return Refuse(c, 408, "the request did not come in time");
    }
    if (c->doing == Doing::kMaking) return Refuse(c, 503, "the page could not be made in time");
    Close(c);
  }

  // What has an answer under way may take it.
  void StopListening() {
    stopping_ = true;
    for (const auto& socket : listening_) socket->release();
    const auto last = Clock::now() + kLastAnswers;
    for (const ConnectionPtr& c : Connections()) {
      c->until = std::min(c->until, last);
      if (c->doing != Doing::kWriting && c->doing != Doing::kLingering) Close(c);
    }
    EndIfStopped();
  }

  void EndIfStopped() {
    if (!stopping_ || !connections_.empty()) return;
    work_.reset();
    timer_.cancel();
  }

  const HttpOptions options_;
  ListeningSockets sockets_{kKeptShare};
  asio::io_context io_{1};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  asio::steady_timer timer_{io_};
  std::vector<std::unique_ptr<asio::posix::stream_descriptor>> listening_;
  std::set<ConnectionPtr> connections_;
  std::map<Peer, int> of_peer_;
  bool sweeping_ = false;
  bool stopping_ = false;

  PagePtr health_, version_, nothing_;
  enum : size_t { kFigures, kReadiness };  // places in makers_
  std::vector<std::unique_ptr<HttpPageMaker>> makers_;

  Counter* taken_ = nullptr;
  Counter* refused_ = nullptr;
  Counter* missed_ = nullptr;
  std::array<Counter*, 5> answers_{};

  std::unique_ptr<SizedThread> thread_;
};

HttpServer::HttpServer(HttpOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpServer::~HttpServer() = default;
absl::Status HttpServer::Start() { return impl_->Start(); }
int HttpServer::port() const { return impl_->port(); }
void HttpServer::Stop() { impl_->Stop(); }

}  // namespace daybook::rpc
