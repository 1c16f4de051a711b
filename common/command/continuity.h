// Whether the log that is read is still the one that was read before, and still has what it
// acknowledged. A machine without a log: its partition shows it what it reads.
//
// Anchor. After a doubt the log is read again from the record that the cache came to. That record
// must be met where it was, byte for byte: else the log was cut, or another stands in its place,
// and nothing of it may be folded.
// End. A log that was acknowledged up to an offset must reach it. Just after a change of leader it
// may look shorter for a moment; so it is called lost only after `patience` and a number of reads,
// because time alone may have been spent asleep.
// Future. A record of an epoch that no owner can have may be anybody's bytes, or show that the log
// was cut and went on without us. The log is asked, at most once per second and position, so that a
// flood of such records costs little.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/log/chain.h"
#include "common/log/event_log.h"

namespace daybook::command {

// Whether `record` is the one that `at` was reached with: its bytes prove the hash.
bool Proves(const log::LogRecord& record, const log::Position& at);

// DATA_LOSS that names the offset where something else stands than what counted.
absl::Status AnotherLog(int64_t offset);

class Continuity {
 public:
  explicit Continuity(absl::Duration patience) : patience_(patience) {}

  // Memory is dropped and the log is read again. `exclusive`: nobody else can have changed it.
  void Doubt(bool exclusive) { anchored_ = exclusive; }
  // Reading goes on behind `at`, which is what the cache came to.
  void Resume(const log::Position& at) { anchored_ |= at.last_offset < 0; }
  // What memory holds stands in the log, whatever was in doubt.
  void Trust() { anchored_ = true; }
  // The first offset to read: that of the anchor, if it is to be met again.
  int64_t ReadFrom(const log::Position& at) const {
    return anchored_ ? at.next_offset : at.last_offset;
  }
  // Called with every record before it is folded. DATA_LOSS: it is not the anchor.
  absl::Status Meet(const log::LogRecord& record, const log::Position& at);

  // Records in front of `end` were acknowledged, by a report or by reading.
  void Acknowledge(int64_t end) { acknowledged_ = acknowledged_ < end ? end : acknowledged_; }
  int64_t acknowledged() const { return acknowledged_; }

  // A read came to the log's end with `at`. True: the log is whole. False: not so far, read on.
  // DATA_LOSS: it has lost what it acknowledged. `proven`: the newest record that was confirmed.
  absl::StatusOr<bool> AtEnd(const log::Position& at, const log::Position& proven,
                             absl::Duration now);

  // Whether the log is to be asked about the record that `at` was reached with.
  bool MustAsk(const log::Position& at, absl::Duration now) const {
    return at.last_offset != asked_ || now - asked_at_ >= absl::Seconds(1);
  }
  // It was, and has the record.
  void Asked(const log::Position& at, absl::Duration now) {
    asked_ = at.last_offset;
    asked_at_ = now;
  }

 private:
  const absl::Duration patience_;
  bool anchored_ = true;
  int64_t acknowledged_ = 0;
  absl::Duration short_since_ = absl::InfiniteDuration();
  int short_reads_ = 0;
  int64_t asked_ = -1;
  absl::Duration asked_at_ = -absl::InfiniteDuration();
};

}  // namespace daybook::command
