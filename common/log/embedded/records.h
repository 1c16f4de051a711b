// The records in RocksDB: keys, options, opening, and the check of its files.
//
//   key    partition u32 | offset u64 | key of the record (the customer id)
//   value  the bytes of the record, exactly
//
// Under partition 2^32-1 stands the description of the log: its id and number of partitions.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/log/embedded/faulty_files.h"

namespace daybook::log {

inline constexpr size_t kPlaceBytes = 12;

// Appends partition and offset to `key`.
void AppendPlace(int partition, int64_t offset, std::string* key);

struct Description {
  std::string log_id;
  int partitions = 0;
};

class Records {
 public:
  // How RocksDB's recovery fared: what it dropped from a write-ahead log, empty if nothing.
  const std::string& dropped() const { return dropped_; }

  static absl::StatusOr<std::unique_ptr<Records>> OpenReadOnly(const std::string& path);
  // Creates an empty database if there is none.
  static absl::StatusOr<std::unique_ptr<Records>> OpenForWriting(const std::string& path,
                                                                 const Fault& fault);

  rocksdb::DB& db() { return *db_; }

  // Nothing if it was never written.
  absl::StatusOr<std::optional<Description>> ReadDescription();
  absl::Status WriteDescription(const Description& description);

  // Offset of the last record of a partition; -1: it is empty.
  absl::StatusOr<int64_t> LastOffset(int partition);

  // The bytes of one record. DATA_LOSS if it is not there.
  absl::StatusOr<std::string> Get(int partition, int64_t offset);

  // Reads every byte of every table and compares with the checksum taken when it was written.
  // Returns early with OK when `stop` says so. DATA_LOSS names the file.
  absl::Status CheckTables(const std::function<bool()>& stop);
  uint64_t TableBytes();

 private:
  explicit Records(std::string path) : path_(std::move(path)) {}

  const std::string path_;
  std::string dropped_;
  std::unique_ptr<rocksdb::Env> env_;  // of a log that is written
  std::unique_ptr<rocksdb::DB> db_;
};

// DATA_LOSS for corruption, RESOURCE_EXHAUSTED for a full disk, UNAVAILABLE otherwise.
absl::Status FromRocks(const rocksdb::Status& status, std::string_view doing);

}  // namespace daybook::log
