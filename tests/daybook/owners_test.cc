#include "services/daybook/server/owners.h"

#include <gtest/gtest.h>

#include <mutex>
#include <string>

#include "absl/time/clock.h"
#include "tests/support/memory_log.h"

namespace daybook {
namespace {

class OwnersTest : public testing::Test {
 protected:
  // Asked until it is known; some seconds are far more than it takes.
  std::string Found() {
    Owners::Answer answer;
    for (int i = 0; i < 1000; ++i) {
      answer = owners_.Find(0);
      if (!answer.looking) break;
      absl::SleepFor(absl::Milliseconds(10));
    }
    return answer.endpoint;
  }

  MemoryLog log_{1};
  LogPen pen_{log_};
  log::Position at_;
  std::mutex mutex_;
  Owners owners_{log_, [this](int) {
                   const std::lock_guard lock(mutex_);
                   return at_;
                 }};

  void ReadToTheEnd() {
    const std::lock_guard lock(mutex_);
    at_ = pen_.at(0);
  }
};

TEST_F(OwnersTest, AreUnknownBeforeTheFirstClaim) { EXPECT_EQ(Found(), ""); }

TEST_F(OwnersTest, IsTheOneWhoseRecordsHaveBeenRead) {
  pen_.Claim(0);
  for (int i = 0; i < 200; ++i) pen_.CommitBytes("c-1", "");
  ReadToTheEnd();
  EXPECT_TRUE(owners_.Find(0).looking);
  EXPECT_EQ(Found(), "owner-1:1");
  pen_.Claim(0);
  EXPECT_EQ(Found(), "owner-1:1");  // not read yet
  ReadToTheEnd();
  EXPECT_EQ(owners_.Find(0).endpoint, "") << "an address that may be wrong is none";
  EXPECT_EQ(Found(), "owner-2:1");
}

}  // namespace
}  // namespace daybook
