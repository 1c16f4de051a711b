#include <bitset>
#include <string>
#include <vector>

#include "common/projection/kit/filter.h"

namespace daybook::projection {

const std::string* Filter::PinnedText(size_t field) const {
  // Of each result that waits, the restrictions without which it is false.
  std::vector<std::bitset<kMaxRestrictions>> needed;
  for (const int step : steps_) {
    if (step == kNot) {
      needed.back().reset();
    } else if (step == kAnd || step == kOr) {
      const std::bitset<kMaxRestrictions> right = needed.back();
      needed.pop_back();
      needed.back() = step == kAnd ? needed.back() | right : needed.back() & right;
    } else {
      needed.emplace_back().set(static_cast<size_t>(step));
    }
  }
  for (size_t i = 0; i < restrictions_.size(); ++i) {
    const Restriction& restriction = restrictions_[i];
    if (restriction.field == field && restriction.op == Op::kEqual &&
        restriction.type == FilterType::kText && !restriction.text.empty() && needed[0][i]) {
      return &restriction.text;
    }
  }
  return nullptr;
}

}  // namespace daybook::projection
