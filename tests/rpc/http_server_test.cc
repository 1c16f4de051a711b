#include "common/rpc/http_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "common/base/metrics.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rpc/loopback.h"

namespace daybook::rpc {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// The whole answer to `method path`, as it comes over the wire.
std::string Fetch(int port, std::string_view path, std::string_view method = "GET") {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  std::string answer;
  if (ConnectTo(fd, port)) {
    const std::string request =
        std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n\r\n";
    EXPECT_EQ(::write(fd, request.data(), request.size()), static_cast<ssize_t>(request.size()));
    char buffer[4096];
    for (ssize_t n; (n = ::read(fd, buffer, sizeof buffer)) > 0;) answer.append(buffer, n);
  }
  ::close(fd);
  return answer;
}

class Http : public testing::Test {
 protected:
  Http() {
    options_.address = "127.0.0.1:0";
    options_.metrics = &metrics_;
    options_.version = "1.2.3";
    options_.missing = [this] { return missing_; };
  }

  std::string Get(std::string_view path, std::string_view method = "GET") {
    if (!server_) {
      server_ = std::make_unique<HttpServer>(options_);
      const absl::Status started = server_->Start();
      EXPECT_TRUE(started.ok()) << started;
    }
    return Fetch(server_->port(), path, method);
  }

  Metrics metrics_;
  std::vector<std::string> missing_;
  HttpOptions options_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(Http, ExposesMetrics) {
  metrics_.AddCounter("a_total", "A.").Increment(3);
  EXPECT_THAT(Get("/metrics"), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("version=0.0.4"),
                                     EndsWith("\r\n\r\n" + metrics_.Expose())));
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

// Callers who connect and say nothing, until they are hung up on.
class Silent {
 public:
  Silent(int port, int count) {
    for (int i = 0; i < count; ++i) {
      sockets_.push_back(::socket(AF_INET, SOCK_STREAM, 0));
      EXPECT_TRUE(ConnectTo(sockets_.back(), port));
    }
  }
  ~Silent() {
    for (const int fd : sockets_) ::close(fd);
  }
  bool all_there() const {
    char byte;
    for (const int fd : sockets_) {
      if (::recv(fd, &byte, 1, MSG_DONTWAIT) >= 0 || errno != EAGAIN) return false;
    }
    return true;
  }

 private:
  std::vector<int> sockets_;
};

TEST_F(Http, AnswersProbesWhileOthersConnectAndSayNothing) {
  Get("/healthz");
  // A machine that stops for seconds makes an attempt say nothing; a server whose threads all wait
  // for the silent ones never answers before it has hung up on some.
  bool answered = false;
  for (int attempt = 0; attempt < 5 && !answered; ++attempt) {
    const Silent silent(server_->port(), 8);
    answered = !Get("/healthz").empty() && silent.all_there();
  }
  EXPECT_TRUE(answered);
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
