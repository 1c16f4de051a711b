#include "common/projection/rebuild.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/log/same_log.h"
#include "common/projection/dump.h"
#include "common/projection/pipeline.h"
#include "common/projection/runner.h"
#include "common/projection/source.h"
#include "common/store/fault_point.h"

namespace daybook::projection {
namespace {

using store::FaultPoint;
using store::Store;
namespace fs = std::filesystem;

constexpr uint64_t kBatchRecords = 1'024;

struct Places {
  explicit Places(const std::string& directory, const ProjectionInfo& projection)
      : parent(directory),
        live(absl::StrCat(directory, "/", projection.name)),
        next(live + ".next"),
        old(live + ".old"),
        aside(live + ".aside"),
        unfinished(live + ".next.unfinished") {}
  std::string parent, live, next, old, aside;
  std::string unfinished;  // there is such a file: `next` is a rebuild that was not finished
};

bool Exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

absl::Status Errno(std::string_view doing, const std::string& path) {
  return absl::UnavailableError(absl::StrCat(absl::string_view(doing.data(), doing.size()), " ",
                                             path, ": ", std::generic_category().message(errno)));
}

absl::Status Rename(const std::string& from, const std::string& to) {
  return ::rename(from.c_str(), to.c_str()) == 0 ? absl::OkStatus() : Errno("renaming", from);
}

void SyncDirectory(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);  // best effort: a lost rename is a rebuild lost, nothing else
  ::close(fd);
}

absl::Status ExchangeStores(const Places& places) {
  if (!Exists(places.live)) return Rename(places.next, places.live);
  if (::renameat2(AT_FDCWD, places.next.c_str(), AT_FDCWD, places.live.c_str(), RENAME_EXCHANGE) ==
      0) {
    return absl::OkStatus();
  }
  // Two steps; FinishSwitch knows what a kill between them leaves.
  RETURN_IF_ERROR(Store::Destroy(places.old));
  RETURN_IF_ERROR(Rename(places.live, places.old));
  FaultPoint("rebuild.between_renames");
  RETURN_IF_ERROR(Rename(places.next, places.live));
  return Store::Destroy(places.old);
}

// All shards' views, in order.
absl::StatusOr<std::vector<std::shared_ptr<const store::View>>> ViewsOf(Store& store,
                                                                        int partitions) {
  std::vector<std::shared_ptr<const store::View>> views;
  for (int partition = 0; partition < partitions; ++partition) {
    ASSIGN_OR_RETURN(const auto shard, store.OpenShard(partition));
    views.push_back(shard->view());
  }
  return views;
}

class Rebuilder {
 public:
  Rebuilder(log::EventLog& log, const ProjectionInfo& projection, const RebuildOptions& options)
      : log_(log),
        projection_(projection),
        options_(options),
        places_(options.directory, projection) {}

  absl::StatusOr<RebuildReport> Run();

 private:
  absl::Status OpenLive();
  absl::Status FindTargets();
  absl::Status OpenNext();
  absl::Status FoldAll();
  absl::Status FoldPartitions();
  absl::Status FoldPartition(int partition);
  absl::Status Compare();
  absl::Status Switch();
  void Report(int64_t records);

