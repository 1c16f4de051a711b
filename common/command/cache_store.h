// The command cache on disk: one store for all partitions of an engine, through the store's lives.
//
// What it holds is believed only if it is certain to be whole, for commands are decided on what is
// not in it (state_cache.h). When it is opened, each partition must be of this log, and hold as
// many customers and commits as it had when it was written; one that does not is emptied, and
// folded again from the log.
//
// A store that fails while it is open (the disk refuses, a block is damaged) is closed and opened
// again, with the same questions asked, once the disk takes a file; until then what it still reads
// it answers, so that a disk that cannot be written holds no command up. What cannot be opened at
// all is begun anew. A partition that does not find its rows as it left them is told so, DATA_LOSS,
// until it has called Clear. What the log holds is not touched by any of this.
//
// Concurrency: any thread; what one Backing does from one thread at a time, Get and Scan also
// beside Write.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/command/state_cache.h"
#include "common/log/event_log.h"
#include "common/store/store.h"

namespace daybook::command {

// What the rows mean, without the states in them, whose version is Book::state_version: a cache of
// another version of either starts over.
inline constexpr int kCacheVersion = 8;
// The version of a store of such rows.
int CacheVersion(uint32_t state_version);

class CacheStore {
 public:
  struct Options {
    std::string directory = {};
    uint32_t state_version = 0;
    // Messages for people. Any thread.
    std::function<void(std::string_view)> say = [](std::string_view) {};
    store::FileFault fault = {};  // for tests
  };
  // `log` must outlive it. Errors: the directory cannot be used; UNAVAILABLE: the log does not
  // answer.
  static absl::StatusOr<std::unique_ptr<CacheStore>> Open(log::EventLog* log, Options options);
  ~CacheStore();

  // One for each partition; the store must outlive it.
  std::unique_ptr<CacheBacking> NewBacking(int partition);

  // Times that a partition was emptied because what was there was not certain.
  uint64_t refolds() const { return refolds_.load(std::memory_order_relaxed); }

 private:
  class Backing;
  // What a partition holds, or should.
  struct Extent {
    log::Position states, receipts;
    friend bool operator==(const Extent&, const Extent&) = default;
  };
  struct Part {
    std::unique_ptr<store::Shard> shard;  // null: the store is not open
    Extent expected;                      // as of the last that is known to be written
    std::optional<Extent> attempted;      // by a write that failed, or is under way
    bool lost = false;                    // its rows are not as its partition left them
  };
  CacheStore(log::EventLog* log, Options options);
  absl::Status OpenStore();
  absl::Status CheckPart(int partition, store::Shard& shard);
  absl::Status CheckAll();
  absl::Status Mend(uint64_t life);
  absl::Status MendLocked();
  absl::Status ClearPart(int partition);

  log::EventLog* const log_;
  const Options options_;
  std::shared_mutex mutex_;  // of what follows; shared: it stays open
  std::unique_ptr<store::Store> store_;
  std::vector<Part> parts_;  // gone before the store
  absl::Status closed_;      // why there is none
  uint64_t life_ = 1;        // counts the stores
  absl::Time opened_at_ = absl::InfinitePast();
  std::atomic<uint64_t> refolds_{0};
};

// Whether the cache in `directory`, which is not open elsewhere, is undamaged and whole; for
// looking. DATA_LOSS: it is not; FAILED_PRECONDITION: it is of another version.
absl::Status CheckCache(const std::string& directory, uint32_t state_version, int partitions);

}  // namespace daybook::command
