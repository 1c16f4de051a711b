#include "common/command/flush_schedule.h"

#include "common/base/status.h"

namespace daybook::command {

std::optional<StateCache::Flush> FlushSchedule::Due(absl::Duration now,
                                                    const Changed& changed) const {
  if (changed.rows == 0) return std::nullopt;
  const bool late = now >= states_at_ + limits_.interval;
  if (late || changed.crowded) return StateCache::Flush::kAll;
  if (changed.rows < limits_.rows && changed.receipt_bytes < limits_.bytes) return std::nullopt;
  const bool states = changed.customers >= limits_.rows / 2 || changed.commits >= limits_.commits;
  return states ? StateCache::Flush::kAll : StateCache::Flush::kReceipts;
}

void FlushSchedule::Begin(absl::Duration now, StateCache::Flush what) {
  DAYBOOK_CHECK(stage_ == Stage::kNone);
  const bool states = what == StateCache::Flush::kAll;
  if (states) states_at_ = now;
  stage_ = states ? Stage::kFilling : Stage::kReady;
}

void FlushSchedule::Write(absl::Duration now) {
  DAYBOOK_CHECK(stage_ == Stage::kReady);
  wrote_at_ = now;
  stage_ = Stage::kWriting;
}

void FlushSchedule::Written(bool ok) {
  DAYBOOK_CHECK(stage_ == Stage::kWriting);
  failed_ = !ok;
  stage_ = ok ? Stage::kNone : Stage::kReady;
}

void FlushSchedule::Forget() {
  DAYBOOK_CHECK(stage_ != Stage::kWriting);
  stage_ = Stage::kNone;
  failed_ = false;
}

}  // namespace daybook::command
