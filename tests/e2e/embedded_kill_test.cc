// A server on the embedded log, killed again and again under load.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <random>

#include "absl/time/clock.h"
#include "tests/e2e/embedded_campaign.h"

namespace daybook {
namespace {

constexpr int kKills = kSanitized ? 30 : 300;

int64_t Pick(std::mt19937_64& random, int64_t from, int64_t to) {
  return std::uniform_int_distribution<int64_t>(from, to)(random);
}

using EmbeddedKills = EmbeddedCampaign;

TEST_F(EmbeddedKills, LosesNothingAndDoesNothingTwice) {
  const int seed = testing::UnitTest::GetInstance()->random_seed();
  std::mt19937_64 random(static_cast<uint64_t>(seed));
  ASSERT_NO_FATAL_FAILURE(StartLoad({.seed = random(), .commands_per_second = 5000}));
  std::vector<absl::Duration> restarts;
  int during_start = 0;
  for (int kills = 0; kills < kKills; ++kills) {
    ASSERT_TRUE(load_->WaitForAccepted(load_->accepted() + Pick(random, 1, 80), absl::Seconds(20)))
        << "kill " << kills << ": " << load_->Summary() << server_.words();
    absl::SleepFor(absl::Microseconds(Pick(random, 0, 2000)));
    KillServer();
    if (Pick(random, 0, 5) == 0) {
      ++during_start;
      ++kills;
      ASSERT_IS_OK(server_.Start());
      absl::SleepFor(absl::Milliseconds(Pick(random, 0, 60)));
      server_.Kill();
    }
    const absl::Time begin = absl::Now();
    ASSERT_NO_FATAL_FAILURE(StartAgain());
    restarts.push_back(absl::Now() - begin);
  }
  std::sort(restarts.begin(), restarts.end());
  std::printf("  %d kills (%d during start); restart until ready: median %s, longest %s\n", kKills,
              during_start, absl::FormatDuration(restarts[restarts.size() / 2]).c_str(),
              absl::FormatDuration(restarts.back()).c_str());
  Judge();
}

TEST_F(EmbeddedKills, StopsInOrderUnderLoad) {
  ASSERT_NO_FATAL_FAILURE(StartLoad({.seed = 7}));
  for (int stops = 0; stops < 5; ++stops) {
    ASSERT_TRUE(load_->WaitForAccepted(load_->accepted() + 200, absl::Seconds(20)))
        << load_->Summary();
    server_.Terminate();
    ASSERT_EQ(server_.WaitUntilEnded(absl::Seconds(20)), 0) << server_.words();
    load_->Disconnect(server_.address());
    ASSERT_NO_FATAL_FAILURE(StartAgain());
  }
  Judge();
}

}  // namespace
}  // namespace daybook
