// Tables of the read model `balances` and how their keys are spelled.
#pragma once

#include <string>
#include <string_view>

#include "common/store/store.h"
#include "daybook/internal/balances/v1/rows.pb.h"

namespace daybook::balances {

namespace rows = daybook::internal::balances::v1;

// customer id
inline constexpr store::Table<rows::CustomerRow> kCustomers{1, "customers"};
// customer id, account id
inline constexpr store::Table<rows::AccountTail> kTails{2, "tails"};
// customer id, account id, number of the chunk; full chunks only, never changed
inline constexpr store::Table<rows::HistoryChunk> kHistory{3, "journal"};
// currency code
inline constexpr store::Table<rows::CurrencyTotals> kTotals{4, "totals"};
// "book"
inline constexpr store::Table<rows::BookTotals> kBook{5, "book"};
inline constexpr std::string_view kBookKey = "book";

// Entries in a full chunk.
inline constexpr int kChunkEntries = 256;

// Key of an account in kTails; with a number behind it, of a chunk in kHistory.
inline void AccountKey(std::string_view customer_id, std::string_view account_id,
                       std::string* key) {
  key->clear();
  store::AppendText(key, customer_id);
  store::AppendText(key, account_id);
}

}  // namespace daybook::balances
