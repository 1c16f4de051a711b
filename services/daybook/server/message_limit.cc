#include "services/daybook/server/message_limit.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace daybook {
namespace {

// Addresses, ports and counts differ from one message to the next.
std::string KindOf(std::string_view message) {
  std::string kind;
  for (const char c : message) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) kind.push_back(c);
  }
  return kind;
}

}  // namespace

bool MessageLimit::Admit(std::string_view message, absl::Duration now) {
  const std::string name = KindOf(message);
  const std::lock_guard lock(mutex_);
  auto at = kinds_.find(name);
  if (at == kinds_.end()) {
    at = kinds_.try_emplace(kinds_.size() < kKinds ? name : std::string()).first;
    if (at->second.counted_at == absl::ZeroDuration()) at->second.counted_at = now;
  }
  Kind& kind = at->second;
  kind.tokens =
      std::min<double>(kBurst, kind.tokens + absl::FDivDuration(now - kind.counted_at, kEvery));
  kind.counted_at = now;
  if (kind.tokens >= 1) {
    kind.tokens -= 1;
    return true;
  }
  if (kind.left_out++ == 0) kind.example = std::string(message);
  return false;
}

void MessageLimit::TakeLeftOut(
    absl::Duration now, const std::function<void(int64_t count, std::string_view example)>& say) {
  const std::lock_guard lock(mutex_);
  if (now < next_report_) return;
  next_report_ = now + kReport;
  for (auto& [name, kind] : kinds_) {
    if (kind.left_out > 0) say(kind.left_out, kind.example);
    kind.left_out = 0;
  }
}

}  // namespace daybook
