// Whether the customer, or an account, may have one more.
#pragma once

#include "absl/status/status.h"
#include "common/command/decider.h"
#include "daybook/billing/v1/state.pb.h"

namespace daybook::billing {

// Of a new charge: CUSTOMER_FULL if the customer has as many documents as one may have, or would
// have too many lines.
absl::Status ExpectRoom(const command::View& view, int new_lines = 0);

// Of a payment or a credit note, which happen to what is there: CUSTOMER_FULL far beyond that.
absl::Status ExpectRoomForFact(const command::View& view);

// How many allocations a command may make: what fits a record and what the customer may have.
int MostAllocations(const v1::State& state);

// AMOUNT_OVERFLOW if all that ever came in, and was credited to the account, would not fit 64 bits.
absl::Status ExpectFitsReceived(const v1::Account& account, int64_t amount_minor);

}  // namespace daybook::billing
