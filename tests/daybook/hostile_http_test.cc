// The HTTP port of `daybook serve` under what nobody should send it.
#include "tests/support/hostile_http.h"

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/daybook_process.h"
#include "tests/support/loopback.h"
#include "tests/support/scratch.h"

namespace daybook {
namespace {

using testing::Contains;

constexpr char kHealth[] = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
constexpr char kReadiness[] = "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

class HostileHttp : public testing::Test {
 protected:
  // Calls `what` again and again in `count` threads until Join.
  void Meanwhile(int count, std::function<void(int)> what) {
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this, i, what] {
        while (!done_.load()) what(i);
      });
    }
  }
  void Join() {
    done_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    done_ = false;
  }

  ScratchDirectory scratch_;
  const int port_ = UnusedPort();
  DaybookProcess server_{
      {.data_dir = scratch_.path() + "/data", .http_listen = absl::StrCat("127.0.0.1:", port_)}};
  std::vector<std::thread> threads_;
  std::atomic<bool> done_{false};
};

TEST_F(HostileHttp, RequestsHarmNobody) {
  ASSERT_TRUE(server_.StartAndWait().ok());
  const std::vector<HostileRequest> all = HostileRequests();
  constexpr int kCallers = 8;
  constexpr int kRounds = 3;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      for (size_t i = 0; i < kRounds * all.size(); ++i) {
        const HostileRequest& hostile = all[(i * 7 + caller * 11) % all.size()];
        const HttpAnswers answers = SayToHttp(port_, hostile.bytes);
        EXPECT_THAT(hostile.allowed, Contains(answers.statuses)) << hostile.name;
      }
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(SayToHttp(port_, kHealth).statuses, "200");
  EXPECT_EQ(SayToHttp(port_, kReadiness).statuses, "200");
  EXPECT_TRUE(server_.running());
}

TEST_F(HostileHttp, HammeringDuringTheStartHarmsNobody) {
  std::atomic<int> answered = 0;
  for (int start = 0; start < 5; ++start) {
    const std::vector<HostileRequest> all = HostileRequests();
    Meanwhile(4, [&](int i) {
      const std::string& say = i == 0 ? all.front().bytes : i == 1 ? kHealth : kReadiness;
      const std::string statuses = SayToHttp(port_, say).statuses;
      EXPECT_THAT((std::vector<std::string>{"", "200", "503"}), Contains(statuses));
      if (!statuses.empty()) ++answered;
    });
    const absl::Status ready = server_.StartAndWait();
    EXPECT_TRUE(ready.ok()) << ready;
    server_.Terminate();
    EXPECT_EQ(server_.WaitUntilEnded(absl::Seconds(30)), 0);
    Join();
  }
  EXPECT_GT(answered, 0);
}

TEST_F(HostileHttp, SilentCallersKeepNoProbeFromBeingAnswered) {
  ASSERT_TRUE(server_.StartAndWait().ok());
  std::vector<int> silent;
  for (int i = 0; i < 400; ++i) {
    silent.push_back(::socket(AF_INET, SOCK_STREAM, 0));
    ASSERT_TRUE(ConnectTo(silent.back(), port_));
  }
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(SayToHttp(port_, kHealth).statuses, "200");
    EXPECT_EQ(SayToHttp(port_, kReadiness).statuses, "200");
  }
  for (const int fd : silent) ::close(fd);
}

}  // namespace
}  // namespace daybook
