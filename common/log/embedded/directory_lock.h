// Ownership of a directory: one process at a time, given up by dying.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace daybook::log {

class DirectoryLock {
 public:
  // Takes the lock file `directory`/lock. FAILED_PRECONDITION names the process that has it.
  static absl::StatusOr<std::unique_ptr<DirectoryLock>> Take(const std::string& directory);
  ~DirectoryLock();

  // Whether the lock file is still what stands at its path. If not, the directory was moved or
  // removed, and what stands there now, or will, is another's. One system call; any thread.
  bool Held() const;

  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  DirectoryLock(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  const std::string path_;
  const int fd_;
  uint64_t device_ = 0, inode_ = 0;  // of the file
};

}  // namespace daybook::log
