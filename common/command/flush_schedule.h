// When the cache of a partition is flushed, and what goes with it. A machine without a cache, a
// clock or a disk: its partition tells it what has changed and does what it says.
//
//   kNone ──Begin(kAll)──▶ kFilling ──Filled──▶ kReady ──Write──▶ kWriting ──Written(true)──▶ kNone
//     └──Begin(kReceipts)─────────────────────────▲ └──────────Written(false)─┘
//
// Two rhythms. Receipts are written as soon as there are enough of them: each is written once.
// States are written again and again, so they wait for more: for the interval, for memory, for a
// number of commits that a restart can fold again, or until they are half of what waits.
// A write that failed is tried again after the interval. Times are of the steady clock.
#pragma once

#include <cstddef>
#include <optional>

#include "absl/time/time.h"
#include "common/command/state_cache.h"

namespace daybook::command {

class FlushSchedule {
 public:
  struct Limits {
    size_t rows;              // that have changed
    size_t bytes;             // of receipts
    size_t commits;           // since states were written
    absl::Duration interval;  // since states were written
  };
  // What waits to be flushed.
  struct Changed {
    size_t rows = 0;  // receipts and customers
    size_t customers = 0;
    size_t receipt_bytes = 0;
    size_t commits = 0;    // since states were written
    bool crowded = false;  // memory is short
  };
  enum class Stage { kNone, kFilling, kReady, kWriting };

  explicit FlushSchedule(Limits limits) : limits_(limits) {}

  // The first interval begins.
  void Start(absl::Duration now) { states_at_ = now; }

  Stage stage() const { return stage_; }
  // At kNone: what a flush that begins now holds; nothing: none is due.
  std::optional<StateCache::Flush> Due(absl::Duration now, const Changed& changed) const;
  // From kNone.
  void Begin(absl::Duration now, StateCache::Flush what);
  // From kFilling: all rows are in it.
  void Filled() { stage_ = Stage::kReady; }
  // At kReady: whether it may be written, as far as time tells.
  bool MayWrite(absl::Duration now) const {
    return !failed_ || now >= wrote_at_ + limits_.interval;
  }
  // From kReady.
  void Write(absl::Duration now);
  // From kWriting.
  void Written(bool ok);
  // The flush under way is given up, and what it held is not in memory any more. Not at kWriting.
  void Forget();
  // The next flush, or the next attempt, is due at once.
  void Hurry() { states_at_ = wrote_at_ = -absl::InfiniteDuration(); }

  // When time alone makes the next step due. Not at kWriting: its end is told.
  absl::Duration next() const {
    return (stage_ == Stage::kNone ? states_at_ : wrote_at_) + limits_.interval;
  }

 private:
  const Limits limits_;
  Stage stage_ = Stage::kNone;
  absl::Duration states_at_ = -absl::InfiniteDuration();  // states were frozen
  absl::Duration wrote_at_ = -absl::InfiniteDuration();   // the last write began, perhaps in vain
  bool failed_ = false;                                   // so it did
};

}  // namespace daybook::command