  log::EventLog& log_;
  const ProjectionInfo& projection_;
  const RebuildOptions& options_;
  const Places places_;
  RebuildReport report_;
  std::unique_ptr<Store> live_;  // null if there is none that opens
  std::unique_ptr<Store> next_;
  std::vector<int64_t> targets_;  // next offset of each partition
  std::atomic<int> next_partition_ = 0;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;          // report_, progress_, fold_failed_
  absl::Status fold_failed_;  // the first
  RebuildProgress progress_;
};

absl::StatusOr<RebuildReport> Rebuilder::Run() {
  RETURN_IF_ERROR(FinishSwitch(options_.directory, projection_));
  RETURN_IF_ERROR(OpenLive());
  RETURN_IF_ERROR(FindTargets());
  RETURN_IF_ERROR(OpenNext());
  const absl::Time begin = WallNow();
  RETURN_IF_ERROR(FoldAll());
  report_.duration = WallNow() - begin;
  FaultPoint("rebuild.before_compare");
  RETURN_IF_ERROR(Compare());
  FaultPoint("rebuild.before_switch");
  RETURN_IF_ERROR(Switch());
  FaultPoint("rebuild.after_switch");
  return std::move(report_);
}

absl::Status Rebuilder::OpenLive() {
  if (!Exists(places_.live)) {
    report_.compared = absl::NotFoundError("there was no read model to compare with");
    return absl::OkStatus();
  }
  store::Options options = LiveOptions(options_.directory, projection_);
  options.any_version = true;
  auto live = Store::Open(options);
  if (live.ok()) {
    live_ = *std::move(live);
    return absl::OkStatus();
  }
  // Open elsewhere is an error; damaged is why people rebuild.
  if (!absl::IsDataLoss(live.status())) return live.status();
  report_.compared = live.status();
  return absl::OkStatus();
}

absl::Status Rebuilder::FindTargets() {
  for (int partition = 0; partition < log_.partitions(); ++partition) {
    if (live_ != nullptr) {
      ASSIGN_OR_RETURN(auto shard, live_->OpenShard(partition));
      const absl::Status ours = log::CheckAgainst(log_, partition, shard->position());
      if (absl::IsFailedPrecondition(ours)) {
        // A log that was lost or exchanged must not take what was computed from the right one
        // along.
        if (!options_.accept_difference) {
          return absl::FailedPreconditionError(absl::StrCat(
              "the read model '", projection_.name, "': ", ours.message(),
              "\n  what to do: restore the log that it was computed from, or mount it; if the log "
              "that is there is to count, `daybook rebuild --projection ",
              projection_.name, " --accept-difference` makes the read model anew from it"));
        }
        report_.compared = ours;  // not to be compared with
        shard = nullptr;          // before its store
        live_ = nullptr;
        targets_.clear();
        progress_.records_total = 0;
        return FindTargets();
      }
      RETURN_IF_ERROR(ours);
      targets_.push_back(shard->position().next_offset);
    } else {
      ASSIGN_OR_RETURN(const log::Extent extent, log_.GetExtent(partition));
      targets_.push_back(extent.end);
    }
    progress_.records_total += targets_.back();
  }
  return absl::OkStatus();
}

absl::Status Rebuilder::OpenNext() {
  std::error_code error;
  fs::create_directories(places_.parent, error);
  // What lies there without the mark is a store that was served before: not to be gone on with.
  if (!Exists(places_.unfinished)) {
    RETURN_IF_ERROR(Store::Destroy(places_.next));
    std::ofstream mark(places_.unfinished);
    if (!mark) return Errno("writing", places_.unfinished);
  }
  store::Options options = LiveOptions(options_.directory, projection_);
  options.directory = places_.next;
  options.start_over_if_damaged = true;
  options.bulk = true;
  options.max_cached_rows = options_.max_cached_rows;
  options.max_cached_bytes = options_.checkpoint_bytes / 2;
  ASSIGN_OR_RETURN(next_, Store::Open(options));
  return absl::OkStatus();
}

absl::Status Rebuilder::FoldAll() {
  std::vector<std::thread> threads;
  for (int t = 0; t < std::max(1, options_.threads); ++t) {
    threads.emplace_back([this] {
      const absl::Status outcome = FoldPartitions();
      if (outcome.ok()) return;
      const std::lock_guard lock(mutex_);
      if (fold_failed_.ok()) fold_failed_ = outcome;  // those after it end because of it
      failed_ = true;
    });
  }
  for (std::thread& thread : threads) thread.join();
  return fold_failed_;
}

absl::Status Rebuilder::FoldPartitions() {
  while (!failed_) {
    const int partition = next_partition_++;
    if (partition >= log_.partitions()) break;
    RETURN_IF_ERROR(FoldPartition(partition));
  }
  return absl::OkStatus();
}

absl::Status Rebuilder::FoldPartition(int partition) {
  const int64_t target = targets_[static_cast<size_t>(partition)];
  ASSIGN_OR_RETURN(auto shard, next_->OpenShard(partition));
  const absl::Status ours = log::CheckAgainst(log_, partition, shard->position());
  if (absl::IsFailedPrecondition(ours) || shard->position().next_offset > target) {
    RETURN_IF_ERROR(shard->Clear());
  } else {
    RETURN_IF_ERROR(ours);
  }
  const int64_t begin = shard->position().next_offset;
  if (begin > 0) {
    const std::lock_guard lock(mutex_);
    report_.resumed = true;
  }
  Report(begin);
  const log::Position from = shard->position();
  Runner runner(
      projection_, std::move(shard),
      {.flush_events = options_.checkpoint_events, .flush_bytes = options_.checkpoint_bytes});
  // A thread of its own for reading where there are threads to spare.
  const bool two_stages = log_.partitions() < options_.threads;
  const size_t most = std::min(kBatchRecords, options_.checkpoint_events);
  Pipeline batches(log_, partition, from, target, most, two_stages);
  while (runner.applied().next_offset < target) {
    if (failed_) return absl::CancelledError("another partition failed");
    ASSIGN_OR_RETURN(const ParsedBatch* batch, batches.Next());
    const int64_t before = runner.applied().next_offset;
    runner.OnBatch(*batch);
    Report(runner.applied().next_offset - before);
    if (runner.WantsFlush(absl::InfinitePast())) {
      RETURN_IF_ERROR(runner.Flush(absl::InfinitePast()));
      FaultPoint("rebuild.after_checkpoint");
    }
  }
  if (runner.applied() != runner.shard().position()) {
    RETURN_IF_ERROR(runner.Flush(absl::InfinitePast()));
    FaultPoint("rebuild.after_partition");
  }
  const std::lock_guard lock(mutex_);
  report_.events += runner.figures().events;
  report_.records += target - begin;
  return absl::OkStatus();
}

void Rebuilder::Report(int64_t records) {
  const std::lock_guard lock(mutex_);
  progress_.records_done += records;
  if (options_.progress) options_.progress(progress_);
}

absl::Status Rebuilder::Compare() {
  if (live_ == nullptr) return absl::OkStatus();
  // Views are those of a store that serves.
  next_ = nullptr;
  store::Options options = LiveOptions(options_.directory, projection_);
  options.directory = places_.next;
  ASSIGN_OR_RETURN(next_, Store::Open(options));
  {
    ASSIGN_OR_RETURN(const auto live, ViewsOf(*live_, log_.partitions()));
    ASSIGN_OR_RETURN(const auto next, ViewsOf(*next_, log_.partitions()));
    report_.exact = live_->version() == projection_.version;
    report_.compared =
        report_.exact ? CompareExactly(live, next) : CompareTotals(projection_, live, next);
  }
  if (report_.compared.ok() || absl::IsUnimplemented(report_.compared) ||
      options_.accept_difference || absl::IsDataLoss(report_.compared)) {
    return absl::OkStatus();
  }
  if (!absl::IsFailedPrecondition(report_.compared)) return report_.compared;
  // Not to be gone on with: whoever looks into it may change the fold.
  ::unlink(places_.unfinished.c_str());
  return absl::FailedPreconditionError(absl::StrCat(
      "the rebuilt read model '", projection_.name,
      "' is not what was served (first: served, second: rebuilt): ", report_.compared.message()));
}

absl::Status Rebuilder::Switch() {
  next_ = nullptr;
  live_ = nullptr;
  ::unlink(places_.unfinished.c_str());
  if (!options_.dry_run) {
    RETURN_IF_ERROR(ExchangeStores(places_));
    report_.switched = true;
    SyncDirectory(places_.parent);
  }
  return Store::Destroy(places_.next);
}

}  // namespace

absl::StatusOr<RebuildReport> Rebuild(log::EventLog& log, const ProjectionInfo& projection,
                                      const RebuildOptions& options) {
  return Rebuilder(log, projection, options).Run();
}

store::Options LiveOptions(const std::string& directory, const ProjectionInfo& projection) {
  store::Options options;
  options.directory = Places(directory, projection).live;
  options.kind = projection.name;
  options.version = projection.version;
  return options;
}

absl::StatusOr<std::string> SetAside(const std::string& directory,
                                     const ProjectionInfo& projection) {
  const Places places(directory, projection);
  RETURN_IF_ERROR(Store::Destroy(places.aside));
  if (Exists(places.live)) RETURN_IF_ERROR(Rename(places.live, places.aside));
  SyncDirectory(places.parent);
  return places.aside;
}

absl::Status FinishSwitch(const std::string& directory, const ProjectionInfo& projection) {
  const Places places(directory, projection);
  if (!Exists(places.old)) return absl::OkStatus();
  if (!Exists(places.live)) {
    const bool finished = Exists(places.next) && !Exists(places.unfinished);
    RETURN_IF_ERROR(Rename(finished ? places.next : places.old, places.live));
  }
  return Store::Destroy(places.old);
}

}  // namespace daybook::projection
