// What operators, health checks and metrics are told of a partition.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/command/partition.h"
#include "common/log/chain.h"

namespace daybook::command {

// One partition as it stands.
struct PartitionStatus {
  int partition = 0;
  Partition::Phase phase = Partition::Phase::kFollow;
  log::Position position;
  std::string log_id;  // empty until the first OwnerStarted was read
  size_t queued = 0;
  size_t in_flight = 0;
  absl::Duration clock_skew;  // see ClockGuard::skew
  std::string clock_wrong;    // why commands are refused; empty: they are not
  absl::Status halted;        // not OK: stopped for good
  std::string waits_for;      // see Partition::waits_for
  Partition::Stats stats;
};

}  // namespace daybook::command
