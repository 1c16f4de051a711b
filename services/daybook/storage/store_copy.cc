#include "services/daybook/storage/store_copy.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/cord.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "common/base/text.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;

constexpr int kTriesBesideAWriter = 20;

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
