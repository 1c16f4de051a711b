// Money of payments that stands on an invoice, given back to the payer.
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

// Refunds that were made under one external id: of one payment, or of several for one credit note.
struct KnownRefund {
  const v1::Payment* payment = nullptr;  // of the first; null: none is known
  std::string credit_note_id;
  int64_t amount_minor = 0;
  int count = 0;
};

// Looks at all payments: refunds are rare. Without an id none is known.
KnownRefund FindRefund(const v1::State& state, const std::string& external_id);

// PAYMENT_EXISTS, with the fields that differ.
absl::Status RefundExists(const v1::Account& account, const KnownRefund& known,
                          std::string_view different_fields);

// All that is unapplied, or what was asked for.
template <class Request>
absl::StatusOr<int64_t> RefundAmount(const PaymentRef& found, const Request& request) {
  if (!request.has_amount()) return found.payment->unapplied_minor();
  RETURN_IF_ERROR(ExpectCurrency(*found.account, request.amount().currency_code()));
  return MinorOf(request.amount());
}

// The latest day, YYYYMMDD, on which any of its payments came.
int32_t LastPaymentDay(const v1::Account& account, const InvoiceDeallocation& off);

// RECORD_TOO_LARGE if the money is of more payments than fit a record.
absl::Status ExpectFitsRecord(const InvoiceDeallocation& off);

// Takes the money off the invoice: CreditReleased, one a payment, on `day` or on the latest on
// which money was put there.
void AddReleases(const v1::Account& account, const v1::Invoice& invoice,
                 const InvoiceDeallocation& off, absl::CivilDay day,
                 command::Events<v1::Event>& events);

// What the refunds have in common.
struct RefundOf {
  std::string credit_note_id;
  std::string external_id = {};
  std::string reason = {};
};

// Gives it back: PaymentRefunded, one a payment, on `day` or on that of the payment.
void AddRefunds(const v1::Account& account, const InvoiceDeallocation& off, const RefundOf& refund,
                absl::CivilDay day, command::Events<v1::Event>& events);

}  // namespace daybook::billing
