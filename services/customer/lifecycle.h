// Which command a customer takes in which state, and whom the gates of other books let in.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "common/command/decider.h"
#include "common/command/transitions.h"
#include "daybook/customer/v1/customer.pb.h"

namespace daybook::customer {

// All of the customer book's commands.
enum class Command : uint8_t {
  kRegisterCustomer,
  kUpdateCustomer,
  kArchiveCustomer,
  kRestoreCustomer,
  kAddExternalId,
  kRemoveExternalId,
};
// In the order of the enum, as the rpcs are called.
absl::Span<const std::string_view> NamesOf(Command);

// A customer who was never heard of is in CUSTOMER_STATE_UNSPECIFIED.
using CustomerTransitions = command::Transitions<v1::CustomerState, Command>;
const CustomerTransitions& CustomerTable();

// OK if the customer's state takes the command, else CUSTOMER_NOT_FOUND, CUSTOMER_EXISTS,
// CUSTOMER_ARCHIVED or CUSTOMER_NOT_ARCHIVED. A refusal names the state and the commands of this
// book that it takes, in metadata `state` and `allowed_commands` (names with a comma between, no
// space).
absl::Status ExpectAllowed(const command::View& view, Command command);

}  // namespace daybook::customer
