// What the log of messages has to say when this machine's clock is set while the server runs.
//
// Small corrections are NTP's daily work. One of kWorthALine or more is said once: whoever wonders
// about times of records finds it there. What follows from it is said by readiness.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "common/base/clock.h"
#include "services/daybook/process/logging.h"

namespace daybook {

class ClockNotice {
 public:
  static constexpr absl::Duration kWorthALine = absl::Seconds(1);

  using Say = std::function<void(Severity, std::string_view, LogFields)>;
  explicit ClockNotice(Say say) : say_(std::move(say)) {}

  // Call it often, from one thread.
  void Look(const Moment& now);

 private:
  const Say say_;
  std::optional<absl::Time> origin_;  // what the clock shows when the steady one is 0
};

}  // namespace daybook
