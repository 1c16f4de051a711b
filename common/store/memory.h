// The memory that all stores of a process take, as one budget.
//
//   const auto memory = std::make_shared<store::Memory>();
//   Store::Open({.directory = "a", ..., .memory = memory});
//   Store::Open({.directory = "b", ..., .memory = memory});
//
// Operation. Blocks of files share one cache, which keeps what is used. Each other pool is divided
// into equal parts over the open shards of all stores in use: of which some shard has held a row
// since it was opened. A part changes when a store opens, closes, or comes into use, and a shard
// fits itself to its part when it flushes next, or is tended. So twelve read models take no more
// than three, each of them keeps a quarter of the rows, and one that is idle takes from nobody.
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
#include <mutex>
#include <utility>

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

  // What each open shard of a store in use may take of a pool.
  size_t Share(Pool pool) const;
  // What they said that they take.
  size_t used(Pool pool) const { return used_[pool].load(std::memory_order_relaxed); }
  size_t limit(Pool pool) const { return limits_[pool]; }
  // A rocksdb::Cache.
  const std::shared_ptr<void>& block_cache() const { return block_cache_; }

  // A store; outlives its parts.
  class Member {
   public:
    explicit Member(std::shared_ptr<Memory> memory) : memory_(std::move(memory)) {}
    const Memory& memory() const { return *memory_; }

   private:
    friend class Memory;
    const std::shared_ptr<Memory> memory_;
    size_t shards_ = 0;  // open; under the mutex of the memory
    bool in_use_ = false;
  };

  // What one shard of a store has, as long as this lives. From one thread at a time.
  class Part {
   public:
    explicit Part(Member& member);
    ~Part();
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

    size_t Share(Pool pool) const { return memory_.Share(pool); }
    // What it takes of the pool now.
    void Set(Pool pool, size_t bytes);

   private:
    Member& member_;
    Memory& memory_;
    std::array<size_t, kPools> bytes_{};
    bool used_ = false;  // by this part
  };

 private:
  void Open(Member& member);
  void Use(Member& member);
  void Close(Member& member);

  const std::array<size_t, kPools> limits_;
  const std::shared_ptr<void> block_cache_;
  std::mutex mutex_;              // of members
  std::atomic<size_t> parts_{0};  // open shards of stores in use
  std::array<std::atomic<size_t>, kPools> used_{};
};

}  // namespace daybook::store
