#include "common/client/retry_notice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace daybook {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RetryNoticeTest : public ::testing::Test {
 protected:
  // The server has failed since second 0 and it is second `now`.
  void FailedAt(double now, const char* why = "connection refused") {
    notice_.Failed(absl::UnavailableError(why), absl::UnixEpoch(),
                   absl::UnixEpoch() + absl::Seconds(60), absl::UnixEpoch() + absl::Seconds(now));
  }

  std::vector<std::string> lines_;
  RetryNotice notice_{"there:1", [this](std::string_view line) { lines_.emplace_back(line); }};
};

TEST_F(RetryNoticeTest, SaysNothingOfAMoment) {
  FailedAt(0);
  FailedAt(0.9);
  notice_.Succeeded();
  EXPECT_THAT(lines_, IsEmpty());
}

TEST_F(RetryNoticeTest, SaysOnceThatItBeganAndThenEveryTenSeconds) {
  for (double now = 0; now < 22; now += 0.5) FailedAt(now);
  EXPECT_THAT(lines_,
              ElementsAre("there:1 takes nothing; tried for 1 s, trying for 59 s more: connection "
                          "refused",
                          "there:1 still takes nothing after 11 s, trying for 49 s more: "
                          "connection refused",
                          "there:1 still takes nothing after 21 s, trying for 39 s more: "
                          "connection refused"));
}

TEST_F(RetryNoticeTest, SaysThatItIsOverAndBeginsAnew) {
  FailedAt(2);
  notice_.Succeeded();
  notice_.Succeeded();
  FailedAt(3, "busy");
  EXPECT_THAT(lines_, ElementsAre("there:1 takes nothing; tried for 2 s, trying for 58 s more: "
                                  "connection refused",
                                  "there:1 answers again",
                                  "there:1 takes nothing; tried for 3 s, trying for 57 s more: "
                                  "busy"));
}

}  // namespace
}  // namespace daybook
