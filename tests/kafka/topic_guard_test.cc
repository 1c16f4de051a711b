// What a topic is judged by, without a broker: what its partitions begin with, and what looks at it
// show.
#include "common/log/kafka/topic_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/log/kafka/beginning.h"

namespace daybook::log {
namespace {

using testing::HasSubstr;

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

std::string Claim(uint64_t epoch, int partitions) {
  v1::Frame frame;
  frame.set_epoch(epoch);
  frame.mutable_owner_started()->set_owner("somebody");
  frame.mutable_owner_started()->set_partition_count(partitions);
  return frame.SerializeAsString();
}

std::string Commit() {
  v1::Frame frame;
  frame.set_epoch(1);
  frame.set_sequence(1);
  frame.set_commit("c");
  return frame.SerializeAsString();
}

Beginning Of(const std::vector<std::string>& values) {
  Beginning beginning;
  for (size_t i = 0; i < values.size(); ++i) {
    if (beginning.Take({static_cast<int64_t>(i), "", values[i]})) break;
  }
  return beginning;
}

TEST(Beginnings, AreThoseOfALogOfAsManyPartitions) {
  const std::vector<Beginning> log = {Of({Claim(1, 3), Commit()}), Of({Claim(1, 3)}), Of({})};
  EXPECT_TRUE(CheckBeginnings("t", log, 3).ok());
  const absl::Status widened = CheckBeginnings("t", log, 5);
  EXPECT_TRUE(absl::IsFailedPrecondition(widened));
  EXPECT_THAT(MessageOf(widened), HasSubstr("has 5 partitions"));
  EXPECT_THAT(MessageOf(widened), HasSubstr("copy --partitions 3"));
  EXPECT_FALSE(CheckBeginnings("t", log, 2).ok());
}

// A server that knew no better has claimed all of them since.
TEST(Beginnings, OfAddedPartitionsSayNothingOfTheOthers) {
  const std::vector<Beginning> log = {Of({Claim(1, 1), Claim(2, 2)}), Of({Claim(1, 2)})};
  EXPECT_THAT(MessageOf(CheckBeginnings("t", log, 2)), HasSubstr("has 1 for its life"));
}

TEST(Beginnings, OfAFreshTopicAreFine) {
  EXPECT_TRUE(CheckBeginnings("t", {Of({}), Of({})}, 2).ok());
}

TEST(Beginnings, WithoutAClaimAreOfNoLog) {
  EXPECT_THAT(MessageOf(CheckBeginnings("t", {Of({}), Of({"hello"})}, 2)),
              HasSubstr("partition 1: the first record is not the claim"));
  EXPECT_THAT(MessageOf(CheckBeginnings("t", {Of({Claim(1, 2)}), Of({Claim(2, 2)})}, 2)),
              HasSubstr("partition 1, offset 0: a record of a log that has no beginning"));
  EXPECT_THAT(MessageOf(CheckBeginnings("t", {Of({Claim(1, 2)}), Of({"", Commit()})}, 2)),
              HasSubstr("partition 1, offset 1"));
}

TEST(Beginnings, MayHaveForeignRecordsInFront) {
  EXPECT_TRUE(CheckBeginnings("t", {Of({"hello", "", Claim(1, 2)}), Of({"hello"})}, 2).ok());
  EXPECT_TRUE(CheckBeginnings("t", {Of({Claim(9, 9), Claim(1, 1)})}, 1).ok());
}

TEST(Beginnings, AreNotLookedForForEver) {
  Beginning beginning;
  int64_t offset = 0;
  while (!beginning.Take({offset, "", "hello"})) ++offset;
  EXPECT_EQ(offset + 1, Beginning::kMostForeign);
}

class Looks : public testing::Test {
 protected:
  Looks() {
    good_.facts = TopicFacts{
        .name = "t", .partitions = 2, .replication_factor = 3, .properties = WantedProperties(3)};
    good_.extents = {{0, 10}, {0, 20}};
    good_.firsts = {{0, {'a'}}, {0, {'b'}}};
    EXPECT_TRUE(judge_.Judge(good_).ok());
  }
  // What the looks make of it one after the other; the last.
  absl::Status Repeat(const TopicLook& look, int times) {
    absl::Status status;
    for (int i = 0; i < times; ++i) status = judge_.Judge(look);
    return status;
  }

