// Money that leaves: reversed by the bank, charged back by the payer, refunded by us.
#include "absl/strings/str_cat.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "services/billing/account.h"
#include "services/billing/allocation.h"
#include "services/billing/billing.h"

namespace daybook {
namespace {

using billing::Command;
using billing::PaymentRef;
using Events = command::Events<Billing::Event>;

// A bounce is a fact: in SUCCEEDED it is never refused, and its day is the bank's, also when the
// money was put on invoices, or those are dated, later than that.
template <class Request, class Response>
absl::StatusOr<Events> TakeBack(const command::View& view, const Request& request,
                                const command::Context& context, Command command,
                                billing::v1::PaymentState state, Response& response) {
  ASSIGN_OR_RETURN(const PaymentRef found,
                   billing::FindPayment(view, request.payment_id(), command));
  billing::TakenOff off = billing::AllOf(*found.account, found.ordinal);
  Events events(1);
  ASSIGN_OR_RETURN(
      events[0].effective_date,
      billing::EffectiveDay(*found.account, request.has_effective_date(), request.effective_date(),
                            context.now, found.payment->payment_date()));
  auto& reversed = *events[0].event.mutable_payment_reversed();
  reversed.set_account_id(found.account->account_id());
  reversed.set_payment_id(request.payment_id());
  reversed.set_currency_code(found.account->currency_code());
  reversed.set_state(state);
  reversed.set_unapplied_minor(found.payment->unapplied_minor());
  reversed.set_amount_minor(off.amount_minor + found.payment->unapplied_minor());
  *reversed.mutable_released() = std::move(off.released);
  reversed.set_reason(Normalise(request.reason()));

  response.set_payment_id(request.payment_id());
  *response.mutable_amount() =
      MoneyOf(reversed.amount_minor(), billing::CurrencyOf(*found.account));
  response.set_invoice_count(reversed.released_size());
  response.set_state(state);
  return events;
}

struct KnownRefund {
  const billing::v1::Payment* payment = nullptr;
  const billing::v1::Refund* refund = nullptr;
};

// Looks at all payments: refunds are rare. Without an id none is known.
KnownRefund FindRefund(const billing::v1::State& state, const std::string& external_id) {
  if (external_id.empty()) return {};
  for (const auto& account : state.accounts()) {
    for (const auto& payment : account.payments()) {
      for (const auto& refund : payment.refunds()) {
        if (refund.external_id() == external_id) return {&payment, &refund};
      }
    }
  }
  return {};
}

absl::Status RefundExists(const KnownRefund& known, bool other_payment) {
  return Refuse(Reason::kPaymentExists,
                absl::StrCat("the external id belongs to a refund of payment '",
                             known.payment->payment_id(), "' of ", known.refund->amount_minor(),
                             " minor units"),
                {{"payment_id", known.payment->payment_id()},
                 {"amount_minor", absl::StrCat(known.refund->amount_minor())},
                 {"different_fields", other_payment ? "payment_id" : "amount"}});
}

}  // namespace

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const billing::v1::ReversePaymentRequest& request,
                                       const command::Context& context,
                                       billing::v1::ReversePaymentResponse& response) {
  return TakeBack(view, request, context, Command::kReversePayment,
                  billing::v1::PAYMENT_STATE_REVERSED, response);
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const billing::v1::ChargeBackPaymentRequest& request,
                                       const command::Context& context,
                                       billing::v1::ChargeBackPaymentResponse& response) {
  return TakeBack(view, request, context, Command::kChargeBackPayment,
                  billing::v1::PAYMENT_STATE_CHARGED_BACK, response);
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const billing::v1::RefundPaymentRequest& request,
                                       const command::Context& context,
                                       billing::v1::RefundPaymentResponse& response) {
  ASSIGN_OR_RETURN(const PaymentRef found,
                   billing::FindPayment(view, request.payment_id(), Command::kRefundPayment));
  const int64_t unapplied = found.payment->unapplied_minor();
  const Currency& currency = billing::CurrencyOf(*found.account);
  int64_t amount = unapplied;
  if (request.has_amount()) {
    RETURN_IF_ERROR(billing::ExpectCurrency(*found.account, request.amount().currency_code()));
    ASSIGN_OR_RETURN(amount, MinorOf(request.amount()));
  }
  const std::string external_id = Tidy(request.external_id());
  const KnownRefund known = FindRefund(view.state.billing(), external_id);
  if (known.refund != nullptr) {
    const bool other_payment = known.payment != found.payment;
    const bool other_amount = request.has_amount() && known.refund->amount_minor() != amount;
    if (other_payment || other_amount) return RefundExists(known, other_payment);
    response.set_payment_id(request.payment_id());
    *response.mutable_amount() = MoneyOf(known.refund->amount_minor(), currency);
    *response.mutable_unapplied() = MoneyOf(unapplied, currency);
    response.set_repeated(true);
    return Events();
  }
  if (amount > unapplied || amount == 0) return billing::CreditTooSmall(amount, unapplied);

  Events events(1);
  ASSIGN_OR_RETURN(
      events[0].effective_date,
      billing::EffectiveDay(*found.account, request.has_effective_date(), request.effective_date(),
                            context.now, found.payment->payment_date()));
  auto& refunded = *events[0].event.mutable_payment_refunded();
  refunded.set_account_id(found.account->account_id());
  refunded.set_payment_id(request.payment_id());
  refunded.set_currency_code(found.account->currency_code());
  refunded.set_amount_minor(amount);
  refunded.set_external_id(external_id);
  refunded.set_reason(Normalise(request.reason()));

  response.set_payment_id(request.payment_id());
  *response.mutable_amount() = MoneyOf(amount, currency);
  *response.mutable_unapplied() = MoneyOf(unapplied - amount, currency);
  return events;
}

}  // namespace daybook
