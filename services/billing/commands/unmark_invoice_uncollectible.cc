#include "absl/strings/str_cat.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/decider.h"
#include "services/billing/account.h"
#include "services/billing/billing.h"
#include "services/billing/checks.h"
#include "services/billing/documents.h"
#include "services/billing/reasons.h"

namespace daybook::billing {

absl::Status Billing::Check(const v1::UnmarkInvoiceUncollectibleRequest& request) {
  return CheckInvoiceRequest(request);
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::UnmarkInvoiceUncollectibleRequest& request,
                                       const command::Context& context,
                                       v1::UnmarkInvoiceUncollectibleResponse& response) {
  ASSIGN_OR_RETURN(const InvoiceRef found,
                   FindInvoice(view, request.invoice_id(), Command::kUnmarkInvoiceUncollectible));
  const int64_t written_off = found.invoice->written_off_minor();
  if (written_off > 0) {
    return Refuse(reason::kInvoiceWrittenOff,
                  absl::StrCat(MoneyText(*found.account, written_off), " of invoice '",
                               request.invoice_id(), "' is written off; ReverseWriteOff first"),
                  {{"written_off_minor", absl::StrCat(written_off)}});
  }
  Events events(1);
  ASSIGN_OR_RETURN(events[0].effective_date, DayOfInvoice(found, request, context));
  auto& unmarked = *events[0].event.mutable_invoice_unmarked_uncollectible();
  unmarked.set_account_id(found.account->account_id());
  unmarked.set_invoice_id(request.invoice_id());
  unmarked.set_currency_code(found.account->currency_code());
  unmarked.set_open_minor(found.invoice->open_minor());
  unmarked.set_reason(Normalise(request.reason()));

  response.set_invoice_id(request.invoice_id());
  *response.mutable_open() = MoneyOf(unmarked.open_minor(), CurrencyOf(*found.account));
  response.set_state(v1::INVOICE_STATE_ISSUED);
  return events;
}

}  // namespace daybook::billing
