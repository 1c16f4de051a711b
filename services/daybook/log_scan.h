// Every record of a partition in order, with what became of it.
#pragma once

#include <cstdint>
#include <functional>
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

// Calls `each` for all records up to what is the end when it is called. Returns the position there.
// CANCELLED from `each` ends the scan there. Errors: others of `each`, of the log, and of the
// chain; they name partition and offset.
absl::StatusOr<log::Position> ScanPartition(
    log::EventLog& log, int partition,
    const std::function<absl::Status(const ScannedRecord&)>& each);

}  // namespace daybook
