// Money that a bank took back comes again: a dispute is won, or a return was a mistake.
#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/fields.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/decider.h"
#include "services/billing/account.h"
#include "services/billing/allocation.h"
#include "services/billing/billing.h"
#include "services/billing/capacity.h"
#include "services/billing/checks.h"
#include "services/billing/documents.h"
#include "services/billing/early_payment.h"
#include "services/billing/effective_day.h"
#include "services/billing/payment_identity.h"
#include "services/billing/reasons.h"
#include "services/billing/received_money.h"

namespace daybook::billing {
namespace {

using state::Account;
using state::Payment;
using v1::PaymentRecorded;

// The reversed amounts of the payment that have not come again: the customer's money, which was
// reversed or claimed by a debit note, and the money that was booked as our loss.
struct Missing {
  int64_t customer_minor = 0;
  int64_t lost_minor = 0;
  int32_t last_day = 0;

  int64_t amount_minor() const { return customer_minor + lost_minor; }
};

Missing MissingOf(const Payment& payment) {
  Missing missing;
  missing.customer_minor = -payment.reinstated_minor();
  missing.lost_minor = -payment.loss_recovered_minor();
  for (const state::PaymentReversal& reversal : payment.reversals()) {
    missing.customer_minor += reversal.reversed_minor() + reversal.claimed_minor();
    missing.lost_minor += reversal.lost_minor();
    missing.last_day = std::max(missing.last_day, reversal.day());
  }
  return missing;
}

// Instructions for the debit notes that claim this money; the rest goes by age.
Allocations ClaimsOf(const Account& account, const Payment& payment) {
  Allocations instructed;
  for (const state::PaymentReversal& reversal : payment.reversals()) {
    if (!reversal.has_debit_note()) continue;
    v1::Allocation& claim = *instructed.Add();
    claim.set_invoice_id(InvoiceOf(account, reversal.debit_note()).invoice_id());
    claim.set_amount_minor(reversal.claimed_minor());
  }
  return instructed;
}

// Gives the new payment an attempt of its own under the external id of the first.
void Identify(const command::View& view, const Payment& payment, PaymentRecorded& again) {
  again.set_method(payment.method());
  again.set_channel(payment.channel());
  if (payment.external_id().empty()) return;
  again.set_external_id(payment.external_id());
  const KnownPayment newest =
      FindKnown(view.part<state::State>(), payment.method(), payment.external_id(), /*attempt=*/0);
  again.set_attempt(AttemptOf(*newest.payment) + 1);
}

// The customer's money comes again, as a payment of its own.
absl::StatusOr<Events> ReinstateForCustomer(const command::View& view, const PaymentRef& found,
                                            const v1::ReinstatePaymentRequest& request,
                                            const command::Context& context,
                                            const Allocations& instructed, int64_t amount_minor,
                                            absl::CivilDay day,
                                            v1::ReinstatePaymentResponse& response) {
  const Account& account = *found.account;
  RETURN_IF_ERROR(ExpectRoomForFact(view));
  RETURN_IF_ERROR(ExpectFitsReceived(account, amount_minor));
  command::Dated<Billing::Event> dated{day, {}};
  PaymentRecorded& again = *dated.event.mutable_payment_recorded();
  again.set_account_id(account.account_id());
  again.set_payment_id(context.NewId(view, 0));
  again.set_amount_minor(amount_minor);
  again.set_currency_code(account.currency_code());
  again.set_reinstates_payment_id(request.payment_id());
  again.set_reason(Normalise(request.reason()));
  Identify(view, *found.payment, again);
  response.set_attempt(again.attempt());
  const Instruction instruction = instructed.empty()
                                      ? Instruction{ClaimsOf(account, *found.payment), false}
                                      : Instruction{instructed};
  ASSIGN_OR_RETURN(Received received, Receive(view, account, instruction,
                                              FirstDayOf(*found.payment), std::move(dated)));
  AnswerReceived(received, account, response);
  return std::move(received.events);
}

void AddLossRecovered(const PaymentRef& found, int64_t amount_minor, absl::CivilDay day,
                      const std::string& reason, Events& events) {
  auto& dated = events.emplace_back();
  dated.effective_date = day;
  auto& recovered = *dated.event.mutable_payment_loss_recovered();
  recovered.set_account_id(found.account->account_id());
  recovered.set_payment_id(found.payment->payment_id());
  recovered.set_currency_code(found.account->currency_code());
  recovered.set_amount_minor(amount_minor);
  recovered.set_reason(reason);
}

}  // namespace

absl::Status Billing::Check(const v1::ReinstatePaymentRequest& request) {
  FieldViolations bad;
  CheckPaymentId(request, bad);
  if (request.has_amount()) Expect(CheckPositive(request.amount()), "amount", bad);
  CheckAllocations(request.allocations(), bad);
  CheckReason(request.reason(), bad);
  CheckEffectiveDate(request, bad);
  return bad.ToStatus();
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::ReinstatePaymentRequest& request,
                                       const command::Context& context,
                                       v1::ReinstatePaymentResponse& response) {
  ASSIGN_OR_RETURN(const PaymentRef found,
                   FindPayment(view, request.payment_id(), Command::kReinstatePayment));
  const Account& account = *found.account;
  const Missing missing = MissingOf(*found.payment);
  int64_t amount = missing.amount_minor();
  if (request.has_amount()) {
    RETURN_IF_ERROR(ExpectCurrency(account, request.amount().currency_code()));
    ASSIGN_OR_RETURN(amount, MinorOf(request.amount()));
  }
  if (amount > missing.amount_minor() || amount == 0) {
    return Refuse(reason::kReinstatementAboveReversed,
                  missing.amount_minor() == 0
                      ? "nothing of the payment was taken back that has not come again"
                      : absl::StrCat(MoneyText(account, missing.amount_minor()),
                                     " of the payment was taken back and has not come again"),
                  {{"reversed_minor", absl::StrCat(missing.amount_minor())},
                   {"payment_id", request.payment_id()}});
  }
  ASSIGN_OR_RETURN(const absl::CivilDay day,
                   EffectiveDay(account, request.has_effective_date(), request.effective_date(),
                                context.now, missing.last_day));
  ASSIGN_OR_RETURN(const Allocations instructed,
                   InstructedAllocations(account, request.allocations()));

  const int64_t from_customer = std::min(amount, missing.customer_minor);
  Events events;
  if (from_customer > 0) {
    ASSIGN_OR_RETURN(events, ReinstateForCustomer(view, found, request, context, instructed,
                                                  from_customer, day, response));
  }
  if (amount > from_customer) {
    *response.mutable_recovered_loss() = MoneyOf(amount - from_customer, CurrencyOf(account));
    AddLossRecovered(found, amount - from_customer, day, Normalise(request.reason()), events);
  }
  response.set_account_id(account.account_id());
  return events;
}

}  // namespace daybook::billing
