#include "common/rpc/client.h"

#include <atomic>
#include <thread>

#include "tests/rpc/serving.h"

namespace daybook::rpc {
namespace {

using RpcClient = Serving;

TEST_F(RpcClient, SaysUnavailableWhenNobodyListens) {
  Client client("127.0.0.1:1");
  std::string response;
  EXPECT_EQ(client.CallRaw("/a.B/C", "", &response, absl::Now() + absl::Seconds(20)).code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(RpcClient, KeepsToItsWindow) {
  std::atomic<int> inside{0}, most{0};
  Serve([&](std::unique_ptr<Call> call) {
    std::thread([&, call = std::move(call)]() mutable {
      const int now = ++inside;
      int seen = most;
      while (seen < now && !most.compare_exchange_weak(seen, now)) {
      }
      std::this_thread::yield();
      --inside;
      Echo(std::move(call));
    }).detach();
  });
  auto client = NewClient({.window = 3});
  std::atomic<int> answered{0};
  for (int i = 0; i < 200; ++i) {
    client->CallAsync(PathOf(IssueInvoice()), "", absl::Now() + absl::Seconds(20),
                      [&](absl::Status status, std::string) { answered += status.ok(); });
  }
  client->Drain();
  EXPECT_EQ(answered, 200);
  EXPECT_LE(most, 3);
}

TEST_F(RpcClient, CallsAgainFromTheCallbackWithoutBlocking) {
  Serve(Echo);
  auto client = NewClient({.window = 1, .connections = 2});
  std::atomic<int> left{500};
  std::function<void()> next = [&] {
    client->CallAsync(PathOf(IssueInvoice()), "", absl::Now() + absl::Seconds(20),
                      [&](absl::Status status, std::string) {
                        EXPECT_TRUE(status.ok()) << status;
                        if (--left > 0) next();
                      });
  };
  next();
  client->Drain();
  EXPECT_EQ(left, 0);
}

TEST_F(RpcClient, CallsBackForEverythingBeforeItIsGone) {
  std::vector<std::unique_ptr<Call>> kept;
  Serve([&](std::unique_ptr<Call> call) { kept.push_back(std::move(call)); });
  std::atomic<int> answered{0};
  auto client = NewClient();
  for (int i = 0; i < 10; ++i) {
    client->CallAsync(PathOf(IssueInvoice()), "", absl::Now() + absl::Seconds(60),
                      [&](absl::Status status, std::string) { answered += !status.ok(); });
  }
  client.reset();
  EXPECT_EQ(answered, 10);
  server_->Shutdown(absl::Now());
}

}  // namespace
}  // namespace daybook::rpc
