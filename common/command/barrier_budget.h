// How often an owner may write a barrier. Barriers are records that stay for ever, and whoever is
// refused causes them: so there may be `burst` of them one after the other, `interval` apart, and
// in the long run one per `rest`. Times are of the steady clock.
#pragma once

#include <algorithm>

#include "absl/time/time.h"

namespace daybook::command {

class BarrierBudget {
 public:
  BarrierBudget(absl::Duration interval, int burst, absl::Duration rest)
      : interval_(interval), burst_(burst), rest_(rest) {}

  // When the next one may be appended.
  absl::Duration next() const { return std::max(last_ + interval_, rested_at_ - burst_ * rest_); }
  void Spend(absl::Duration now) {
    last_ = now;
    rested_at_ = std::max(rested_at_, now) + rest_;
  }

 private:
  const absl::Duration interval_;
  const int burst_;
  const absl::Duration rest_;
  absl::Duration last_ = -absl::InfiniteDuration();
  absl::Duration rested_at_ = absl::ZeroDuration();  // the rest after all of them is over
};

}  // namespace daybook::command
