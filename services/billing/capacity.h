// How much a customer and an account may have (limits.h).
#pragma once

#include "absl/status/status.h"
#include "common/command/decider.h"
#include "services/billing/state.h"

namespace daybook::billing {

// For a new charge: CUSTOMER_FULL if the customer has all the documents that it may have, or would
// have too many lines.
absl::Status ExpectRoom(const command::View& view, int new_lines = 0);

// For a payment or a credit note: CUSTOMER_FULL, but only far beyond that limit, because they are
// facts about documents that exist.
absl::Status ExpectRoomForFact(const command::View& view);

// The most allocations that a command may make: as many as fit a record, and the customer.
int MostAllocations(const state::State& state);

// AMOUNT_OVERFLOW if the sum of everything ever received and credited would not fit 64 bits.
absl::Status ExpectFitsReceived(const state::Account& account, int64_t amount_minor);

}  // namespace daybook::billing
