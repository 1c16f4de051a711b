// Positions of answers as tokens: one cut over several read models, and reads that never go back.
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "daybook/directory/v1/directory_service.pb.h"
#include "daybook/journal/v1/journal_service.pb.h"
#include "tests/projection/serving.h"

namespace daybook::projection {
namespace {

const absl::CivilDay kDay(2026, 3, 1);

class ReadTokenTest : public testing::Test {
 protected:
  // One customer in each partition, and one more record for each.
  void Tell() {
    for (int p = 0; p < log_.partitions(); ++p) {
      const std::string id = CustomerIn(p);
      pen_.Commit(id, {facts::Registered(kDay), facts::Opened(kDay, "main", "EUR")});
      TellMore(p);
    }
  }
  void TellMore(int partition) {
    pen_.Commit(CustomerIn(partition), {facts::Issued(kDay, {.account = "main",
                                                             .id = absl::StrCat("i-", ++invoices_),
                                                             .due = kDay,
                                                             .total_minor = 100})});
  }
  std::string CustomerIn(int partition) const {
    std::string id = "c";
    while (log::PartitionOf(id, log_.partitions()) != partition) id += "c";
    return id;
  }

  // Any query of any service.
  template <class Response, class Request>
  static absl::StatusOr<Response> Query(Models& models, const Request& request,
                                        absl::Duration patience = absl::Seconds(20)) {
    for (const auto* service : models.services()) {
      for (int m = 0; m < service->method_count(); ++m) {
        if (service->method(m)->input_type() != Request::descriptor()) continue;
        std::promise<absl::StatusOr<Response>> promise;
        auto future = promise.get_future();
        models.Query(*service->method(m), request, absl::Now() + patience,
                     [&](const absl::Status& status, const google::protobuf::Message* response) {
                       if (!status.ok()) return promise.set_value(status);
                       promise.set_value(static_cast<const Response&>(*response));
                     });
        return future.get();
      }
    }
    return absl::NotFoundError("no such method");
  }
  static std::vector<int64_t> OffsetsOf(const read::v1::ReadPosition& position) {
    std::vector<int64_t> offsets;
    for (const auto& place : position.partitions()) offsets.push_back(place.next_offset());
    return offsets;
  }

