#include "services/daybook/readiness_notice.h"

#include "absl/strings/str_join.h"
#include "services/daybook/text.h"

namespace daybook {

void ReadinessNotice::Is(const std::vector<std::string>& missing, absl::Time now) {
  if (missing.empty()) {
    if (!ready_) say_(Severity::kInfo, "ready", {});
    ready_ = true;
    return;
  }
  if (ready_) {
    next_ = now;
  } else if (next_ == absl::InfinitePast()) {
    next_ = now + kPatience;
  }
  ready_ = false;
  if (now < next_) return;
  say_(Severity::kWarning, Cat("not ready: ", absl::StrJoin(missing, "; ")), {});
  next_ = now + kEvery;
}

}  // namespace daybook
