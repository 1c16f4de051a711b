// Rows that flushes have published and no file of the database holds yet. Private to common/store.
//
// Operation. A row is found by a hash and has all its versions, newest first. Who looks at version
// n sees the newest that is not after n: so readers see a flush whole while the next one is put in.
// Versions stay until the whole is thrown away.
//
// Why not the database's memtable: it keeps rows in order, which costs 2 µs per row, most of it
// waiting for memory, and half of the thread that folds. Order is needed once, when the rows become
// a file; then All sorts them.
//
// Limitations. A cursor over a table sorts all of its rows here when it is made (Range).
//
// Concurrency. Put, Freeze and bytes (until frozen) from one thread at a time, the rest from any.
// Frozen rows change no more, so that their readers take no lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/kept_hash.h"
#include "google/protobuf/arena.h"

namespace daybook::store {

class RecentRows {
 public:
  // Views into the RecentRows. No value: the row was deleted.
  struct Row {
    std::string_view key;  // table and key
    std::optional<std::string_view> value;
  };

  // What a flush makes of a row.
  struct Edit {
    std::string_view key;                   // table and key
    size_t hash;                            // HashOfKey(key)
    std::optional<std::string_view> value;  // none: it is deleted
  };

  RecentRows();

  // So many at once, because they are put in under one lock: readers do not wait for a whole flush.
  static constexpr size_t kMostEdits = 64;
  // Rows of version `version`, which is not older than that of an earlier call; each key once a
  // version.
  void Put(uint64_t version, const std::vector<Edit>& edits);
  // Nothing is put in any more; whoever came by a frozen one needs no lock.
  void Freeze() { frozen_.store(true, std::memory_order_release); }

  // False: nothing is known of the row here.
  bool Find(uint64_t version, std::string_view key, Row* row) const;
  // All rows whose keys begin with `prefix`, in ascending order. Looks at all rows of the table.
  std::vector<Row> Range(uint64_t version, std::string_view prefix) const;
  // The newest version of every row, in ascending order. Of a frozen one.
  std::vector<Row> All() const;

  // All of its memory.
  size_t bytes() const;
  bool empty() const { return tables_.empty(); }

 private:
  struct Version {
    Version* before;
    uint64_t number;
    const char* key;
    uint32_t key_bytes;
    uint32_t value_bytes;
    static constexpr uint32_t kDeleted = ~uint32_t{0};
    Row row() const;
  };
  struct KeyOf {
    std::string_view operator()(const Version* newest) const {
      return {newest->key, newest->key_bytes};
    }
  };
  using Kept = KeptHash<Version*, KeyOf>;
  using Rows = Kept::Set;

  // The edit as a version that nobody can find yet; `fresh`: the row is not known here.
  Version* Make(uint64_t version, const Edit& edit, const Rows& table, bool* fresh);
  Rows& TableOf(std::string_view key);
  static const Version* At(uint64_t version, const Version* newest);
  std::unique_lock<std::mutex> Lock() const;

  mutable std::mutex mutex_;
  std::atomic<bool> frozen_{false};
  std::map<uint8_t, Rows> tables_;  // by the first byte of the key
  google::protobuf::Arena arena_;
};

}  // namespace daybook::store
