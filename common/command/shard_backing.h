// The command cache's backing on disk: one shard of a store.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/command/state_cache.h"
#include "common/store/store.h"

namespace daybook::command {

// What the rows mean; a cache of another version starts over.
inline constexpr int kCacheVersion = 5;

class ShardBacking : public CacheBacking {
 public:
  explicit ShardBacking(std::unique_ptr<store::Shard> shard) : shard_(std::move(shard)) {}
  log::Position position() const override { return shard_->position(); }
  absl::StatusOr<bool> Get(Table table, std::string_view key, std::string* value) override {
    return shard_->Get(static_cast<uint8_t>(table), key, value);
  }
  absl::Status Write(absl::Span<const Row> rows, const log::Position& position) override {
    std::vector<store::SortedRow> sorted;
    sorted.reserve(rows.size());
    for (const Row& row : rows) {
      sorted.push_back({static_cast<uint8_t>(row.table), row.key, row.value});
    }
    return shard_->Ingest(sorted, position);
  }
  absl::Status Clear() override { return shard_->Clear(); }

 private:
  std::unique_ptr<store::Shard> shard_;
};

}  // namespace daybook::command
