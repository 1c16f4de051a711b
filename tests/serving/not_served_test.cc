#include "common/serving/not_served.h"

#include <gtest/gtest.h>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/rpc/client.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/book/v1/command_service.pb.h"
#include "tests/support/stream_client.h"

namespace daybook {
namespace {

TEST(NotServed, AnswersEveryKindOfCall) {
  rpc::Server server({.address = "127.0.0.1:0"});
  const auto why = [](const google::protobuf::Message* request) {
    return Refuse(reason::kNotServedHere, "elsewhere",
                  {{"stream", request == nullptr ? "a stream" : FirstStream(*request)}});
  };
  for (const auto* service : {billing::v1::OpenAccountRequest::descriptor()->file()->service(0),
                              book::v1::ExecuteBatchRequest::descriptor()->file()->service(0)}) {
    server.Add(NotServed(service, why));
  }
  ASSERT_TRUE(server.Start().ok());
  const std::string address = "127.0.0.1:" + std::to_string(server.port());
  rpc::Client client(address);
  const auto ask = [&](const char* path, const google::protobuf::Message& request) {
    std::string response;
    return client.CallRaw(path, request.SerializeAsString(), &response,
                          WallNow() + absl::Seconds(10));
  };
  billing::v1::OpenAccountRequest open;
  open.set_customer_id("c-1");
  const absl::Status unary = ask("/daybook.billing.v1.BillingService/OpenAccount", open);
  EXPECT_EQ(unary.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(unary), "NOT_SERVED_HERE");
  EXPECT_EQ(MetadataOf(unary, "stream"), "c-1");

  book::v1::ExecuteBatchRequest batch;
  *batch.add_commands()->mutable_open_account() = open;
  const absl::Status many = ask("/daybook.book.v1.CommandService/ExecuteBatch", batch);
  EXPECT_EQ(MetadataOf(many, "stream"), "c-1") << many;
  EXPECT_EQ(ReasonOf(many), "NOT_SERVED_HERE");

  StreamClient stream(address, "/daybook.book.v1.CommandService/ExecuteStream",
                      WallNow() + absl::Seconds(10));
  const absl::Status streamed = stream.Finish();
  EXPECT_EQ(ReasonOf(streamed), "NOT_SERVED_HERE") << streamed;
  EXPECT_EQ(MetadataOf(streamed, "stream"), "a stream");
}

TEST(NotServed, FindsTheStreamOfACommandOrNothing) {
  billing::v1::OpenAccountRequest open;
  EXPECT_EQ(FirstStream(open), "");
  open.set_customer_id("c-2");
  EXPECT_EQ(FirstStream(open), "c-2");
  book::v1::ExecuteBatchRequest batch;
  EXPECT_EQ(FirstStream(batch), "");
  batch.add_commands();  // none of the kinds
  EXPECT_EQ(FirstStream(batch), "");
  *batch.mutable_commands(0)->mutable_open_account() = open;
  EXPECT_EQ(FirstStream(batch), "c-2");
}

}  // namespace
}  // namespace daybook
