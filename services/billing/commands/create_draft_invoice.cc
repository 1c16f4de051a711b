#include <utility>

#include "common/base/fields.h"
#include "common/base/status.h"
#include "common/command/decider.h"
#include "services/billing/account.h"
#include "services/billing/billing.h"
#include "services/billing/capacity.h"
#include "services/billing/checks.h"
#include "services/billing/documents.h"
#include "services/billing/drafts.h"

namespace daybook::billing {

using state::Account;
using v1::InvoiceDraft;

absl::Status Billing::Check(const v1::CreateDraftInvoiceRequest& request) {
  FieldViolations bad;
  CheckCustomerAndAccount(request, bad);
  CheckDraft(request, bad);
  return bad.ToStatus();
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::CreateDraftInvoiceRequest& request,
                                       const command::Context& context,
                                       v1::CreateDraftInvoiceResponse& response) {
  ASSIGN_OR_RETURN(const Account* account,
                   ChooseAccount(view, request.account_id(), Command::kCreateDraftInvoice));
  RETURN_IF_ERROR(ExpectRoom(view));
  InvoiceDraft draft = Normalised(request.draft());
  RETURN_IF_ERROR(ExpectDraftRoom(view, draft, nullptr));
  RETURN_IF_ERROR(AnswerAmounts(*account, draft, request.allow_unusual(), response));
  Events events(1);
  ASSIGN_OR_RETURN(events[0].effective_date, DraftDay(*account, context));
  auto& drafted = *events[0].event.mutable_invoice_drafted();
  drafted.set_account_id(account->account_id());
  drafted.set_invoice_id(context.NewId(view, 0));
  *drafted.mutable_draft() = std::move(draft);
  response.set_invoice_id(drafted.invoice_id());
  response.set_etag(EtagOf(1));
  return events;
}

}  // namespace daybook::billing
