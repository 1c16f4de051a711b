#include "common/command/continuity.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace daybook::command {
namespace {

// Reads that must have found the log too short before that is believed.
constexpr int kShortReads = 20;

}  // namespace

bool Proves(const log::LogRecord& record, const log::Position& at) {
  return record.offset == at.last_offset &&
         log::LinkHash(at.previous_hash, record.value) == at.hash;
}

absl::Status AnotherLog(int64_t offset) {
  return absl::DataLossError(absl::StrFormat(
      "offset %d: what counted there is not there any more: the log has lost acknowledged records, "
      "or another stands in its place",
      offset));
}

absl::Status Continuity::Meet(const log::LogRecord& record, const log::Position& at) {
  if (!anchored_) anchored_ = Proves(record, at);
  return anchored_ ? absl::OkStatus() : AnotherLog(at.last_offset);
}

absl::StatusOr<bool> Continuity::AtEnd(const log::Position& at, const log::Position& proven,
                                       absl::Duration now) {
  const bool reached = at.next_offset >= acknowledged_;
  if (anchored_ && reached && at.last_offset >= proven.last_offset) {
    short_since_ = absl::InfiniteDuration();
    short_reads_ = 0;
    return true;
  }
  short_since_ = std::min(short_since_, now);
  if (++short_reads_ < kShortReads || now - short_since_ < patience_) return false;
  if (reached) return AnotherLog(anchored_ ? proven.last_offset : at.last_offset);
  return absl::DataLossError(
      absl::StrFormat("the log ends at offset %d, but records up to %d were acknowledged: the log "
                      "has lost acknowledged records",
                      at.next_offset, acknowledged_));
}

}  // namespace daybook::command
