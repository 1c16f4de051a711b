// What the files of common/store share (RocksDB types). Private to common/store.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/background_thread.h"
#include "common/store/memory.h"
#include "common/store/recent_rows.h"
#include "common/store/store.h"

namespace daybook::store {

// Table 0 of a shard is the engine's: how far, and of which log.
inline constexpr uint8_t kEngineTable = 0;
inline constexpr std::string_view kPositionKey = "position";
inline constexpr std::string_view kLogIdKey = "log_id";
inline constexpr int kMaxPartition = 0xfffe;

inline rocksdb::Slice SliceOf(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view ViewOf(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// The two bytes that the keys of a partition begin with.
std::string ShardPrefix(int partition);
// The smallest key behind all that begin with `prefix`; empty if there is none.
std::string PrefixEnd(std::string prefix);

absl::Status FromRocks(const rocksdb::Status& status, std::string_view doing,
                       const std::string& directory);

// partition + table + key on the stack: a point query allocates nothing.
class FullKey {
 public:
  FullKey(int partition, uint8_t table, std::string_view key);
  rocksdb::Slice slice() const { return {data_, size_}; }
  // Table and key, as RecentRows has it.
  std::string_view row() const { return {data_ + 2, size_ - 2}; }

 private:
  size_t size_;
  char* data_;
  char small_[157];
  std::string large_;
};

// The first failure that only opening a store anew can mend. Any thread.
class Failure {
 public:
  void Set(const absl::Status& status) {
    const std::lock_guard lock(mutex_);
    if (status_.ok()) status_ = status;
    if (!status_.ok()) any_.store(true, std::memory_order_release);
  }
  absl::Status status() const {
    if (!any_.load(std::memory_order_acquire)) return absl::OkStatus();
    const std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  mutable std::mutex mutex_;
  absl::Status status_;
  std::atomic<bool> any_{false};
};

struct Store::Db {
  Options options;
  const std::shared_ptr<Failure> failure = std::make_shared<Failure>();
  std::unique_ptr<rocksdb::Env> env;  // outlives the database
  rocksdb::Options rocks_options;
  std::unique_ptr<rocksdb::DB> rocks;
  std::string started_over_because;
  int version = 0;
  std::mutex ingest;                     // one ingestion at a time
  std::optional<Memory::Member> memory;  // set by Open
  // Makes files of published rows.
  std::unique_ptr<BackgroundThread> writer;

  absl::Status Open();
  absl::Status CheckFormat();
  // FromRocks, and remembers it as the store's failure.
  absl::Status Checked(const rocksdb::Status& status, std::string_view doing) const {
    absl::Status checked = FromRocks(status, doing, options.directory);
    if (!checked.ok()) failure->Set(checked);
    return checked;
  }
  // RESOURCE_EXHAUSTED: the disk has only its reserve left.
  absl::Status CheckRoom() const;
};

// A snapshot of the database, shared by all views between two of its files.
class Snapshot {
 public:
  explicit Snapshot(rocksdb::DB& db) : db_(db), snapshot_(db.GetSnapshot()) {}
  ~Snapshot() { db_.ReleaseSnapshot(snapshot_); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  const rocksdb::Snapshot* get() const { return snapshot_; }

 private:
  rocksdb::DB& db_;
  const rocksdb::Snapshot* const snapshot_;
};

// Where the rows of a shard stand, newest first.
struct RowsAt {
  uint64_t version = 0;
  std::shared_ptr<const RecentRows> recent;    // null: none
  std::shared_ptr<const RecentRows> settling;  // being made a file; null: none
  std::shared_ptr<const Snapshot> snapshot;    // null: the database as it is
};

// A row as it stands there; false: there is none. `value` is good as long as `at` and `scratch`.
absl::StatusOr<bool> ReadAt(const Store::Db& db, const RowsAt& at, const FullKey& key,
                            rocksdb::PinnableSlice* scratch, std::string_view* value);
absl::StatusOr<bool> ReadAt(const Store::Db& db, const RowsAt& at, const FullKey& key,
                            google::protobuf::MessageLite* message);
// DATA_LOSS: the row is not what it should be.
absl::Status ParseRow(const Store::Db& db, std::string_view value,
                      google::protobuf::MessageLite* message);

}  // namespace daybook::store
