#include "services/daybook/storage/data_directory.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "common/base/status.h"
#include "common/base/text.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
// Root's, where a file system begins.
constexpr char kFileSystems[] = "lost+found";

// What we put into a data directory; `scratch.` and what follows are work directories.
bool IsOurs(const std::string& name) {
  return name == "log" || name == "models" || name == "command-cache" ||
         name.rfind("scratch.", 0) == 0;
}

// Calls `each` for all that is ours, with its mode. Files that go meanwhile are passed over, and so
// are symbolic links: only one that stands for a whole folder is followed, for models may lie on
// another disk.
void Walk(const std::string& data_dir,
          const std::function<void(const std::string&, mode_t)>& each) {
  const auto look = [&each](const std::string& path, bool follow) {
    struct stat at;
    if ((follow ? stat : lstat)(path.c_str(), &at) != 0 || S_ISLNK(at.st_mode)) return false;
    each(path, at.st_mode);
    return S_ISDIR(at.st_mode) != 0;
  };
  std::error_code error;
  std::vector<std::string> ours;
  bool all_ours = true;
  for (auto at = fs::directory_iterator(data_dir, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    const std::string name = at->path().filename();
    if (IsOurs(name)) ours.push_back(at->path());
    all_ours &= IsOurs(name) || name == kFileSystems;
  }
  if (all_ours) look(data_dir, true);
  for (const std::string& path : ours) {
    if (!look(path, true)) continue;
    for (auto at = fs::recursive_directory_iterator(
             path, fs::directory_options::skip_permission_denied, error);
         !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
      look(at->path(), false);
    }
  }
}

std::string NameOf(uid_t user) {
  const passwd* known = getpwuid(user);
  return known != nullptr ? Cat("'", known->pw_name, "'") : Cat("user ", user);
}

absl::Status NoRight(const std::string& path, Rights rights, int why) {
  const std::string_view doing = rights == Rights::kRead ? "read " : "read and write ";
  std::string text = Cat("cannot ", doing, path, ": ", std::strerror(why), "; this process is of ",
                         NameOf(geteuid()));
  if (struct stat at; stat(path.c_str(), &at) == 0) {
    text += Cat(", the owner is ", NameOf(at.st_uid), ", the mode ",
                absl::StrFormat("%04o", at.st_mode & 07777u));
  }
  return absl::FailedPreconditionError(
      Cat(text, ": run it as the owner, or give the whole directory to this user"));
}

absl::Status CheckRight(const std::string& path, mode_t mode, Rights rights) {
  int wanted = R_OK;
  if (rights == Rights::kReadAndWrite) wanted |= W_OK;
  if (S_ISDIR(mode)) wanted |= X_OK;
  if (access(path.c_str(), wanted) == 0 || errno == ENOENT) return absl::OkStatus();
  return NoRight(path, rights, errno);
}

}  // namespace

void KeepToOurselves() { umask(kOthers); }

absl::Status MakeDataDirectory(const std::string& path) {
  std::error_code error;
  const bool made = fs::create_directories(path, error);
  if (!error && made && chmod(path.c_str(), S_IRWXU) != 0) {
    error = std::error_code(errno, std::generic_category());
  }
  return error ? absl::FailedPreconditionError(
                     Cat("data_dir: cannot make ", path, ": ", error.message()))
               : absl::OkStatus();
}

absl::Status CheckRights(const std::string& directory, Rights rights) {
  struct stat at;
  if (stat(directory.c_str(), &at) != 0) {
    if (errno != ENOENT) return NoRight(directory, rights, errno);
    std::error_code error;
    fs::path above = fs::absolute(directory, error).parent_path();
    while (above.has_relative_path() && stat(above.c_str(), &at) != 0 && errno == ENOENT) {
      above = above.parent_path();
    }
    return rights == Rights::kRead ? absl::OkStatus() : CheckRight(above, S_IFDIR, rights);
  }
  RETURN_IF_ERROR(CheckRight(directory, at.st_mode, rights));
  std::error_code error;
  constexpr auto kGoOn = fs::directory_options::skip_permission_denied;
  for (auto file = fs::recursive_directory_iterator(directory, kGoOn, error);
       !error && file != fs::recursive_directory_iterator(); file.increment(error)) {
    if (file->path().filename() == kFileSystems) continue;
    if (lstat(file->path().c_str(), &at) != 0 || S_ISLNK(at.st_mode)) continue;
    RETURN_IF_ERROR(CheckRight(file->path(), at.st_mode, rights));
  }
  return absl::OkStatus();
}

OpenFiles FindOpen(const std::string& data_dir) {
  OpenFiles open;
  Walk(data_dir, [&](const std::string& path, mode_t mode) {
    if ((mode & kOthers) != 0 && open.count++ == 0) open.example = path;
  });
  return open;
}

absl::StatusOr<OpenFiles> CloseToOthers(const std::string& data_dir) {
  OpenFiles open;
  absl::Status status;
  Walk(data_dir, [&](const std::string& path, mode_t mode) {
    if ((mode & kOthers) == 0) return;
    if (open.count++ == 0) open.example = path;
    if (chmod(path.c_str(), mode & 07777 & ~kOthers) == 0 || errno == ENOENT || !status.ok()) {
      return;
    }
    status = absl::FailedPreconditionError(
        Cat("others may read ", path, " and it cannot be closed to them: ", std::strerror(errno)));
  });
  if (!status.ok()) return status;
  return open;
}

}  // namespace daybook
