#include "services/daybook/process/interrupt.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "absl/time/clock.h"

namespace daybook {
namespace {

TEST(Interrupt, EndsAProcessThatDoesNotEndByItself) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        EndWithin(absl::Milliseconds(10), 7, [] { std::fputs("too long\n", stderr); });
        absl::SleepFor(absl::Hours(1));
      },
      testing::ExitedWithCode(7), "too long");
}

// Whatever it is at, and however soon the signal comes.
TEST(Interrupt, EndsAProcessThatDoesNotLookWhetherItWasTold) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        CatchInterrupts();
        EndSoonAfterInterrupt(absl::Milliseconds(10), [] { std::fputs("too long\n", stderr); });
        std::raise(SIGTERM);
        absl::SleepFor(absl::Hours(1));
      },
      testing::ExitedWithCode(0), "too long");
}

TEST(Interrupt, EndsNoProcessThatWasNotTold) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        CatchInterrupts();
        EndSoonAfterInterrupt(absl::ZeroDuration(), [] { std::fputs("too long\n", stderr); });
        absl::SleepFor(absl::Milliseconds(100));
        std::exit(3);
      },
      testing::ExitedWithCode(3), "");
}

}  // namespace
}  // namespace daybook
