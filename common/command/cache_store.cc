#include "common/command/cache_store.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/log/same_log.h"

namespace daybook::command {
namespace {

// Between two attempts to open a store that cannot be opened or fails at once.
constexpr absl::Duration kPatience = absl::Seconds(1);

constexpr size_t kMostThreads = 4;

// One shard as a backing, while nothing happens to its store.
class ShardRows : public CacheBacking {
 public:
  explicit ShardRows(store::Shard& shard) : shard_(shard) {}
  log::Position position() const override { return shard_.position(); }
  absl::StatusOr<bool> Get(Table table, std::string_view key, std::string* value) override {
    return shard_.Get(static_cast<uint8_t>(table), key, value);
  }
  absl::Status Scan(Table table, std::string_view prefix, bool once, const Each& each) override {
    const auto view = shard_.view();
    if (!once) {
      return view->Scan(static_cast<uint8_t>(table), prefix,
                        [&](std::string_view key, std::string_view value) {
                          each(key, value);
                          return true;
                        });
    }
    DAYBOOK_CHECK(prefix.empty());
    const auto rows = view->NewCursor(static_cast<uint8_t>(table));
    for (; rows->valid(); rows->Next()) each(rows->key(), rows->value());
    return rows->status();
  }
  absl::Status Write(absl::Span<const Row> rows, const log::Position& position) override {
    std::vector<store::SortedRow> sorted;
    sorted.reserve(rows.size());
    for (const Row& row : rows) {
      sorted.push_back({static_cast<uint8_t>(row.table), row.key, row.value});
    }
    return shard_.Ingest(sorted, position);
  }
  absl::Status Clear() override { return shard_.Clear(); }

 private:
  store::Shard& shard_;
};

}  // namespace

// What a partition has: goes on over the lives of the store.
class CacheStore::Backing : public CacheBacking {
 public:
  Backing(CacheStore* store, int partition)
      : store_(store), partition_(static_cast<size_t>(partition)) {}

  log::Position position() const override {
    const std::shared_lock lock(store_->mutex_);
    return store_->parts_[partition_].expected.states;
  }

  absl::StatusOr<bool> Get(Table table, std::string_view key, std::string* value) override {
    bool found = false;
    RETURN_IF_ERROR(Do([&](Part& part) -> absl::Status {
      ASSIGN_OR_RETURN(found, ShardRows(*part.shard).Get(table, key, value));
      return absl::OkStatus();
    }));
    return found;
  }

  absl::Status Scan(Table table, std::string_view prefix, bool once, const Each& each) override {
    return Do([&](Part& part) { return ShardRows(*part.shard).Scan(table, prefix, once, each); });
  }

  absl::Status Write(absl::Span<const Row> rows, const log::Position& position) override {
    return Do([&](Part& part) -> absl::Status {
      Extent written = part.expected;
      written.states = position;
      ASSIGN_OR_RETURN(written.receipts, ReceiptsPosition(rows, written.receipts));
      part.attempted = written;
      ShardRows shard(*part.shard);
      RETURN_IF_ERROR(shard.Write(rows, position));
      part.expected = written;
      part.attempted.reset();
      return absl::OkStatus();
    });
  }

  absl::Status Clear() override { return store_->ClearPart(static_cast<int>(partition_)); }

 private:
  // Does `work` on what is open, and once more after the store was mended.
  template <class Work>
  absl::Status Do(const Work& work) {
    absl::Status status;
    for (bool again = false;; again = true) {
      uint64_t life = 0;
      {
        const std::shared_lock lock(store_->mutex_);
        Part& part = store_->parts_[partition_];
        life = store_->life_;
        if (part.lost) return absl::DataLossError("the command cache began anew");
        if (part.shard != nullptr) {
          status = work(part);
          if (status.ok() || store_->store_->status().ok()) return status;
        } else {
          status = store_->closed_;
        }
      }
      if (again) return status;
      RETURN_IF_ERROR(store_->Mend(life));
    }
  }

