#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/decider.h"
#include "services/billing/account.h"
#include "services/billing/billing.h"
#include "services/billing/checks.h"
#include "services/billing/credit_write_off.h"
#include "services/billing/documents.h"
#include "services/billing/effective_day.h"

namespace daybook::billing {

absl::Status Billing::Check(const v1::ReverseCreditWriteOffRequest& request) {
  return CheckPaymentRequest(request);
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::ReverseCreditWriteOffRequest& request,
                                       const command::Context& context,
                                       v1::ReverseCreditWriteOffResponse& response) {
  ASSIGN_OR_RETURN(const PaymentRef found,
                   FindPayment(view, request.payment_id(), Command::kReverseCreditWriteOff));
  const int64_t amount = found.payment->written_off_minor();
  if (amount == 0) return NothingWrittenOff(request.payment_id());
  ASSIGN_OR_RETURN(
      const absl::CivilDay day,
      EffectiveDay(*found.account, request.has_effective_date(), request.effective_date(),
                   context.now, found.payment->write_off_date()));
  Events events;
  AddCreditRestored(found, day, Normalise(request.reason()), events);

  const Currency& currency = CurrencyOf(*found.account);
  response.set_payment_id(request.payment_id());
  *response.mutable_amount() = MoneyOf(amount, currency);
  *response.mutable_unapplied() = MoneyOf(found.payment->unapplied_minor() + amount, currency);
  return events;
}

}  // namespace daybook::billing
