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

#include "absl/strings/cord.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "services/daybook/text.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;

constexpr char kPrefix[] = "/scratch.";
constexpr int kTries = 10;
constexpr int kTriesBesideAWriter = 20;

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
// is linked is a reason to try again. `problem`: of which file.
std::error_code CopyOnce(const std::string& from, const std::string& to, std::string* problem) {
  std::error_code error;
  fs::remove_all(to, error);
  *problem = to;
  if (fs::create_directories(to, error); error) return error;
  for (const bool link : {false, true}) {
    *problem = from;
    for (auto at = fs::directory_iterator(from, error); !error && at != fs::directory_iterator();
         at.increment(error)) {
      const std::string name = at->path().filename();
      if (link ? !IsTable(name) : !IsManifest(name)) continue;
      const std::string copy = to + "/" + name;
      if (link) fs::create_hard_link(at->path(), copy, error);
      // Read models may stand on a disk of their own.
      if (!link || error == std::errc::cross_device_link) fs::copy_file(at->path(), copy, error);
      if (!error) continue;
      *problem = at->path();
      return error;
    }
    if (error) return error;
  }
  return error;
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
  const auto refused = [](const std::string& path, const std::error_code& why) {
    return absl::PermissionDeniedError(
        Cat("cannot read ", path, ": ", why.message(), "; run this as its owner"));
  };
  std::error_code error;
  if (!fs::exists(from + "/CURRENT", error) && !error) {
    if (fs::exists(from, error) && !fs::is_empty(from, error) && !error) {
      return absl::DataLossError(Cat(from, "/CURRENT is missing"));
    }
    if (!error) return absl::NotFoundError(Cat("there is no read model in ", from));
  }
  if (error == std::errc::permission_denied) return refused(from, error);
  if (error) return absl::FailedPreconditionError(Cat("cannot read ", from, ": ", error.message()));
  std::string problem;
  for (int tries = 0; tries < kTriesBesideAWriter; ++tries) {
    error = CopyOnce(from, to, &problem);
    if (!error) return absl::OkStatus();
    if (error == std::errc::permission_denied) return refused(problem, error);
    if (error == std::errc::no_space_on_device) {
      return absl::ResourceExhaustedError(
          Cat("no room for a copy of ", from, ": ", error.message()));
    }
    absl::SleepFor(absl::Milliseconds(50));
  }
  return absl::UnavailableError(
      Cat("the read model changes while it is copied: ", problem, ": ", error.message()));
}

absl::Status NamedAsOriginal(const absl::Status& status, const WorkDirectory& copies,
                             const std::string& original) {
  // Others are of the copy itself: its disk is full.
  if (!absl::IsDataLoss(status) && !absl::IsFailedPrecondition(status)) return status;
  absl::Status named(status.code(),
                     absl::StrReplaceAll(status.message(), {{copies.path(), original}}));
  status.ForEachPayload([&named](absl::string_view type, const absl::Cord& payload) {
    named.SetPayload(type, payload);
  });
  return named;
}

}  // namespace daybook
