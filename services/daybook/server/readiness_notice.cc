#include "services/daybook/server/readiness_notice.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"
#include "common/base/text.h"

namespace daybook {

bool ReadinessNotice::Is(const std::vector<std::string>& missing, absl::Duration now) {
  if (missing.empty()) {
    said_.clear();
    if (std::exchange(ready_, true)) return false;
    say_(Severity::kInfo, "ready", {});
    return true;
  }
  if (ready_) {
    next_ = now;
  } else if (!next_) {
    next_ = now + kPatience;
  }
  ready_ = false;
  const std::string text = absl::StrJoin(missing, "; ");
  if (!said_.empty() && text != said_) next_ = std::min(*next_, said_at_ + kOther);
  if (now < next_) return false;
  say_(Severity::kWarning, Cat("not ready: ", text), {});
  said_ = text;
  said_at_ = now;
  next_ = now + kEvery;
  return false;
}

}  // namespace daybook
