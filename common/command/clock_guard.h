// Whether facts may be recorded by this machine's clock.
//
// A record bears the time of its owner's clock, and times of records never go back. So a clock that
// shows next year for ten seconds, with one command in them, would be believed for a year: invoices
// numbered and due in the wrong year, and `read_time` = now before all that comes. Nobody can tell
// from one reading that a clock is wrong; but three witnesses can contradict it:
//
//   the newest record      of a later time than the clock's: it is wrong now, or was then
//   the log's own clock    if it has one (Kafka's append time), by the reports of what was appended
//   the steady clock       of a log without one: the clock was set forward while the server ran.
//                          It is set back, or an operator confirms it
//
// More than kMost and nothing is recorded until they agree. Where the log has a clock, that one
// decides: after a change it is asked (by a record without a time of its own) before anything is
// recorded or refused, so that a machine that was paused goes on by itself. Where it has none, a
// clock that is set back is believed, unless a record contradicts it.
//
// Not seen: a clock that is wrong from the start of the server on, ahead, on a log without a clock.
//
// Pure and not thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "common/base/clock.h"

namespace daybook::command {

// The newest time of the records that count in a whole log, all of whose partitions this process
// writes. Any thread.
class NewestRecord {
 public:
  explicit NewestRecord(int partitions) : unread_(partitions) {}

  void Raise(int64_t us) {
    int64_t was = us_.load(std::memory_order_relaxed);
    while (us > was && !us_.compare_exchange_weak(was, us, std::memory_order_relaxed)) {
    }
  }
  int64_t us() const { return us_.load(std::memory_order_relaxed); }

  // A partition has been read to its end once, or cannot be: it will not raise the time any more
  // but by what is recorded from now on.
  void PartitionRead() { unread_.fetch_sub(1, std::memory_order_release); }
  // All have. Until then nothing is recorded in any.
  bool complete() const { return unread_.load(std::memory_order_acquire) <= 0; }

 private:
  std::atomic<int64_t> us_{0};
  std::atomic<int> unread_;
};

class ClockGuard {
 public:
  // A jump of less is within what servers may differ by.
  static constexpr absl::Duration kMost = absl::Minutes(1);

  enum class Verdict {
    kGood,
    kUnknown,   // the log's clock is to be asked: commands wait
    kLogAhead,  // the newest record is of the future
    kMoved,     // the clock was set forward while the server ran
    kDiffers,   // from the log's clock
  };

  // `log_has_clock`: reports say when the log stored a record. Records up to `accepted` are known
  // to be of the future, see "A clock that was wrong" in common/log/README.md.
  ClockGuard(bool log_has_clock, absl::Time accepted);

  // What the clocks show, and the time of the newest record.
  void Read(const Moment& now, absl::Time newest);
  // The log's clock showed `stored` at some time between `sent`, of the steady clock, and the last
  // Read.
  void Stored(absl::Time stored, absl::Duration sent);
  // An operator says that the clock is right as the next Read will find it.
  void Confirm() { reference_.reset(); }

  Verdict verdict() const { return verdict_; }
  bool good() const { return verdict_ == Verdict::kGood; }
  bool contradicted() const { return !good() && verdict_ != Verdict::kUnknown; }
  // By what and what to do, for people; empty if it is not contradicted.
  std::string why() const;
  // How far the log is ahead of the clock: by its newest record, its own clock or, of a log without
  // one, the clock as it was before it was set.
  absl::Duration skew() const;

  // A record is to be appended now, to learn the log's clock from its report.
  bool ask() const;
  // One has been.
  void Asked();

 private:
  // Of the clock: what it shows when the steady one is 0.
  absl::Time origin() const { return now_.wall - now_.steady; }
  // How far the reference is ahead of the clock.
  absl::Duration moved() const;
  void Judge();

  const bool log_has_clock_;
  const absl::Time accepted_;
  Moment now_ = {absl::UnixEpoch(), absl::ZeroDuration()};
  absl::Time newest_ = absl::InfinitePast();
  Verdict verdict_ = Verdict::kUnknown;
  std::optional<absl::Time> reference_;  // the origin that is believed: the log's, or the last good
  absl::Time measured_at_;               // origin() when the log's clock answered last
  absl::Duration ask_at_ = absl::ZeroDuration();
  absl::Duration ask_again_;
};

}  // namespace daybook::command
