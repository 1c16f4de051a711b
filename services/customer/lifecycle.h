// Which command a customer takes in which state.
#pragma once

#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "common/base/reasons.h"
#include "common/command/decider.h"
#include "daybook/customer/v1/customer.pb.h"

namespace daybook::customer {

// One command: why it is refused in a state; nullopt = it is not.
struct Rule {
  std::string_view command;
  std::optional<Reason> absent, active, archived;

  const std::optional<Reason>& In(v1::CustomerState state) const;
};

// All of the customer book's commands.
absl::Span<const Rule> Rules();

// OK if the customer's state takes `command`, which must be one of Rules(). A refusal names the
// state and the commands that it takes, in metadata `state` and `allowed_commands` (names with a
// comma between, no space).
absl::Status ExpectAllowed(const command::View& view, std::string_view command);

}  // namespace daybook::customer
