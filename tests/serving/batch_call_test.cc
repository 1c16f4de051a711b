// ExecuteBatch whose caller has gone: what is left of it must not keep the server's thread.
#include "common/serving/batch_call.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/base/status.h"
#include "common/command/books.h"
#include "common/command/engine.h"
#include "common/log/embedded/embedded_log.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/customer/v1/customer_service.pb.h"
#include "gmock/gmock.h"
#include "google/rpc/code.pb.h"
#include "gtest/gtest.h"
#include "services/billing/billing.h"
#include "services/customer/customer.h"
#include "tests/support/scratch.h"

namespace daybook {
namespace {

using book::v1::ExecuteBatchRequest;
using book::v1::ExecuteBatchResponse;

struct Answer {
  int times = 0;
  ExecuteBatchResponse response;
};

class FakeCall : public rpc::Call {
 public:
  FakeCall(ExecuteBatchRequest request, absl::Time deadline, Answer* answer)
      : request_(std::move(request)), deadline_(deadline), answer_(*answer) {}

  const google::protobuf::MethodDescriptor& method() const override {
    return *ExecuteBatchRequest::descriptor()
                ->file()
                ->FindServiceByName("CommandService")
                ->FindMethodByName("ExecuteBatch");
  }
  absl::Time deadline() const override { return deadline_; }
  std::string_view metadata(std::string_view) const override { return ""; }
  std::string actor() const override { return "somebody"; }
  void SetDeadlineStatus(absl::Status) override {}
  const google::protobuf::Message& request() const override { return request_; }
  void Finish(const google::protobuf::Message&) override { ADD_FAILURE(); }
  void FinishSerialized(std::string response) override {
    ++answer_.times;
    EXPECT_TRUE(answer_.response.ParseFromString(response));
  }
  void FinishError(const absl::Status& status) override { ADD_FAILURE() << status; }

 private:
  const ExecuteBatchRequest request_;
  const absl::Time deadline_;
  Answer& answer_;
};

TEST(BatchCall, LooksAtNoCommandAfterItsDeadline) {
  const ScratchDirectory scratch;
  auto log = log::OpenEmbedded({.directory = scratch.path() + "/log", .partitions = 1});
  ASSERT_TRUE(log.ok()) << log.status();
  Metrics metrics;
  auto book = command::Books<customer::Customer, billing::Billing>(
      {customer::v1::RegisterCustomerRequest::descriptor()->file()->service(0),
       billing::v1::OpenAccountRequest::descriptor()->file()->service(0)});
  ASSERT_TRUE(book.ok());
  auto engine = command::Engine::Open(log->get(), *std::move(book),
                                      {.cache_directory = scratch.path() + "/cache"}, &metrics);
  ASSERT_TRUE(engine.ok()) << engine.status();
  const CommandKinds kinds((*engine)->book());

  ExecuteBatchRequest request;
  for (int i = 0; i < 10; ++i) {
    auto& open = *request.add_commands()->mutable_open_account();
    open.set_request_id("r-" + std::to_string(i));  // and nothing else: refused if it is looked at
  }
  Answer answer;
  SubmitBatch(**engine, kinds,
              std::make_unique<FakeCall>(request, WallNow() - absl::Seconds(1), &answer));
  ASSERT_EQ(answer.times, 1);
  ASSERT_EQ(answer.response.results_size(), 10);
  for (const auto& result : answer.response.results()) {
    EXPECT_EQ(result.status().code(), google::rpc::DEADLINE_EXCEEDED);
    EXPECT_EQ(result.status().details_size(), 1) << "its reason";
  }

  SubmitBatch(**engine, kinds,
              std::make_unique<FakeCall>(request, WallNow() + absl::Seconds(60), &answer));
  ASSERT_EQ(answer.times, 2);
  for (const auto& result : answer.response.results()) {
    EXPECT_EQ(result.status().code(), google::rpc::INVALID_ARGUMENT);
  }
}

}  // namespace
}  // namespace daybook
