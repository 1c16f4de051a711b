// Which payment an external id means.
//
// A payment is identified by method, external id and attempt: a bank tries a debit again under the
// same id, and reversed money may come a second time. Attempts count from 1; a request without one
// means the newest known attempt, or the first.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "services/billing/state.h"

namespace daybook::billing {

struct KnownPayment {
  const state::Account* account = nullptr;
  const state::Payment* payment = nullptr;  // null if none is known
  uint32_t ordinal = 0;
};

// External ids are unique over all accounts of the customer. `attempt` 0 = the newest.
KnownPayment FindKnown(const state::State& state, v1::PaymentMethod method,
                       const std::string& external_id, int32_t attempt);

// Its attempt, from 1. 0 if it has no external id.
int32_t AttemptOf(const state::Payment& payment);

// PENDING or UNKNOWN.
bool IsUnderWay(v1::PaymentState state);

// Whether a request may mean this payment. PAYMENT_REVERSED if its money has gone again, because
// neither "recorded" nor "already there" would be a true answer. PAYMENT_EXISTS, with the fields
// that differ, if it is another payment. The day of an announcement may differ from that of the
// money.
absl::Status ExpectSame(const KnownPayment& known, const state::Account& account,
                        int64_t amount_minor, const v1::RecordPaymentRequest& request);

}  // namespace daybook::billing
