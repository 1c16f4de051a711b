#include "common/command/receipts.h"

#include <cstring>
#include <new>

namespace daybook::command {
namespace {

std::unique_ptr<google::protobuf::Arena> NewArena() {
  google::protobuf::ArenaOptions options;
  options.start_block_size = 4 << 10;
  options.max_block_size = 1 << 20;
  return std::make_unique<google::protobuf::Arena>(options);
}

}  // namespace

void AppendReceiptKey(std::string_view stream_id, std::string_view request_id, std::string* key) {
  key->append(stream_id).push_back('\0');  // no id holds a NUL
  key->append(request_id);
}

void Receipts::Prefetch(std::string_view key) const {
  if (!entries_.empty()) entries_.prefetch(Kept::Wanted{key, HashOfKey(key)});
}

Receipts::Entry* Receipts::Find(std::string_view key) const {
  if (entries_.empty()) return nullptr;
  const auto it = entries_.find(Kept::Wanted{key, HashOfKey(key)});
  return it == entries_.end() ? nullptr : it->handle;
}

Receipts::Entry* Receipts::Add(std::string_view key, const Receipt& receipt) {
  if (arena_ == nullptr) arena_ = NewArena();
  char* memory = google::protobuf::Arena::CreateArray<char>(
      arena_.get(), sizeof(Entry) + key.size() + receipt.answer.size());
  auto* entry = new (memory) Entry;
  entry->sequence_ = receipt.sequence;
  entry->offset_ = receipt.offset;
  entry->revision_ = receipt.revision;
  std::memcpy(entry->hash_.data(), receipt.request_hash.data(), entry->hash_.size());
  entry->key_bytes_ = static_cast<uint32_t>(key.size());
  entry->answer_bytes_ = static_cast<uint32_t>(receipt.answer.size());
  char* bytes = memory + sizeof(Entry);
  std::memcpy(bytes, key.data(), key.size());
  if (!receipt.answer.empty()) {
    std::memcpy(bytes + key.size(), receipt.answer.data(), receipt.answer.size());
  }
  const Kept::Wanted wanted{entry->key(), HashOfKey(key)};
  if (const auto before = entries_.find(wanted); before != entries_.end()) {
    before->handle = entry;
  } else {
    entries_.insert(Kept::Slot{entry, wanted.hash});
  }
  return entry;
}

}  // namespace daybook::command
