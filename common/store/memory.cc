#include "common/store/memory.h"

#include <rocksdb/cache.h>

#include <algorithm>
#include <utility>

namespace daybook::store {

Memory::Memory(const MemoryLimits& limits)
    : limits_{limits.cached_bytes, limits.unflushed_bytes, limits.settle_bytes},
      block_cache_(rocksdb::NewLRUCache(limits.block_cache_bytes)) {}

size_t Memory::Share(Pool pool) const {
  return limits_[pool] / std::max<size_t>(1, parts_.load(std::memory_order_relaxed));
}

void Memory::Open(Member& member) {
  const std::lock_guard lock(mutex_);
  ++member.shards_;
  if (member.in_use_) parts_.fetch_add(1, std::memory_order_relaxed);
}

void Memory::Use(Member& member) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(member.in_use_, true)) return;
  parts_.fetch_add(member.shards_, std::memory_order_relaxed);
}

void Memory::Close(Member& member) {
  const std::lock_guard lock(mutex_);
  if (member.in_use_) parts_.fetch_sub(1, std::memory_order_relaxed);
  if (--member.shards_ == 0) member.in_use_ = false;
}

Memory::Part::Part(Member& member) : member_(member), memory_(*member.memory_) {
  memory_.Open(member_);
}

Memory::Part::~Part() {
  for (const Pool pool : {kCached, kUnflushed, kSettling}) Set(pool, 0);
  memory_.Close(member_);
}

void Memory::Part::Set(Pool pool, size_t bytes) {
  if (bytes == bytes_[pool]) return;
  if (!std::exchange(used_, true)) memory_.Use(member_);
  // Sums of unsigned differences are right modulo 2^64.
  memory_.used_[pool].fetch_add(bytes - bytes_[pool], std::memory_order_relaxed);
  bytes_[pool] = bytes;
}

}  // namespace daybook::store
