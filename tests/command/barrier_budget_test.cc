#include "common/command/barrier_budget.h"

#include <gtest/gtest.h>

namespace daybook::command {
namespace {

constexpr absl::Duration kInterval = absl::Milliseconds(5);

TEST(BarrierBudget, TheFirstIsFreeAndTheNextAnIntervalLater) {
  BarrierBudget budget(kInterval, 3, absl::Seconds(1));
  const absl::Duration now = absl::Seconds(50);
  EXPECT_LE(budget.next(), now);
  budget.Spend(now);
  EXPECT_EQ(budget.next(), now + kInterval);
}

TEST(BarrierBudget, ABurstIsPaidForByRest) {
  BarrierBudget budget(kInterval, 3, absl::Seconds(1));
  absl::Duration now = absl::Seconds(50);
  for (int i = 0; i < 4; ++i) budget.Spend(now += kInterval);
  EXPECT_GT(budget.next(), now + absl::Milliseconds(900)) << "the burst is over";
  EXPECT_LE(budget.next(), now + absl::Seconds(1));
}

TEST(BarrierBudget, InTheLongRunThereIsOnePerRest) {
  BarrierBudget budget(kInterval, 3, absl::Seconds(1));
  int spent = 0;
  for (absl::Duration now = absl::Seconds(50); now < absl::Seconds(150); now += kInterval) {
    if (now < budget.next()) continue;
    budget.Spend(now);
    ++spent;
  }
  EXPECT_GE(spent, 100);
  EXPECT_LE(spent, 100 + 3 + 1);
}

TEST(BarrierBudget, WhoRestedHasTheWholeBurstAgain) {
  BarrierBudget budget(kInterval, 3, absl::Seconds(1));
  absl::Duration now = absl::Seconds(50);
  for (int i = 0; i < 4; ++i) budget.Spend(now);
  now += absl::Minutes(1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_LE(budget.next(), now) << i;
    budget.Spend(now);
    now += kInterval;
  }
}

}  // namespace
}  // namespace daybook::command