  CacheStore* const store_;
  const size_t partition_;
};

// The store wants a number above zero.
int CacheVersion(uint32_t state_version) {
  constexpr uint32_t kPrime = 0x9e3779b1;  // spreads what is close together
  return static_cast<int>((state_version ^ kCacheVersion * kPrime) & 0x7fff'ffff) | 1;
}

CacheStore::CacheStore(log::EventLog* log, Options options)
    : log_(log), options_(std::move(options)), parts_(static_cast<size_t>(log->partitions())) {}

CacheStore::~CacheStore() = default;

std::unique_ptr<CacheBacking> CacheStore::NewBacking(int partition) {
  return std::make_unique<Backing>(this, partition);
}

absl::StatusOr<std::unique_ptr<CacheStore>> CacheStore::Open(log::EventLog* log, Options options) {
  std::unique_ptr<CacheStore> cache(new CacheStore(log, std::move(options)));
  RETURN_IF_ERROR(cache->OpenStore());
  RETURN_IF_ERROR(cache->CheckAll());
  return cache;
}

absl::Status CacheStore::OpenStore() {
  opened_at_ = WallNow();
  ASSIGN_OR_RETURN(store_, store::Store::Open({.directory = options_.directory,
                                               .kind = "command-cache",
                                               .version = CacheVersion(options_.state_version),
                                               .start_over_if_damaged = true,
                                               .fault = options_.fault}));
  if (!store_->started_over_because().empty()) {
    ++refolds_;
    options_.say(absl::StrCat("the command cache is built again from the log: ",
                              store_->started_over_because()));
  }
  for (size_t p = 0; p < parts_.size(); ++p) {
    auto shard = store_->OpenShard(static_cast<int>(p));
    if (!shard.ok()) {
      // Rows without a position, or one that does not parse: all of it is in doubt.
      for (Part& part : parts_) part.shard = nullptr;
      store_ = nullptr;
      if (!absl::IsDataLoss(shard.status())) return shard.status();
      ++refolds_;
      options_.say(absl::StrCat("the command cache is built again from the log: ",
                                shard.status().message()));
      RETURN_IF_ERROR(store::Store::Destroy(options_.directory));
      return OpenStore();
    }
    parts_[p].shard = *std::move(shard);
  }
  return absl::OkStatus();
}

// Of this log, and whole. UNAVAILABLE: the log does not answer.
absl::Status CacheStore::CheckPart(int partition, store::Shard& shard) {
  ShardRows rows(shard);
  RETURN_IF_ERROR(log::CheckAgainst(*log_, partition, rows.position()));
  ASSIGN_OR_RETURN(const log::Position receipts, ReceiptsPosition(rows));
  RETURN_IF_ERROR(log::CheckAgainst(*log_, partition, receipts));
  return CheckWhole(rows);
}

// At the start: what is not certain is emptied. Counting reads all states, so by several threads.
absl::Status CacheStore::CheckAll() {
  std::vector<absl::Status> found(parts_.size());
  std::atomic<size_t> next{0};
  const auto check = [&] {
    for (size_t p; (p = next++) < parts_.size();) {
      found[p] = CheckPart(static_cast<int>(p), *parts_[p].shard);
    }
  };
  std::vector<std::thread> threads;
  const size_t cores = std::max(1u, std::thread::hardware_concurrency());
  for (size_t t = 1; t < std::min({cores, kMostThreads, parts_.size()}); ++t) {
    threads.emplace_back(check);
  }
  check();
  for (std::thread& thread : threads) thread.join();

  for (size_t p = 0; p < parts_.size(); ++p) {
    const int partition = static_cast<int>(p);
    if (absl::IsUnavailable(found[p]) && store_->status().ok()) return found[p];
    if (!found[p].ok()) {
      options_.say(
          absl::StrCat("partition ", partition,
                       ": the command cache is built again from the log: ", found[p].message()));
      RETURN_IF_ERROR(ClearPart(partition));
      continue;
    }
    ShardRows rows(*parts_[p].shard);
    ASSIGN_OR_RETURN(const log::Position receipts, ReceiptsPosition(rows));
    parts_[p].expected = {rows.position(), receipts};
  }
  return absl::OkStatus();
}

// ----------------------------------------------------------------------------------------- mending

// `life`: of the store that failed.
absl::Status CacheStore::Mend(uint64_t life) {
  const std::unique_lock lock(mutex_);
  if (life_ != life) return absl::OkStatus();  // somebody has been here
  // One that fails at once would be opened without end.
  const absl::Duration age = WallNow() - opened_at_;
  if (age >= absl::ZeroDuration() && age < kPatience) {
    return absl::UnavailableError(absl::StrCat(
        "the command cache has failed: ",
        (store_ != nullptr ? store_->status() : closed_).message(), "; it is opened again soon"));
  }
  // One that failed may still be read, which is all that commands wait for: it is not closed before
  // it can be opened again.
  if (store_ != nullptr) {
    if (absl::Status disk = store_->TryDisk(); !disk.ok()) {
      return absl::UnavailableError(absl::StrCat("the command cache has failed: ", disk.message()));
    }
  }
  return MendLocked();
}

absl::Status CacheStore::MendLocked() {
  if (store_ != nullptr) {
    options_.say(absl::StrCat("the command cache has failed and is opened again: ",
                              store_->status().message()));
  }
  for (Part& part : parts_) part.shard = nullptr;
  store_ = nullptr;
  ++life_;
  if (closed_ = OpenStore(); !closed_.ok()) {
    for (Part& part : parts_) part.shard = nullptr;
    store_ = nullptr;
    closed_ = absl::UnavailableError(
        absl::StrCat("the command cache cannot be opened: ", closed_.message()));
    return closed_;
  }
  for (Part& part : parts_) {
    if (part.lost) continue;
    ShardRows rows(*part.shard);
    const auto receipts = ReceiptsPosition(rows);
    const Extent there = {rows.position(), receipts.ok() ? *receipts : log::Position()};
    const bool as_left = receipts.ok() && (there == part.expected || there == part.attempted);
    part.lost = !as_left || !CheckWhole(rows).ok();
    if (!part.lost) part.expected = there;
  }
  return absl::OkStatus();
}

absl::Status CacheStore::ClearPart(int partition) {
  const std::unique_lock lock(mutex_);
  Part& part = parts_[static_cast<size_t>(partition)];
  for (bool again = false;; again = true) {
    absl::Status cleared = part.shard == nullptr ? closed_ : part.shard->Clear();
    if (cleared.ok() && part.shard != nullptr) break;
    if (again) return cleared;
    // What cannot be emptied is thrown away, with what the other partitions have there.
    for (Part& each : parts_) each.shard = nullptr;
    store_ = nullptr;
    ++life_;
    closed_ = store::Store::Destroy(options_.directory);
    if (closed_.ok()) closed_ = OpenStore();
    if (!closed_.ok()) {
      for (Part& each : parts_) each.shard = nullptr;
      store_ = nullptr;
      return closed_ = absl::UnavailableError(
                 absl::StrCat("the command cache cannot be opened: ", closed_.message()));
    }
    for (Part& each : parts_) each.lost = each.lost || each.expected != Extent();
  }
  part.lost = false;
  part.expected = {};
  part.attempted.reset();
  ++refolds_;
  return absl::OkStatus();
}

// ----------------------------------------------------------------------------------------- looking

absl::Status CheckCache(const std::string& directory, uint32_t state_version, int partitions) {
  ASSIGN_OR_RETURN(
      const auto store,
      store::Store::Open({.directory = directory,
                          .kind = "command-cache",
                          .version = CacheVersion(state_version),
                          .verify_limit_bytes = std::numeric_limits<uint64_t>::max()}));
  for (int p = 0; p < partitions; ++p) {
    ASSIGN_OR_RETURN(const auto shard, store->OpenShard(p));
    ShardRows rows(*shard);
    RETURN_IF_ERROR(CheckWhole(rows));
  }
  return absl::OkStatus();
}

}  // namespace daybook::command
