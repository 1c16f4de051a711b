#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "services/customer/checks.h"
#include "services/customer/customer.h"
#include "services/customer/effective_day.h"
#include "services/customer/lifecycle.h"
#include "services/customer/reasons.h"

namespace daybook::customer {
namespace {

using v1::ArchiveCustomerRequest;
using v1::ArchiveCustomerResponse;

// An archived customer takes no more commands: what is open in any book could never be settled.
absl::Status ExpectNothingOpen(const command::View& view) {
  const command::OpenItems open = view.open_items();
  if (open.empty()) return absl::OkStatus();
  const std::string customer_id(view.stream_id);
  absl::Status refusal = Refuse(reason::kCustomerHasOpenItems,
                                absl::StrCat("customer '", customer_id, "' has ", open.ToText()),
                                {{"customer_id", customer_id}});
  for (const auto& [key, value] : open.metadata()) refusal = WithMetadata(refusal, key, value);
  return refusal;
}

}  // namespace

absl::Status Customer::Check(const ArchiveCustomerRequest& request) {
  return CheckWithComment(request);
}

absl::StatusOr<Events> Customer::Decide(const command::View& view,
                                        const ArchiveCustomerRequest& request,
                                        const command::Context& context, ArchiveCustomerResponse&) {
  RETURN_IF_ERROR(ExpectAllowed(view, Command::kArchiveCustomer));
  RETURN_IF_ERROR(ExpectNothingOpen(view));
  Events events(1);
  ASSIGN_OR_RETURN(events[0].effective_date, DayOfState(view, request, context));
  events[0].event.mutable_customer_archived()->set_comment(Normalise(request.comment()));
  return events;
}

}  // namespace daybook::customer
