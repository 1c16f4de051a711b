// The witness beside the records: how far each partition had come after the last synced write.
//
// The file has one header and one entry a partition, 32 bytes each, every one with its own
// checksum:
//
//   header  magic[12] | partitions u32 | log id[12] | checksum[4]
//   entry   last offset i64 | hash of the record at it[16] | partition u32 | checksum[4]
//
// An entry never crosses a disk sector, so that a power cut leaves each entry either old or new.
// The file is written after each sync but not synced itself: after a kill it is exact, after a
// power cut it may lag behind the records, never be ahead of them. As every record holds the hash
// of its predecessors, the hash of one record stands for all before it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/log/chain.h"

namespace daybook::log {

struct TailEntry {
  int64_t offset = -1;  // of the last record; -1: none yet
  Hash hash = {};       // of its value, LinkHash({}, value)
};

struct Tail {
  std::string log_id;  // 12 random bytes, also among the records
  std::vector<TailEntry> entries;
};

// NOT_FOUND if the file is not there; DATA_LOSS, naming the place, if any byte of it is wrong.
absl::StatusOr<Tail> LoadTail(const std::string& path);

// Writes a whole new file, durably, in place of any old one.
absl::Status CreateTail(const std::string& path, const Tail& tail);

// Overwrites entries. Any number of threads.
class TailFile {
 public:
  static absl::StatusOr<std::unique_ptr<TailFile>> Open(const std::string& path);
  ~TailFile();

  absl::Status Set(const std::vector<std::pair<int, TailEntry>>& entries);

 private:
  TailFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  const std::string path_;
  const int fd_;
};

}  // namespace daybook::log
