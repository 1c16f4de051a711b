// Money of payments that stands on an invoice, given back to the payer.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "common/command/decider.h"
#include "daybook/billing/v1/event.pb.h"
#include "services/billing/allocation.h"

namespace daybook::billing {

// The latest day, YYYYMMDD, on which any of its payments came.
int32_t LastPaymentDay(const v1::Account& account, const TakenOffInvoice& off);

// RECORD_TOO_LARGE if the money is of more payments than fit a record.
absl::Status ExpectFitsRecord(const TakenOffInvoice& off);

// Takes the money off the invoice: CreditReleased, one a payment, on `day` or on the latest on
// which money was put there.
void AddReleases(const v1::Account& account, const v1::Invoice& invoice, const TakenOffInvoice& off,
                 absl::CivilDay day, command::Events<v1::Event>& events);

// What the refunds have in common.
struct RefundOf {
  std::string credit_note_id;
  std::string external_id = {};
  std::string reason = {};
};

// Gives it back: PaymentRefunded, one a payment, on `day` or on that of the payment.
void AddRefunds(const v1::Account& account, const TakenOffInvoice& off, const RefundOf& refund,
                absl::CivilDay day, command::Events<v1::Event>& events);

}  // namespace daybook::billing
