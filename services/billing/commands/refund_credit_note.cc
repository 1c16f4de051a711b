#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/fields.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/decider.h"
#include "services/billing/account.h"
#include "services/billing/allocation.h"
#include "services/billing/billing.h"
#include "services/billing/checks.h"
#include "services/billing/day_number.h"
#include "services/billing/documents.h"
#include "services/billing/early_payment.h"
#include "services/billing/effective_day.h"
#include "services/billing/reasons.h"
#include "services/billing/refund.h"

namespace daybook::billing {
namespace {

using state::Account;
using state::Invoice;

absl::Status NotPaid(const Account& account, const Invoice& invoice, int64_t amount_minor,
                     int64_t paid_minor) {
  return Refuse(reason::kCreditNoteNotPaid,
                absl::StrCat(MoneyText(account, amount_minor), " is to be paid out, payments have ",
                             MoneyText(account, paid_minor), " on invoice '", invoice.invoice_id(),
                             "' of the credit note"),
                {{"paid_minor", absl::StrCat(paid_minor)},
                 {"invoice_id", invoice.invoice_id()},
                 {"open_minor", absl::StrCat(invoice.open_minor())}});
}

// The day, YYYYMMDD, of the note; or today if the note is dated ahead, as its invoice may be,
// because the money does not wait.
int32_t EarliestPayOut(const Account& account, const InvoiceDeallocation& off, int32_t note_day,
                       absl::Time now) {
  const auto today = DefaultDay(account.time_zone(), now, "effective_date");
  if (!today.ok() || DayOfNumber(note_day) <= *today) return note_day;
  return std::max(DayNumber(*today), LastPaymentDay(account, off));
}

// The credit note takes the place of the money on its invoice.
void AddApplied(const PaymentRef& note, const Invoice& invoice, int64_t amount_minor,
                absl::CivilDay day, Events& events) {
  auto& dated = events.emplace_back();
  dated.effective_date = day;
  auto& applied = *dated.event.mutable_credit_applied();
  applied.set_account_id(note.account->account_id());
  applied.set_payment_id(note.payment->payment_id());
  applied.set_currency_code(note.account->currency_code());
  auto& allocation = *applied.add_allocations();
  allocation.set_invoice_id(invoice.invoice_id());
  allocation.set_amount_minor(amount_minor);
}

}  // namespace

absl::Status Billing::Check(const v1::RefundCreditNoteRequest& request) {
  FieldViolations bad;
  CheckCustomer(request, bad);
  Expect(CheckId(request.credit_note_id(), kMaxIdCharacters), "credit_note_id", bad);
  CheckOutgoing(request, bad);
  return bad.ToStatus();
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::RefundCreditNoteRequest& request,
                                       const command::Context& context,
                                       v1::RefundCreditNoteResponse& response) {
  ASSIGN_OR_RETURN(const PaymentRef note,
                   FindCreditNote(view, request.credit_note_id(), Command::kRefundCreditNote));
  const Account& account = *note.account;
  const Currency& currency = CurrencyOf(account);
  const int64_t unapplied = note.payment->unapplied_minor();
  ASSIGN_OR_RETURN(const int64_t amount, RefundAmount(note, request));
  const std::string external_id = Tidy(request.external_id());
  const KnownRefund known = FindRefund(view.part<state::State>(), external_id);
  response.set_credit_note_id(request.credit_note_id());
  if (known.payment != nullptr) {
    if (known.credit_note_id != request.credit_note_id()) {
      return RefundExists(account, known, "credit_note_id");
    }
    if (request.has_amount() && known.amount_minor != amount) {
      return RefundExists(account, known, "amount");
    }
    *response.mutable_amount() = MoneyOf(known.amount_minor, currency);
    *response.mutable_unapplied() = MoneyOf(unapplied, currency);
    response.set_refund_count(known.count);
    response.set_repeated(true);
    response.set_refund_id(known.refund_id);
    return Events();
  }
  if (amount > unapplied || amount == 0) {
    return CreditTooSmall(account, amount, unapplied);
  }
  const Invoice& invoice = InvoiceOf(account, note.payment->credit_note_of());
  const InvoiceDeallocation off = PaymentsOn(account, invoice, amount);
  if (off.amount_minor < amount) return NotPaid(account, invoice, amount, off.amount_minor);
  RETURN_IF_ERROR(ExpectFitsRecord(off));
  const int32_t note_day = std::max(note.payment->payment_date(), off.last_day);
  ASSIGN_OR_RETURN(const absl::CivilDay day,
                   EffectiveDay(account, request.has_effective_date(), request.effective_date(),
                                context.now, EarliestPayOut(account, off, note_day, context.now)));
  Events events;
  AddReleases(account, invoice, off, day, events);
  AddApplied(note, invoice, amount, std::max(day, DayOfNumber(note_day)), events);
  AddRefunds(account, off,
             {.refund_id = context.NewId(view, 0),
              .credit_note_id = request.credit_note_id(),
              .external_id = external_id,
              .reason = Normalise(request.reason())},
             day, events);
  EarlyPayments early_payments(account);
  for (const DeallocatedPayment& taken : off.payments) {
    early_payments.Deallocate(invoice, taken.payment, taken.amount_minor);
  }
  early_payments.Allocate(invoice, note.ordinal, /*day=*/0, amount);
  early_payments.AddEvents(day, events);

  *response.mutable_amount() = MoneyOf(amount, currency);
  *response.mutable_unapplied() = MoneyOf(unapplied - amount, currency);
  response.set_refund_count(static_cast<int>(off.payments.size()));
  response.set_refund_id(context.NewId(view, 0));
  return events;
}

}  // namespace daybook::billing
