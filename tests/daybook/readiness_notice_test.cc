#include "services/daybook/server/readiness_notice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace daybook {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ReadinessNoticeTest : public testing::Test {
 protected:
  std::vector<std::string> After(absl::Duration step, const std::vector<std::string>& missing) {
    said_.clear();
    now_ += step;
    notice_.Is(missing, now_);
    return said_;
  }

  absl::Duration now_ = absl::Hours(1);
  std::vector<std::string> said_;
  ReadinessNotice notice_{
      [this](Severity, std::string_view text, LogFields) { said_.emplace_back(text); }};
};

TEST_F(ReadinessNoticeTest, AStartThatTakesAMomentIsNotWorthALine) {
  EXPECT_THAT(After(absl::Seconds(0), {"commands: claiming"}), IsEmpty());
  EXPECT_THAT(After(absl::Seconds(4), {"commands: claiming"}), IsEmpty());
  EXPECT_THAT(After(absl::Seconds(0.5), {}), ElementsAre("ready"));
  EXPECT_THAT(After(absl::Seconds(60), {}), IsEmpty());
}

TEST_F(ReadinessNoticeTest, AStartThatDoesNotEndSaysWhatIsMissingAgainAndAgain) {
  After(absl::Seconds(0), {"commands: catching up"});
  EXPECT_THAT(After(absl::Seconds(5), {"commands: the disk is full", "read models: behind"}),
              ElementsAre("not ready: commands: the disk is full; read models: behind"));
  EXPECT_THAT(After(absl::Seconds(29), {"commands: the disk is full", "read models: behind"}),
              IsEmpty());
  EXPECT_THAT(After(absl::Seconds(1), {"commands: the disk is full", "read models: behind"}),
              ElementsAre("not ready: commands: the disk is full; read models: behind"));
}

TEST_F(ReadinessNoticeTest, AnotherReasonIsSaidSoon) {
  After(absl::Seconds(0), {});
  EXPECT_THAT(After(absl::Seconds(1), {"read models: offset 7 is not there"}),
              ElementsAre("not ready: read models: offset 7 is not there"));
  const std::vector<std::string> both = {"commands: the topic is gone",
                                         "read models: offset 7 is not there"};
  EXPECT_THAT(After(absl::Seconds(1), both), IsEmpty());
  EXPECT_THAT(After(absl::Seconds(4), both),
              ElementsAre("not ready: commands: the topic is gone; read models: offset 7 is not "
                          "there"));
  EXPECT_THAT(After(absl::Seconds(29), both), IsEmpty());
  EXPECT_THAT(After(absl::Seconds(1), both), testing::SizeIs(1));
}

TEST_F(ReadinessNoticeTest, WhatTakesReadinessAwayIsSaidAtOnce) {
  After(absl::Seconds(0), {});
  EXPECT_THAT(After(absl::Seconds(1), {"commands: x"}), ElementsAre("not ready: commands: x"));
  EXPECT_THAT(After(absl::Seconds(1), {"commands: x"}), IsEmpty());
  EXPECT_THAT(After(absl::Seconds(1), {}), ElementsAre("ready"));
}

}  // namespace
}  // namespace daybook
