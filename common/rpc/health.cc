#include "common/rpc/health.h"

#include <utility>

namespace daybook::rpc {

void Health::Set(std::string_view name, bool serving) {
  std::lock_guard lock(mutex_);
  const auto it = serving_.find(name);
  if (it != serving_.end() && it->second == serving) return;
  serving_.insert_or_assign(std::string(name), serving);
  TellLocked();
}

void Health::SetDefault(std::string_view name) {
  std::lock_guard lock(mutex_);
  if (serving_.emplace(std::string(name), true).second) TellLocked();
}

Health::Serving Health::Get(std::string_view name) const {
  std::lock_guard lock(mutex_);
  return GetLocked(name);
}

uint64_t Health::Watch(std::string_view name, Watcher watcher) {
  std::lock_guard lock(mutex_);
  const Serving now = GetLocked(name);
  watcher(now);
  watches_.emplace(next_watch_, Watched{std::string(name), now, std::move(watcher)});
  return next_watch_++;
}

void Health::Unwatch(uint64_t watch) {
  std::lock_guard lock(mutex_);
  watches_.erase(watch);
}

void Health::Stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  TellLocked();
}

Health::Serving Health::GetLocked(std::string_view name) const {
  const auto it = serving_.find(name);
  if (it == serving_.end()) return std::nullopt;
  return it->second && !stopped_;
}

void Health::TellLocked() {
  for (auto& [id, watched] : watches_) {
    const Serving now = GetLocked(watched.name);
    if (now != watched.told) watched.watcher(now);
    watched.told = now;
  }
}

}  // namespace daybook::rpc
