#include <utility>

#include "common/base/dates.h"
#include "common/base/fields.h"
#include "common/base/status.h"
#include "common/command/decider.h"
#include "services/billing/billing.h"
#include "services/billing/checks.h"
#include "services/billing/documents.h"
#include "services/billing/effective_day.h"
#include "services/billing/pending_payment.h"
#include "services/billing/received_money.h"

namespace daybook::billing {

absl::Status Billing::Check(const v1::ConfirmPaymentRequest& request) {
  FieldViolations bad;
  CheckPaymentId(request, bad);
  if (request.has_payment_date()) {
    Expect(DayOf(request.payment_date()).status(), "payment_date", bad);
  }
  return bad.ToStatus();
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::ConfirmPaymentRequest& request,
                                       const command::Context& context,
                                       v1::ConfirmPaymentResponse& response) {
  ASSIGN_OR_RETURN(const PaymentRef found,
                   FindPayment(view, request.payment_id(), Command::kConfirmPayment));
  // Money may come on a day before that of its announcement.
  ASSIGN_OR_RETURN(const absl::CivilDay day,
                   EffectiveDay(*found.account, request.has_payment_date(), request.payment_date(),
                                context.now, 0, "payment_date"));
  ASSIGN_OR_RETURN(Received received, Confirm(view, found, {}, day));
  AnswerReceived(received, *found.account, response);
  return std::move(received.events);
}

}  // namespace daybook::billing
