// What an answer says of where it was read. Every read model has its own message for it, of the
// same fields: partition (-1: of several), next_offset (their sum), recorded_time (the newest).
#pragma once

#include <algorithm>
#include <cstdint>

#include "common/base/timestamp.h"
#include "common/projection/queries.h"

namespace daybook::projection {

// The newest recorded time of all that is read, in microseconds; 0 if nothing was recorded.
inline int64_t RecordedUs(const Reading& reading) {
  int64_t newest = 0;
  for (const PartitionReading& partition : reading.partitions) {
    newest = std::max(newest, partition.view->position().recorded_time_us);
  }
  return newest;
}

template <class ReadPosition>
void SetPosition(const Reading& reading, ReadPosition* position) {
  const bool one = reading.partitions.size() == 1;
  int64_t next_offset = 0;
  for (const PartitionReading& partition : reading.partitions) {
    next_offset += partition.view->position().next_offset;
  }
  position->set_partition(one ? reading.partitions.front().view->partition() : -1);
  position->set_next_offset(next_offset);
  SetMicros(RecordedUs(reading), position->mutable_recorded_time());
}

}  // namespace daybook::projection
