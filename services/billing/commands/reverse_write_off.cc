#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/decider.h"
#include "services/billing/account.h"
#include "services/billing/billing.h"
#include "services/billing/checks.h"
#include "services/billing/documents.h"
#include "services/billing/write_off_reversal.h"

namespace daybook::billing {

using state::Invoice;

absl::Status Billing::Check(const v1::ReverseWriteOffRequest& request) {
  return CheckInvoiceRequest(request);
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::ReverseWriteOffRequest& request,
                                       const command::Context& context,
                                       v1::ReverseWriteOffResponse& response) {
  ASSIGN_OR_RETURN(const InvoiceRef found,
                   FindInvoice(view, request.invoice_id(), Command::kReverseWriteOff));
  const Invoice& invoice = *found.invoice;
  const WriteOffs all = StandingWriteOffs(invoice);
  if (all.total() == 0) return NothingWrittenOff(request.invoice_id());
  ASSIGN_OR_RETURN(const absl::CivilDay day,
                   DayOfInvoice(found, request, context, invoice.write_off_date()));
  Events events;
  AddReversals(*found.account, invoice, all, invoice, day, Normalise(request.reason()), events);
  int64_t tax = 0;
  for (const auto& dated : events) tax += dated.event.write_off_reversed().tax_minor();

  const Currency& currency = CurrencyOf(*found.account);
  response.set_invoice_id(request.invoice_id());
  *response.mutable_amount() = MoneyOf(all.total(), currency);
  *response.mutable_tax() = MoneyOf(tax, currency);
  // An invoice that was marked without a write-off stays UNCOLLECTIBLE.
  const bool still_uncollectible =
      found.state() == v1::INVOICE_STATE_UNCOLLECTIBLE && all.written_off_minor == 0;
  response.set_state(still_uncollectible ? v1::INVOICE_STATE_UNCOLLECTIBLE
                                         : v1::INVOICE_STATE_ISSUED);
  return events;
}

}  // namespace daybook::billing
