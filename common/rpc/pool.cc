#include "common/rpc/pool.h"

namespace daybook::rpc {

bool Pool::Count(int64_t amount, int64_t after, const std::string& caller) {
  const std::lock_guard lock(mutex_);
  const auto it = of_caller_.try_emplace(caller, 0).first;
  const int64_t free = limit_ - (after - amount);
  if (it->second + amount <= times_free_ * free) {
    it->second += amount;
    return true;
  }
  if (it->second == 0) of_caller_.erase(it);
  return false;
}

void Pool::Give(int64_t amount, const std::string& caller) {
  taken_.fetch_sub(amount, std::memory_order_relaxed);
  if (caller.empty()) return;
  const std::lock_guard lock(mutex_);
  const auto it = of_caller_.find(caller);
  if ((it->second -= amount) == 0) of_caller_.erase(it);
}

}  // namespace daybook::rpc
