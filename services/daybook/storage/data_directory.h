// The data directory: names, addresses and every amount stand in it, so it is for its owner alone.
//
// What this process makes is made so: KeepToOurselves sets the umask, and directories that it makes
// are 0700. What an older version or an operator's copy left open is found by FindOpen and closed
// by CloseToOthers. A directory that others use as well (data_dir = /srv) is theirs to close; what
// is ours in it is closed all the same.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace daybook {

// From here on, files and directories that this process makes are for its user alone.
void KeepToOurselves();

// Made if it is not there, with all above it. FAILED_PRECONDITION if that cannot be.
absl::Status MakeDataDirectory(const std::string& path);

enum class Rights { kRead, kReadAndWrite };
// Whether this user may do that with `directory` and all in it; one that is not there may be read,
// and written if it can be made. FAILED_PRECONDITION names what it may not, whose that is, and this
// user.
absl::Status CheckRights(const std::string& directory, Rights rights);

// What others than the owner may read, write or enter of a data directory.
struct OpenFiles {
  int64_t count = 0;
  std::string example;  // one of them
};
OpenFiles FindOpen(const std::string& data_dir);

// 0700 for directories, 0600 for files. How many there were; FAILED_PRECONDITION names one that
// cannot be closed.
absl::StatusOr<OpenFiles> CloseToOthers(const std::string& data_dir);

}  // namespace daybook
