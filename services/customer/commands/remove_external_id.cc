#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "services/customer/customer.h"
#include "services/customer/effective_day.h"
#include "services/customer/external_ids.h"
#include "services/customer/lifecycle.h"
#include "services/customer/reasons.h"

namespace daybook::customer {

using v1::ExternalId;
using v1::RemoveExternalIdRequest;
using v1::RemoveExternalIdResponse;

absl::Status Customer::Check(const RemoveExternalIdRequest& request) {
  return CheckExternalIdRequest(request);
}

absl::StatusOr<Events> Customer::Decide(const command::View& view,
                                        const RemoveExternalIdRequest& request,
                                        const command::Context& context,
                                        RemoveExternalIdResponse&) {
  RETURN_IF_ERROR(ExpectAllowed(view, Command::kRemoveExternalId));
  ASSIGN_OR_RETURN(const absl::CivilDay day, DayOfChange(view, request, context));
  const ExternalId removed = Normalised(request.external_id());
  const ExternalId* present = FindSystem(view.part<state::State>(), removed.system());
  // Older events have an id as it was given.
  if (present == nullptr || Tidy(present->id()) != removed.id()) {
    return Refuse(reason::kExternalIdNotFound,
                  absl::StrCat("the customer is not known as '", removed.id(), "' in '",
                               removed.system(), "'"),
                  {{"system", removed.system()}, {"id", removed.id()}});
  }
  Events events(1);
  events[0].effective_date = day;
  *events[0].event.mutable_external_id_removed()->mutable_external_id() = *present;
  return events;
}

}  // namespace daybook::customer
