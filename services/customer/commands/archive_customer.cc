#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "services/customer/checks.h"
#include "services/customer/customer.h"
#include "services/customer/effective_day.h"
#include "services/customer/lifecycle.h"

namespace daybook::customer {
namespace {

using v1::ArchiveCustomerRequest;
using v1::ArchiveCustomerResponse;

// An archived customer takes neither invoice nor payment: what is open could never be settled.
absl::Status ExpectNothingOpen(const command::View& view) {
  int64_t invoices = 0, drafts = 0, payments = 0, pending = 0;
  for (const auto& account : view.state.billing().accounts()) {
    invoices += account.open_invoices_size();
    drafts += account.drafts_size();
    payments += account.open_payments_size();
    pending += account.pending_payments_size();
  }
  if (invoices + drafts + payments + pending == 0) return absl::OkStatus();
  return Refuse(
      Reason::kCustomerHasOpenItems,
      absl::StrCat("customer '", std::string(view.customer_id), "' has ", invoices,
                   " open invoices, ", drafts, " drafts, ", payments,
                   " payments with something unapplied and ", pending, " pending payments"),
      {{"customer_id", std::string(view.customer_id)},
       {"open_invoice_count", absl::StrCat(invoices)},
       {"draft_count", absl::StrCat(drafts)},
       {"open_payment_count", absl::StrCat(payments)},
       {"pending_payment_count", absl::StrCat(pending)}});
}

}  // namespace

absl::Status Customer::Check(const ArchiveCustomerRequest& request) {
  return CheckWithComment(request);
}

absl::StatusOr<Events> Customer::Decide(const command::View& view,
                                        const ArchiveCustomerRequest& request,
                                        const command::Context& context, ArchiveCustomerResponse&) {
  RETURN_IF_ERROR(ExpectAllowed(view, "ArchiveCustomer"));
  RETURN_IF_ERROR(ExpectNothingOpen(view));
  Events events(1);
  ASSIGN_OR_RETURN(events[0].effective_date, DayOfState(view, request, context));
  events[0].event.mutable_customer_archived()->set_comment(Normalise(request.comment()));
  return events;
}

}  // namespace daybook::customer
