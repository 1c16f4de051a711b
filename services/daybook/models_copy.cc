#include "services/daybook/models_copy.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/time/clock.h"
#include "services/daybook/text.h"

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

// A table of the database, by RocksDB's naming. What else ends so is a file on its way to be one.
bool IsTable(const std::string& name) {
  return name.size() > 4 && name.compare(name.size() - 4, 4, ".sst") == 0 &&
         std::all_of(name.begin(), name.end() - 4, [](char c) { return c >= '0' && c <= '9'; });
}

// What says which tables live. Nothing is written ahead in a store.
bool IsManifest(const std::string& name) {
  return name == "CURRENT" || name == "IDENTITY" || name.rfind("MANIFEST-", 0) == 0 ||
         name.rfind("OPTIONS-", 0) == 0;
}

// Manifest first, so that every table that it names was there; a table that is gone by the time it
// is linked is a reason to try again.
bool CopyOnce(const std::string& from, const std::string& to, std::string* problem) {
  std::error_code error;
  fs::remove_all(to, error);
  fs::create_directories(to, error);
  const auto copy_all = [&](bool (*wanted)(const std::string&), bool link) {
    for (auto at = fs::directory_iterator(from, error); !error && at != fs::directory_iterator();
         at.increment(error)) {
      const std::string name = at->path().filename();
      if (!wanted(name)) continue;
      const std::string copy = to + "/" + name;
      if (link) fs::create_hard_link(at->path(), copy, error);
      // Read models may stand on a disk of their own.
      if (!link || error == std::errc::cross_device_link) fs::copy_file(at->path(), copy, error);
      if (error) {
        *problem = Cat(at->path().string(), ": ", error.message());
        return false;
      }
    }
    return !error;
  };
  return copy_all(IsManifest, false) && copy_all(IsTable, true);
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

absl::Status CopyStore(const std::string& from, const std::string& to) {
  std::error_code error;
  if (!fs::exists(from + "/CURRENT", error)) {
    if (fs::exists(from, error) && !fs::is_empty(from, error)) {
      return absl::DataLossError(Cat(from, "/CURRENT is missing"));
    }
    return absl::NotFoundError(Cat("there is no read model in ", from));
  }
  std::string problem;
  for (int tries = 0; tries < 20; ++tries) {
    if (CopyOnce(from, to, &problem)) return absl::OkStatus();
    absl::SleepFor(absl::Milliseconds(50));
  }
  return absl::UnavailableError(Cat("the read model changes while it is copied: ", problem));
}

}  // namespace daybook
