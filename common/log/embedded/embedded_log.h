// The embedded driver: an EventLog in a directory of this machine, for one process.
//
//   ASSIGN_OR_RETURN(auto log, OpenEmbedded({.directory = "/var/lib/daybook/log"}));
//
// Operation. RocksDB holds the records under (partition, offset); what a producer sends becomes one
// fdatasync over all of its writers, and RocksDB joins the flushes of several producers into one.
// Readers see only what is durable. Beside the records stand `lock` (who owns the directory) and
// `tail` (how far each partition had come, see tail_file.h): RocksDB's recovery silently drops what
// stands behind a flipped bit of its write-ahead log, and only a witness outside can tell.
//
// Failure. Opening refuses, naming file, partition and offset, when anything is missing, cut,
// altered or exchanged. A write or sync that fails leaves it unknown whether the records are
// stored, so it stops the process (Die); starting again replays. So does a directory that is moved
// or removed while it is open: within a tenth of a second, before anything more is written, and
// without closing anything, which could remove files of whoever has the place by then. When the
// disk is nearly full, appends are refused by reports with RESOURCE_EXHAUSTED, surely not stored,
// until there is room again.
//
// Limitations. Local file systems that honour fdatasync; network file systems are refused. One
// process at a time writes; others may read beside it with `read_only`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/log/chain.h"
#include "common/log/event_log.h"

namespace daybook::log {

struct EmbeddedOptions {
  std::string directory;

  // For a new log, 1 to 4096; 16 if not given. For an existing one: adopted if not given, otherwise
  // it must be the same.
  std::optional<int> partitions = {};

  // False: NOT_FOUND if there is no log.
  bool create_if_missing = true;

  // Opens what is there now, beside a live server or without one, and does not follow it. Takes no
  // lock, changes nothing; appends are refused by their reports.
  bool read_only = false;

  // Up to this many bytes of tables are checked before opening ends, more than that in the
  // background.
  uint64_t checked_at_start_bytes = uint64_t{1} << 30;

  // The newest records are kept in memory for readers, in so much of it, all partitions together.
  // 0: readers always go to the tables.
  size_t recent_bytes = size_t{16} << 20;

  // Appends are refused while the file system has less room than this.
  uint64_t reserve_bytes = uint64_t{256} << 20;

  // What the background check found. By default the process stops: corruption is never served.
  std::function<void(const absl::Status&)> on_corruption = {};

  // For tests. `fault(operation, file)` is asked before each "append" and "sync" of any file that
  // RocksDB writes; not OK makes that operation fail without being done.
  std::function<absl::Status(std::string_view operation, const std::string& file)> fault = {};
  // For tests: the room on the file system, instead of asking it.
  std::function<uint64_t()> free_bytes = {};
};

// Errors: FAILED_PRECONDITION: another process has the directory, or it is of another partition
// count; NOT_FOUND; INVALID_ARGUMENT: options; DATA_LOSS: the log is not whole; UNAVAILABLE: other
// failures of the file system. The message says what to do.
absl::StatusOr<std::unique_ptr<EventLog>> OpenEmbedded(EmbeddedOptions options);

// Reads the whole log, read-only, checks every table and folds every record through its chain.
// Returns where each partition ends; an error names the first bad place.
absl::StatusOr<std::vector<Position>> VerifyEmbedded(const std::string& directory);

}  // namespace daybook::log
