// The records that an owner has appended and that are not yet proven to count, in order; and what
// proves them. A machine without a log: its partition appends, and brings the reports.
//
// The offset proof. A report says where a record was stored. If the oldest record in flight stands
// at the very offset behind what is proven, nobody has written in between: so it continues the
// chain that it was made for, and counts. Nothing else proves a record, except reading it (gap.h).
//
// Reports may come late, twice, in any order, wrong or never; those of records that are not in
// flight are ignored. Times are of the steady clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "common/command/receipts.h"
#include "common/log/chain.h"
#include "common/log/event_log.h"

namespace daybook::command {

class Flight {
 public:
  struct Record {
    uint64_t sequence = 0;
    log::Hash hash = {};                 // of the chain, with it
    Receipts::Entry* receipt = nullptr;  // null: a barrier
    absl::Duration at;                   // when it was appended
    std::optional<log::Report> report;
  };
  // What is known of the oldest record.
  enum class Finding {
    kNothing,   // no report of it, or there is none
    kProven,    // it stands right behind what is proven
    kGap,       // it stands further on: somebody else has written
    kFailed,    // the log does not know whether it is stored
    kNoOffset,  // it is stored nobody knows where
    kTooLow,    // it is said to stand where something else was proven to
  };

  // An owner begins behind its claim, which counts and was the writer's first append.
  void Begin(const log::Position& claimed);
  // The newest position that is proven.
  const log::Position& proven() const { return proven_; }

  bool empty() const { return records_.empty(); }
  size_t size() const { return records_.size(); }
  const Record& oldest() const { return records_.front(); }

  // In the order of the writer's appends.
  void Add(Record record) { records_.push_back(std::move(record)); }
  void OnReport(const log::Report& report);
  Finding Look() const;
  // Whether the oldest record was appended longer than `patience` ago.
  bool Silent(absl::Duration now, absl::Duration patience) const {
    return !empty() && now - oldest().at > patience;
  }
  // The oldest record counts, and stands at `offset`; not in flight any more.
  Record Confirm(int64_t offset);
  // Offsets before `next` were read, and hold nothing else that counts.
  void Pass(int64_t next) { proven_.next_offset = next; }
  // For a planted bug: goes on as if the oldest had never been appended.
  void ForgetOldest();
  // Nothing is in flight any more; what is proven stays so.
  void Clear() { records_.clear(); }

 private:
  log::Position proven_;
  uint64_t first_append_ = 0;  // the writer's number of the oldest
  std::deque<Record> records_;
};

}  // namespace daybook::command
