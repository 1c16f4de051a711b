#include "services/customer/lifecycle.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "services/customer/customer.h"
#include "services/customer/reasons.h"

namespace daybook::customer {
namespace {

using enum Command;

constexpr std::string_view kNames[] = {
    "RegisterCustomer", "UpdateCustomer", "ArchiveCustomer",
    "RestoreCustomer",  "AddExternalId",  "RemoveExternalId",
};

// An external id can be taken off an archived customer, so that the one who replaces them can have
// it.
constexpr CustomerTransitions::Row kRows[] = {
    {v1::CUSTOMER_STATE_UNSPECIFIED, {kRegisterCustomer}},
    {v1::CUSTOMER_STATE_ACTIVE,
     {kUpdateCustomer, kArchiveCustomer, kAddExternalId, kRemoveExternalId}},
    {v1::CUSTOMER_STATE_ARCHIVED, {kRestoreCustomer, kRemoveExternalId}},
};
constexpr CustomerTransitions kTable(kRows);

struct StateWords {
  std::string_view name, sentence;
};

StateWords WordsOf(v1::CustomerState state) {
  if (state == v1::CUSTOMER_STATE_ARCHIVED) return {"ARCHIVED", "is archived"};
  if (state == v1::CUSTOMER_STATE_ACTIVE) return {"ACTIVE", "is in the book and active"};
  return {"ABSENT", "is not in the book"};
}

absl::Status NotAllowed(const command::View& view, const Reason& why) {
  const v1::CustomerState state = view.part<state::State>().state();
  const StateWords words = WordsOf(state);
  const std::string customer_id(view.stream_id);
  return Refuse(
      why,
      absl::StrCat("customer '", customer_id, "' ", ToAbsl(words.sentence),
                   "; of the customer book it takes ", kTable.AllowedCommands(state, ", ")),
      {{"customer_id", customer_id},
       {"state", std::string(words.name)},
       {"allowed_commands", kTable.AllowedCommands(state)}});
}

}  // namespace

absl::Span<const std::string_view> NamesOf(Command) { return kNames; }

const CustomerTransitions& CustomerTable() { return kTable; }

absl::Status ExpectAllowed(const command::View& view, Command command) {
  const v1::CustomerState state = view.part<state::State>().state();
  if (kTable.Allows(state, command)) return absl::OkStatus();
  if (state == v1::CUSTOMER_STATE_UNSPECIFIED) return NotAllowed(view, reason::kCustomerNotFound);
  if (command == kRegisterCustomer) return NotAllowed(view, reason::kCustomerExists);
  return NotAllowed(view, state == v1::CUSTOMER_STATE_ARCHIVED ? reason::kCustomerArchived
                                                               : reason::kCustomerNotArchived);
}

absl::Status Customer::Admit(const command::View& view, command::Gate gate) {
  const v1::CustomerState state = view.part<state::State>().state();
  if (state == v1::CUSTOMER_STATE_UNSPECIFIED) return NotAllowed(view, reason::kCustomerNotFound);
  if (state == v1::CUSTOMER_STATE_ARCHIVED && gate == command::Gate::kActive) {
    return NotAllowed(view, reason::kCustomerArchived);
  }
  return absl::OkStatus();
}

}  // namespace daybook::customer
