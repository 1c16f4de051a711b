// Rows of a shard in memory, found by table and key. Private to common/store.
//
// A row at rest is its bytes; it is a message only while a fold has it in hand. Most rows were not
// looked at lately, so that each piece of memory they stand in costs a wait: a message of messages
// and lists stands in dozens, bytes in one, which takes a third of the room as well. So finding a
// row costs two waits (the hash stands in the table, the key in the row) and reading it one more,
// and those of several rows can be had at once, see Hint. Rows keep their place. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include "common/base/kept_hash.h"
#include "common/base/prefetch.h"
#include "google/protobuf/message_lite.h"

namespace daybook::store {

class RowMap {
 public:
  class Row {
   public:
    std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), key_bytes_}; }
    size_t hash() const { return hash_; }

    // False: the row is known to be absent.
    bool exists() const { return exists_; }
    // As it was packed last.
    std::string_view packed() const { return {packed_.get(), packed_bytes_}; }
    void Pack(std::string_view bytes) {
      char* const to = MakeRoom(bytes.size());
      if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
    }
    void Pack(const google::protobuf::MessageLite& as) {
      char* const to = MakeRoom(as.ByteSizeLong());
      as.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(to));
    }
    void PackAbsent() {
      exists_ = false;
      packed_bytes_ = 0;
    }
    // What it takes, without a message.
    size_t bytes() const { return sizeof(Row) + key_bytes_ + room_ + kAllocations; }

    struct DeleteUnlessInArena {
      void operator()(google::protobuf::MessageLite* message) const {
        if (message->GetArena() == nullptr) delete message;
      }
    };
    // Null: it is not in hand, or absent.
    std::unique_ptr<google::protobuf::MessageLite, DeleteUnlessInArena> message;
    uint64_t touched = 0;  // flush number
    bool dirty = false;

   private:
    friend class RowMap;
    // What an allocator rounds up, and the slot.
    static constexpr size_t kAllocations = 48;

    char* MakeRoom(size_t bytes) {
      exists_ = true;
      packed_bytes_ = static_cast<uint32_t>(bytes);
      if (bytes > room_) {
        // Most rows that change grow.
        room_ = static_cast<uint32_t>((bytes + bytes / 8 + 31) & ~size_t{31});
        packed_.reset(new char[room_]);
      }
      return packed_.get();
    }

    std::unique_ptr<char[]> packed_;
    uint32_t packed_bytes_ = 0;
    uint32_t room_ = 0;
    size_t hash_ = 0;
    uint32_t key_bytes_ = 0;
    bool exists_ = false;
  };

  // The row and whether it is new, that is absent as far as is known here.
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

  // Asks the processor for the memory where a row is found, then for the row, then for its bytes:
  // three steps, each of which waits for what the one before has asked for, so that other rows'
  // steps belong between them.
  class Hint {
   public:
    Hint(const RowMap& map, size_t hash) : hash_(hash) { map.rows_.prefetch(Kept::Hinted{hash}); }
    void FetchRow(const RowMap& map) {
      const auto found = map.rows_.find(Kept::Hinted{hash_});
      if (found == map.rows_.end()) return;
      row_ = found->handle.get();
      PrefetchBytes(row_, sizeof(Row) + kCacheLine);  // and its key, mostly
    }
    void FetchBytes() const {
      if (row_ != nullptr) PrefetchBytes(row_->packed_.get(), std::min(row_->packed_bytes_, kMost));
    }

   private:
    static constexpr uint32_t kMost = 1024;
    size_t hash_;
    const Row* row_ = nullptr;
  };

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
