#include "services/daybook/inspect/doctor_stores.h"

#include <sys/stat.h>

#include <filesystem>
#include <limits>
#include <map>
#include <system_error>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/cache_store.h"
#include "common/store/store.h"
#include "projections/topology.h"
#include "services/daybook/storage/store_copy.h"
#include "services/daybook/wiring/books.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;

// Copies come and go beside us.
constexpr int kLooks = 5;
constexpr absl::Duration kBetweenLooks = absl::Milliseconds(100);

using Inode = std::pair<dev_t, ino_t>;

template <class Each>
void EachFile(const std::string& directory, const Each& each) {
  std::error_code error;
  for (auto at = fs::directory_iterator(directory, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    struct stat file;
    if (lstat(at->path().c_str(), &file) == 0 && S_ISREG(file.st_mode)) each(at->path(), file);
  }
}

// How many names there are in the work directories of `dump`, `verify` and `doctor`.
std::map<Inode, nlink_t> NamesInCopies(const std::string& data_dir) {
  std::map<Inode, nlink_t> names;
  std::error_code error;
  for (auto at = fs::directory_iterator(data_dir, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    if (at->path().filename().string().rfind("scratch.", 0) != 0) continue;
    std::error_code gone;
    for (auto copy = fs::directory_iterator(at->path(), gone);
         !gone && copy != fs::directory_iterator(); copy.increment(gone)) {
      EachFile(copy->path(), [&](const fs::path&, const struct stat& file) {
        ++names[{file.st_dev, file.st_ino}];
      });
    }
  }
  return names;
}

std::string NameBeside(const std::string& directory, const fs::path& path, const struct stat& of) {
  std::string other;
  EachFile(directory, [&](const fs::path& name, const struct stat& file) {
    if (file.st_dev == of.st_dev && file.st_ino == of.st_ino && name != path) other = name;
  });
  return other;
}

absl::Status LookAtNames(const std::string& data_dir, const std::vector<std::string>& directories) {
  const std::map<Inode, nlink_t> copies = NamesInCopies(data_dir);
  absl::Status found;
  for (const std::string& directory : directories) {
    EachFile(directory, [&](const fs::path& path, const struct stat& file) {
      const auto in_copies = copies.find({file.st_dev, file.st_ino});
      const nlink_t expected = 1 + (in_copies == copies.end() ? 0 : in_copies->second);
      if (!found.ok() || file.st_nlink <= expected) return;
      const std::string beside = NameBeside(directory, path, file);
      found = absl::FailedPreconditionError(
          beside.empty()
              ? Cat(path.string(),
                    " has a second name: whoever writes under that writes into it; "
                    "`find / -xdev -samefile ",
                    path.string(), "` says where. A copy by hard links is no backup.")
              : Cat(path.string(), " is also ", beside,
                    ": an older build left that when it was killed, and would write into it; start "
                    "this build once, it removes the name"));
    });
  }
  return found;
}

absl::Status Damaged(const absl::Status& status, std::string_view what_to_do) {
  // What cannot be looked at is not known to be damaged.
  if (!absl::IsDataLoss(status) && !absl::IsFailedPrecondition(status)) return status;
  return absl::Status(status.code(), Cat(status.message(), "; ", what_to_do));
}

std::string Kept(const std::string& live) {
  std::error_code error;
  const std::string aside = live + ".aside";
  return fs::exists(aside, error) ? Cat("; ", aside, " was set aside and may be removed") : "";
}

Finding CheckModel(const Config& config, const std::string& name, const WorkDirectory& scratch) {
  const std::string live = config.models_dir() + "/" + name;
  const std::string copy = scratch.path() + "/" + name;
  absl::Status status = CopyStore(live, copy);
  if (absl::IsNotFound(status)) return {name, absl::OkStatus(), "not there yet"};
  if (status.ok()) {
    store::Options options;
    options.directory = copy;
    options.kind = name;
    options.any_version = true;
    options.verify_limit_bytes = std::numeric_limits<uint64_t>::max();
    status = NamedAsOriginal(store::Store::Open(options).status(), scratch, config.models_dir());
  }
  return {name,
          Damaged(status,
                  "the log is not touched by it: the next start of the server sets it aside "
                  "and makes it anew"),
          Cat("every block is whole", Kept(live))};
}

Finding CheckCommandCache(const Config& config, int partitions, const WorkDirectory& scratch) {
  constexpr char kName[] = "command-cache";
  const std::string copy = scratch.path() + "/" + kName;
  absl::Status status = CopyStore(config.data_dir + "/" + kName, copy);
  if (absl::IsNotFound(status)) return {kName, absl::OkStatus(), "not there yet"};
  if (status.ok()) {
    const absl::StatusOr<command::Book> book = TheBook();
    status = book.ok() ? command::CheckCache(copy, book->state_version, partitions) : book.status();
    status = NamedAsOriginal(status, scratch, config.data_dir);
  }
  return {kName,
          Damaged(status,
                  "the log is not touched by it: the next start of the server throws the "
                  "cache away and folds the log"),
          "every block is whole, no customer is missing"};
}

}  // namespace

absl::Status CheckNames(const std::string& data_dir, const std::vector<std::string>& directories) {
  absl::Status found;
  for (int look = 0; look < kLooks; ++look) {
    found = LookAtNames(data_dir, directories);
    if (found.ok()) break;
    absl::SleepFor(kBetweenLooks);
  }
  return found;
}

std::vector<Finding> CheckStores(const Config& config, int partitions) {
  std::error_code error;
  if (!fs::is_directory(config.data_dir, error)) return {};
  const projection::Topology topology = TheTopology();
  std::vector<std::string> directories = {config.cache_dir()};
  for (const auto& entry : topology.entries()) {
    directories.push_back(config.models_dir() + "/" + entry.projection.name);
  }
  if (config.log == "embedded") {
    directories.push_back(config.log_dir());
    directories.push_back(config.log_dir() + "/records");
  }
  std::vector<Finding> found;
  found.push_back({"names", CheckNames(config.data_dir, directories), "every file has one"});
  const auto scratch = WorkDirectory::Make(config.data_dir);
  if (!scratch.ok()) {
    found.push_back({"stores", scratch.status(), ""});
    return found;
  }
  for (const auto& entry : topology.entries()) {
    const std::string& name = entry.projection.name;
    if (!config.roles.Keeps(name) && !fs::exists(config.models_dir() + "/" + name, error)) continue;
    found.push_back(CheckModel(config, name, *scratch));
  }
  if (config.roles.commands || fs::exists(config.cache_dir(), error)) {
    found.push_back(CheckCommandCache(config, partitions, *scratch));
  }
  return found;
}

}  // namespace daybook
