#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/decider.h"
#include "services/billing/account.h"
#include "services/billing/billing.h"
#include "services/billing/checks.h"
#include "services/billing/documents.h"

namespace daybook::billing {

absl::Status Billing::Check(const v1::MarkInvoiceUncollectibleRequest& request) {
  return CheckInvoiceRequest(request);
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::MarkInvoiceUncollectibleRequest& request,
                                       const command::Context& context,
                                       v1::MarkInvoiceUncollectibleResponse& response) {
  ASSIGN_OR_RETURN(const InvoiceRef found,
                   FindInvoice(view, request.invoice_id(), Command::kMarkInvoiceUncollectible));
  Events events(1);
  ASSIGN_OR_RETURN(events[0].effective_date, DayOfInvoice(found, request, context));
  auto& marked = *events[0].event.mutable_invoice_marked_uncollectible();
  marked.set_account_id(found.account->account_id());
  marked.set_invoice_id(request.invoice_id());
  marked.set_currency_code(found.account->currency_code());
  marked.set_open_minor(found.invoice->open_minor());
  marked.set_reason(Normalise(request.reason()));

  response.set_invoice_id(request.invoice_id());
  *response.mutable_open() = MoneyOf(marked.open_minor(), CurrencyOf(*found.account));
  response.set_state(v1::INVOICE_STATE_UNCOLLECTIBLE);
  return events;
}

}  // namespace daybook::billing
