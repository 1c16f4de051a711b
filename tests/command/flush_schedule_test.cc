#include "common/command/flush_schedule.h"

#include <gtest/gtest.h>

namespace daybook::command {
namespace {

using Flush = StateCache::Flush;
using Stage = FlushSchedule::Stage;

constexpr absl::Duration kStart = absl::Seconds(100);
constexpr absl::Duration kInterval = absl::Seconds(20);

FlushSchedule Started() {
  FlushSchedule schedule({.rows = 100, .bytes = 5'000, .commits = 1'000, .interval = kInterval});
  schedule.Start(kStart);
  return schedule;
}

TEST(FlushSchedule, SaysWhatIsDue) {
  struct Row {
    const char* what;
    FlushSchedule::Changed changed;
    absl::Duration later;
    std::optional<Flush> due;
  };
  const absl::Duration soon = absl::Seconds(1);
  const Row rows[] = {
      {"nothing has changed", {}, kInterval, std::nullopt},
      {"a row that can wait", {.rows = 1}, soon, std::nullopt},
      {"a row for a whole interval", {.rows = 1}, kInterval, Flush::kAll},
      {"one row too few", {.rows = 99, .customers = 99}, soon, std::nullopt},
      {"many receipts", {.rows = 100, .customers = 49}, soon, Flush::kReceipts},
      {"many states", {.rows = 100, .customers = 50}, soon, Flush::kAll},
      {"long receipts", {.rows = 5, .receipt_bytes = 5'000}, soon, Flush::kReceipts},
      {"much to fold again", {.rows = 100, .commits = 1'000}, soon, Flush::kAll},
      {"too little memory", {.rows = 1, .crowded = true}, soon, Flush::kAll},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Started().Due(kStart + row.later, row.changed), row.due) << row.what;
  }
}

TEST(FlushSchedule, ReceiptsAloneDoNotPutStatesOff) {
  FlushSchedule schedule = Started();
  schedule.Begin(kStart + absl::Seconds(19), Flush::kReceipts);
  EXPECT_EQ(schedule.stage(), Stage::kReady) << "receipts need no filling";
  schedule.Write(kStart + absl::Seconds(19));
  schedule.Written(true);
  EXPECT_EQ(schedule.next(), kStart + kInterval);
  EXPECT_EQ(schedule.Due(kStart + kInterval, {.rows = 1}), Flush::kAll);
}

TEST(FlushSchedule, StatesAreFilledFirstAndBeginAnInterval) {
  FlushSchedule schedule = Started();
  const absl::Duration now = kStart + kInterval;
  schedule.Begin(now, Flush::kAll);
  EXPECT_EQ(schedule.stage(), Stage::kFilling);
  schedule.Filled();
  EXPECT_TRUE(schedule.MayWrite(now));
  schedule.Write(now + absl::Seconds(1));
  schedule.Written(true);
  EXPECT_EQ(schedule.stage(), Stage::kNone);
  EXPECT_EQ(schedule.next(), now + kInterval);
}

TEST(FlushSchedule, AFailedWriteIsTriedAgainAfterTheInterval) {
  FlushSchedule schedule = Started();
  schedule.Begin(kStart, Flush::kReceipts);
  schedule.Write(kStart);
  schedule.Written(false);
  EXPECT_EQ(schedule.stage(), Stage::kReady) << "what it holds is not lost";
  EXPECT_FALSE(schedule.MayWrite(kStart + kInterval - absl::Nanoseconds(1)));
  EXPECT_EQ(schedule.next(), kStart + kInterval);
  EXPECT_TRUE(schedule.MayWrite(kStart + kInterval));
}

TEST(FlushSchedule, InAHurryTimeIsNoReasonToWait) {
  FlushSchedule schedule = Started();
  schedule.Begin(kStart, Flush::kReceipts);
  schedule.Write(kStart);
  schedule.Written(false);
  schedule.Hurry();
  EXPECT_TRUE(schedule.MayWrite(kStart));
  schedule.Write(kStart);
  schedule.Written(true);
  schedule.Hurry();
  EXPECT_EQ(schedule.Due(kStart, {.rows = 1}), Flush::kAll);
}

TEST(FlushSchedule, AFlushThatIsForgottenLeavesNoFailureBehind) {
  FlushSchedule schedule = Started();
  schedule.Begin(kStart, Flush::kReceipts);
  schedule.Write(kStart);
  schedule.Written(false);
  schedule.Forget();
  EXPECT_EQ(schedule.stage(), Stage::kNone);
  schedule.Begin(kStart, Flush::kReceipts);
  EXPECT_TRUE(schedule.MayWrite(kStart));
}

}  // namespace
}  // namespace daybook::command
