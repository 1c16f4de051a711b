#include "common/command/waiting_answers.h"

#include <gtest/gtest.h>

#include <vector>

#include "daybook/billing/v1/billing_service.pb.h"

namespace daybook::command {
namespace {

class SomeCommand : public Command {
 public:
  explicit SomeCommand(std::string id) { request_id = std::move(id); }
  const google::protobuf::Message& request() const override { return message_; }
  void Reply(const absl::Status&, std::string) override {}

 private:
  billing::v1::RecordPaymentRequest message_;
};

void Hold(WaitingAnswers& answers, uint64_t release, const char* id,
          absl::Time deadline = absl::InfiniteFuture()) {
  auto command = std::make_unique<SomeCommand>(id);
  command->deadline = deadline;
  answers.Hold({.release = release, .command = std::move(command)});
}

// Who may go out when everything up to `sequence` is proven.
std::vector<std::string> Release(WaitingAnswers& answers, uint64_t sequence) {
  std::vector<std::string> ids;
  while (answers.Ready(sequence)) {
    const auto command = answers.TakeOldest().command;
    ids.push_back(command == nullptr ? "(answered)" : command->request_id);
  }
  return ids;
}

using Ids = std::vector<std::string>;

TEST(WaitingAnswers, GoOutWhenTheirRecordIsProven) {
  WaitingAnswers answers;
  EXPECT_FALSE(answers.Ready(100));
  Hold(answers, 5, "a");
  Hold(answers, 6, "b");
  EXPECT_EQ(Release(answers, 4), Ids());
  EXPECT_EQ(Release(answers, 5), Ids({"a"}));
  EXPECT_EQ(Release(answers, 6), Ids({"b"}));
  EXPECT_TRUE(answers.empty());
}

TEST(WaitingAnswers, NoneGoesOutBeforeOneThatStandsInFrontOfIt) {
  WaitingAnswers answers;
  Hold(answers, 6, "a");
  Hold(answers, 5, "b");
  EXPECT_EQ(Release(answers, 5), Ids());
  EXPECT_EQ(Release(answers, 6), Ids({"a", "b"}));
}

TEST(WaitingAnswers, TheNewestTellsWhetherARecordIsMissing) {
  WaitingAnswers answers;
  EXPECT_FALSE(answers.WaitBehind(0));
  Hold(answers, 5, "a");
  EXPECT_TRUE(answers.WaitBehind(4));
  EXPECT_FALSE(answers.WaitBehind(5));
  Hold(answers, 6, "b");
  EXPECT_TRUE(answers.WaitBehind(5));
  EXPECT_EQ(answers.TakeNewest()->request_id, "b");
  EXPECT_FALSE(answers.WaitBehind(5));
}

TEST(WaitingAnswers, OneThatIsAnsweredAtItsDeadlineKeepsItsPlace) {
  WaitingAnswers answers;
  Hold(answers, 5, "a", absl::FromUnixSeconds(10));
  Hold(answers, 6, "b", absl::FromUnixSeconds(11));
  Ids expired;
  const auto take = [&](std::unique_ptr<Command> command) {
    expired.push_back(command->request_id);
  };
  answers.TakeExpired(absl::FromUnixSeconds(9), take);
  EXPECT_EQ(expired, Ids());
  answers.TakeExpired(absl::FromUnixSeconds(10), take);
  answers.TakeExpired(absl::FromUnixSeconds(10), take);
  EXPECT_EQ(expired, Ids({"a"}));
  EXPECT_EQ(answers.size(), 2u);
  EXPECT_EQ(Release(answers, 5), Ids({"(answered)"}));
}

}  // namespace
}  // namespace daybook::command
