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

#include "common/base/kept_hash.h"
#include "google/protobuf/message_lite.h"

namespace daybook::store {

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
    const Kept::Wanted wanted{key, HashOfKey(key)};
    if (const auto known = rows_.find(wanted); known != rows_.end()) {
      return {known->handle.get(), false};
    }
    void* const memory = ::operator new(sizeof(Row) + key.size());
    auto* const row = new (memory) Row;
    row->hash_ = wanted.hash;
    row->key_bytes_ = static_cast<uint32_t>(key.size());
    std::memcpy(static_cast<char*>(memory) + sizeof(Row), key.data(), key.size());
    rows_.insert(Kept::Slot{Owned(row), wanted.hash});
    return {row, true};
  }

  size_t size() const { return rows_.size(); }
  void clear() { rows_.clear(); }
  template <class Each>
  void ForEach(const Each& each) const {
    for (const Kept::Slot& slot : rows_) each(*slot.handle);
  }
  template <class Predicate>
  void EraseIf(const Predicate& predicate) {
    absl::erase_if(rows_, [&](const Kept::Slot& slot) { return predicate(*slot.handle); });
  }

 private:
  struct Delete {
    void operator()(Row* row) const {
      row->~Row();
      ::operator delete(row);
    }
  };
  using Owned = std::unique_ptr<Row, Delete>;
  struct KeyOf {
    std::string_view operator()(const Owned& row) const { return row->key(); }
  };
  using Kept = KeptHash<Owned, KeyOf>;
  Kept::Set rows_;
};

}  // namespace daybook::store
