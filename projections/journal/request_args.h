// What requests of the journal have in common: customers, ledger accounts, keys of entries.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/fields.h"
#include "common/store/store.h"
#include "daybook/journal/v1/ledger_account.pb.h"
#include "projections/journal/postings.h"
#include "projections/journal/rows.h"

namespace daybook::journal {

// Rows between two looks at the deadline.
inline constexpr int kRowsPerDeadline = 256;

// CUSTOMER_NOT_FOUND for a customer who is not in the book.
absl::Status ExpectCustomer(const store::View& view, const std::string& customer_id);

// Adds a violation of `ledger_account` unless it names one.
void ExpectLedger(v1::LedgerAccount account, FieldViolations& bad);

// Of a checked request that names one.
template <class Request>
postings::Ledger LedgerOf(const Request& request) {
  return *postings::FromApi(request.ledger_account());
}

// Which entry a key of the list names: of one customer's list, or of that of all.
absl::StatusOr<EntryId> IdOf(bool of_one, std::string_view key);

}  // namespace daybook::journal