  MemoryLog log_{4};
  LogPen pen_{log_};
  ScratchDirectory scratch_, other_;
  int invoices_ = 0;
};

TEST_F(ReadTokenTest, EveryAnswerSaysHowFarEachPartitionWasRead) {
  Tell();
  const auto models = Started(log_, scratch_.path());
  ASSERT_TRUE(AwaitAll(*models, log_).ok());
  const auto all = Query<GetControlTotalsResponse>(*models, GetControlTotalsRequest());
  ASSERT_TRUE(all.ok()) << all.status();
  std::vector<int64_t> ends;
  for (int p = 0; p < 4; ++p) ends.push_back(log_.GetExtent(p)->end);
  EXPECT_EQ(OffsetsOf(all->position()), ends);
  EXPECT_TRUE(all->position().provisional());
  const auto one = Query<GetBalanceResponse>(*models, BalanceOf(CustomerIn(2)));
  ASSERT_EQ(one->position().partitions_size(), 1);
  EXPECT_EQ(one->position().partitions(0).partition(), 2);
  const auto token = log::DecodeToken(one->position().read_token());
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_EQ(token->next_offset, ends[2]);
}

TEST_F(ReadTokenTest, AReadModelAnswersAtOrAfterThePositionOfAnother) {
  Tell();
  const auto models = Started(log_, scratch_.path());
  ASSERT_TRUE(AwaitAll(*models, log_).ok());
  for (int round = 0; round < 20; ++round) {
    TellMore(round % 4);
    journal::v1::GetTrialBalanceRequest first;
    const auto posted = Query<journal::v1::GetTrialBalanceResponse>(*models, first);
    ASSERT_TRUE(posted.ok()) << posted.status();
    GetControlTotalsRequest request;
    request.set_consistency_token(posted->position().read_token());
    const auto owed = Query<GetControlTotalsResponse>(*models, request);
    ASSERT_TRUE(owed.ok()) << owed.status();
    const auto before = OffsetsOf(posted->position()), after = OffsetsOf(owed->position());
    for (size_t p = 0; p < 4; ++p) EXPECT_GE(after[p], before[p]);
    directory::v1::ListCustomersRequest list;
    list.set_consistency_token(owed->position().read_token());
    const auto listed = Query<directory::v1::ListCustomersResponse>(*models, list);
    ASSERT_TRUE(listed.ok()) << listed.status();
    for (size_t p = 0; p < 4; ++p) EXPECT_GE(OffsetsOf(listed->position())[p], after[p]);
  }
}

TEST_F(ReadTokenTest, AProcessThatIsBehindRefusesAtTheDeadlineAndCatchesUp) {
  Tell();
  const auto models = Started(log_, scratch_.path());
  ASSERT_TRUE(AwaitAll(*models, log_).ok());
  log_.FailReads(absl::UnavailableError("no answer"));
  TellMore(1);
  std::vector<log::Token> ends;
  for (int p = 0; p < 4; ++p) ends.push_back({pen_.log_id(), p, log_.GetExtent(p)->end});
  GetControlTotalsRequest request;
  request.set_consistency_token(log::EncodeTokens(ends));
  const auto late =
      Query<GetControlTotalsResponse>(*models, request, absl::Milliseconds(50)).status();
  EXPECT_EQ(ReasonOf(late), "POSITION_NOT_REACHED") << late;
  log_.FailReads(absl::OkStatus());
  const auto answer = Query<GetControlTotalsResponse>(*models, request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->totals(0).invoice_count(), 5);
  EXPECT_EQ(answer->position().read_token(), request.consistency_token());
  // A process that has read nothing yet folds from the beginning before it answers.
  const auto fresh = Started(log_, other_.path());
  request.set_consistency_token(answer->position().read_token());
  EXPECT_EQ(Query<GetControlTotalsResponse>(*fresh, request)->totals(0).invoice_count(), 5);
}

TEST_F(ReadTokenTest, WaitsOnlyForThePartitionsThatItReads) {
  Tell();
  const auto models = Started(log_, scratch_.path());
  ASSERT_TRUE(AwaitAll(*models, log_).ok());
  const std::string token = log::EncodeTokens(
      {{pen_.log_id(), 1, log_.GetExtent(1)->end}, {pen_.log_id(), 3, 1'000'000}});
  EXPECT_TRUE(Query<GetBalanceResponse>(*models, BalanceOf(CustomerIn(1), token)).ok());
  const auto of_three = Query<GetBalanceResponse>(*models, BalanceOf(CustomerIn(3), token));
  EXPECT_EQ(ReasonOf(of_three.status()), "CONSISTENCY_TOKEN_IN_FUTURE");
  GetControlTotalsRequest all;
  all.set_consistency_token(token);
  EXPECT_EQ(ReasonOf(Query<GetControlTotalsResponse>(*models, all).status()),
            "CONSISTENCY_TOKEN_IN_FUTURE");
}

TEST_F(ReadTokenTest, RefusesThePositionOfAnotherLog) {
  Tell();
  const auto models = Started(log_, scratch_.path());
  ASSERT_TRUE(AwaitAll(*models, log_).ok());
  GetControlTotalsRequest request;
  request.set_consistency_token(log::EncodeTokens({{pen_.log_id(), 0, 1}, {"log-9", 1, 1}}));
  EXPECT_EQ(ReasonOf(Query<GetControlTotalsResponse>(*models, request).status()),
            "CONSISTENCY_TOKEN_OTHER_LOG");
  request.set_consistency_token(log::EncodeTokens({{pen_.log_id(), 0, 1}, {pen_.log_id(), 9, 1}}));
  EXPECT_EQ(ReasonOf(Query<GetControlTotalsResponse>(*models, request).status()),
            "CONSISTENCY_TOKEN_OTHER_LOG");
}

}  // namespace
}  // namespace daybook::projection
