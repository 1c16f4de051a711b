#include "services/daybook/storage/take_directory.h"

#include <string>

#include "common/base/status.h"
#include "common/base/text.h"
#include "services/daybook/process/logging.h"
#include "services/daybook/storage/data_directory.h"
#include "services/daybook/storage/work_directory.h"

namespace daybook {
namespace {

// A store that this user may not touch is neither damaged nor gone.
absl::Status CheckStoreRights(const Config& config) {
  if (config.log == "embedded") {
    RETURN_IF_ERROR(CheckRights(config.log_dir(), Rights::kReadAndWrite));
  }
  RETURN_IF_ERROR(CheckRights(config.models_dir(), Rights::kReadAndWrite));
  return CheckRights(config.cache_dir(), Rights::kReadAndWrite);
}

// Closes to others what of the data directory is open.
absl::Status CloseDataDirectory(const std::string& path) {
  ASSIGN_OR_RETURN(const OpenFiles open, CloseToOthers(path));
  if (open.count > 0) {
    Log(Severity::kWarning,
        Cat("others than this user could read ", Grouped(open.count),
            " files and directories, such as ", open.example, "; closed to them now"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status TakeDataDirectory(const Config& config) {
  RETURN_IF_ERROR(MakeDataDirectory(config.data_dir));
  RETURN_IF_ERROR(CheckStoreRights(config));
  RETURN_IF_ERROR(CloseDataDirectory(config.data_dir));
  WorkDirectory::RemoveLeftOver(config.data_dir);
  return absl::OkStatus();
}

}  // namespace daybook
