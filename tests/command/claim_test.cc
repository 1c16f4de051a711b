#include "common/command/claim.h"

#include <gtest/gtest.h>

#include <string>

namespace daybook::command {
namespace {

using Met = Claim::Met;

constexpr absl::Duration kNow = absl::Seconds(100);
constexpr absl::Duration kBackoff = absl::Milliseconds(50);

log::v1::OwnerStarted StartedBy(const std::string& owner) {
  log::v1::OwnerStarted started;
  started.set_owner(owner);
  started.set_endpoint(owner + ":1");
  return started;
}

Claim Begun(uint64_t epoch) {
  Claim claim("me", kBackoff, absl::Seconds(10));
  claim.Begin(epoch, 0xabc, kNow);
  return claim;
}

TEST(Claim, IsOursOnlyWithItsOwnIdWhileItIsUnderWay) {
  Claim claim = Begun(4);
  EXPECT_EQ(claim.id(), "me/0000000000000abc");
  EXPECT_EQ(claim.Read(4, StartedBy(claim.id()), /*waiting=*/true), Met::kOurs);
  EXPECT_TRUE(claim.counts());
  EXPECT_EQ(claim.Read(4, StartedBy(claim.id()), /*waiting=*/false), Met::kOther);
  EXPECT_FALSE(claim.counts()) << "the writer is gone, and with it the claim";
}

TEST(Claim, WhoCountsAtOurEpochOrLaterDeposesUs) {
  struct Row {
    const char* what;
    uint64_t epoch;
    const char* owner;
    Met met;
  };
  for (const Row& row : {Row{"of before", 3, "other/1", Met::kOther},
                         Row{"of the same epoch", 4, "other/1", Met::kDeposes},
                         Row{"newer", 5, "other/1", Met::kDeposes},
                         Row{"an older attempt of our own", 4, "me/1", Met::kOther}}) {
    Claim claim = Begun(4);
    EXPECT_EQ(claim.Read(row.epoch, StartedBy(row.owner), true), row.met) << row.what;
    EXPECT_EQ(claim.superseded(), row.met == Met::kDeposes) << row.what;
    EXPECT_EQ(claim.epoch(), row.met == Met::kDeposes ? 0u : 4u) << row.what;
    EXPECT_FALSE(claim.counts()) << row.what;
    EXPECT_EQ(claim.owner_endpoint(), std::string(row.owner) + ":1") << row.what;
  }
}

TEST(Claim, WhoNeverClaimedIsNotDeposed) {
  Claim claim("me", kBackoff, absl::Seconds(10));
  EXPECT_EQ(claim.Read(9, StartedBy("other/1"), false), Met::kOther);
  EXPECT_FALSE(claim.superseded());
}

TEST(Claim, ANewerClaimIsReadBehindOurs) {
  Claim claim = Begun(4);
  claim.Read(4, StartedBy(claim.id()), true);
  EXPECT_EQ(claim.Read(5, StartedBy("other/1"), true), Met::kDeposes);
  EXPECT_FALSE(claim.counts());
}

TEST(Claim, EachAttemptWaitsLongerUntilARecordIsConfirmed) {
  Claim claim("me", kBackoff, absl::Seconds(10));
  absl::Duration now = kNow, before = absl::ZeroDuration();
  const auto wait = [&] {
    claim.Begin(1, /*fresh=*/0, now);
    absl::Duration waited;
    while (!claim.MayBegin(now + waited)) waited += absl::Milliseconds(1);
    now += waited;
    return waited;
  };
  EXPECT_TRUE(claim.MayBegin(now));
  for (int i = 0; i < 7; ++i) {
    const absl::Duration waited = wait();
    EXPECT_EQ(waited, kBackoff * (1 << i));
    EXPECT_GT(waited, before);
    before = waited;
  }
  EXPECT_EQ(wait(), before) << "64 times is the most";
  claim.Confirmed();
  EXPECT_TRUE(claim.MayBegin(now));
  EXPECT_EQ(wait(), kBackoff);
}

TEST(Claim, TwoClaimantsDoNotStayInStep) {
  Claim one("me", kBackoff, absl::Seconds(10)), other("other", kBackoff, absl::Seconds(10));
  one.Begin(1, /*fresh=*/16, kNow);
  other.Begin(1, /*fresh=*/31, kNow);
  EXPECT_TRUE(one.MayBegin(kNow + kBackoff));
  EXPECT_FALSE(other.MayBegin(kNow + kBackoff));
  EXPECT_TRUE(other.MayBegin(kNow + 2 * kBackoff));
}

TEST(Claim, TimesOutAndIsStoredOnce) {
  Claim claim = Begun(1);
  EXPECT_FALSE(claim.TimedOut(kNow + absl::Seconds(9)));
  EXPECT_TRUE(claim.TimedOut(kNow + absl::Seconds(10)));
  claim.Stored(absl::FromUnixSeconds(5));
  EXPECT_EQ(claim.TakeStored(), absl::FromUnixSeconds(5));
  EXPECT_EQ(claim.TakeStored(), std::nullopt);
  claim.Stored(absl::FromUnixSeconds(6));
  claim.Begin(2, 1, kNow);
  EXPECT_EQ(claim.TakeStored(), std::nullopt) << "it was of the claim before";
}

TEST(Claim, ADoubtForgetsWhatWasReadAndAResetWhatWasClaimed) {
  Claim claim = Begun(4);
  claim.Read(5, StartedBy("other/1"), true);
  claim.Doubt();
  EXPECT_FALSE(claim.superseded());
  claim.Begin(6, 1, kNow);
  claim.Reset();
  EXPECT_EQ(claim.epoch(), 0u);
  EXPECT_TRUE(claim.MayBegin(kNow));
}

}  // namespace
}  // namespace daybook::command
