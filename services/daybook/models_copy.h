// A copy of a read model that another process may be serving, to look at it without touching it.
//
// Table files never change and no store opens a file that is there to write to it
// (common/store/files.h), so they are linked, not copied; what a server writes later does not show.
// Nothing but tables and what names them is taken.
#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace daybook {

// A directory that is removed, with all in it, when this goes. One whose process was killed is
// removed when the next is made: its links would keep tables that the server has given up.
class WorkDirectory {
 public:
  // Inside `parent`, so that it is on the same file system; made if need be. Locked while it lives.
  static absl::StatusOr<WorkDirectory> Make(const std::string& parent);
  // Those in `parent` that nobody has locked.
  static void RemoveLeftOver(const std::string& parent);
  WorkDirectory(WorkDirectory&& other) noexcept
      : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {
    other.path_.clear();
  }
  WorkDirectory& operator=(WorkDirectory&&) = delete;
  ~WorkDirectory();

  const std::string& path() const { return path_; }

 private:
  WorkDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_;  // of the directory, open
};

// Links or copies the store in `from` into `to`. NOT_FOUND if there is none; DATA_LOSS if it is not
// whole; PERMISSION_DENIED, RESOURCE_EXHAUSTED, FAILED_PRECONDITION: it cannot be looked at, names
// the path. A server that writes meanwhile may make it fail with UNAVAILABLE after some tries.
absl::Status CopyStore(const std::string& from, const std::string& to);

// What was found in a copy, said of the original in directory `original`: the copy is gone by the
// time that somebody reads it.
absl::Status NamedAsOriginal(const absl::Status& status, const WorkDirectory& copies,
                             const std::string& original);

}  // namespace daybook
