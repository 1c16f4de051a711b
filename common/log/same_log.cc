#include "common/log/same_log.h"

#include <memory>
#include <string>

#include "absl/strings/str_format.h"
#include "common/base/status.h"

namespace daybook::log {
namespace {

absl::Status Mismatch(EventLog& log, int partition, const Position& position,
                      std::string_view what) {
  return absl::FailedPreconditionError(
      absl::StrFormat("partition %d: computed from another log than %s, or that log was cut or "
                      "replaced: %s (stored "
                      "position: %s)",
                      partition, log.name(), std::string(what), ToString(position)));
}

}  // namespace

absl::Status CheckAgainst(EventLog& log, int partition, const Position& position) {
  if (position == Position{}) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Extent extent, log.GetExtent(partition));
  if (extent.end < position.next_offset) {
    return Mismatch(log, partition, position,
                    absl::StrFormat("the log ends at offset %d, before what was read", extent.end));
  }
  if (position.last_offset < 0) return absl::OkStatus();  // nothing that was read counted
  if (position.last_offset < extent.first) {
    return Mismatch(log, partition, position,
                    absl::StrFormat("the log begins at offset %d", extent.first));
  }
  ASSIGN_OR_RETURN(const auto reader, log.NewReader(partition, position.last_offset));
  const absl::Time give_up = absl::Now() + absl::Seconds(10);
  while (absl::Now() < give_up) {
    ASSIGN_OR_RETURN(const Batch batch, reader->Read(1, absl::Seconds(1)));
    if (batch.records.empty()) continue;
    const LogRecord& record = batch.records.front();
    if (record.offset != position.last_offset) {
      return Mismatch(log, partition, position,
                      absl::StrFormat("offset %d is missing", position.last_offset));
    }
    if (LinkHash(position.previous_hash, record.value) != position.hash) {
      return Mismatch(log, partition, position,
                      absl::StrFormat("the record at offset %d is another one", record.offset));
    }
    v1::Frame frame;
    if (ParseFrame(record.value, &frame) && KeyAfter(frame) != position.chain_key) {
      return Mismatch(log, partition, position,
                      "an older version read it, which does not know all of its format");
    }
    return absl::OkStatus();
  }
  return absl::UnavailableError(
      absl::StrFormat("partition %d: %s does not answer a read at offset %d", partition, log.name(),
                      position.last_offset));
}

}  // namespace daybook::log
