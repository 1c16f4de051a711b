// Receipts of accepted requests that the cache's backing store does not hold yet, those of records
// in flight included: what makes twins and resends find the first answer.
//
// Held compactly, for there are hundreds of thousands of them between two flushes: each is one
// piece of an arena, found by a hash that is kept with it. Entries keep their place until Clear.
// Not thread-safe, but may be read by several threads once nobody adds any more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/kept_hash.h"
#include "common/log/chain.h"
#include "google/protobuf/arena.h"

namespace daybook::command {

// Identity of a command for the customer's life: stream and request id, NUL between them.
void AppendReceiptKey(std::string_view stream_id, std::string_view request_id, std::string* key);

// What was answered to an accepted request. A view, good as long as what it was found in.
struct Receipt {
  std::string_view request_hash;  // 16 bytes
  std::string_view answer;        // the serialised response without revision and token
  int64_t revision = 0;
  int64_t offset = 0;     // of the record; kInFlight until it is confirmed
  uint64_t sequence = 0;  // of the record; 0 if it is not known any more

  static constexpr int64_t kInFlight = -1;
  bool in_flight() const { return offset == kInFlight; }
};

class Receipts {
 public:
  class Entry {
   public:
    std::string_view key() const { return {bytes(), key_bytes_}; }
    Receipt receipt() const {
      return {{hash_.data(), hash_.size()},
              {bytes() + key_bytes_, answer_bytes_},
              revision_,
              offset_,
              sequence_};
    }
    void Confirm(int64_t offset) { offset_ = offset; }

   private:
    friend class Receipts;
    const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
    uint64_t sequence_;
    int64_t offset_;
    int64_t revision_;
    log::Hash hash_;
    uint32_t key_bytes_;
    uint32_t answer_bytes_;
  };

  Receipts() = default;
  Receipts(Receipts&&) = default;
  Receipts& operator=(Receipts&&) = default;

  // Asks the processor for the memory that Find will look at first.
  void Prefetch(std::string_view key) const;
  // Null: not here.
  Entry* Find(std::string_view key) const;
  // Takes the place of one of the same key.
  Entry* Add(std::string_view key, const Receipt& receipt);

  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  size_t bytes() const { return arena_ ? arena_->SpaceAllocated() : 0; }
  template <class Each>
  void ForEach(Each each) const {
    for (const Kept::Slot& slot : entries_) each(*slot.handle);
  }

 private:
  struct KeyOf {
    std::string_view operator()(const Entry* entry) const { return entry->key(); }
  };
  using Kept = KeptHash<Entry*, KeyOf>;

  std::unique_ptr<google::protobuf::Arena> arena_;
  Kept::Set entries_;
};

}  // namespace daybook::command
