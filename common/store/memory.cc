#include "common/store/memory.h"

#include <rocksdb/cache.h>

#include <algorithm>

namespace daybook::store {

Memory::Memory(const MemoryLimits& limits)
    : limits_{limits.cached_bytes, limits.unflushed_bytes, limits.settle_bytes},
      block_cache_(rocksdb::NewLRUCache(limits.block_cache_bytes)) {}

size_t Memory::Share(Pool pool) const {
  return limits_[pool] / std::max<size_t>(1, parts_.load(std::memory_order_relaxed));
}

Memory::Part::Part(Memory& memory) : memory_(memory) {
  memory_.parts_.fetch_add(1, std::memory_order_relaxed);
}

Memory::Part::~Part() {
  for (const Pool pool : {kCached, kUnflushed, kSettling}) Set(pool, 0);
  memory_.parts_.fetch_sub(1, std::memory_order_relaxed);
}

void Memory::Part::Set(Pool pool, size_t bytes) {
  if (bytes == bytes_[pool]) return;
  // Sums of unsigned differences are right modulo 2^64.
  memory_.used_[pool].fetch_add(bytes - bytes_[pool], std::memory_order_relaxed);
  bytes_[pool] = bytes;
}

}  // namespace daybook::store
