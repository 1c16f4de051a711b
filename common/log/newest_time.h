// How late it was when a log was written last: what a clock can be compared with before anything is
// folded.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "common/log/event_log.h"

namespace daybook::log {

// The latest `recorded_time` among the newest records of a partition, microseconds since the Unix
// epoch; 0 if there is none. Whether they count is not looked at. May block for some seconds; errors
// as of EventLog.
absl::StatusOr<int64_t> NewestRecordedTimeUs(EventLog& log, int partition);

}  // namespace daybook::log
