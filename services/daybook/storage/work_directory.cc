#include "services/daybook/storage/work_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

#include "common/base/text.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;

constexpr char kPrefix[] = "/scratch.";
constexpr int kTries = 10;

// An open descriptor that locks the directory, or -1 if it is locked or gone.
int LockDirectory(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -1;
  struct stat locked, there;
  if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &locked) == 0 &&
      stat(path.c_str(), &there) == 0 && locked.st_ino == there.st_ino) {
    return fd;
  }
  close(fd);
  return -1;
}

}  // namespace

absl::StatusOr<WorkDirectory> WorkDirectory::Make(const std::string& parent) {
  std::error_code error;
  fs::create_directories(parent, error);
  RemoveLeftOver(parent);
  for (int tries = 0; tries < kTries; ++tries) {
    std::string path = parent + kPrefix + "XXXXXX";
    if (mkdtemp(path.data()) == nullptr) {
      return absl::FailedPreconditionError(
          Cat("cannot make a directory for copies of read models in ", parent, ": ",
              std::strerror(errno), "; it must be there, so that tables can be linked"));
    }
    const int lock = LockDirectory(path);
    if (lock >= 0) return WorkDirectory(path, lock);
    // Somebody took it for left over before it was locked.
  }
  return absl::UnavailableError(Cat("cannot lock a directory in ", parent));
}

void WorkDirectory::RemoveLeftOver(const std::string& parent) {
  std::error_code error;
  std::vector<std::string> found;
  for (auto at = fs::directory_iterator(parent, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    if (at->path().string().rfind(parent + kPrefix, 0) == 0) found.push_back(at->path());
  }
  for (const std::string& path : found) {
    const int lock = LockDirectory(path);
    if (lock < 0) continue;  // in use
    fs::remove_all(path, error);
    close(lock);
  }
}

WorkDirectory::~WorkDirectory() {
  std::error_code error;
  if (!path_.empty()) fs::remove_all(path_, error);
  if (lock_ >= 0) close(lock_);
}

}  // namespace daybook
