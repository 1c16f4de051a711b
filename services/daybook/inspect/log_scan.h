// Every record of a partition in order, with what became of it.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/log/chain.h"
#include "common/log/event_log.h"

namespace daybook {

struct ScannedRecord {
  int partition;
  int64_t offset;
  std::string_view key;
  std::string_view value;
  log::Verdict verdict;
  const log::v1::Frame* frame;  // null if the value does not parse
};

inline constexpr int64_t kToTheEnd = std::numeric_limits<int64_t>::max();

// Calls `each` for all records in front of `until`, or up to what is the end when it is called.
// Returns the position there. CANCELLED from `each` ends the scan there. Errors: others of `each`,
// of the log, and of the chain; they name partition and offset. A scan that does not begin at the
// beginning begins at a position that was reached on this log.
absl::StatusOr<log::Position> ScanPartition(
    log::EventLog& log, int partition,
    const std::function<absl::Status(const ScannedRecord&)>& each, int64_t until = kToTheEnd,
    const log::Position& from = {});

// Calls `each` for all records from `from` on without judging them, as if each that parses counted:
// what stands behind the place where the chain stops.
absl::Status ScanUnjudged(log::EventLog& log, int partition, int64_t from,
                          const std::function<absl::Status(const ScannedRecord&)>& each);

}  // namespace daybook
