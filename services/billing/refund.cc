#include "services/billing/refund.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/command/reasons.h"
#include "services/billing/account.h"
#include "services/billing/day_number.h"
#include "services/billing/limits.h"
#include "services/billing/reasons.h"

namespace daybook::billing {

KnownRefund FindRefund(const state::State& state, const std::string& external_id) {
  KnownRefund known;
  if (external_id.empty()) return known;
  for (const state::Account& account : state.accounts()) {
    for (const state::Payment& payment : account.payments()) {
      for (const state::Refund& refund : payment.refunds()) {
        if (refund.external_id() != external_id) continue;
        if (known.payment == nullptr) known.payment = &payment;
        known.credit_note_id = refund.credit_note_id();
        known.refund_id = refund.refund_id();
        known.amount_minor += refund.amount_minor();
        ++known.count;
      }
    }
  }
  return known;
}

absl::Status RefundExists(const state::Account& account, const KnownRefund& known,
                          std::string_view different_fields) {
  return Refuse(
      reason::kPaymentExists,
      absl::StrCat("the external id belongs to a refund of payment '", known.payment->payment_id(),
                   "' of ", MoneyText(account, known.amount_minor),
                   known.credit_note_id.empty() ? "" : " for credit note ", known.credit_note_id),
      {{"payment_id", known.payment->payment_id()},
       {"credit_note_id", known.credit_note_id},
       {"amount_minor", absl::StrCat(known.amount_minor)},
       {"different_fields", std::string(different_fields)}});
}

int32_t LastPaymentDay(const state::Account& account, const InvoiceDeallocation& off) {
  int32_t last = 0;
  for (const DeallocatedPayment& taken : off.payments) {
    last = std::max(last, account.payments(static_cast<int>(taken.payment)).payment_date());
  }
  return last;
}

absl::Status ExpectFitsRecord(const InvoiceDeallocation& off) {
  if (off.payments.size() <= kMaxCredits) return absl::OkStatus();
  return Refuse(reason::kRecordTooLarge,
                absl::StrCat("the refund goes back to ", off.payments.size(), " payments; ",
                             kMaxCredits, " fit a record"));
}

void AddReleases(const state::Account& account, const state::Invoice& invoice,
                 const InvoiceDeallocation& off, absl::CivilDay day,
                 command::Events<v1::Event>& events) {
  for (const DeallocatedPayment& taken : off.payments) {
    auto& dated = events.emplace_back();
    dated.effective_date = std::max(day, DayOfNumber(off.last_day));
    v1::CreditReleased& released = *dated.event.mutable_credit_released();
    released.set_account_id(account.account_id());
    released.set_payment_id(account.payments(static_cast<int>(taken.payment)).payment_id());
    released.set_currency_code(account.currency_code());
    v1::Allocation& one = *released.add_released();
    one.set_invoice_id(invoice.invoice_id());
    one.set_amount_minor(taken.amount_minor);
  }
}

void AddRefunds(const state::Account& account, const InvoiceDeallocation& off,
                const RefundOf& refund, absl::CivilDay day, command::Events<v1::Event>& events) {
  for (const DeallocatedPayment& taken : off.payments) {
    auto& dated = events.emplace_back();
    const state::Payment& payment = account.payments(static_cast<int>(taken.payment));
    dated.effective_date = std::max(day, DayOfNumber(payment.payment_date()));
    v1::PaymentRefunded& refunded = *dated.event.mutable_payment_refunded();
    refunded.set_account_id(account.account_id());
    refunded.set_payment_id(payment.payment_id());
    refunded.set_currency_code(account.currency_code());
    refunded.set_amount_minor(taken.amount_minor);
    refunded.set_refund_id(refund.refund_id);
    refunded.set_credit_note_id(refund.credit_note_id);
    refunded.set_external_id(refund.external_id);
    refunded.set_reason(refund.reason);
  }
}

}  // namespace daybook::billing
