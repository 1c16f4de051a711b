#include <string>

#include "common/base/fields.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/decider.h"
#include "services/billing/account.h"
#include "services/billing/billing.h"
#include "services/billing/checks.h"
#include "services/billing/documents.h"
#include "services/billing/effective_day.h"
#include "services/billing/refund.h"

namespace daybook::billing {

absl::Status Billing::Check(const v1::RefundPaymentRequest& request) {
  FieldViolations bad;
  CheckPaymentId(request, bad);
  CheckOutgoing(request, bad);
  return bad.ToStatus();
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::RefundPaymentRequest& request,
                                       const command::Context& context,
                                       v1::RefundPaymentResponse& response) {
  ASSIGN_OR_RETURN(const PaymentRef found,
                   FindPayment(view, request.payment_id(), Command::kRefundPayment));
  const int64_t unapplied = found.payment->unapplied_minor();
  const Currency& currency = CurrencyOf(*found.account);
  ASSIGN_OR_RETURN(const int64_t amount, RefundAmount(found, request));
  const std::string external_id = Tidy(request.external_id());
  const KnownRefund known = FindRefund(view.part<state::State>(), external_id);
  if (known.payment != nullptr) {
    if (known.payment != found.payment || !known.credit_note_id.empty()) {
      return RefundExists(*found.account, known, "payment_id");
    }
    if (request.has_amount() && known.amount_minor != amount) {
      return RefundExists(*found.account, known, "amount");
    }
    response.set_repeated(true);
    response.set_refund_id(known.refund_id);
    response.set_payment_id(request.payment_id());
    *response.mutable_amount() = MoneyOf(known.amount_minor, currency);
    *response.mutable_unapplied() = MoneyOf(unapplied, currency);
    return Events();
  }
  if (amount > unapplied || amount == 0) {
    return CreditTooSmall(*found.account, amount, unapplied);
  }

  Events events(1);
  ASSIGN_OR_RETURN(
      events[0].effective_date,
      EffectiveDay(*found.account, request.has_effective_date(), request.effective_date(),
                   context.now, found.payment->payment_date()));
  auto& refunded = *events[0].event.mutable_payment_refunded();
  refunded.set_account_id(found.account->account_id());
  refunded.set_payment_id(request.payment_id());
  refunded.set_currency_code(found.account->currency_code());
  refunded.set_amount_minor(amount);
  refunded.set_external_id(external_id);
  refunded.set_refund_id(context.NewId(view, 0));
  refunded.set_reason(Normalise(request.reason()));

  response.set_payment_id(request.payment_id());
  response.set_refund_id(refunded.refund_id());
  *response.mutable_amount() = MoneyOf(amount, currency);
  *response.mutable_unapplied() = MoneyOf(unapplied - amount, currency);
  return events;
}

}  // namespace daybook::billing
