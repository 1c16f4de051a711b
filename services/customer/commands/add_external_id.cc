#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "services/customer/customer.h"
#include "services/customer/effective_day.h"
#include "services/customer/external_ids.h"
#include "services/customer/lifecycle.h"
#include "services/customer/reasons.h"

namespace daybook::customer {

using v1::AddExternalIdRequest;
using v1::AddExternalIdResponse;
using v1::ExternalId;

absl::Status Customer::Check(const AddExternalIdRequest& request) {
  return CheckExternalIdRequest(request);
}

absl::StatusOr<Events> Customer::Decide(const command::View& view,
                                        const AddExternalIdRequest& request,
                                        const command::Context& context, AddExternalIdResponse&) {
  RETURN_IF_ERROR(ExpectAllowed(view, Command::kAddExternalId));
  ASSIGN_OR_RETURN(const absl::CivilDay day, DayOfChange(view, request, context));
  const state::State& state = view.part<state::State>();
  ExternalId added = Normalised(request.external_id());
  if (const ExternalId* present = FindSystem(state, added.system())) {
    if (Tidy(present->id()) == added.id()) return Events();
    return Refuse(reason::kExternalIdExists,
                  absl::StrCat("the customer is known as '", present->id(), "' in '",
                               present->system(), "'; remove that first"),
                  {{"system", present->system()}, {"id", present->id()}});
  }
  if (state.external_ids_size() >= kMaxExternalIds) {
    return Refuse(reason::kExternalIdsFull,
                  absl::StrCat("the customer has ", state.external_ids_size(), " external ids"),
                  {{"external_id_limit", absl::StrCat(kMaxExternalIds)}});
  }
  Events events(1);
  events[0].effective_date = day;
  *events[0].event.mutable_external_id_added()->mutable_external_id() = std::move(added);
  return events;
}

}  // namespace daybook::customer
