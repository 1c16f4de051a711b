// Was this position reached on this log? Asked before anything stored at a position is believed.
#pragma once

#include "absl/status/status.h"
#include "common/log/chain.h"
#include "common/log/event_log.h"

namespace daybook::log {

// Reads the record at `position.last_offset` and compares the link that it makes with
// `position.hash`: since every link contains all before it, equal means the same history. Errors:
//   FAILED_PRECONDITION: another log, or a shorter one; says which partition and offset
//   UNAVAILABLE: the log does not answer; ask again
// A read model refuses to open then; a cache clears itself.
absl::Status CheckAgainst(EventLog& log, int partition, const Position& position);

}  // namespace daybook::log
