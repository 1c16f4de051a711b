// The newest claim of a partition, found without reading the partition: who owns it, and where that
// is.
//
// Who starts to read behind the claim does not meet it. It is the first record of its epoch, and
// epochs grow along a partition, so halving finds it in some twenty looks at the log.
#pragma once

#include "absl/status/statusor.h"
#include "common/log/chain.h"
#include "common/log/event_log.h"

namespace daybook::log {

// The claim that made the epoch of `at`, a position that was reached in `partition`. NOT_FOUND if
// there is no owner yet, or records that do not count hide its claim: it is for telling people and
// clients, never for deciding. Other errors: the log's. Blocks while the log is asked.
absl::StatusOr<v1::OwnerStarted> FindClaim(EventLog& log, int partition, const Position& at);

}  // namespace daybook::log
