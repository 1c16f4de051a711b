#include "common/base/status.h"
#include "common/base/text.h"
#include "services/customer/checks.h"
#include "services/customer/customer.h"
#include "services/customer/effective_day.h"
#include "services/customer/lifecycle.h"

namespace daybook::customer {

using v1::RestoreCustomerRequest;
using v1::RestoreCustomerResponse;

absl::Status Customer::Check(const RestoreCustomerRequest& request) {
  return CheckWithComment(request);
}

absl::StatusOr<Events> Customer::Decide(const command::View& view,
                                        const RestoreCustomerRequest& request,
                                        const command::Context& context, RestoreCustomerResponse&) {
  RETURN_IF_ERROR(ExpectAllowed(view, Command::kRestoreCustomer));
  Events events(1);
  ASSIGN_OR_RETURN(events[0].effective_date, DayOfState(view, request, context));
  events[0].event.mutable_customer_restored()->set_comment(Normalise(request.comment()));
  return events;
}

}  // namespace daybook::customer
