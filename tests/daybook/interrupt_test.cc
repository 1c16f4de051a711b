#include "services/daybook/interrupt.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "absl/time/clock.h"

namespace daybook {
namespace {

TEST(Interrupt, EndsAProcessThatDoesNotEndByItself) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        EndWithin(absl::Milliseconds(10), [] { std::fputs("too long\n", stderr); });
        absl::SleepFor(absl::Hours(1));
      },
      testing::ExitedWithCode(0), "too long");
}

}  // namespace
}  // namespace daybook
