#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/decider.h"
#include "services/billing/billing.h"
#include "services/billing/checks.h"
#include "services/billing/documents.h"
#include "services/billing/effective_day.h"

namespace daybook::billing {

absl::Status Billing::Check(const v1::FailPaymentRequest& request) {
  return CheckPaymentRequest(request);
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::FailPaymentRequest& request,
                                       const command::Context& context,
                                       v1::FailPaymentResponse& response) {
  ASSIGN_OR_RETURN(const PaymentRef found,
                   FindPayment(view, request.payment_id(), Command::kFailPayment));
  Events events(1);
  ASSIGN_OR_RETURN(
      events[0].effective_date,
      EffectiveDay(*found.account, request.has_effective_date(), request.effective_date(),
                   context.now, found.payment->payment_date()));
  auto& failed = *events[0].event.mutable_payment_failed();
  failed.set_account_id(found.account->account_id());
  failed.set_payment_id(request.payment_id());
  failed.set_amount_minor(found.payment->amount_minor());
  failed.set_currency_code(found.account->currency_code());
  failed.set_reason(Normalise(request.reason()));
  response.set_payment_id(request.payment_id());
  response.set_state(v1::PAYMENT_STATE_FAILED);
  return events;
}

}  // namespace daybook::billing
