// A read model made new from the log, beside the one that serves, then put in its place.
//
//   ASSIGN_OR_RETURN(RebuildReport report, Rebuild(*log, projection, {.directory = models_dir}));
//
// Operation. The log is folded by the same Runner into a fresh store `<name>.next`, which never
// reads before it writes and is written as sorted files. It stops at the positions of the store
// that is there, so that the two can be compared: row by row if the same version made both, by
// their control totals if another did. Then the two change places in one step and the old one is
// removed. Without a usable store it goes to the end of the log and there is nothing to compare.
//
// Killed at any point it goes on, when called again, from its last checkpoint; what serves is whole
// at every moment.
//
// Limitations. The store must not be open elsewhere: the serving process rebuilds by being stopped.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/log/event_log.h"
#include "common/projection/projection.h"
#include "common/store/store.h"

namespace daybook::projection {

struct RebuildProgress {
  int64_t records_done = 0;  // offsets passed, over all partitions
  int64_t records_total = 0;
};

struct RebuildOptions {
  std::string directory = {};  // that of ModelsOptions
  int threads = 2;
  uint64_t checkpoint_events = 2'000'000;  // a partition; what a kill may cost
  size_t checkpoint_bytes = 512 << 20;     // or so much memory, a thread
  size_t max_cached_rows = 600'000;        // a thread
  // Put a rebuild in the other's place all the same if it differs, or if the log is not the one
  // that the other was computed from, or shorter.
  bool accept_difference = false;
  // Compare only: leave the store that is there, remove the new one.
  bool dry_run = false;
  std::function<void(const RebuildProgress&)> progress = {};  // one thread at a time, often
};

struct RebuildReport {
  uint64_t events = 0;      // folded in this call
  int64_t records = 0;      // offsets passed in this call
  absl::Duration duration;  // of the folding
  bool resumed = false;
  // What came of comparing: OK, the first difference, or why there was nothing to compare with
  // (NOT_FOUND, or the error that the old store does not open with).
  absl::Status compared;
  bool exact = false;  // row by row; else by control totals
  bool switched = false;
};

// Errors, without accept_difference FAILED_PRECONDITION: the log is another one or shorter, nothing
// was folded; or the rebuild differs, names the difference, and the new store stays for a look at
// `<name>.next`. Errors of log and store.
absl::StatusOr<RebuildReport> Rebuild(log::EventLog& log, const ProjectionInfo& projection,
                                      const RebuildOptions& options);

// How the store of a projection is opened for serving.
store::Options LiveOptions(const std::string& directory, const ProjectionInfo& projection);

// Renames the store that is there to `<name>.aside`, in place of what has that name, and says where
// it is. It must not be open.
absl::StatusOr<std::string> SetAside(const std::string& directory,
                                     const ProjectionInfo& projection);

// Ends a switch that was cut short, where the file system cannot exchange directories in one step.
absl::Status FinishSwitch(const std::string& directory, const ProjectionInfo& projection);

}  // namespace daybook::projection
