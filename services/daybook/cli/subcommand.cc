#include "services/daybook/cli/subcommand.h"

#include <cstdio>

#include "common/base/status.h"
#include "common/base/text.h"
#include "services/daybook/wiring/catalogue.h"

namespace daybook {

int ReportError(const absl::Status& status) {
  std::string text = Cat("error: ", status.message());
  if (const std::string reason = ReasonOf(status); !reason.empty()) {
    text += Cat("\n  reason: ", reason);
    for (const auto& [key, value] : MetadataOf(status)) text += Cat("\n  ", key, ": ", value);
    for (const Reason* known : Catalogue()) {
      if (known->name == reason) text += Cat("\n  what to do: ", known->advice);
    }
  }
  std::fprintf(stderr, "%s\n", text.c_str());
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ? kExitUnavailable
                                                                         : kExitFailed;
}

}  // namespace daybook
