// What the log of messages has to say of a server that is ready, or is not.
//
// `ready` and what took it away are said at once. At a start it is normal not to be ready for a
// while; after kPatience it is said what is missing, and again every kEvery as long as it lasts, so
// that whoever looks at the end of the log finds the reason there. Another reason is said after
// kOther: the first that shows is often not the root.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "services/daybook/process/logging.h"

namespace daybook {

class ReadinessNotice {
 public:
  static constexpr absl::Duration kPatience = absl::Seconds(5);
  static constexpr absl::Duration kEvery = absl::Seconds(30);
  static constexpr absl::Duration kOther = absl::Seconds(5);

  using Say = std::function<void(Severity, std::string_view, LogFields)>;
  explicit ReadinessNotice(Say say) : say_(std::move(say)) {}

  // `missing`: empty = ready; `now`: of the steady clock. True when that is new. Call it often,
  // from one thread.
  bool Is(const std::vector<std::string>& missing, absl::Duration now);

 private:
  const Say say_;
  bool ready_ = false;
  std::optional<absl::Duration> next_;  // when what is missing is said (again)
  std::string said_;                    // last, of what is missing
  absl::Duration said_at_;
};

}  // namespace daybook
