#include "services/daybook/import/known_invoices.h"

#include <algorithm>
#include <set>

#include "absl/time/clock.h"
#include "common/base/clock.h"
#include "common/base/dates.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/client/batch_sender.h"
#include "daybook/balances/v1/balances_service.pb.h"

namespace daybook {
namespace {

constexpr int kPageSize = 1000;
constexpr absl::Duration kCallDeadline = absl::Seconds(30);
constexpr absl::Duration kFirstWait = absl::Milliseconds(100);  // then doubled
constexpr absl::Duration kLongestWait = absl::Seconds(5);

absl::Status Ask(rpc::Client& client, const balances::v1::ListStatementEntriesRequest& request,
                 balances::v1::ListStatementEntriesResponse* response,
                 const KnownInvoicesOptions& options) {
  static const auto& method = *balances::v1::ListStatementEntriesRequest::descriptor()
                                   ->file()
                                   ->FindServiceByName("BalancesService")
                                   ->FindMethodByName("ListStatementEntries");
  const absl::Time since = WallNow();
  const absl::Time give_up = since + options.give_up;
  for (absl::Duration wait = kFirstWait;; wait = std::min(2 * wait, kLongestWait)) {
    if (options.stop != nullptr && options.stop->load()) return absl::CancelledError("stopped");
    response->Clear();
    const absl::Status status = client.Call(method, request, response, WallNow() + kCallDeadline);
    const absl::Time now = WallNow();
    if (!WorthSendingAgain(status) || now > give_up) {
      if (status.ok() && options.notice != nullptr) options.notice->Succeeded();
      return status;
    }
    if (options.notice != nullptr) options.notice->Failed(status, since, give_up, now);
    absl::SleepFor(wait);
  }
}

}  // namespace

absl::StatusOr<InvoiceCounts> KnownInvoices(rpc::Client& client, const std::string& customer_id,
                                            const std::string& account_id, absl::CivilDay first_day,
                                            const KnownInvoicesOptions& options) {
  balances::v1::ListStatementEntriesRequest request;
  request.set_customer_id(customer_id);
  request.set_account_id(account_id);
  *request.mutable_start_date() = DateOf(first_day);
  // An invoice may be voided on any later day.
  *request.mutable_end_date() = DateOf(absl::CivilDay(9999, 12, 31));
  request.set_page_size(kPageSize);
  std::map<std::string, std::pair<absl::CivilDay, int64_t>> invoices;  // by id
  std::set<std::string> voided;
  do {
    balances::v1::ListStatementEntriesResponse page;
    const absl::Status status = Ask(client, request, &page, options);
    if (absl::IsNotFound(status)) return InvoiceCounts();
    RETURN_IF_ERROR(status);
    for (const auto& entry : page.entries()) {
      if (entry.kind() == balances::v1::STATEMENT_ENTRY_KIND_VOID)
        voided.insert(entry.document_id());
      if (entry.kind() != balances::v1::STATEMENT_ENTRY_KIND_INVOICE) continue;
      ASSIGN_OR_RETURN(const absl::CivilDay day, DayOf(entry.date()));
      int64_t minor = 0;
      if (entry.has_debit()) {
        ASSIGN_OR_RETURN(minor, MinorOf(entry.debit()));
      }
      invoices[entry.document_id()] = {day, minor};
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  InvoiceCounts counts;
  for (const auto& [id, invoice] : invoices) {
    if (voided.count(id) == 0) ++counts[invoice];
  }
  return counts;
}

}  // namespace daybook
