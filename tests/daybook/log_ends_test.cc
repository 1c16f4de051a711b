#include "services/daybook/server/log_ends.h"

#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "tests/support/memory_log.h"

namespace daybook {
namespace {

// Some seconds are far more than it takes.
bool Becomes(const LogEnds& ends, const std::vector<int64_t>& expected) {
  for (int i = 0; i < 1000 && ends.Get() != expected; ++i) absl::SleepFor(absl::Milliseconds(10));
  return ends.Get() == expected;
}

TEST(LogEnds, AreThoseOfTheLogAndOfOneThatDoesNotAnswerTheLastOnes) {
  MemoryLog log(2);
  log.Append(1, "", "a");
  LogEnds ends(log);
  EXPECT_TRUE(Becomes(ends, {0, 1}));
  log.Append(0, "", "b");
  log.Append(1, "", "c");
  EXPECT_TRUE(Becomes(ends, {1, 2}));
  log.FailExtents(absl::UnavailableError("no broker answers"));
  const int asked = log.extents_asked();
  log.Append(0, "", "d");
  while (log.extents_asked() < asked + 2) absl::SleepFor(absl::Milliseconds(10));
  EXPECT_EQ(ends.Get(), (std::vector<int64_t>{1, 2}));
  log.FailExtents(absl::OkStatus());
  EXPECT_TRUE(Becomes(ends, {2, 2}));
}

}  // namespace
}  // namespace daybook
