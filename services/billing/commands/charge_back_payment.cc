#include "common/command/decider.h"
#include "services/billing/billing.h"
#include "services/billing/checks.h"
#include "services/billing/payment_reversal.h"

namespace daybook::billing {

absl::Status Billing::Check(const v1::ChargeBackPaymentRequest& request) {
  return CheckReversal(request);
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::ChargeBackPaymentRequest& request,
                                       const command::Context& context,
                                       v1::ChargeBackPaymentResponse& response) {
  return DecideReversal(view, request, context, Command::kChargeBackPayment,
                        v1::PAYMENT_STATE_CHARGED_BACK, response);
}

}  // namespace daybook::billing
