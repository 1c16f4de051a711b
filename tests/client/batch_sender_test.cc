#include "common/client/batch_sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/reasons.h"
#include "common/rpc/server.h"

namespace daybook {
namespace {

using ::testing::ElementsAre;

book::v1::Command CommandOf(const std::string& customer, const std::string& request_id) {
  book::v1::Command command;
  command.mutable_open_account()->set_customer_id(customer);
  command.mutable_open_account()->set_request_id(request_id);
  return command;
}

// A server that answers commands by a script: the n-th time that a request id comes, the n-th code.
class ScriptedServer {
 public:
  ScriptedServer() : server_(rpc::ServerOptions{.address = "127.0.0.1:0"}) {
    rpc::Service service("daybook.book.v1.CommandService");
    service.Handle("ExecuteBatch", [this](std::unique_ptr<rpc::Call> call) { Answer(*call); });
    service.Decline("ExecuteStream");
    server_.Add(std::move(service));
    EXPECT_TRUE(server_.Start().ok());
  }
  ~ScriptedServer() { server_.Shutdown(absl::Now()); }

  std::string address() const { return Cat("127.0.0.1:", server_.port()); }

  // Before Send.
  std::map<std::string, std::vector<absl::StatusCode>> script;
  std::vector<absl::Status> calls;  // outcome of whole calls, first to last; then OK
  // After it: request ids in the order in which they came.
  std::vector<std::string> seen;

 private:
  void Answer(rpc::Call& call) {
    const auto& request = static_cast<const book::v1::ExecuteBatchRequest&>(call.request());
    if (calls_++ < calls.size() && !calls[calls_ - 1].ok()) {
      return call.FinishError(calls[calls_ - 1]);
    }
    book::v1::ExecuteBatchResponse response;
    for (const auto& command : request.commands()) {
      const std::string& id = command.open_account().request_id();
      seen.push_back(id);
      auto& codes = script[id];
      auto* result = response.add_results();
      if (codes.empty()) {
        result->mutable_open_account()->set_account_id(id);
      } else {
        result->mutable_status()->set_code(static_cast<int>(codes.front()));
        codes.erase(codes.begin());
      }
    }
    call.Finish(response);
  }

  size_t calls_ = 0;
  rpc::Server server_;
};

BatchSenderOptions Impatient() {
  return {.call_deadline = absl::Seconds(5),
          .first_wait = absl::Milliseconds(1),
          .longest_wait = absl::Milliseconds(2),
          .give_up = absl::Milliseconds(500)};
}

TEST(BatchSender, SendsAgainWhatHasNoOutcomeAndWhatStandsBehindIt) {
  ScriptedServer server;
  server.script["a1"] = {absl::StatusCode::kUnavailable};
  server.script["a2"] = {absl::StatusCode::kNotFound};  // only because a1 is missing
  rpc::Client client(server.address());
  const auto results =
      BatchSender(&client, Impatient())
          .Send({CommandOf("a", "a1"), CommandOf("b", "b1"), CommandOf("a", "a2")});
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_THAT(server.seen, ElementsAre("a1", "b1", "a2", "a1", "a2"));
  for (const auto& result : *results) EXPECT_EQ(result.status().code(), 0);
  EXPECT_EQ((*results)[1].open_account().account_id(), "b1");
}

TEST(BatchSender, GivesRefusalsBack) {
  ScriptedServer server;
  server.script["a1"] = {absl::StatusCode::kFailedPrecondition};
  rpc::Client client(server.address());
  const auto results =
      BatchSender(&client, Impatient()).Send({CommandOf("a", "a1"), CommandOf("a", "a2")});
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_THAT(server.seen, ElementsAre("a1", "a2"));
  EXPECT_EQ(StatusOf((*results)[0]).code(), absl::StatusCode::kFailedPrecondition);
}

TEST(BatchSender, SendsAWholeCallAgain) {
  ScriptedServer server;
  server.calls = {Refuse(reason::kOverloaded, "busy"), Refuse(reason::kStarting, "starting")};
  rpc::Client client(server.address());
  EXPECT_TRUE(BatchSender(&client, Impatient()).Send({CommandOf("a", "a1")}).ok());
  EXPECT_THAT(server.seen, ElementsAre("a1"));
}

TEST(BatchSender, DoesNotSendAgainWhatThatDoesNotMend) {
  ScriptedServer server;
  server.calls = {absl::InvalidArgumentError("no")};
  rpc::Client client(server.address());
  EXPECT_TRUE(absl::IsInvalidArgument(
      BatchSender(&client, Impatient()).Send({CommandOf("a", "a1")}).status()));
}

TEST(BatchSender, GivesUpInTheEnd) {
  rpc::Client client("127.0.0.1:1");
  const absl::Status status =
      BatchSender(&client, Impatient()).Send({CommandOf("a", "a1")}).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), testing::StartsWith("gave up after "));
}

// Silence is for moments only: who waits is told, and told when it is over.
TEST(BatchSender, TellsWhoWaits) {
  ScriptedServer server;
  std::vector<std::string> lines;
  RetryNotice notice("there", [&](std::string_view line) { lines.emplace_back(line); });
  server.calls.assign(10, Refuse(reason::kStarting, "starting"));
  BatchSenderOptions options = Impatient();
  options.first_wait = options.longest_wait = absl::Milliseconds(300);
  options.give_up = absl::Hours(1);
  options.notice = &notice;
  rpc::Client client(server.address());
  EXPECT_TRUE(BatchSender(&client, options).Send({CommandOf("a", "a1")}).ok());
  EXPECT_THAT(lines, ElementsAre(testing::HasSubstr("takes nothing"), "there answers again"));
}

TEST(BatchSender, StopsWhenTold) {
  rpc::Client client("127.0.0.1:1");
  const std::atomic<bool> stop{true};
  BatchSenderOptions options = Impatient();
  options.stop = &stop;
  EXPECT_TRUE(
      absl::IsCancelled(BatchSender(&client, options).Send({CommandOf("a", "a1")}).status()));
}

TEST(WorthSendingAgain, IsNotWhatTheServerWillNotDo) {
  EXPECT_TRUE(WorthSendingAgain(Refuse(reason::kOverloaded, "too many")));
  EXPECT_TRUE(WorthSendingAgain(absl::UnavailableError("connection refused")));
  EXPECT_FALSE(WorthSendingAgain(Refuse(reason::kNotServedHere, "read models only")));
  EXPECT_FALSE(WorthSendingAgain(absl::InvalidArgumentError("wrong")));
}

}  // namespace
}  // namespace daybook
