// What a payment is put on.
#pragma once

#include "absl/status/status.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/billing/v1/event.pb.h"
#include "daybook/billing/v1/state.pb.h"

namespace daybook::billing {

// Fills allocations and unapplied of `payment`, whose amount is set:
//   1. what the payer says, in that order, each capped by what is open and by what is left;
//   2. the rest by oldest due date, invoice date and number (the order of `account.open_invoices`);
//   3. what is left, or beyond 10,000 invoices, is unapplied.
// An invoice is named once. INVOICE_NOT_FOUND, INVOICE_NOT_OPEN, CURRENCY_MISMATCH for what the
// payer says. Costs a pass over the open invoices; over settled ones only to say why one is not
// open.
absl::Status Allocate(const v1::Account& account,
                      const google::protobuf::RepeatedPtrField<v1::PaymentAllocation>& said,
                      v1::PaymentRecorded& payment);

}  // namespace daybook::billing
