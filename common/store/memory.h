// The memory that all stores of a process take, as one budget.
//
//   const auto memory = std::make_shared<store::Memory>();
//   Store::Open({.directory = "a", ..., .memory = memory});
//   Store::Open({.directory = "b", ..., .memory = memory});
//
// Operation. Blocks of files share one cache, which keeps what is used. Each other pool is divided
// into equal parts over all open shards, of whichever store; a part changes when stores open and
// close, and a shard fits itself to its part when it flushes next, or is tended. So twelve read
// models take no more than three, and each of them keeps a quarter of the rows.
//
// Limitations. A shard may be above its part by what one flush brings. Not counted: the indexes and
// filters of open files, which grow with the data (some 3 bytes per row); shards in bulk mode,
// whose limits are their own (store.h).
//
// Concurrency: any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>

namespace daybook::store {

// In bytes. The defaults are those of a process with all of its read models.
struct MemoryLimits {
  size_t block_cache_bytes = 256 << 20;
  // Rows that are kept between flushes.
  size_t cached_bytes = 288 << 20;
  // Rows in hand: messages that are not flushed yet, without their longer texts (see Shard::full).
  size_t unflushed_bytes = 48 << 20;
  // Flushed rows that no file of a database has yet. Half of a shard's part of it becomes a file
  // while the other half fills; then the next flush waits for the file.
  size_t settle_bytes = 192 << 20;
};

class Memory {
 public:
  enum Pool { kCached, kUnflushed, kSettling };
  static constexpr size_t kPools = 3;

  explicit Memory(const MemoryLimits& limits = {});

  // What each open shard may take of a pool.
  size_t Share(Pool pool) const;
  // What they said that they take.
  size_t used(Pool pool) const { return used_[pool].load(std::memory_order_relaxed); }
  size_t limit(Pool pool) const { return limits_[pool]; }
  // A rocksdb::Cache.
  const std::shared_ptr<void>& block_cache() const { return block_cache_; }

  // One shard's part, as long as this lives. From one thread at a time.
  class Part {
   public:
    explicit Part(Memory& memory);
    ~Part();
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

    size_t Share(Pool pool) const { return memory_.Share(pool); }
    // What it takes of the pool now.
    void Set(Pool pool, size_t bytes);

   private:
    Memory& memory_;
    std::array<size_t, kPools> bytes_{};
  };

 private:
  const std::array<size_t, kPools> limits_;
  const std::shared_ptr<void> block_cache_;
  std::atomic<size_t> parts_{0};
  std::array<std::atomic<size_t>, kPools> used_{};
};

}  // namespace daybook::store
