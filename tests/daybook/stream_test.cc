// ExecuteStream of the served binary: order, refusals among acceptances, stopping in the middle.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <thread>

#include "common/base/status.h"
#include "common/rpc/details.h"
#include "daybook/book/v1/command_service.pb.h"
#include "google/rpc/error_details.pb.h"
#include "grpc/health/v1/health.pb.h"
#include "tests/support/daybook_process.h"
#include "tests/support/scratch.h"
#include "tests/support/stream_client.h"

namespace daybook {
namespace {

using book::v1::ExecuteStreamRequest;
using book::v1::ExecuteStreamResponse;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using testing::ElementsAre;

constexpr const char* kPath = "/daybook.book.v1.CommandService/ExecuteStream";

std::string ReasonIn(const google::rpc::Status& status) {
  return ReasonOf(rpc::DecodeDetails(static_cast<absl::StatusCode>(status.code()), "",
                                     status.SerializeAsString()));
}

ExecuteStreamRequest Register(uint64_t tag, const std::string& customer) {
  ExecuteStreamRequest request;
  request.set_tag(tag);
  auto& command = *request.mutable_command()->mutable_register_customer();
  command.set_customer_id(customer);
  command.set_kind(customer::v1::CUSTOMER_KIND_PERSON);
  command.mutable_profile()->mutable_personal()->set_display_name("Ada");
  command.set_request_id("register");
  return request;
}

ExecuteStreamRequest Open(uint64_t tag, const std::string& customer) {
  ExecuteStreamRequest request;
  request.set_tag(tag);
  auto& command = *request.mutable_command()->mutable_open_account();
  command.set_customer_id(customer);
  command.set_currency_code("EUR");
  command.set_request_id("open");
  return request;
}

ExecuteStreamRequest Invoice(uint64_t tag, const std::string& customer, int number) {
  ExecuteStreamRequest request;
  request.set_tag(tag);
  auto& command = *request.mutable_command()->mutable_issue_invoice();
  command.set_customer_id(customer);
  command.set_request_id("invoice-" + std::to_string(number));
  auto& line = *command.add_lines();
  line.set_description("Tea");
  line.mutable_amount()->set_currency_code("EUR");
  line.mutable_amount()->set_units(number);
  return request;
}

class CommandStream : public testing::Test {
 protected:
  CommandStream() : server_({.data_dir = scratch_.path() + "/data", .partitions = 4}) {
    const absl::Status status = server_.StartAndWait();
    EXPECT_TRUE(status.ok()) << status;
  }

