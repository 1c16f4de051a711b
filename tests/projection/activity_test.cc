// A fourth read model that is added by its folder and a line, with no edit anywhere under common.
#include "tests/projection/activity/activity.h"

#include <algorithm>
#include <random>
#include <vector>

#include "common/base/dates.h"
#include "common/base/status.h"
#include "common/projection/dump.h"
#include "common/projection/models.h"
#include "tests/projection/activity/queries.h"
#include "tests/projection/serving.h"
#include "tests/projection/story.h"
#include "tests/support/answers.h"

namespace daybook::activity {
namespace {

projection::Topology WithActivity() {
  projection::Topology topology = TheTopology();
  topology.Add<Activity, ActivityQueries>();
  return topology;
}

class ActivityTest : public testing::Test {
 protected:
  void SetUp() override {
    story_.Tell(1500);
    auto models = projection::Models::Open(log_, WithActivity(), {.directory = scratch_.path()});
    ASSERT_TRUE(models.ok()) << models.status();
    models_ = *std::move(models);
    models_->Start();
    ASSERT_TRUE(projection::AwaitAll(*models_, log_).ok());
  }

  template <class Response, class Request>
  absl::StatusOr<Response> Ask(const Request& request) {
    const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
        "daybook.activity.v1.ActivityService");
    std::promise<absl::StatusOr<Response>> promise;
    auto future = promise.get_future();
    const int method = Request::descriptor() == v1::GetActivityRequest::descriptor() ? 0 : 1;
    models_->Query(*service->method(method), request, absl::Now() + absl::Seconds(20),
                   [&](const absl::Status& status, const google::protobuf::Message* response) {
                     if (!status.ok()) return promise.set_value(status);
                     promise.set_value(static_cast<const Response&>(*response));
                   });
    return future.get();
  }

  MemoryLog log_{5};
  projection::Story story_{log_};
  ScratchDirectory scratch_{ScratchDirectory::Memory()};
  std::unique_ptr<projection::Models> models_;
};

TEST_F(ActivityTest, AnswersForACustomerAndForAll) {
  const auto days = Ask<v1::ListDaysResponse>(v1::ListDaysRequest());
  ASSERT_TRUE(days.ok()) << days.status();
  int64_t invoices = 0;
  for (const v1::Day& day : days->days()) invoices += day.invoice_count();
  EXPECT_GT(invoices, 100);
  int64_t of_customers = 0;
  for (int i = 0; i < 40; ++i) {
    v1::GetActivityRequest request;
    request.set_customer_id(absl::StrCat("customer-", i));
    const auto activity = Ask<v1::GetActivityResponse>(request);
    ASSERT_TRUE(activity.ok()) << activity.status();
    EXPECT_EQ(activity->position().partitions_size(), 1);
    of_customers += activity->invoice_count();
  }
  EXPECT_EQ(of_customers, invoices);
  EXPECT_EQ(days->position().partitions_size(), 5);
  v1::GetActivityRequest nobody;
  nobody.set_customer_id("nobody");
  EXPECT_EQ(ReasonOf(Ask<v1::GetActivityResponse>(nobody).status()), "CUSTOMER_NOT_FOUND");
  nobody.clear_customer_id();
  EXPECT_EQ(ReasonOf(Ask<v1::GetActivityResponse>(nobody).status()), "INVALID_FIELDS");
}

TEST_F(ActivityTest, AnyPartsOfItMergeToTheWhole) {
  std::vector<projection::PartitionReading> partitions;
  for (const auto& view : models_->Views("activity")) partitions.push_back({view});
  const projection::Reading reading{absl::Now(), absl::InfiniteFuture(), partitions};
  v1::ListDaysResponse whole;
  ASSERT_TRUE(test::AnswerOf<ActivityQueries>(v1::ListDaysRequest(), reading, &whole).ok());
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    std::vector<int> group;
    for (size_t p = 0; p < partitions.size(); ++p) group.push_back(static_cast<int>(random() % 4));
    v1::ListDaysResponse merged;
    ASSERT_TRUE(
        test::AnswerOfParts<ActivityQueries>(v1::ListDaysRequest(), reading, group, &merged).ok());
    EXPECT_EQ(merged.DebugString(), whole.DebugString());
  }
}

TEST_F(ActivityTest, IsTheSameWhenItIsFoldedAgain) {
  ScratchDirectory fresh{ScratchDirectory::Memory()};
  auto again = projection::Models::Open(log_, WithActivity(), {.directory = fresh.path()});
  ASSERT_TRUE(again.ok());
  (*again)->Start();
  ASSERT_TRUE(projection::AwaitAll(**again, log_).ok());
  EXPECT_EQ(projection::ExactDump(models_->Views("activity"))->sha256,
            projection::ExactDump((*again)->Views("activity"))->sha256);
}

}  // namespace
}  // namespace daybook::activity
