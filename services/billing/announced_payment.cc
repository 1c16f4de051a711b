#include "services/billing/announced_payment.h"

#include <utility>

#include "common/base/status.h"
#include "common/base/text.h"
#include "services/billing/billing.h"
#include "services/billing/day_number.h"

namespace daybook::billing {
namespace {

using v1::Account;
using Events = command::Events<Billing::Event>;

// Null of one that failed: what the payer said of it is not kept.
const v1::PendingPayment* PendingOf(const PaymentRef& found) {
  for (const v1::PendingPayment& pending : found.account->pending_payments()) {
    if (pending.ordinal() == found.ordinal) return &pending;
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<Received> Confirm(const command::View& view, const PaymentRef& found,
                                 const Allocations& said, absl::CivilDay day) {
  const Account& account = *found.account;
  RETURN_IF_ERROR(ExpectFitsReceived(account, found.payment->amount_minor()));
  command::Dated<v1::Event> dated{day, {}};
  v1::PaymentConfirmed& confirmed = *dated.event.mutable_payment_confirmed();
  confirmed.set_account_id(account.account_id());
  confirmed.set_payment_id(found.payment->payment_id());
  confirmed.set_amount_minor(found.payment->amount_minor());
  confirmed.set_currency_code(account.currency_code());
  Word word{said};
  const v1::PendingPayment* pending = said.empty() ? PendingOf(found) : nullptr;
  if (pending != nullptr) word = {pending->said(), /*binding=*/false};
  return Receive(view, account, word, DayNumber(day), std::move(dated));
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::ConfirmPaymentRequest& request,
                                       const command::Context& context,
                                       v1::ConfirmPaymentResponse& response) {
  ASSIGN_OR_RETURN(const PaymentRef found,
                   FindPayment(view, request.payment_id(), Command::kConfirmPayment));
  // Money may come on an earlier day than that of its announcement.
  ASSIGN_OR_RETURN(const absl::CivilDay day,
                   EffectiveDay(*found.account, request.has_payment_date(), request.payment_date(),
                                context.now, 0, "payment_date"));
  ASSIGN_OR_RETURN(Received received, Confirm(view, found, {}, day));
  AnswerReceived(received, *found.account, response);
  return std::move(received.events);
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