  TopicJudge judge_{"t", 2};
  TopicLook good_{.facts = absl::UnknownError("not set"), .extents = {}, .firsts = {}};
};

TEST_F(Looks, ThatShowNothingNewAreGood) {
  good_.extents[1].end = 25;
  EXPECT_TRUE(Repeat(good_, 5).ok());
}

TEST_F(Looks, ThatGetNoAnswerSayNothing) {
  good_.facts = absl::UnavailableError("no broker");
  EXPECT_TRUE(absl::IsUnavailable(Repeat(good_, 100)));
}

TEST_F(Looks, SeeAddedPartitionsAtOnce) {
  TopicLook look = good_;
  look.facts->partitions = 3;
  const absl::Status status = judge_.Judge(look);
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(MessageOf(status), HasSubstr("has 3 partitions"));
}

TEST_F(Looks, SeeSettingsAtOnceAndThatTheyAreGoodAgain) {
  TopicLook look = good_;
  look.facts->properties["retention.bytes"] = "5";
  EXPECT_THAT(MessageOf(judge_.Judge(look)), HasSubstr("retention.bytes is 5"));
  EXPECT_TRUE(judge_.Judge(good_).ok());
}

TEST_F(Looks, SeeThatTheBeginningIsDeleted) {
  good_.extents[1].first = 7;
  const absl::Status status = judge_.Judge(good_);
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(MessageOf(status), HasSubstr("partition 1 begins at offset 7"));
}

TEST_F(Looks, BelieveThatATopicIsGoneOnlyWhenTheyAgree) {
  TopicLook gone = good_;
  gone.facts = absl::NotFoundError("unknown topic");
  EXPECT_TRUE(absl::IsUnavailable(Repeat(gone, TopicJudge::kBelieve - 1)));
  EXPECT_TRUE(judge_.Judge(good_).ok());
  EXPECT_TRUE(absl::IsUnavailable(Repeat(gone, TopicJudge::kBelieve - 1)));
  EXPECT_THAT(MessageOf(judge_.Judge(gone)), HasSubstr("is gone"));
}

TEST_F(Looks, BelieveThatRecordsAreLostOnlyWhenTheyAgreeAndThenForGood) {
  TopicLook shorter = good_;
  shorter.extents[0].end = 9;
  EXPECT_TRUE(absl::IsUnavailable(judge_.Judge(shorter)));
  EXPECT_TRUE(judge_.Judge(good_).ok());
  const absl::Status status = Repeat(shorter, TopicJudge::kBelieve);
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(MessageOf(status), HasSubstr("partition 0 ends at offset 9, but it reached 10"));
  EXPECT_EQ(judge_.Judge(good_), status) << "longer again by other records";
}

TEST_F(Looks, KnowAnotherLogByItsFirstRecord) {
  TopicLook other = good_;
  other.firsts[1].digest = {'c'};
  const absl::Status status = judge_.Judge(other);
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(MessageOf(status), HasSubstr("another log"));
  EXPECT_EQ(judge_.Judge(good_), status);
}

TEST_F(Looks, LearnTheFirstRecordOfAPartitionThatWasEmpty) {
  TopicJudge judge("t", 2);
  TopicLook look = good_;
  look.firsts[1] = {};
  EXPECT_TRUE(judge.Judge(look).ok());
  EXPECT_TRUE(judge.Judge(good_).ok());
  EXPECT_TRUE(judge.Judge(look).ok()) << "it did not answer in time";
  look.firsts[1].digest = {'c'};
  look.firsts[1].offset = 0;
  EXPECT_FALSE(judge.Judge(look).ok());
}

TEST_F(Looks, KnowWhatTheProcessHasMetItself) {
  TopicJudge judge("t", 2);
  judge.Know({{}, {0, {'w'}}}, {});
  judge.Know({{}, {0, {'x'}}}, {});
  const absl::Status status = judge.Judge(good_);
  EXPECT_THAT(MessageOf(status), HasSubstr("partition 1 begins with another record"));
}

// Made again between two looks.
TEST_F(Looks, KnowHowFarTheProcessHasSeenTheLogGo) {
  TopicJudge judge("t", 2);
  judge.Know({}, {11, 0});
  EXPECT_TRUE(absl::IsUnavailable(judge.Judge(good_)));
  judge.Know({}, {10, 0});
  judge.Judge(good_).IgnoreError();
  EXPECT_THAT(MessageOf(judge.Judge(good_)),
              HasSubstr("partition 0 ends at offset 10, but it reached 11"));
}

TEST_F(Looks, AreNotMadeWithoutTheRightTo) {
  good_.facts = absl::PermissionDeniedError("ACL: DescribeConfigs");
  EXPECT_TRUE(absl::IsFailedPrecondition(judge_.Judge(good_)));
}

}  // namespace
}  // namespace daybook::log
