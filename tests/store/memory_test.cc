// One budget for all stores of a process.
#include "common/store/memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/store/store.h"
#include "daybook/log/v1/frame.pb.h"
#include "tests/support/scratch.h"

namespace daybook::store {
namespace {

// Any message will do for a row.
using Row = log::v1::OwnerStarted;
constexpr Table<Row> kRows{1, "rows"};
constexpr Memory::Pool kPools[] = {Memory::kCached, Memory::kUnflushed, Memory::kSettling};

constexpr int kShards = 4;  // of a store
constexpr MemoryLimits kLimits = {.block_cache_bytes = 1 << 20,
                                  .cached_bytes = 9 << 20,
                                  .unflushed_bytes = 3 << 20,
                                  .settle_bytes = 12 << 20};

log::Position At(int64_t offset) {
  log::Position position;
  position.next_offset = offset;
  position.last_offset = offset - 1;
  return position;
}

// A store as a read model has it, with all of its shards.
class Model {
 public:
  Model(const std::string& directory, std::shared_ptr<Memory> memory) {
    Options options;
    options.directory = directory;
    options.kind = "test";
    options.memory = std::move(memory);
    auto store = Store::Open(options);
    EXPECT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    for (int i = 0; i < kShards; ++i) shards_.push_back(*store_->OpenShard(i));
  }

  // Edits rows of `bytes` each, which were not there, until the shard is full or `most` are edited.
  void Edit(int shard, int most, size_t bytes) {
    for (int i = 0; i < most && !shards_[shard]->full(); ++i) {
      shards_[shard]->Edit(kRows, absl::StrCat(next_++)).set_owner(std::string(bytes, 'o'));
    }
  }
  void Flush(int shard) { ASSERT_TRUE(shards_[shard]->Flush(At(++next_)).ok()); }
  Shard& shard(int i) { return *shards_[i]; }

 private:
  std::unique_ptr<Store> store_;
  std::vector<std::unique_ptr<Shard>> shards_;  // gone before the store
  int64_t next_ = 0;
};

class MemoryTest : public testing::Test {
 protected:
  std::unique_ptr<Model> NewModel(int i) {
    return std::make_unique<Model>(absl::StrCat(scratch_.path(), "/", i), memory_);
  }
  std::unique_ptr<Model> NewUsedModel(int i) {
    auto model = NewModel(i);
    for (int shard = 0; shard < kShards; ++shard) {
      model->Edit(shard, 1, 10);
      model->Flush(shard);
    }
    return model;
  }
  // Beyond its limit a pool may have what one flush of each shard brings.
  void ExpectWithinLimits(size_t flushes, size_t flush_bytes) {
    for (const Memory::Pool pool : kPools) {
      EXPECT_LE(memory_->used(pool), memory_->limit(pool) + flushes * flush_bytes) << pool;
    }
  }

  ScratchDirectory scratch_;
  const std::shared_ptr<Memory> memory_ = std::make_shared<Memory>(kLimits);
};

TEST_F(MemoryTest, IsDividedOverTheOpenShardsOfAllStoresInUse) {
  auto idle = NewModel(0);
  EXPECT_EQ(memory_->Share(Memory::kCached), kLimits.cached_bytes);
  auto first = NewUsedModel(1);
  EXPECT_EQ(memory_->Share(Memory::kCached), kLimits.cached_bytes / kShards);
  auto second = NewUsedModel(2);
  EXPECT_EQ(memory_->Share(Memory::kCached), kLimits.cached_bytes / (2 * kShards));
  EXPECT_EQ(memory_->Share(Memory::kSettling), kLimits.settle_bytes / (2 * kShards));
  first = nullptr;
  EXPECT_EQ(memory_->Share(Memory::kCached), kLimits.cached_bytes / kShards);
}

TEST_F(MemoryTest, TwelveStoresTakeNoMoreThanItHas) {
  constexpr int kModels = 12;
  constexpr size_t kRow = 1'000;
  std::vector<std::unique_ptr<Model>> models;
  for (int m = 0; m < kModels; ++m) models.push_back(NewModel(m));
  size_t most_cached = 0;
  for (int round = 0; round < 40; ++round) {
    for (int shard = 0; shard < kShards; ++shard) {
      for (const auto& model : models) model->Edit(shard, 64, kRow);
      ExpectWithinLimits(kModels, 2 * kRow);
      for (const auto& model : models) model->Flush(shard);
      ExpectWithinLimits(kModels * kShards, 64 * 2 * kRow);
      EXPECT_LE(memory_->used(Memory::kCached), kLimits.cached_bytes);
      most_cached = std::max(most_cached, memory_->used(Memory::kCached));
    }
  }
  EXPECT_GT(most_cached, kLimits.cached_bytes / 4);  // it was what kept them small
  models.clear();
  for (const Memory::Pool pool : kPools) EXPECT_EQ(memory_->used(pool), 0u) << pool;
}

TEST_F(MemoryTest, AStoreThatDoesNothingGivesBackWhatIsNoLongerItsPart) {
  const auto first = NewModel(0);
  for (int i = 0; i < 40; ++i) {
    first->Edit(0, 64, 1'000);
    first->Flush(0);
  }
  const size_t alone = memory_->used(Memory::kCached);
  EXPECT_GT(alone, kLimits.cached_bytes / kShards / 4);
  std::vector<std::unique_ptr<Model>> others;
  for (int m = 1; m < 12; ++m) others.push_back(NewUsedModel(m));
  const size_t with_others = memory_->used(Memory::kCached);
  EXPECT_GT(with_others, alone);
  first->shard(0).Tend();
  const size_t kept = memory_->used(Memory::kCached) - (with_others - alone);
  EXPECT_LE(kept, memory_->Share(Memory::kCached));
  EXPECT_NE(first->shard(0).Find(kRows, "1"), nullptr);  // read back from where it was flushed to
}

}  // namespace
}  // namespace daybook::store
