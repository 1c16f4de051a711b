// What was posted to which ledger account? The answers
// (proto/daybook/journal/v1/journal_service.proto).
//
// Cost. A page of ListEntries seeks once per partition and reads two rows per entry that it looks
// at. The others read, up to today, one row per detail and two per entry dated ahead; up to a day
// that is named, one row per detail and day on which something was posted; of one customer, all of
// the customer's entries.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "common/projection/queries.h"
#include "daybook/internal/journal/v1/parts.pb.h"
#include "daybook/journal/v1/journal_service.pb.h"

namespace daybook::journal {

using daybook::internal::journal::v1::EntriesPart;
using daybook::internal::journal::v1::SumsPart;

inline constexpr int kDefaultPage = 50;
inline constexpr int kLargestPage = 1'000;

struct JournalQueries {
  static constexpr std::string_view kService = "daybook.journal.v1.JournalService";
  using Methods = projection::MethodList<
      projection::Scattered<v1::ListEntriesRequest, EntriesPart, v1::ListEntriesResponse>,
      projection::Scattered<v1::GetLedgerAccountRequest, SumsPart, v1::GetLedgerAccountResponse>,
      projection::Scattered<v1::ListLedgerDetailsRequest, SumsPart, v1::ListLedgerDetailsResponse>,
      projection::Scattered<v1::GetTrialBalanceRequest, SumsPart, v1::GetTrialBalanceResponse>>;

  static absl::Status Check(const v1::ListEntriesRequest&);
  static absl::Status Check(const v1::GetLedgerAccountRequest&);
  static absl::Status Check(const v1::ListLedgerDetailsRequest&);
  static absl::Status Check(const v1::GetTrialBalanceRequest&);

  // Some milliseconds if it looks at more than it shows.
  static bool Scans(const v1::ListEntriesRequest& request) {
    return request.ledger_account() != v1::LEDGER_ACCOUNT_UNSPECIFIED ||
           !request.account_id().empty() || request.page_size() > kDefaultPage;
  }
  static bool Scans(const v1::GetLedgerAccountRequest&) { return true; }
  static bool Scans(const v1::ListLedgerDetailsRequest&) { return true; }
  static bool Scans(const v1::GetTrialBalanceRequest&) { return true; }

  using Reading = projection::Reading;
  static absl::Status Part(const v1::ListEntriesRequest&, const Reading&, EntriesPart*);
  static absl::Status Merge(const v1::ListEntriesRequest&, projection::Parts<EntriesPart>,
                            v1::ListEntriesResponse*);
  static absl::Status Part(const v1::GetLedgerAccountRequest&, const Reading&, SumsPart*);
  static absl::Status Merge(const v1::GetLedgerAccountRequest&, projection::Parts<SumsPart>,
                            v1::GetLedgerAccountResponse*);
  static absl::Status Part(const v1::ListLedgerDetailsRequest&, const Reading&, SumsPart*);
  static absl::Status Merge(const v1::ListLedgerDetailsRequest&, projection::Parts<SumsPart>,
                            v1::ListLedgerDetailsResponse*);
  static absl::Status Part(const v1::GetTrialBalanceRequest&, const Reading&, SumsPart*);
  static absl::Status Merge(const v1::GetTrialBalanceRequest&, projection::Parts<SumsPart>,
                            v1::GetTrialBalanceResponse*);
};

}  // namespace daybook::journal
