#include "common/rpc/health.h"

namespace daybook::rpc {

void Health::Set(std::string_view name, bool serving) {
  std::lock_guard lock(mutex_);
  serving_.insert_or_assign(std::string(name), serving);
}

void Health::SetDefault(std::string_view name) {
  std::lock_guard lock(mutex_);
  serving_.emplace(std::string(name), true);
}

std::optional<bool> Health::Get(std::string_view name) const {
  std::lock_guard lock(mutex_);
  const auto it = serving_.find(name);
  if (it == serving_.end()) return std::nullopt;
  return it->second && !stopped_;
}

void Health::Stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
}

}  // namespace daybook::rpc
