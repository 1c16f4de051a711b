#include "services/daybook/storage/gone_log.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/log/embedded/embedded_log.h"
#include "common/log/embedded/tail_file.h"
#include "common/store/store.h"
#include "projections/topology.h"
#include "services/daybook/storage/store_copy.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;

// Partitions that are looked at where no log says how many there are: all begin with a claim, so
// that a few say whether there was one.
constexpr int kSomePartitions = 16;

// Why there is no record; nothing: there is one, or what is there is for the opening to judge.
std::optional<std::string> WhyEmpty(const std::string& directory) {
  std::error_code error;
  if (!fs::exists(directory, error) && !error) return "it is not there";
  const auto tail = log::LoadTail(directory + "/tail");
  if (absl::IsNotFound(tail.status()) && !fs::exists(directory + "/records", error) && !error) {
    return "there is no log in it";
  }
  if (!tail.ok() || std::any_of(tail->entries.begin(), tail->entries.end(),
                                [](const log::TailEntry& e) { return e.offset >= 0; })) {
    return {};
  }
  // The tail may lag behind.
  const auto log = log::OpenEmbedded({.directory = directory, .read_only = true});
  if (absl::IsNotFound(log.status())) return "there is no log in it";
  if (!log.ok()) return {};
  for (int p = 0; p < (*log)->partitions(); ++p) {
    const auto extent = (*log)->GetExtent(p);
    if (!extent.ok() || extent->end > 0) return {};
  }
  return "the log in it holds no record";
}

bool HasTables(const std::string& directory) {
  std::error_code error;
  for (auto at = fs::directory_iterator(directory, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    if (at->path().extension() == ".sst") return true;
  }
  return false;
}

struct Stored {
  std::string kind;
  std::string directory;
};

std::vector<Stored> StoresOf(const Config& config) {
  std::vector<Stored> stores;
  const projection::Topology topology = TheTopology();
  for (const auto& entry : topology.entries()) {
    stores.push_back({entry.projection.name, config.models_dir() + "/" + entry.projection.name});
  }
  stores.push_back({"command-cache", config.cache_dir()});
  return stores;
}

// As WhatWasComputed, of one store.
absl::StatusOr<std::optional<std::string>> EvidenceIn(const Config& config, const Stored& stored) {
  std::error_code error;
  if (!fs::exists(stored.directory, error)) {
    if (!error) return std::nullopt;
    return absl::FailedPreconditionError(Cat(stored.directory, ": ", error.message()));
  }
  // A start that was cut short leaves no table.
  if (!HasTables(stored.directory)) return std::nullopt;
  ASSIGN_OR_RETURN(const WorkDirectory scratch, WorkDirectory::Make(config.data_dir));
  const std::string copy = Cat(scratch.path(), "/", stored.kind);
  absl::Status status = CopyStore(stored.directory, copy);
  if (status.ok()) {
    const auto store =
        store::Store::Open({.directory = copy, .kind = stored.kind, .any_version = true});
    status = store.status();
    for (int p = 0; status.ok() && p < kSomePartitions; ++p) {
      const auto shard = (*store)->OpenShard(p);
      status = shard.status();
      if (!shard.ok() || (*shard)->position() == log::Position{}) continue;
      return Cat(stored.directory, " was computed from one, partition ", p, " up to offset ",
                 (*shard)->position().next_offset);
    }
  }
  if (absl::IsDataLoss(status)) {
    return Cat(stored.directory, " has tables, although damaged ones");
  }
  RETURN_IF_ERROR(
      NamedAsOriginal(status, scratch, fs::path(stored.directory).parent_path().string()));
  return std::nullopt;
}

}  // namespace

absl::StatusOr<std::optional<std::string>> WhatWasComputed(const Config& config) {
  for (const Stored& stored : StoresOf(config)) {
    ASSIGN_OR_RETURN(std::optional<std::string> evidence, EvidenceIn(config, stored));
    if (evidence) return evidence;
  }
  return std::nullopt;
}

absl::Status CheckLogIsThere(const Config& config) {
  if (config.log != "embedded" || !WhyEmpty(config.log_dir())) return absl::OkStatus();
  const absl::StatusOr<std::optional<std::string>> found = WhatWasComputed(config);
  // Looked at again: a server may have begun its log and its stores meanwhile.
  const std::optional<std::string> why = WhyEmpty(config.log_dir());
  if (!why) return absl::OkStatus();
  if (!found.ok()) {
    return absl::Status(
        found.status().code(),
        Cat("the log ", config.log_dir(), ": ", *why,
            ", and whether it is gone or new cannot be told: ", found.status().message()));
  }
  const std::optional<std::string>& computed = *found;
  if (!computed) return absl::OkStatus();
  return absl::FailedPreconditionError(Cat(
      "the log ", config.log_dir(), " is gone: ", *why, ", but ", *computed,
      ". Nothing was changed.\n  what to do: restore the log or mount it there (--log kafka if it "
      "is on Kafka); or, to begin a new book, remove ",
      config.models_dir(), " and ", config.data_dir,
      "/command-cache, or choose another --data-dir"));
}

}  // namespace daybook
