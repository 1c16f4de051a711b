#include "services/daybook/readiness_notice.h"

#include <utility>

#include "absl/strings/str_join.h"
#include "services/daybook/text.h"

namespace daybook {

bool ReadinessNotice::Is(const std::vector<std::string>& missing, absl::Duration now) {
  if (missing.empty()) {
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
  if (now < next_) return false;
  say_(Severity::kWarning, Cat("not ready: ", absl::StrJoin(missing, "; ")), {});
  next_ = now + kEvery;
  return false;
}

}  // namespace daybook
