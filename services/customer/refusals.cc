// Why each command of the customer book is refused, beyond what any command is: see decider.h.
#include <string_view>

#include "common/command/reasons.h"
#include "services/customer/customer.h"
#include "services/customer/reasons.h"

namespace daybook::customer {
namespace {

using namespace reason;  // the table is made of nothing else

constexpr const Reason* kRegisterCustomer[] = {&kCustomerExists};
constexpr const Reason* kUpdateCustomer[] = {&kCustomerNotFound, &kCustomerArchived,
                                             &kEtagMismatch};
constexpr const Reason* kArchiveCustomer[] = {&kCustomerNotFound, &kCustomerArchived,
                                              &kCustomerHasOpenItems};
constexpr const Reason* kRestoreCustomer[] = {&kCustomerNotFound, &kCustomerNotArchived};
constexpr const Reason* kAddExternalId[] = {&kCustomerNotFound, &kCustomerArchived,
                                            &kExternalIdExists, &kExternalIdsFull};
constexpr const Reason* kRemoveExternalId[] = {&kCustomerNotFound, &kExternalIdNotFound};
constexpr const Reason* kNotRegistered[] = {&kCustomerNotFound};
constexpr const Reason* kNotActive[] = {&kCustomerNotFound, &kCustomerArchived};

constexpr struct {
  std::string_view command;
  ReasonList reasons;
} kRefusals[] = {
    {"RegisterCustomer", kRegisterCustomer}, {"UpdateCustomer", kUpdateCustomer},
    {"ArchiveCustomer", kArchiveCustomer},   {"RestoreCustomer", kRestoreCustomer},
    {"AddExternalId", kAddExternalId},       {"RemoveExternalId", kRemoveExternalId},
};

}  // namespace

ReasonList Customer::Refusals(std::string_view command) {
  for (const auto& row : kRefusals) {
    if (row.command == command) return row.reasons;
  }
  return {};
}

ReasonList Customer::GateRefusals(command::Gate gate) {
  if (gate == command::Gate::kAny) return {};
  return gate == command::Gate::kRegistered ? ReasonList(kNotRegistered) : ReasonList(kNotActive);
}

}  // namespace daybook::customer
