#include "common/base/doorbell.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/time/clock.h"

namespace daybook {
namespace {

constexpr absl::Duration kForEver = absl::Hours(1);

TEST(Doorbell, ThatWasRungBeforeIsNotWaitedFor) {
  Doorbell bell;
  bell.Ring();
  bell.Ring();
  bell.Wait(kForEver);
}

TEST(Doorbell, IsNotWaitedForWithoutTime) {
  Doorbell bell;
  bell.Wait(absl::ZeroDuration());
  bell.Wait(-kForEver);
}

// Nothing else ends the rounds: one ring that is lost costs a second each, and the test its time.
TEST(Doorbell, WakesWhoeverSleepsOrIsAboutTo) {
  constexpr int kRounds = 20'000;
  Doorbell there, back;
  std::atomic<int> sent{0}, seen{0};
  std::thread other([&] {
    for (int i = 1; i <= kRounds; ++i) {
      while (sent.load() < i) there.Wait(kForEver);
      seen.store(i);
      back.Ring();
    }
  });
  for (int i = 1; i <= kRounds; ++i) {
    sent.store(i);
    there.Ring();
    while (seen.load() < i) back.Wait(kForEver);
  }
  other.join();
  EXPECT_EQ(seen.load(), kRounds);
}

}  // namespace
}  // namespace daybook
