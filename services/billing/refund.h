// Money that goes back to payers, by RefundPayment, RefundCreditNote and IssueCreditNote.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/command/decider.h"
#include "daybook/billing/v1/event.pb.h"
#include "services/billing/account.h"
#include "services/billing/allocation.h"
#include "services/billing/documents.h"

namespace daybook::billing {

// The refunds under one external id: of one payment, or of several for one credit note.
struct KnownRefund {
  const state::Payment* payment = nullptr;  // the first one; null if the id is not known
  std::string credit_note_id, refund_id;
  int64_t amount_minor = 0;
  int count = 0;
};

// A pass over all payments, since refunds are rare. An empty id is never known.
KnownRefund FindRefund(const state::State& state, const std::string& external_id);

// PAYMENT_EXISTS, with the fields that differ.
absl::Status RefundExists(const state::Account& account, const KnownRefund& known,
                          std::string_view different_fields);

// The amount of the request, or all that is unapplied. CURRENCY_MISMATCH.
template <class Request>
absl::StatusOr<int64_t> RefundAmount(const PaymentRef& found, const Request& request) {
  if (!request.has_amount()) return found.payment->unapplied_minor();
  RETURN_IF_ERROR(ExpectCurrency(*found.account, request.amount().currency_code()));
  return MinorOf(request.amount());
}

// The latest day, YYYYMMDD, on which one of the payments came.
int32_t LastPaymentDay(const state::Account& account, const InvoiceDeallocation& off);

// RECORD_TOO_LARGE if the money is of more payments than fit a record.
absl::Status ExpectFitsRecord(const InvoiceDeallocation& off);

// Deallocates the money from the invoice: one CreditReleased per payment, on `day` or on the day of
// the latest allocation.
void AddReleases(const state::Account& account, const state::Invoice& invoice,
                 const InvoiceDeallocation& off, absl::CivilDay day,
                 command::Events<v1::Event>& events);

// What the refunds have in common.
struct RefundOf {
  std::string refund_id;
  std::string credit_note_id;
  std::string external_id = {};
  std::string reason = {};
};

// Gives it back: one PaymentRefunded per payment, on `day` or on the day of the payment.
void AddRefunds(const state::Account& account, const InvoiceDeallocation& off,
                const RefundOf& refund, absl::CivilDay day, command::Events<v1::Event>& events);

}  // namespace daybook::billing
