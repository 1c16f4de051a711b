#include <google/protobuf/util/message_differencer.h>

#include <utility>

#include "common/base/fields.h"
#include "common/base/status.h"
#include "common/command/decider.h"
#include "services/billing/billing.h"
#include "services/billing/checks.h"
#include "services/billing/documents.h"
#include "services/billing/drafts.h"

namespace daybook::billing {

using v1::InvoiceDraft;

absl::Status Billing::Check(const v1::UpdateDraftInvoiceRequest& request) {
  FieldViolations bad;
  CheckInvoiceId(request, bad);
  CheckEtag(request.etag(), "etag", bad);
  CheckDraft(request, bad);
  return bad.ToStatus();
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::UpdateDraftInvoiceRequest& request,
                                       const command::Context& context,
                                       v1::UpdateDraftInvoiceResponse& response) {
  ASSIGN_OR_RETURN(const InvoiceRef found,
                   FindInvoice(view, request.invoice_id(), Command::kUpdateDraftInvoice));
  RETURN_IF_ERROR(ExpectEtag(*found.draft, request.etag()));
  InvoiceDraft draft = Normalised(request.draft());
  RETURN_IF_ERROR(ExpectDraftRoom(view, draft, &found.draft->draft()));
  RETURN_IF_ERROR(AnswerAmounts(*found.account, draft, request.allow_unusual(), response));
  response.set_invoice_id(request.invoice_id());
  const bool same = google::protobuf::util::MessageDifferencer::Equals(draft, found.draft->draft());
  response.set_etag(EtagOf(found.draft->version() + (same ? 0 : 1)));
  if (same) return Events();
  Events events(1);
  ASSIGN_OR_RETURN(events[0].effective_date, DraftDay(*found.account, context));
  auto& edited = *events[0].event.mutable_invoice_draft_edited();
  edited.set_account_id(found.account->account_id());
  edited.set_invoice_id(request.invoice_id());
  *edited.mutable_draft() = std::move(draft);
  return events;
}

}  // namespace daybook::billing
