#include "services/daybook/server/clock_notice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace daybook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ClockNoticeTest : public testing::Test {
 protected:
  std::vector<std::string> After(absl::Duration time, absl::Duration set) {
    said_.clear();
    now_.wall += time + set;
    now_.steady += time;
    notice_.Look(now_);
    return said_;
  }

  Moment now_ = {absl::FromUnixSeconds(1'796'000'000), absl::Hours(1)};
  std::vector<std::string> said_;
  ClockNotice notice_{
      [this](Severity, std::string_view text, LogFields) { said_.emplace_back(text); }};
};

TEST_F(ClockNoticeTest, ASettingIsSaidOnce) {
  EXPECT_THAT(After(absl::Seconds(0), absl::Seconds(0)), IsEmpty());
  EXPECT_THAT(After(absl::Hours(40), absl::Milliseconds(900)), IsEmpty());
  EXPECT_THAT(After(absl::Milliseconds(20), absl::Seconds(-5)),
              ElementsAre(HasSubstr("set back by 5s to 2026-12-")));
  EXPECT_THAT(After(absl::Milliseconds(20), absl::Seconds(0)), IsEmpty());
  EXPECT_THAT(After(absl::Milliseconds(20), absl::Hours(2)),
              ElementsAre(HasSubstr("set forward by 2h")));
}

}  // namespace
}  // namespace daybook
