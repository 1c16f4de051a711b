// Rows of a shard in memory as messages, found by table and key. Private to common/store.
//
// Made for rows that were not looked at lately: the hash stands in the table and the key in the
// row, so that finding one costs two waits for memory, whatever else is there. Rows keep their
// place. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message_lite.h"

namespace daybook::store {

// Of table and key; the same for RowMap and RecentRows.
inline size_t HashOfRow(std::string_view key) {
  return absl::Hash<absl::string_view>()(absl::string_view(key.data(), key.size()));
}

class RowMap {
 public:
  class Row {
   public:
    std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), key_bytes_}; }
    size_t hash() const { return hash_; }

    struct DeleteUnlessInArena {
      void operator()(google::protobuf::MessageLite* message) const {
        if (message->GetArena() == nullptr) delete message;
      }
    };
    // Null: the row is known to be absent.
    std::unique_ptr<google::protobuf::MessageLite, DeleteUnlessInArena> message;
    uint64_t touched = 0;  // flush number
    uint32_t bytes = 0;    // the shard's estimate
    bool dirty = false;

   private:
    friend class RowMap;
    size_t hash_ = 0;
    uint32_t key_bytes_ = 0;
  };

  // The row and whether it is new, with no message.
  std::pair<Row*, bool> TryEmplace(std::string_view key) {
    const Wanted wanted{key, HashOfRow(key)};
    if (const auto known = rows_.find(wanted); known != rows_.end()) {
      return {known->row.get(), false};
    }
    void* const memory = ::operator new(sizeof(Row) + key.size());
    auto* const row = new (memory) Row;
    row->hash_ = wanted.hash;
    row->key_bytes_ = static_cast<uint32_t>(key.size());
    std::memcpy(static_cast<char*>(memory) + sizeof(Row), key.data(), key.size());
    rows_.insert(Slot{std::unique_ptr<Row, Delete>(row), wanted.hash});
    return {row, true};
  }

  size_t size() const { return rows_.size(); }
  void clear() { rows_.clear(); }
  template <class Each>
  void ForEach(const Each& each) const {
    for (const Slot& slot : rows_) each(*slot.row);
  }
  template <class Predicate>
  void EraseIf(const Predicate& predicate) {
    absl::erase_if(rows_, [&](const Slot& slot) { return predicate(*slot.row); });
  }

 private:
  struct Delete {
    void operator()(Row* row) const {
      row->~Row();
      ::operator delete(row);
    }
  };
  struct Slot {
    std::unique_ptr<Row, Delete> row;
    size_t hash;
  };
  struct Wanted {
    std::string_view key;
    size_t hash;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(const Slot& slot) const { return slot.hash; }
    size_t operator()(const Wanted& wanted) const { return wanted.hash; }
  };
  struct Eq {
    using is_transparent = void;
    bool operator()(const Slot& a, const Slot& b) const { return a.row == b.row; }
    bool operator()(const Slot& a, const Wanted& b) const {
      return a.hash == b.hash && a.row->key() == b.key;
    }
  };
  absl::flat_hash_set<Slot, Hash, Eq> rows_;
};

}  // namespace daybook::store
