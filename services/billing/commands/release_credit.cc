#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/fields.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/command/decider.h"
#include "services/billing/account.h"
#include "services/billing/allocation.h"
#include "services/billing/billing.h"
#include "services/billing/checks.h"
#include "services/billing/documents.h"
#include "services/billing/early_payment.h"
#include "services/billing/effective_day.h"
#include "services/billing/reasons.h"

namespace daybook::billing {
namespace {

using state::Account;

// The state of an invoice after a deallocation that leaves `open_minor`.
v1::InvoiceState StateWithOpen(v1::InvoiceState before, int64_t open_minor) {
  if (before == v1::INVOICE_STATE_UNCOLLECTIBLE) return before;
  return open_minor == 0 ? v1::INVOICE_STATE_PAID : v1::INVOICE_STATE_ISSUED;
}

}  // namespace

absl::Status Billing::Check(const v1::ReleaseCreditRequest& request) {
  FieldViolations bad;
  CheckPaymentId(request, bad);
  Expect(CheckId(request.invoice_id(), kMaxIdCharacters), "invoice_id", bad);
  if (request.has_amount()) Expect(CheckPositive(request.amount()), "amount", bad);
  CheckEffectiveDate(request, bad);
  return bad.ToStatus();
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::ReleaseCreditRequest& request,
                                       const command::Context& context,
                                       v1::ReleaseCreditResponse& response) {
  ASSIGN_OR_RETURN(const PaymentRef payment,
                   FindPayment(view, request.payment_id(), Command::kReleaseCredit));
  ASSIGN_OR_RETURN(const InvoiceRef invoice,
                   FindInvoice(view, request.invoice_id(), Command::kReleaseCredit));
  const Account& account = *payment.account;
  int64_t wanted = payment.payment->amount_minor();
  if (request.has_amount()) {
    RETURN_IF_ERROR(ExpectCurrency(account, request.amount().currency_code()));
    ASSIGN_OR_RETURN(wanted, MinorOf(request.amount()));
  }
  Deallocation off;
  if (invoice.account == payment.account) {
    off = AllocationsOn(account, payment.ordinal, *invoice.invoice, wanted);
  }
  if (off.amount_minor == 0 || (request.has_amount() && off.amount_minor < wanted)) {
    return Refuse(reason::kAllocationTooSmall,
                  off.amount_minor == 0 ? "nothing of the payment is on the invoice"
                                        : absl::StrCat(MoneyText(account, off.amount_minor),
                                                       " of the payment is on the invoice"),
                  {{"allocated_minor", absl::StrCat(off.amount_minor)}});
  }
  Events events(1);
  ASSIGN_OR_RETURN(
      events[0].effective_date,
      EffectiveDay(account, request.has_effective_date(), request.effective_date(), context.now,
                   std::max(payment.payment->payment_date(), off.last_day)));
  auto& released = *events[0].event.mutable_credit_released();
  released.set_account_id(account.account_id());
  released.set_payment_id(request.payment_id());
  released.set_currency_code(account.currency_code());
  EarlyPayments early_payments(account);
  Deallocate(off, payment.ordinal, early_payments);
  *released.mutable_released() = std::move(off.released);
  const EarlyPayments::Sum discounts = early_payments.AddEvents(events[0].effective_date, events);

  const Currency& currency = CurrencyOf(account);
  const int64_t open = invoice.invoice->open_minor() + off.amount_minor + discounts.undone_minor -
                       discounts.taken_minor;
  response.set_payment_id(request.payment_id());
  *response.mutable_amount() = MoneyOf(off.amount_minor, currency);
  *response.mutable_open() = MoneyOf(open, currency);
  response.set_invoice_state(StateWithOpen(invoice.state(), open));
  return events;
}

}  // namespace daybook::billing
