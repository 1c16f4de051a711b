#include "common/log/embedded/directory_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace daybook::log {
namespace {

std::string HolderOf(int fd) {
  char text[64];
  const ssize_t n = ::pread(fd, text, sizeof text, 0);
  if (n <= 0) return "another process";
  return std::string(absl::StripSuffix(absl::string_view(text, static_cast<size_t>(n)), "\n"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<DirectoryLock>> DirectoryLock::Take(const std::string& directory) {
  const std::string path = absl::StrCat(directory, "/lock");
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot open ", path, ": ", std::strerror(errno)));
  }
  std::unique_ptr<DirectoryLock> lock(new DirectoryLock(path, fd));
  // Of the open file, not of the process: a second opening by the same process is refused as well.
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the log directory ", directory, " is in use by ", HolderOf(fd),
        ": one process at a time may write; stop it, or give this one another directory"));
  }
  const std::string holder = absl::StrCat("process ", ::getpid(), "\n");
  if (::ftruncate(fd, 0) != 0 ||
      ::pwrite(fd, holder.data(), holder.size(), 0) != static_cast<ssize_t>(holder.size())) {
    return absl::UnavailableError(absl::StrCat("cannot write ", path, ": ", std::strerror(errno)));
  }
  struct stat file;
  if (::fstat(fd, &file) != 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot look at ", path, ": ", std::strerror(errno)));
  }
  lock->device_ = file.st_dev;
  lock->inode_ = file.st_ino;
  return lock;
}

bool DirectoryLock::Held() const {
  struct stat file;
  return ::stat(path_.c_str(), &file) == 0 && file.st_dev == device_ && file.st_ino == inode_;
}

DirectoryLock::~DirectoryLock() { ::close(fd_); }

}  // namespace daybook::log
