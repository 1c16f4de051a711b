#include "common/rpc/http_server.h"

#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "common/base/metrics.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/hostile_http.h"
#include "tests/support/loopback.h"

namespace daybook::rpc {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// The whole answer to `method path`, as it comes over the wire.
std::string Fetch(int port, const std::string& path, const std::string& method = "GET",
                  const std::string& fields = "") {
  return SayToHttp(port, method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" +
                             fields + "\r\n")
      .bytes;
}

std::string Unpacked(const std::string& gzip) {
  std::string text(1 << 20, '\0');
  z_stream stream{};
  EXPECT_EQ(::inflateInit2(&stream, MAX_WBITS + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data()));
  stream.avail_in = static_cast<uInt>(gzip.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
  text.resize(stream.total_out);
  ::inflateEnd(&stream);
  return text;
}

class Http : public testing::Test {
 protected:
  Http() {
    options_.address = "127.0.0.1:0";
    options_.metrics = &metrics_;
    options_.version = "1.2.3";
    options_.missing = [this] { return missing_; };
  }

  void Serve() {
    server_ = std::make_unique<HttpServer>(options_);
    const absl::Status started = server_->Start();
    ASSERT_TRUE(started.ok()) << started;
  }

  std::string Get(const std::string& path, const std::string& method = "GET",
                  const std::string& fields = "") {
    if (!server_) Serve();
    return Fetch(server_->port(), path, method, fields);
  }

  // What a page waits for. It outlives the server, whose threads may still be in it.
  absl::Notification hang_;
  Metrics metrics_;
  std::vector<std::string> missing_;
  HttpOptions options_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(Http, ExposesMetrics) {
  metrics_.AddCounter("a_total", "A.").Increment(3);
  EXPECT_THAT(Get("/metrics"), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("version=0.0.4"),
                                     HasSubstr("\na_total 3\n")));
}

TEST_F(Http, SaysWhatIsMissing) {
  EXPECT_THAT(Get("/readyz"), AllOf(StartsWith("HTTP/1.1 200"), EndsWith("\r\n\r\nready\n")));
  missing_ = {"partition 3: reading the log", "balances: 12 records behind"};
  EXPECT_THAT(Get("/readyz"),
              AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("\npartition 3: reading the log\n"),
                    HasSubstr("\nbalances: 12 records behind\n")));
  EXPECT_THAT(Get("/healthz"), StartsWith("HTTP/1.1 200"));
}

TEST_F(Http, TellsItsVersion) {
  EXPECT_THAT(Get("/version"), EndsWith("\r\n\r\n{\"version\":\"1.2.3\"}\n"));
}

TEST_F(Http, ServesNothingElse) {
  for (const char* path : {"/", "/metrics/", "/etc/passwd", "/../../etc/passwd", "/%2e%2e/etc"}) {
    EXPECT_THAT(Get(path), Not(StartsWith("HTTP/1.1 200"))) << path;
  }
  EXPECT_THAT(Get("/healthz", "POST"), StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(Get("/healthz", "HEAD"), AllOf(StartsWith("HTTP/1.1 200"), EndsWith("\r\n\r\n")));
}

TEST_F(Http, PacksFiguresForWhoTakesThem) {
  for (int i = 0; i < 100; ++i) {
    metrics_.AddCounter("a_total", "A.", {{"n", std::to_string(i)}}).Increment();
  }
  const std::string plain = Get("/metrics");
  EXPECT_THAT(plain, Not(HasSubstr("Content-Encoding")));
  const std::string packed = Get("/metrics", "GET", "Accept-Encoding: gzip\r\n");
  EXPECT_THAT(packed, HasSubstr("\r\nContent-Encoding: gzip\r\n"));
  const size_t body = packed.find("\r\n\r\n") + 4;
  EXPECT_THAT(packed,
              HasSubstr("\r\nContent-Length: " + std::to_string(packed.size() - body) + "\r\n"));
  EXPECT_THAT(Unpacked(packed.substr(body)), HasSubstr("a_total{n=\"99\"} 1\n"));
  EXPECT_LT(packed.size(), plain.size() / 2);
  EXPECT_THAT(Get("/healthz", "GET", "Accept-Encoding: gzip\r\n"), EndsWith("\r\n\r\nok\n"));
}

TEST_F(Http, AnswersWhatIsHostileAsItDeserves) {
  Serve();
  for (const HostileRequest& hostile : HostileRequests()) {
    const HttpAnswers answers = SayToHttp(server_->port(), hostile.bytes);
    EXPECT_THAT(hostile.allowed, Contains(answers.statuses)) << hostile.name;
    EXPECT_TRUE(answers.ended) << hostile.name;
  }
  EXPECT_THAT(Get("/healthz"), StartsWith("HTTP/1.1 200"));
}

TEST_F(Http, ClosesAConnectionAfterAsManyRequestsAsItMay) {
  options_.limits.requests_of_one_connection = 3;
  Serve();
  std::string five;
  for (int i = 0; i < 5; ++i) five += "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
  EXPECT_EQ(SayToHttp(server_->port(), five).statuses, "200 200 200");
}

// Callers who connect, say something, and wait until they are hung up on.
class Waiting {
 public:
  Waiting(int port, int count, const std::string& say = "") {
    for (int i = 0; i < count; ++i) {
      sockets_.push_back(::socket(AF_INET, SOCK_STREAM, 0));
      EXPECT_TRUE(ConnectTo(sockets_.back(), port));
      EXPECT_EQ(::send(sockets_.back(), say.data(), say.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(say.size()));
    }
  }
  ~Waiting() {
    for (const int fd : sockets_) ::close(fd);
  }
  // What the first one hears, to the end.
  std::string Heard() const {
    std::string heard;
    char buffer[4096];
    for (ssize_t n; (n = ::recv(sockets_[0], buffer, sizeof buffer, 0)) > 0;) {
      heard.append(buffer, static_cast<size_t>(n));
    }
    return heard;
  }

 private:
  std::vector<int> sockets_;
};

// Nothing here is ever late: what takes the places of others does so because they are needed.
class HttpWithoutEnd : public Http {
 protected:
  HttpWithoutEnd() {
    for (absl::Duration* limit :
         {&options_.limits.first_byte, &options_.limits.whole_header, &options_.limits.page,
          &options_.limits.write, &options_.limits.idle}) {
      *limit = absl::Hours(1);
    }
  }
};

TEST_F(HttpWithoutEnd, ProbesAreAnsweredWhateverOthersDoWithTheirConnections) {
  metrics_.AddCounter("long_total", std::string(8 << 20, 'x'));
  Serve();
  const std::string request = "GET /healthz HTTP/1.1\r\nHost: x\r\n";
  const std::string long_page = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
  for (const std::string& say : {std::string(), request, request + "\r\n", long_page}) {
    const Waiting waiting(server_->port(), 2 * options_.limits.connections, say);
    EXPECT_THAT(Get("/healthz"), EndsWith("ok\n")) << say;
    EXPECT_THAT(Get("/readyz"), EndsWith("\nready\n")) << say;
  }
}

TEST_F(HttpWithoutEnd, OneAddressHasNoMoreThanItsShare) {
  options_.limits.connections_of_one_address = 8;
  Serve();
  const Waiting first(server_->port(), 1);
  const Waiting others(server_->port(), 8);
  EXPECT_EQ(first.Heard(), "") << "the one who has waited longest is missed least";
  EXPECT_THAT(metrics_.Expose(),
              HasSubstr("daybook_http_connections_total{outcome=\"missed\"} 1\n"));
}

TEST_F(HttpWithoutEnd, APageThatHangsHoldsUpNoOther) {
  metrics_.AddGauge("a", "A.", {}, [this] {
    hang_.WaitForNotification();
    return 1.0;
  });
  Serve();
  const Waiting waiting(server_->port(), 2 * options_.limits.connections,
                        "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const Waiting one(server_->port(), 1,
                    "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(Get("/healthz"), EndsWith("ok\n"));
  EXPECT_THAT(Get("/readyz"), EndsWith("\nready\n"));
  hang_.Notify();
  EXPECT_THAT(one.Heard(), HasSubstr("\na 1\n"));
}

TEST_F(HttpWithoutEnd, WhoIsMissedWhileAPageIsMadeIsForgotten) {
  std::atomic<int> made = 0;
  options_.missing = [&] {
    if (++made == 1) hang_.WaitForNotification();
    return missing_;
  };
  options_.limits.connections = options_.limits.connections_of_one_address = 4;
  Serve();
  {
    const Waiting waiting(server_->port(), 100, "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
    while (metrics_.Expose().find("connections_total{outcome=\"taken\"} 100\n") ==
           std::string::npos) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  hang_.Notify();
  EXPECT_THAT(Get("/readyz"), EndsWith("\nready\n"));
  EXPECT_LE(made, 3) << "those who wait together are answered together";
}

TEST_F(Http, SaysThatARequestDidNotComeInTime) {
  options_.limits.whole_header = absl::Milliseconds(100);
  Serve();
  EXPECT_THAT(Waiting(server_->port(), 1, "GET /healthz HTTP/1.1\r\n").Heard(),
              AllOf(StartsWith("HTTP/1.1 408"), HasSubstr("Connection: close")));
  EXPECT_THAT(Waiting(server_->port(), 1, "\r\n").Heard(), StartsWith("HTTP/1.1 408"));
}

TEST_F(Http, HangsUpOnWhoSaysNothing) {
  options_.limits.first_byte = options_.limits.idle = absl::Milliseconds(100);
  Serve();
  EXPECT_EQ(Waiting(server_->port(), 1).Heard(), "");
  EXPECT_THAT(Waiting(server_->port(), 1, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").Heard(),
              AllOf(StartsWith("HTTP/1.1 200"), EndsWith("\r\n\r\nok\n")));
}

TEST_F(Http, SaysThatAPageWasNotMadeInTime) {
  options_.limits.page = absl::Milliseconds(100);
  options_.missing = [&] {
    hang_.WaitForNotification();
    return missing_;
  };
  EXPECT_THAT(Get("/readyz"), AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("in time")));
  hang_.Notify();
}

TEST_F(Http, StopsWhileCallersWait) {
  Serve();
  const Waiting silent(server_->port(), 10);
  const Waiting half(server_->port(), 10, "GET /healthz");
  const Waiting idle(server_->port(), 10, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  const int port = server_->port();
  server_->Stop();
  server_->Stop();
  EXPECT_EQ(silent.Heard(), "");
  EXPECT_EQ(Fetch(port, "/healthz"), "");
}

TEST_F(Http, RefusesAReachableAddress) {
  options_.address = "0.0.0.0:0";
  EXPECT_EQ(HttpServer(options_).Start().code(), absl::StatusCode::kFailedPrecondition);
  options_.insecure = true;
  EXPECT_TRUE(HttpServer(options_).Start().ok());
}

TEST_F(Http, RefusesAPortThatIsTaken) {
  Get("/healthz");
  options_.address = "127.0.0.1:" + std::to_string(server_->port());
  const absl::Status status = HttpServer(options_).Start();
  EXPECT_THAT(std::string(status.message()), HasSubstr(options_.address));
}

}  // namespace
}  // namespace daybook::rpc
