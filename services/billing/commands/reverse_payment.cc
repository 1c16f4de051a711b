#include "common/command/decider.h"
#include "services/billing/billing.h"
#include "services/billing/checks.h"
#include "services/billing/payment_reversal.h"

namespace daybook::billing {

absl::Status Billing::Check(const v1::ReversePaymentRequest& request) {
  return CheckReversal(request);
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::ReversePaymentRequest& request,
                                       const command::Context& context,
                                       v1::ReversePaymentResponse& response) {
  return DecideReversal(view, request, context, Command::kReversePayment,
                        v1::PAYMENT_STATE_REVERSED, response);
}

}  // namespace daybook::billing
