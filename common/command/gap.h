// What an owner reads because somebody else has written between its records. A machine without a
// log: its partition shows it the records.
//
// It begins with the newest record that is proven: if that is not there, neither is the log that it
// belonged to. It ends where the reports of the owner's records can prove them again.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "common/log/chain.h"
#include "common/log/event_log.h"

namespace daybook::command {

class Gap {
 public:
  // A record of the owner's was reported to stand in front of `until`, which is not the next offset
  // behind `proven`.
  Gap(const log::Position& proven, int64_t until) : chain_(proven), until_(until) {}

  // Where reading begins, and goes on after an error.
  int64_t read_from() const {
    return anchored_ ? chain_.at().next_offset : chain_.at().last_offset;
  }

  // The next record. What becomes of it: one that is effective is the owner's, or the owner is one
  // no more. Nothing: it was proven before. An error: the log is not the one that it was. `frame`
  // then holds the record.
  absl::StatusOr<std::optional<log::Verdict>> Read(const log::LogRecord& record,
                                                   log::v1::Frame* frame);
  // The newest record that counts, of those that were read.
  const log::Hash& newest() const { return chain_.at().hash; }

  // Reading has come to `next`. True: far enough, unless the oldest record that is still not proven
  // was reported behind it (`oldest`, which may be null).
  bool Reached(int64_t next, const log::Report* oldest);
  int64_t end() const { return chain_.at().next_offset; }

 private:
  log::Chain chain_;  // of what counts; what was appended since is not in it
  const int64_t until_;
  bool anchored_ = false;  // the newest proven record has been met
};

}  // namespace daybook::command
