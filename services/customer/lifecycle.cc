#include "services/customer/lifecycle.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status.h"
#include "common/base/text.h"

namespace daybook::customer {
namespace {

constexpr std::nullopt_t kFine = std::nullopt;
constexpr Reason kExists = Reason::kCustomerExists;
constexpr Reason kNotFound = Reason::kCustomerNotFound;
constexpr Reason kArchived = Reason::kCustomerArchived;
constexpr Reason kNotArchived = Reason::kCustomerNotArchived;

// An external id can be taken off an archived customer, so that the one who replaces them can have
// it.
constexpr Rule kRules[] = {
    // command           absent     active        archived
    {"RegisterCustomer", kFine, kExists, kExists},
    {"UpdateCustomer", kNotFound, kFine, kArchived},
    {"ArchiveCustomer", kNotFound, kFine, kArchived},
    {"RestoreCustomer", kNotFound, kNotArchived, kFine},
    {"AddExternalId", kNotFound, kFine, kArchived},
    {"RemoveExternalId", kNotFound, kFine, kFine},
};

struct StateWords {
  std::string_view name, sentence;
};

StateWords WordsOf(v1::CustomerState state) {
  if (state == v1::CUSTOMER_STATE_ARCHIVED) return {"ARCHIVED", "is archived"};
  if (state == v1::CUSTOMER_STATE_ACTIVE) return {"ACTIVE", "is in the book and active"};
  return {"ABSENT", "is not in the book"};
}

}  // namespace

const std::optional<Reason>& Rule::In(v1::CustomerState state) const {
  if (state == v1::CUSTOMER_STATE_ARCHIVED) return archived;
  return state == v1::CUSTOMER_STATE_ACTIVE ? active : absent;
}

absl::Span<const Rule> Rules() { return kRules; }

absl::Status ExpectAllowed(const command::View& view, std::string_view command) {
  const v1::CustomerState state = view.state.customer().state();
  const Rule* asked = nullptr;
  std::vector<absl::string_view> allowed;
  for (const Rule& rule : kRules) {
    if (rule.command == command) asked = &rule;
    if (!rule.In(state).has_value()) allowed.push_back(ToAbsl(rule.command));
  }
  DAYBOOK_CHECK(asked != nullptr);
  const std::optional<Reason>& refused = asked->In(state);
  if (!refused.has_value()) return absl::OkStatus();
  const StateWords words = WordsOf(state);
  const std::string customer_id(view.customer_id);
  return Refuse(*refused,
                absl::StrCat("customer '", customer_id, "' ", ToAbsl(words.sentence),
                             "; of the customer book it takes ", absl::StrJoin(allowed, ", ")),
                {{"customer_id", customer_id},
                 {"state", std::string(words.name)},
                 {"allowed_commands", absl::StrJoin(allowed, ",")}});
}

}  // namespace daybook::customer
