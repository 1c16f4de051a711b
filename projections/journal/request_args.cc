#include "projections/journal/request_args.h"

#include <optional>
#include <utility>

#include "common/base/status.h"
#include "common/projection/kit/checks.h"
#include "common/projection/kit/rows.h"

namespace daybook::journal {

absl::Status ExpectCustomer(const store::View& view, const std::string& customer_id) {
  rows::CustomerRow row;
  ASSIGN_OR_RETURN(const bool found, view.Read(kCustomers, customer_id, &row));
  return found && row.registered() ? absl::OkStatus() : projection::UnknownCustomer(customer_id);
}

void ExpectLedger(v1::LedgerAccount account, FieldViolations& bad) {
  if (account == v1::LEDGER_ACCOUNT_UNSPECIFIED) {
    bad.Add("ledger_account", "is required");
  } else if (!postings::FromApi(account).has_value()) {
    bad.Add("ledger_account", "is no known ledger account");
  }
}

absl::StatusOr<EntryId> IdOf(bool of_one, std::string_view key) {
  std::optional<EntryId> id = of_one ? TakeEntryKey(key) : TakeByDayKey(key);
  if (!id.has_value()) return projection::Malformed(of_one ? kEntries.name : kByDay.name);
  return *std::move(id);
}

}  // namespace daybook::journal
