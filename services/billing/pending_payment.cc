#include "services/billing/pending_payment.h"

#include <utility>

#include "common/base/status.h"
#include "common/command/decider.h"
#include "services/billing/allocation.h"
#include "services/billing/capacity.h"
#include "services/billing/day_number.h"
#include "services/billing/documents.h"
#include "services/billing/received_money.h"

namespace daybook::billing {
namespace {

// Null for a failed payment, whose instructions are not kept.
const state::PendingPayment* PendingOf(const PaymentRef& found) {
  for (const state::PendingPayment& pending : found.account->pending_payments()) {
    if (pending.ordinal() == found.ordinal) return &pending;
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<Received> Confirm(const command::View& view, const PaymentRef& found,
                                 const Allocations& instructed, absl::CivilDay day) {
  const state::Account& account = *found.account;
  RETURN_IF_ERROR(ExpectFitsReceived(account, found.payment->amount_minor()));
  command::Dated<v1::Event> dated{day, {}};
  v1::PaymentConfirmed& confirmed = *dated.event.mutable_payment_confirmed();
  confirmed.set_account_id(account.account_id());
  confirmed.set_payment_id(found.payment->payment_id());
  confirmed.set_amount_minor(found.payment->amount_minor());
  confirmed.set_currency_code(account.currency_code());
  Instruction instruction{instructed};
  const state::PendingPayment* pending = instructed.empty() ? PendingOf(found) : nullptr;
  if (pending != nullptr) instruction = {pending->instructed_allocations(), /*binding=*/false};
  return Receive(view, account, instruction, DayNumber(day), std::move(dated));
}

}  // namespace daybook::billing
