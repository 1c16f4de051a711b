#include "services/daybook/models_copy.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "absl/time/clock.h"
#include "services/daybook/text.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;

// Files in an order that keeps the copy whole: CURRENT and MANIFEST first, so that every table that
// they name was there; a table that is gone by the time it is linked is a reason to try again.
bool CopyOnce(const std::string& from, const std::string& to, std::string* problem) {
  std::error_code error;
  fs::remove_all(to, error);
  fs::create_directories(to, error);
  const auto copy_all = [&](bool tables) {
    for (const auto& entry : fs::directory_iterator(from, error)) {
      const std::string name = entry.path().filename();
      const bool is_table = entry.path().extension() == ".sst";
      if (is_table != tables || name == "LOCK" || name.rfind("LOG", 0) == 0) continue;
      if (!entry.is_regular_file(error)) continue;
      if (is_table) {
        fs::create_hard_link(entry.path(), to + "/" + name, error);
        // Read models may stand on a disk of their own.
        if (error == std::errc::cross_device_link) {
          fs::copy_file(entry.path(), to + "/" + name, error);
        }
      } else {
        fs::copy_file(entry.path(), to + "/" + name, error);
      }
      if (error) {
        *problem = Cat(entry.path().string(), ": ", error.message());
        return false;
      }
    }
    return !error;
  };
  return copy_all(false) && copy_all(true);
}

}  // namespace

absl::StatusOr<WorkDirectory> WorkDirectory::Make(const std::string& parent) {
  std::error_code error;
  fs::create_directories(parent, error);
  std::string path = parent + "/scratch.XXXXXX";
  if (mkdtemp(path.data()) == nullptr) {
    return absl::FailedPreconditionError(Cat("cannot make a directory in ", parent));
  }
  return WorkDirectory(path);
}

WorkDirectory::~WorkDirectory() {
  std::error_code error;
  if (!path_.empty()) fs::remove_all(path_, error);
}

absl::Status CopyStore(const std::string& from, const std::string& to) {
  std::error_code error;
  if (!fs::exists(from + "/CURRENT", error)) {
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
