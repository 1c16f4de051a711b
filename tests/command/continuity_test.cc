#include "common/command/continuity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace daybook::command {
namespace {

using testing::HasSubstr;

constexpr absl::Duration kPatience = absl::Seconds(30);
constexpr absl::Duration kNow = absl::Seconds(1'000);
constexpr char kNewest[] = "the newest record";

// What was reached with kNewest at offset 7.
log::Position At() {
  log::Position at{.next_offset = 8, .last_offset = 7, .epoch = 1, .sequence = 5};
  at.previous_hash[0] = 'p';
  at.hash = log::LinkHash(at.previous_hash, kNewest);
  return at;
}

TEST(Continuity, OnlyTheSameBytesAtTheSamePlaceProveAPosition) {
  EXPECT_TRUE(Proves({7, "", kNewest}, At()));
  EXPECT_FALSE(Proves({6, "", kNewest}, At()));
  EXPECT_FALSE(Proves({7, "", "another record"}, At()));
}

TEST(Continuity, AfterADoubtTheAnchorIsMetFirst) {
  Continuity continuity(kPatience);
  EXPECT_EQ(continuity.ReadFrom(At()), 8);
  EXPECT_TRUE(continuity.Meet({8, "", "anything"}, At()).ok()) << "nothing is in doubt";
  continuity.Doubt(/*exclusive=*/false);
  continuity.Resume(At());
  EXPECT_EQ(continuity.ReadFrom(At()), 7);
  const absl::Status other = continuity.Meet({8, "", "anything"}, At());
  EXPECT_TRUE(absl::IsDataLoss(other));
  EXPECT_THAT(other.message(), HasSubstr("offset 7"));
  EXPECT_TRUE(continuity.Meet({7, "", kNewest}, At()).ok());
  EXPECT_TRUE(continuity.Meet({8, "", "anything"}, At()).ok()) << "it has been met";
}

TEST(Continuity, NothingIsToBeMetInAnExclusiveLogOrAtItsBeginning) {
  Continuity exclusive(kPatience);
  exclusive.Doubt(/*exclusive=*/true);
  exclusive.Resume(At());
  EXPECT_EQ(exclusive.ReadFrom(At()), 8);
  Continuity empty(kPatience);
  empty.Doubt(/*exclusive=*/false);
  empty.Resume({});
  EXPECT_EQ(empty.ReadFrom({}), 0);
  EXPECT_TRUE(empty.Meet({0, "", "anything"}, {}).ok());
}

// Reads to the end, one per second, until the log is whole or lost.
absl::StatusOr<bool> ReadsToTheEnd(Continuity& continuity, const log::Position& at,
                                   const log::Position& proven, int times) {
  absl::StatusOr<bool> last = false;
  for (int i = 0; i < times && last.ok(); ++i) {
    last = continuity.AtEnd(at, proven, kNow + i * absl::Seconds(1));
  }
  return last;
}

TEST(Continuity, ALogThatIsTooShortIsWaitedForAndThenLost) {
  Continuity continuity(kPatience);
  continuity.Acknowledge(9);
  continuity.Acknowledge(3);
  EXPECT_EQ(continuity.acknowledged(), 9);
  EXPECT_EQ(*ReadsToTheEnd(continuity, At(), {}, 30), false);
  const auto lost = continuity.AtEnd(At(), {}, kNow + kPatience);
  EXPECT_TRUE(absl::IsDataLoss(lost.status()));
  EXPECT_THAT(lost.status().message(), HasSubstr("ends at offset 8, but records up to 9"));
}

TEST(Continuity, TimeAloneIsNoProofOfALoss) {
  Continuity continuity(kPatience);
  continuity.Acknowledge(9);
  EXPECT_EQ(*continuity.AtEnd(At(), {}, kNow), false);
  EXPECT_EQ(*continuity.AtEnd(At(), {}, kNow + absl::Hours(1)), false) << "it may have slept";
}

TEST(Continuity, ALogThatGrewAgainIsWholeAndStartsAfresh) {
  Continuity continuity(kPatience);
  continuity.Acknowledge(9);
  EXPECT_EQ(*ReadsToTheEnd(continuity, At(), {}, 30), false);
  log::Position longer = At();
  longer.next_offset = 9;
  EXPECT_EQ(*continuity.AtEnd(longer, {}, kNow + absl::Seconds(40)), true);
  EXPECT_EQ(*continuity.AtEnd(At(), {}, kNow + absl::Seconds(41)), false) << "a new patience";
}

TEST(Continuity, WhatWasProvenOrIsTheAnchorMustStandThere) {
  log::Position proven = At();
  proven.last_offset = 8;
  Continuity behind(kPatience);
  const auto lost = ReadsToTheEnd(behind, At(), proven, 60);
  EXPECT_THAT(lost.status().message(), HasSubstr("offset 8: what counted there"));
  Continuity unanchored(kPatience);
  unanchored.Doubt(/*exclusive=*/false);
  const auto never_met = ReadsToTheEnd(unanchored, At(), {}, 60);
  EXPECT_THAT(never_met.status().message(), HasSubstr("offset 7: what counted there"));
}

TEST(Continuity, TheLogIsAskedOncePerSecondAndPosition) {
  Continuity continuity(kPatience);
  EXPECT_TRUE(continuity.MustAsk(At(), kNow));
  continuity.Asked(At(), kNow);
  EXPECT_FALSE(continuity.MustAsk(At(), kNow + absl::Milliseconds(999)));
  EXPECT_TRUE(continuity.MustAsk(At(), kNow + absl::Seconds(1)));
  log::Position further = At();
  further.last_offset = 20;
  EXPECT_TRUE(continuity.MustAsk(further, kNow));
}

}  // namespace
}  // namespace daybook::command
