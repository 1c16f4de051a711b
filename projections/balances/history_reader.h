// Reads the history of an account out of the chunks of its rows.
#pragma once

#include <cstdint>

#include "projections/balances/account_history.h"
#include "projections/balances/rows.h"

namespace daybook::balances {

// Adds the entries of `chunk` recorded at or before `read_us`. Chunks come in order; false =
// nothing of later chunks was known then (or the chunk is malformed).
bool ReadChunk(const rows::HistoryChunk& chunk, int64_t read_us, AccountHistory* history);

}  // namespace daybook::balances
