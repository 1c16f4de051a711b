#include "absl/strings/str_cat.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/decider.h"
#include "services/billing/account.h"
#include "services/billing/billing.h"
#include "services/billing/checks.h"
#include "services/billing/currency_scale.h"
#include "services/billing/documents.h"
#include "services/billing/effective_day.h"
#include "services/billing/reasons.h"

namespace daybook::billing {
namespace {

absl::Status ExpectResidue(const PaymentRef& found) {
  const int64_t unapplied = found.payment->unapplied_minor();
  if (unapplied == 0) return CreditTooSmall(*found.account, 0, 0);
  const int64_t tolerance = WriteOffTolerance(found.account->currency_code());
  if (unapplied <= tolerance) return absl::OkStatus();
  return Refuse(
      reason::kCreditAboveTolerance,
      absl::StrCat(MoneyText(*found.account, unapplied), " is unapplied; a residue is at most ",
                   MoneyText(*found.account, tolerance)),
      {{"unapplied_minor", absl::StrCat(unapplied)}, {"tolerance_minor", absl::StrCat(tolerance)}});
}

}  // namespace

absl::Status Billing::Check(const v1::WriteOffCreditRequest& request) {
  return CheckPaymentRequest(request);
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::WriteOffCreditRequest& request,
                                       const command::Context& context,
                                       v1::WriteOffCreditResponse& response) {
  ASSIGN_OR_RETURN(const PaymentRef found,
                   FindPayment(view, request.payment_id(), Command::kWriteOffCredit));
  RETURN_IF_ERROR(ExpectResidue(found));
  Events events(1);
  ASSIGN_OR_RETURN(
      events[0].effective_date,
      EffectiveDay(*found.account, request.has_effective_date(), request.effective_date(),
                   context.now, found.payment->payment_date()));
  auto& written_off = *events[0].event.mutable_credit_written_off();
  written_off.set_account_id(found.account->account_id());
  written_off.set_payment_id(request.payment_id());
  written_off.set_currency_code(found.account->currency_code());
  written_off.set_amount_minor(found.payment->unapplied_minor());
  written_off.set_reason(Normalise(request.reason()));

  response.set_payment_id(request.payment_id());
  *response.mutable_amount() = MoneyOf(written_off.amount_minor(), CurrencyOf(*found.account));
  return events;
}

}  // namespace daybook::billing