  ScratchDirectory scratch_;
  DaybookProcess server_;
};

TEST_F(CommandStream, KeepsTheOrderOfEachCustomer) {
  constexpr int kCustomers = 50, kInvoices = 20, kEach = kInvoices + 2;
  StreamClient stream(server_.address(), kPath, absl::Now() + absl::Seconds(60));
  const auto customer = [](int c) { return "c-" + std::to_string(c); };
  std::thread writer([&] {  // tag = step * customers + customer
    for (int step = 0; step < kEach; ++step) {
      for (int c = 0; c < kCustomers; ++c) {
        const uint64_t tag = static_cast<uint64_t>(step * kCustomers + c);
        stream.Write(step == 0   ? Register(tag, customer(c))
                     : step == 1 ? Open(tag, customer(c))
                                 : Invoice(tag, customer(c), step));
      }
    }
    stream.CloseWrites();
  });
  std::map<uint64_t, int64_t> revisions;
  for (ExecuteStreamResponse response; stream.Read(&response);) {
    const auto& result = response.result();
    EXPECT_EQ(result.status().code(), 0) << response.DebugString();
    revisions[response.tag()] = result.has_register_customer()
                                    ? result.register_customer().revision()
                                : result.has_open_account() ? result.open_account().revision()
                                                            : result.issue_invoice().revision();
  }
  writer.join();
  EXPECT_TRUE(stream.Finish().ok());
  ASSERT_EQ(revisions.size(), static_cast<size_t>(kCustomers * kEach));
  for (const auto& [tag, revision] : revisions) {
    ASSERT_EQ(revision, static_cast<int64_t>(tag) / kCustomers + 1) << tag;
  }
  std::istringstream history(
      RunDaybook({"history", "--data-dir=" + scratch_.path() + "/data"}).out);
  int lines = 0;
  for (std::string line; std::getline(history, line); ++lines) {
    ASSERT_THAT(line, testing::HasSubstr("\"actor\":\"local\""));
  }
  EXPECT_EQ(lines, kCustomers * kEach);
}

TEST_F(CommandStream, AnswersWhatItRefusesAndGoesOn) {
  StreamClient stream(server_.address(), kPath, absl::Now() + absl::Seconds(60));
  ExecuteStreamRequest nothing;
  nothing.set_tag(2);
  ExecuteStreamRequest huge = Invoice(5, "c-1", 1);
  huge.mutable_command()->mutable_issue_invoice()->set_reference(std::string(300'000, 'x'));
  ASSERT_TRUE(stream.Write(Register(1, "c-1")));
  ASSERT_TRUE(stream.Write(nothing));
  ASSERT_TRUE(
      stream.WriteRaw("\x08\x03\x12\x7f"
                      "cut"));
  ASSERT_TRUE(stream.Write(Open(4, "nobody")));
  ASSERT_TRUE(stream.Write(huge));
  ASSERT_TRUE(stream.Write(Open(6, "c-1")));
  stream.CloseWrites();
  std::map<uint64_t, std::string> reasons;
  for (ExecuteStreamResponse response; stream.Read(&response);) {
    reasons[response.tag()] = ReasonIn(response.result().status());
  }
  EXPECT_TRUE(stream.Finish().ok());
  EXPECT_THAT(reasons,
              ElementsAre(std::pair(1, ""), std::pair(2, "INVALID_FIELDS"),
                          std::pair(3, "MALFORMED_REQUEST"), std::pair(4, "CUSTOMER_NOT_FOUND"),
                          std::pair(5, "REQUEST_TOO_LARGE"), std::pair(6, "")));
}

TEST_F(CommandStream, RefusesMetadataThatIsTooLong) {
  StreamClient stream(server_.address(), kPath, absl::Now() + absl::Seconds(60),
                      {{"daybook-correlation-id", std::string(129, 'x')}});
  ExecuteStreamResponse response;
  EXPECT_FALSE(stream.Read(&response));
  EXPECT_EQ(ReasonOf(stream.Finish()), "INVALID_FIELDS");
}

TEST_F(CommandStream, ToldToStopItAnswersWhatItHasReadAndNothingIsLost) {
  HealthCheckResponse health;
  StreamClient watch(server_.address(), "/grpc.health.v1.Health/Watch",
                     absl::Now() + absl::Seconds(60));
  ASSERT_TRUE(watch.Write(HealthCheckRequest()));
  watch.CloseWrites();
  ASSERT_TRUE(watch.Read(&health));
  EXPECT_EQ(health.status(), HealthCheckResponse::SERVING);

  std::map<uint64_t, std::string> accepted;
  {
    StreamClient stream(server_.address(), kPath, absl::Now() + absl::Seconds(60));
    std::thread writer([&] {
      stream.Write(Register(1, "c-1"));
      stream.Write(Open(2, "c-1"));
      for (int i = 3; stream.Write(Invoice(i, "c-1", i));) ++i;
    });
    for (ExecuteStreamResponse response; stream.Read(&response);) {
      if (response.result().status().code() == 0) {
        accepted[response.tag()] = response.result().issue_invoice().number();
      } else {
        EXPECT_EQ(ReasonIn(response.result().status()), "SHUTTING_DOWN");
      }
      if (response.tag() == 500) server_.Terminate();
    }
    writer.join();
    EXPECT_EQ(ReasonOf(stream.Finish()), "SHUTTING_DOWN");
  }
  ASSERT_TRUE(watch.Read(&health));
  EXPECT_EQ(health.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(watch.Read(&health));
  EXPECT_EQ(server_.WaitUntilEnded(absl::Seconds(30)), 0);
  EXPECT_GE(accepted.size(), 500u);

  ASSERT_TRUE(server_.StartAndWait().ok());
  StreamClient again(server_.address(), kPath, absl::Now() + absl::Seconds(60));
  std::thread writer([&] {
    for (const auto& [tag, number] : accepted) {
      if (tag > 2) again.Write(Invoice(tag, "c-1", static_cast<int>(tag)));
    }
    again.CloseWrites();
  });
  size_t same = 2;
  for (ExecuteStreamResponse response; again.Read(&response); ++same) {
    EXPECT_EQ(response.result().issue_invoice().number(), accepted[response.tag()]);
  }
  writer.join();
  EXPECT_EQ(same, accepted.size());
}

TEST(Endpoint, OfAPortThatTheSystemChoseIsThePortItGot) {
  const ScratchDirectory scratch;
  const auto child = ChildProgram::Spawn(
      {DaybookBinary(), "serve", "--data-dir=" + scratch.path() + "/data", "--partitions=1",
       "--listen=127.0.0.1:0", "--http-listen=", "--log-format=json"},
      {});
  ASSERT_TRUE(child.ok()) << child.status();
  ASSERT_TRUE((*child)->WaitUntilSays("\"message\":\"ready\"", absl::Now() + absl::Seconds(30)));
  const std::string said = (*child)->err();
  (*child)->Signal(SIGTERM);
  ASSERT_EQ((*child)->WaitUntilEnded(absl::Now() + absl::Seconds(30)), 0);
  const std::string key = "\"endpoint\":\"127.0.0.1:";
  const size_t at = said.find(key);
  ASSERT_NE(at, std::string::npos) << said;
  const int port = std::atoi(said.c_str() + at + key.size());
  EXPECT_GT(port, 0);
  const Ran history = RunDaybook({"history", "--all", "--data-dir=" + scratch.path() + "/data"});
  ASSERT_EQ(history.code, 0) << history.err;
  EXPECT_THAT(history.out, testing::HasSubstr("127.0.0.1:" + std::to_string(port)));
}

}  // namespace
}  // namespace daybook
