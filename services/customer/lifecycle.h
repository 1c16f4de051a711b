// Which command is allowed in which state of a customer.
#pragma once

#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "common/base/reasons.h"
#include "common/command/decider.h"
#include "daybook/customer/v1/customer.pb.h"

namespace daybook::customer {

// One command, with the reason of its refusal per state; nullopt means that it is allowed.
struct Rule {
  std::string_view command;
  std::optional<Reason> absent, active, archived;

  const std::optional<Reason>& In(v1::CustomerState state) const;
};

// All of the customer book's commands.
absl::Span<const Rule> Rules();

// OK if the customer's state allows `command`, which must be one of Rules(). The metadata of a
// refusal has `state` and `allowed_commands` (names with a comma between, no space).
absl::Status ExpectAllowed(const command::View& view, std::string_view command);

}  // namespace daybook::customer
