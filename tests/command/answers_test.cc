#include "common/command/answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/base/status.h"
#include "daybook/billing/v1/billing_service.pb.h"

namespace daybook::command {
namespace {

using billing::v1::RecordPaymentRequest;
using billing::v1::RecordPaymentResponse;
using testing::HasSubstr;

class SomeCommand : public Command {
 public:
  SomeCommand() {
    request_id = "r-1";
    request_hash[3] = 7;
  }
  const google::protobuf::Message& request() const override { return message_; }
  void Reply(const absl::Status&, std::string) override {}

 private:
  RecordPaymentRequest message_;
};

RecordPaymentResponse Parsed(const std::string& bytes) {
  RecordPaymentResponse response;
  EXPECT_TRUE(response.ParseFromString(bytes));
  return response;
}

TEST(Answers, TheResponseEndsWithRevisionAndToken) {
  RecordPaymentResponse decided;
  decided.set_payment_id("p-1");
  const std::string token(200, 't');  // its length takes two bytes
  const auto response =
      Parsed(ResponseOf(decided.SerializeAsString(), {.revision = 300, .token = token}));
  EXPECT_EQ(response.payment_id(), "p-1");
  EXPECT_EQ(response.revision(), 300);
  EXPECT_EQ(response.consistency_token(), token);
  EXPECT_FALSE(response.already_recorded());
}

TEST(Answers, OneThatWasGivenBeforeSaysSoAndIsTheSameOtherwise) {
  const ResponseEnd end{.revision = 3, .token = "token"};
  ResponseEnd again = end;
  again.already_recorded = true;
  const std::string first = ResponseOf("", end);
  EXPECT_EQ(ResponseOf("", again).substr(0, first.size()), first);
  EXPECT_TRUE(Parsed(ResponseOf("", again)).already_recorded());
}

TEST(Answers, WithoutARecordThereIsNoToken) {
  const auto response = Parsed(ResponseOf("", {}));
  EXPECT_EQ(response.revision(), 0);
  EXPECT_EQ(response.consistency_token(), "");
}

TEST(Answers, AReceiptAnswersOnlyTheRequestThatItIsOf) {
  const SomeCommand command;
  std::string hash(16, '\0');
  hash[3] = 7;
  EXPECT_TRUE(CheckSameRequest(command, {.request_hash = hash, .answer = {}}).ok());
  hash[15] = 1;
  const absl::Status other =
      CheckSameRequest(command, {.request_hash = hash, .answer = {}, .revision = 4});
  EXPECT_EQ(ReasonOf(other), "REQUEST_ID_REUSED");
  EXPECT_EQ(MetadataOf(other, "request_id"), "r-1");
  EXPECT_EQ(MetadataOf(other, "revision"), "4");
}

TEST(Answers, OfADepositionOneThatWasSentLearnsThatItIsNotRecorded) {
  SomeCommand command;
  const absl::Status never_sent = NotOwner(command, 3, "other:2");
  EXPECT_EQ(ReasonOf(never_sent), "NOT_OWNER");
  EXPECT_EQ(MetadataOf(never_sent, "endpoint"), "other:2");
  command.in_doubt = true;
  EXPECT_EQ(ReasonOf(NotOwner(command, 3, "")), "NOT_RECORDED");
  EXPECT_THAT(NotOwner(command, 3, "").message(), HasSubstr("owned by nobody"));
}

TEST(Answers, OnlyAnUnknownOutcomeDoesNotSayThatNothingWasRecorded) {
  const SomeCommand command;
  const std::string nothing = "this attempt recorded nothing";
  for (const absl::Status& certain :
       {ClockWrong("the clock"), LogInQuestion(absl::UnavailableError("the log")),
        LogFull(absl::ResourceExhaustedError("the disk")), NotOwner(command, 0, "o:1"),
        TooLateToDecide(0, "claiming", false), TooLateToConfirm(), Abandoned()}) {
    EXPECT_THAT(certain.message(), HasSubstr(nothing));
  }
  EXPECT_THAT(OutcomeUnknown(command).message(), testing::Not(HasSubstr(nothing)));
  EXPECT_EQ(MetadataOf(OutcomeUnknown(command), "request_id"), "r-1");
}

TEST(Answers, ADeadlineBeforeTheFirstOwnershipIsSaidToBeAStart) {
  EXPECT_EQ(ReasonOf(TooLateToDecide(5, "catching up", true)), "STARTING");
  EXPECT_EQ(ReasonOf(TooLateToDecide(5, "catching up", false)), "LOG_UNAVAILABLE");
  EXPECT_THAT(TooLateToDecide(5, "catching up", true).message(),
              HasSubstr("partition 5 was catching up"));
}

}  // namespace
}  // namespace daybook::command
