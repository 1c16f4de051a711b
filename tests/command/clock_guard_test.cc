#include "common/command/clock_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace daybook::command {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using Verdict = ClockGuard::Verdict;

// A machine whose clocks the test sets, and a log beside it.
class ClockGuardTest : public testing::Test {
 protected:
  void Make(bool log_has_clock, absl::Time accepted = absl::InfinitePast()) {
    guard_.emplace(log_has_clock, accepted);
  }
  Verdict After(absl::Duration time) {
    moment_.wall += time;
    moment_.steady += time;
    return Read();
  }
  Verdict AfterSetting(absl::Duration by) {
    moment_.wall += by;
    return Read();
  }
  Verdict Read() {
    guard_->Read(moment_, newest_);
    return guard_->verdict();
  }
  // The log stored a record just now.
  Verdict Stored(absl::Duration log_ahead = absl::ZeroDuration()) {
    guard_->Stored(moment_.wall + log_ahead, moment_.steady);
    return guard_->verdict();
  }
  void Record() { newest_ = moment_.wall; }

  Moment moment_ = {absl::FromUnixSeconds(1'796'000'000), absl::Hours(5)};
  absl::Time newest_ = absl::UnixEpoch();
  std::optional<ClockGuard> guard_;
};

constexpr absl::Duration kYear = absl::Hours(24 * 365);

TEST_F(ClockGuardTest, RecordsOfTheFutureContradictAClockThatWentBackToRight) {
  for (const absl::Duration jump : {absl::Seconds(61), absl::Hours(2), kYear, 80 * kYear}) {
    newest_ = absl::UnixEpoch();
    Make(false);
    EXPECT_EQ(AfterSetting(jump), Verdict::kGood) << "one reading says nothing";
    Record();
    EXPECT_EQ(After(absl::Seconds(10)), Verdict::kGood);
    EXPECT_EQ(AfterSetting(-jump - absl::Seconds(10)), Verdict::kLogAhead) << jump;
    EXPECT_EQ(guard_->skew(), jump);
    EXPECT_THAT(guard_->why(), HasSubstr("ahead of this machine's clock"));
    EXPECT_EQ(After(jump - absl::Seconds(61)), Verdict::kLogAhead);
    EXPECT_EQ(After(absl::Seconds(1)), Verdict::kGood)
        << "a minute is within what clocks differ by";
    EXPECT_THAT(guard_->why(), IsEmpty());
  }
}

TEST_F(ClockGuardTest, AClockThatIsSetForwardWhileServingIsNotBelievedUntilItIsSetBack) {
  Make(false);
  Read();
  Record();
  EXPECT_EQ(AfterSetting(absl::Seconds(60)), Verdict::kGood);
  EXPECT_EQ(AfterSetting(absl::Seconds(61)), Verdict::kMoved);
  EXPECT_EQ(After(kYear), Verdict::kMoved) << "time does not make it right";
  EXPECT_EQ(guard_->skew(), -absl::Seconds(61));
  EXPECT_THAT(guard_->why(), HasSubstr("set forward by 1m1s while the server ran"));
  EXPECT_EQ(AfterSetting(-absl::Seconds(30)), Verdict::kGood);
}

TEST_F(ClockGuardTest, AnOperatorConfirmsTheClockAsItIs) {
  Make(false);
  Read();
  AfterSetting(kYear);
  guard_->Confirm();
  EXPECT_EQ(Read(), Verdict::kGood);
  EXPECT_EQ(After(absl::Hours(1)), Verdict::kGood);
  EXPECT_EQ(AfterSetting(absl::Hours(1)), Verdict::kMoved) << "that was not confirmed";
}

TEST_F(ClockGuardTest, ConfirmingDoesNotDoAwayWithRecordsOfTheFuture) {
  newest_ = moment_.wall + kYear;
  Make(false);
  Read();
  guard_->Confirm();
  EXPECT_EQ(Read(), Verdict::kLogAhead);
}

TEST_F(ClockGuardTest, AClockThatIsSetBackIsBelievedIfNoRecordContradicts) {
  Make(false);
  Read();
  EXPECT_EQ(AfterSetting(-kYear), Verdict::kGood);
  EXPECT_EQ(AfterSetting(absl::Hours(1)), Verdict::kMoved);
}

TEST_F(ClockGuardTest, StepsOfNtpAreFollowed) {
  Make(false);
  Read();
  for (int i = 0; i < 1'000; ++i) {
    After(absl::Hours(1));
    ASSERT_EQ(AfterSetting(absl::Milliseconds(400)), Verdict::kGood);
  }
}

TEST_F(ClockGuardTest, AClockThatWasWrongAtTheStartIsRightOnceItIsSet) {
  newest_ = moment_.wall;  // the machine comes up with the time of its last shutdown, or with 1970
  moment_.wall = absl::UnixEpoch();
  Make(false);
  EXPECT_EQ(Read(), Verdict::kLogAhead);
  moment_.wall = newest_ + absl::Hours(7);
  EXPECT_EQ(Read(), Verdict::kGood);
}

TEST_F(ClockGuardTest, WhatAnOperatorAcceptedIsNoContradiction) {
  newest_ = moment_.wall + kYear;
  Make(false, newest_);
  EXPECT_EQ(Read(), Verdict::kGood);
  EXPECT_EQ(guard_->skew(), kYear) << "the gauge says it all the same";
  newest_ += absl::Microseconds(1);
  EXPECT_EQ(Read(), Verdict::kLogAhead) << "only what was known then";
}

TEST_F(ClockGuardTest, ALogsClockIsAskedBeforeAnythingIsRecorded) {
  Make(true);
  EXPECT_EQ(Read(), Verdict::kUnknown);
  EXPECT_TRUE(guard_->ask());
  EXPECT_FALSE(guard_->contradicted()) << "commands wait, they are not refused";
  EXPECT_EQ(Stored(absl::Seconds(59)), Verdict::kGood);
  EXPECT_FALSE(guard_->ask());
  EXPECT_EQ(Stored(-kYear), Verdict::kDiffers);
  EXPECT_EQ(guard_->skew(), -kYear);
  EXPECT_THAT(guard_->why(), HasSubstr("differs from the log's own by 8760h"));
}

TEST_F(ClockGuardTest, AJumpIsComparedWithTheLogsClock) {
  Make(true);
  Read();
  Stored();
  EXPECT_EQ(AfterSetting(kYear), Verdict::kUnknown);
  EXPECT_TRUE(guard_->ask());
  EXPECT_EQ(Stored(-kYear), Verdict::kDiffers);
  EXPECT_EQ(AfterSetting(-kYear), Verdict::kGood) << "without asking again";
}

TEST_F(ClockGuardTest, AMachineThatWasPausedGoesOnByItself) {
  Make(true);
  Read();
  Stored();
  EXPECT_EQ(AfterSetting(absl::Hours(2)), Verdict::kUnknown);
  EXPECT_EQ(Stored(), Verdict::kGood);
}

TEST_F(ClockGuardTest, TheLogsClockIsNotAskedForEver) {
  Make(true);
  Read();
  Stored(kYear);
  int asked = 0;
  for (int second = 0; second < 86'400; ++second) {
    After(absl::Seconds(1));
    if (!guard_->ask()) continue;
    guard_->Asked();
    ++asked;
    ASSERT_EQ(Stored(kYear), Verdict::kDiffers);
  }
  EXPECT_LT(asked, 160) << "each is a record";
  EXPECT_GT(asked, 100) << "the log's clock may be the one that is set";
  EXPECT_EQ(AfterSetting(absl::Hours(3)), Verdict::kUnknown);
  EXPECT_TRUE(guard_->ask()) << "whatever was waited for";
}

TEST_F(ClockGuardTest, AReportThatWasLongOnItsWayIsNoDifference) {
  Make(true);
  Read();
  const absl::Duration sent = moment_.steady;
  const absl::Time stored = moment_.wall + absl::Minutes(9);  // the broker was away
  After(absl::Minutes(10));
  guard_->Stored(stored, sent);
  EXPECT_TRUE(guard_->good());
  EXPECT_EQ(guard_->skew(), absl::ZeroDuration());
}

}  // namespace
}  // namespace daybook::command
