// The claims of one process on a partition, from when one may be made until it is read back or has
// lost against another's. A machine without a log: its partition writes the record and reads it.
//
// Back-off. Each attempt waits twice as long as the one before, up to 64 times, with the random id
// as the dice, so that two claimants do not stay in step. A record that is confirmed ends the row.
// Newer owners. What counts in the log and is of our epoch or a later one deposes us, unless it is
// of an older attempt of this process. Times are of the steady clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "daybook/log/v1/frame.pb.h"

namespace daybook::command {

class Claim {
 public:
  enum class Met { kOurs, kDeposes, kOther };

  // `instance` is random, one per process: it tells own claims from others'.
  Claim(std::string instance, absl::Duration backoff, absl::Duration timeout)
      : instance_(std::move(instance)), backoff_(backoff), timeout_(timeout) {}

  // Asked to own the partition: what was before does not matter.
  void Reset();
  bool MayBegin(absl::Duration now) const { return now >= not_before_; }
  // A new one, of `epoch`. `fresh` is random.
  void Begin(uint64_t epoch, uint64_t fresh, absl::Duration now);
  // The newest one.
  const std::string& id() const { return id_; }
  uint64_t epoch() const { return epoch_; }  // 0: none since Reset, or it was deposed
  absl::Duration begun_at() const { return begun_at_; }
  // It was to be read back by now.
  bool TimedOut(absl::Duration now) const { return now >= begun_at_ + timeout_; }

  // A claim that counts was read; `waiting`: ours is under way. kOurs: it counts, and the partition
  // is owned when the log has been read to its end. kDeposes: somebody else owns it.
  Met Read(uint64_t epoch, const log::v1::OwnerStarted& started, bool waiting);
  // It was read back and nothing newer has been read since.
  bool counts() const { return counts_; }
  // A newer owner's claim was read since the last doubt: what was sent before is void.
  bool superseded() const { return superseded_; }
  // Of the newest owner; empty: none was read.
  const std::string& owner_endpoint() const { return owner_endpoint_; }

  // Whatever was read is to be read again.
  void Doubt() { counts_ = superseded_ = false; }
  // A record of ours is confirmed: the next claim need not wait.
  void Confirmed() {
    attempts_ = 0;
    not_before_ = absl::ZeroDuration();
  }

  // The log's clock when it stored the claim, to be compared with ours once.
  void Stored(absl::Time at) { stored_ = at; }
  std::optional<absl::Time> TakeStored() { return std::exchange(stored_, std::nullopt); }

 private:
  const std::string instance_;
  const absl::Duration backoff_;
  const absl::Duration timeout_;
  std::string id_;
  uint64_t epoch_ = 0;
  bool counts_ = false;
  bool superseded_ = false;
  absl::Duration begun_at_;
  absl::Duration not_before_ = absl::ZeroDuration();
  int attempts_ = 0;
  std::optional<absl::Time> stored_;
  std::string owner_endpoint_;
};

}  // namespace daybook::command
