// What was posted to which ledger account? The answers
// (proto/daybook/journal/v1/journal_service.proto).
//
// Cost: a page of ListEntries a seek a partition and two rows an entry that it looks at;
// GetTrialBalance and GetLedgerAccount up to today a row a detail and two an entry dated ahead, up
// to a day that is named a row a detail and day on which something was posted; of one customer all
// of the customer's entries.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "common/projection/queries.h"
#include "daybook/journal/v1/journal_service.pb.h"

namespace daybook::journal {

inline constexpr int kDefaultPage = 100;
inline constexpr int kLargestPage = 1'000;
// Entries that one call looks at, of all partitions together.
inline constexpr int kMaxLooked = 10'000;
// A page ends behind the entry with which it has so many bytes; the largest entry has some 100 kB.
inline constexpr size_t kPageBytes = 1 << 20;
inline constexpr int kMaxDetails = 10'000;

struct JournalQueries {
  static constexpr std::string_view kService = "daybook.journal.v1.JournalService";
  using Methods = projection::MethodList<
      projection::Method<v1::ListEntriesRequest, v1::ListEntriesResponse>,
      projection::Method<v1::GetLedgerAccountRequest, v1::GetLedgerAccountResponse>,
      projection::Method<v1::GetTrialBalanceRequest, v1::GetTrialBalanceResponse>>;

  static absl::Status Check(const v1::ListEntriesRequest&);
  static absl::Status Check(const v1::GetLedgerAccountRequest&);
  static absl::Status Check(const v1::GetTrialBalanceRequest&);

  // Some milliseconds if it looks at more than it shows.
  static bool Scans(const v1::ListEntriesRequest& request) {
    return !request.ledger_account().empty() || !request.account_id().empty() ||
           request.page_size() > kDefaultPage;
  }
  static bool Scans(const v1::GetLedgerAccountRequest&) { return true; }
  static bool Scans(const v1::GetTrialBalanceRequest&) { return true; }

  using Reading = projection::Reading;
  static absl::Status Answer(const v1::ListEntriesRequest&, const Reading&,
                             v1::ListEntriesResponse*);
  static absl::Status Answer(const v1::GetLedgerAccountRequest&, const Reading&,
                             v1::GetLedgerAccountResponse*);
  static absl::Status Answer(const v1::GetTrialBalanceRequest&, const Reading&,
                             v1::GetTrialBalanceResponse*);
};

}  // namespace daybook::journal
