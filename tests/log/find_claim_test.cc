#include "common/log/find_claim.h"

#include <gtest/gtest.h>

#include "tests/support/memory_log.h"

namespace daybook::log {
namespace {

class FindClaimTest : public testing::Test {
 protected:
  void Commits(int count) {
    for (int i = 0; i < count; ++i) pen_.CommitBytes("c-1", "");
  }
  // As whoever stands at the end, or stood at `at`, finds it.
  std::string Endpoint(const Position& at) {
    const auto claim = FindClaim(log_, 0, at);
    return claim.ok() ? claim->endpoint() : std::string(claim.status().message());
  }
  std::string Endpoint() { return Endpoint(pen_.at(0)); }

  MemoryLog log_{1};
  LogPen pen_{log_};
};

TEST_F(FindClaimTest, IsNoneWhereNobodyOwns) {
  EXPECT_TRUE(absl::IsNotFound(FindClaim(log_, 0, Position()).status()));
}

TEST_F(FindClaimTest, IsFoundWhereverItStands) {
  for (const int before : {0, 1, 63, 64, 65, 500}) {
    for (const int behind : {0, 1, 63, 64, 65, 500}) {
      const uint64_t epoch = pen_.at(0).epoch;
      Commits(before);
      pen_.Claim(0);
      Commits(behind);
      ASSERT_GT(pen_.at(0).epoch, epoch);
      ASSERT_EQ(Endpoint(), "owner-" + std::to_string(pen_.at(0).epoch) + ":1")
          << before << " before, " << behind << " behind";
    }
  }
}

TEST_F(FindClaimTest, IsThatOfThePositionEvenIfThereAreNewerOnes) {
  Commits(200);
  pen_.Claim(0);
  Commits(200);
  const Position at = pen_.at(0);
  pen_.Claim(0);
  Commits(1000);
  EXPECT_EQ(Endpoint(at), "owner-2:1");
  EXPECT_EQ(Endpoint(), "owner-3:1");
}

TEST_F(FindClaimTest, IsFoundBehindWhatDoesNotCount) {
  Commits(300);
  pen_.Claim(0);
  for (int i = 0; i < 30; ++i) {
    pen_.Stale(0, "c-1", {});
    pen_.Garbage(0);
    pen_.Hole(0);
    Commits(3);
  }
  EXPECT_EQ(Endpoint(), "owner-2:1");
}

// A claim that somebody made up, who does not know the key.
TEST_F(FindClaimTest, OfAStrangerIsPassedOver) {
  Commits(10);
  v1::Frame forged;
  forged.set_epoch(pen_.at(0).epoch + 1);
  forged.mutable_owner_started()->set_endpoint("stranger:1");
  forged.mutable_owner_started()->set_owner("stranger");
  forged.mutable_owner_started()->set_format(2);
  log_.Append(0, "", forged.SerializeAsString());
  pen_.Hole(0);
  pen_.Claim(0);
  Commits(10);
  EXPECT_EQ(Endpoint(), "owner-2:1");
}

}  // namespace
}  // namespace daybook::log
