// A copy of a read model that another process may be serving, to look at it without touching it.
//
// Table files never change, so they are linked, not copied; what a server writes later does not
// show.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace daybook {

// A directory that is removed, with all in it, when this goes.
class WorkDirectory {
 public:
  // Inside `parent`, so that it is on the same file system; made if need be.
  static absl::StatusOr<WorkDirectory> Make(const std::string& parent);
  WorkDirectory(WorkDirectory&& other) noexcept : path_(std::move(other.path_)) {
    other.path_.clear();
  }
  WorkDirectory& operator=(WorkDirectory&&) = delete;
  ~WorkDirectory();

  const std::string& path() const { return path_; }

 private:
  explicit WorkDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// Links or copies the store in `from` into `to`. NOT_FOUND if there is none. A server that writes
// meanwhile may make it fail with UNAVAILABLE after some tries.
absl::Status CopyStore(const std::string& from, const std::string& to);

}  // namespace daybook
