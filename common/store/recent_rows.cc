#include "common/store/recent_rows.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include "common/base/prefetch.h"
#include "common/base/status.h"

namespace daybook::store {
namespace {

google::protobuf::ArenaOptions Blocks() {
  google::protobuf::ArenaOptions options;
  options.start_block_size = 4 << 10;
  options.max_block_size = 1 << 20;
  return options;
}

}  // namespace

RecentRows::RecentRows() : arena_(Blocks()) {}

size_t RecentRows::bytes() const {
  size_t bytes = arena_.SpaceAllocated();
  for (const auto& [table, rows] : tables_) bytes += rows.capacity() * (sizeof(Kept::Slot) + 1);
  return bytes;
}

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

void RecentRows::Put(uint64_t version, const std::vector<Edit>& edits) {
  struct Made {
    Rows* table;
    Version* version;
    bool fresh;
  };
  DAYBOOK_CHECK(edits.size() <= kMostEdits);
  std::array<Made, kMostEdits> made;
  // Only this thread puts anything in, so it may look without the lock.
  for (size_t i = 0; i < edits.size(); ++i) {
    made[i].table = &TableOf(edits[i].key);
    made[i].table->prefetch(Kept::Hinted{edits[i].hash});
  }
  for (size_t i = 0; i < edits.size(); ++i) {
    const auto known = made[i].table->find(Kept::Hinted{edits[i].hash});
    made[i].version = known == made[i].table->end() ? nullptr : known->handle;
    if (made[i].version != nullptr) PrefetchObject(*made[i].version);
  }
  for (size_t i = 0; i < edits.size(); ++i) {
    if (made[i].version != nullptr) __builtin_prefetch(made[i].version->key);
  }
  for (size_t i = 0; i < edits.size(); ++i) {
    made[i].version = Make(version, edits[i], *made[i].table, &made[i].fresh);
  }
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < edits.size(); ++i) {
    const Kept::Slot slot{made[i].version, edits[i].hash};
    if (made[i].fresh) {
      made[i].table->insert(slot);
    } else {
      made[i].table->find(Kept::Wanted{edits[i].key, slot.hash})->handle = slot.handle;
    }
  }
}

RecentRows::Rows& RecentRows::TableOf(std::string_view key) {
  const auto table = static_cast<uint8_t>(key.front());
  if (const auto known = tables_.find(table); known != tables_.end()) return known->second;
  const std::lock_guard lock(mutex_);
  return tables_[table];
}

RecentRows::Version* RecentRows::Make(uint64_t version, const Edit& edit, const Rows& table,
                                      bool* fresh) {
  const auto known = table.find(Kept::Wanted{edit.key, edit.hash});
  *fresh = known == table.end();
  const size_t value_bytes = edit.value ? edit.value->size() : 0;
  char* const memory = google::protobuf::Arena::CreateArray<char>(
      &arena_, sizeof(Version) + value_bytes + (*fresh ? edit.key.size() : 0));
  auto* const made = new (memory) Version;
  made->before = *fresh ? nullptr : known->handle;
  made->number = version;
  made->key_bytes = static_cast<uint32_t>(edit.key.size());
  made->value_bytes = static_cast<uint32_t>(value_bytes);
  char* const value = memory + sizeof(Version);
  if (!edit.value) {
    made->value_bytes = Version::kDeleted;
  } else if (value_bytes > 0) {
    std::memcpy(value, edit.value->data(), value_bytes);
  }
  if (*fresh) std::memcpy(value + value_bytes, edit.key.data(), edit.key.size());
  made->key = *fresh ? value + value_bytes : known->handle->key;
  return made;
}

const RecentRows::Version* RecentRows::At(uint64_t version, const Version* newest) {
  while (newest != nullptr && newest->number > version) newest = newest->before;
  return newest;
}

bool RecentRows::Find(uint64_t version, std::string_view key, Row* row) const {
  const Kept::Wanted wanted{key, HashOfKey(key)};
  const auto lock = Lock();
  const auto table = tables_.find(static_cast<uint8_t>(key.front()));
  if (table == tables_.end()) return false;
  const auto found = table->second.find(wanted);
  if (found == table->second.end()) return false;
  const Version* at = At(version, found->handle);
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
      for (const Kept::Slot& slot : some) {
        const Version* at = At(version, slot.handle);
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
    for (const Kept::Slot& slot : some) rows.push_back(slot.handle->row());
    std::sort(rows.begin() + first, rows.end(),
              [](const Row& a, const Row& b) { return a.key < b.key; });
  }
  return rows;
}

}  // namespace daybook::store
