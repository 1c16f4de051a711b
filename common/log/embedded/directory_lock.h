// Ownership of a directory: one process at a time, given up by dying.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace daybook::log {

class DirectoryLock {
 public:
  // Takes the lock file `directory`/lock. FAILED_PRECONDITION names the process that has it.
  static absl::StatusOr<std::unique_ptr<DirectoryLock>> Take(const std::string& directory);
  ~DirectoryLock();

  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}
  const int fd_;
};

}  // namespace daybook::log
