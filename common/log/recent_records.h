// The newest records of a partition in memory, for readers that follow it closely: what this
// process wrote a moment ago needs no look into tables and no question to a broker. Private to the
// drivers.
//
// A ring of bytes: a new record takes the place of the oldest. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/log/event_log.h"

namespace daybook::log {

class RecentRecords {
 public:
  // A record in the bytes of a Read.
  struct Extent {
    size_t key, value;  // lengths; records stand one behind the other, each key before its value
  };

  // Before the first Add. 0: nothing is kept.
  void set_capacity(size_t bytes) { capacity_ = bytes; }

  // Offsets are dense: one that does not follow the last one replaces all that is here. One that is
  // not beyond it comes too late and is not taken.
  void Add(int64_t offset, std::string_view key, std::string_view value);

  // Appends the records from `from` on, as far as below `until` and until `bytes` holds `enough`.
  // False, and nothing: `from` is not here.
  bool Read(int64_t from, int64_t until, size_t enough, std::string* bytes,
            std::vector<Extent>* extents) const;

  // How a reader whose next record is the one at `offset` stands to what is here.
  enum class Place {
    kElsewhere,  // it must look elsewhere: before, beyond a gap, or nothing is here
    kWithin,     // Read gives it
    kEnd,        // what comes next, if this process writes it, will be here
  };
  Place PlaceOf(int64_t offset) const;

 private:
  struct Entry {
    uint64_t begin;  // in all bytes that ever went round
    uint32_t key, value;
  };

  mutable std::mutex mutex_;
  size_t capacity_ = 0;
  std::unique_ptr<char[]> ring_;
  uint64_t end_ = 0;  // of the newest
  std::deque<Entry> entries_;
  int64_t first_ = 0;  // offset of the oldest; without any, of the next
};

// Memory for the bytes of readers' batches, used again when the batch is gone: fresh memory would
// be paid for page by page. Any thread.
class BatchBytes {
 public:
  // Empty; comes back by itself.
  std::shared_ptr<std::string> Take();

 private:
  struct Spare {
    std::mutex mutex;
    std::vector<std::unique_ptr<std::string>> bytes;
  };
  const std::shared_ptr<Spare> spare_ = std::make_shared<Spare>();
};

// Makes a batch of what a Read gave, the first record at offset `first`; it keeps `bytes`.
void ToBatch(int64_t first, std::shared_ptr<std::string> bytes,
             const std::vector<RecentRecords::Extent>& extents, Batch* batch);

}  // namespace daybook::log
