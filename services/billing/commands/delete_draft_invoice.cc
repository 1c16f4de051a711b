#include "common/base/fields.h"
#include "common/base/status.h"
#include "common/command/decider.h"
#include "services/billing/billing.h"
#include "services/billing/checks.h"
#include "services/billing/documents.h"
#include "services/billing/drafts.h"

namespace daybook::billing {

absl::Status Billing::Check(const v1::DeleteDraftInvoiceRequest& request) {
  FieldViolations bad;
  CheckInvoiceId(request, bad);
  CheckEtag(request.etag(), "etag", bad);
  return bad.ToStatus();
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::DeleteDraftInvoiceRequest& request,
                                       const command::Context& context,
                                       v1::DeleteDraftInvoiceResponse& response) {
  ASSIGN_OR_RETURN(const InvoiceRef found,
                   FindInvoice(view, request.invoice_id(), Command::kDeleteDraftInvoice));
  RETURN_IF_ERROR(ExpectEtag(*found.draft, request.etag()));
  Events events(1);
  ASSIGN_OR_RETURN(events[0].effective_date, DraftDay(*found.account, context));
  auto& deleted = *events[0].event.mutable_invoice_draft_deleted();
  deleted.set_account_id(found.account->account_id());
  deleted.set_invoice_id(request.invoice_id());
  response.set_invoice_id(request.invoice_id());
  return events;
}

}  // namespace daybook::billing
