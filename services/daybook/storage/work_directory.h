// A place in the data directory for what is thrown away again.
#pragma once

#include <string>
#include <utility>

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

}  // namespace daybook
