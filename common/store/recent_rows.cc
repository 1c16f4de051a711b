#include "common/store/recent_rows.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

namespace daybook::store {
namespace {

// So many rows are put in under one lock: readers do not wait for a whole flush.
constexpr size_t kRowsALock = 64;

size_t HashOf(std::string_view key) {
  return absl::Hash<absl::string_view>()(absl::string_view(key.data(), key.size()));
}

google::protobuf::ArenaOptions Blocks() {
  google::protobuf::ArenaOptions options;
  options.start_block_size = 4 << 10;
  options.max_block_size = 1 << 20;
  return options;
}

}  // namespace

RecentRows::RecentRows() : arena_(Blocks()) {}

RecentRows::Row RecentRows::Version::row() const {
  Row row{{key, key_bytes}, std::nullopt};
  if (value_bytes != kDeleted) {
    row.value = std::string_view(reinterpret_cast<const char*>(this + 1), value_bytes);
  }
  return row;
}

std::unique_lock<std::mutex> RecentRows::Lock() const {
  return frozen_.load(std::memory_order_acquire) ? std::unique_lock<std::mutex>()
                                                 : std::unique_lock(mutex_);
}

void RecentRows::Put(uint64_t version, const std::vector<Row>& rows) {
  for (size_t i = 0; i < rows.size();) {
    const std::lock_guard lock(mutex_);
    for (const size_t end = std::min(rows.size(), i + kRowsALock); i < end; ++i) {
      PutOne(version, rows[i]);
    }
  }
}

void RecentRows::PutOne(uint64_t version, const Row& row) {
  Rows& table = tables_[static_cast<uint8_t>(row.key.front())];
  const Wanted wanted{row.key, HashOf(row.key)};
  const auto known = table.find(wanted);
  const bool fresh = known == table.end();
  const size_t value_bytes = row.value ? row.value->size() : 0;
  char* memory = google::protobuf::Arena::CreateArray<char>(
      &arena_, sizeof(Version) + value_bytes + (fresh ? row.key.size() : 0));
  auto* added = new (memory) Version;
  added->before = fresh ? nullptr : known->newest;
  added->number = version;
  added->key_bytes = static_cast<uint32_t>(row.key.size());
  added->value_bytes = row.value ? static_cast<uint32_t>(value_bytes) : Version::kDeleted;
  if (value_bytes > 0) std::memcpy(memory + sizeof(Version), row.value->data(), value_bytes);
  if (!fresh) {
    added->key = known->newest->key;
    known->newest = added;
    return;
  }
  char* key = memory + sizeof(Version) + value_bytes;
  std::memcpy(key, row.key.data(), row.key.size());
  added->key = key;
  table.insert(Slot{added, wanted.hash});
}

const RecentRows::Version* RecentRows::At(uint64_t version, const Version* newest) {
  while (newest != nullptr && newest->number > version) newest = newest->before;
  return newest;
}

bool RecentRows::Find(uint64_t version, std::string_view key, Row* row) const {
  const Wanted wanted{key, HashOf(key)};
  const auto lock = Lock();
  const auto table = tables_.find(static_cast<uint8_t>(key.front()));
  if (table == tables_.end()) return false;
  const auto found = table->second.find(wanted);
  if (found == table->second.end()) return false;
  const Version* at = At(version, found->newest);
  if (at == nullptr) return false;
  *row = at->row();
  return true;
}

std::vector<RecentRows::Row> RecentRows::Range(uint64_t version, std::string_view prefix) const {
  std::vector<Row> rows;
  {
    const auto lock = Lock();
    for (const auto& [table, some] : tables_) {
      if (!prefix.empty() && static_cast<uint8_t>(prefix.front()) != table) continue;
      for (const Slot& slot : some) {
        const Version* at = At(version, slot.newest);
        if (at == nullptr) continue;
        const Row row = at->row();
        if (row.key.substr(0, prefix.size()) == prefix) rows.push_back(row);
      }
    }
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.key < b.key; });
  return rows;
}

std::vector<RecentRows::Row> RecentRows::All() const {
  std::vector<Row> rows;
  for (const auto& [table, some] : tables_) {
    const auto first = static_cast<std::ptrdiff_t>(rows.size());
    for (const Slot& slot : some) rows.push_back(slot.newest->row());
    std::sort(rows.begin() + first, rows.end(),
              [](const Row& a, const Row& b) { return a.key < b.key; });
  }
  return rows;
}

}  // namespace daybook::store
