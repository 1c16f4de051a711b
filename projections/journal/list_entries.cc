// Entries, page by page.
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "common/base/dates.h"
#include "common/base/document_number.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "common/projection/kit/amount_writer.h"
#include "common/projection/kit/checks.h"
#include "common/projection/kit/list.h"
#include "common/projection/kit/page_token.h"
#include "common/projection/kit/rows.h"
#include "common/projection/kit/two_clocks.h"
#include "projections/journal/days.h"
#include "projections/journal/queries.h"
#include "projections/journal/request_args.h"
#include "projections/journal/rows.h"

namespace daybook::journal {
namespace {

using postings::Ledger;
using projection::CurrencyOf;
using projection::PartitionReading;
using projection::Reading;

bool Wanted(const v1::ListEntriesRequest& request, const rows::EntryRow& row) {
  if (!request.account_id().empty() && row.account_id() != request.account_id()) return false;
  if (request.ledger_account() == v1::LEDGER_ACCOUNT_UNSPECIFIED) return true;
  const auto ledger = static_cast<uint32_t>(LedgerOf(request));
  return std::any_of(row.lines().begin(), row.lines().end(),
                     [&](const rows::PostedLine& line) { return line.ledger() == ledger; });
}

absl::Status Describe(const EntryId& id, rows::EntryRow& row, v1::Entry* entry) {
  ASSIGN_OR_RETURN(const Currency* currency, CurrencyOf(row.currency_code()));
  entry->set_customer_id(id.customer_id);
  entry->mutable_account_id()->swap(*row.mutable_account_id());
  entry->set_revision(id.revision);
  entry->set_part(static_cast<int32_t>(id.part));
  projection::SetDate(id.day, entry->mutable_effective_date());
  SetMicros(row.recorded_us(), entry->mutable_recorded_time());
  entry->set_event_type(static_cast<billing::v1::EventType>(row.event()));
  entry->mutable_document_id()->swap(*row.mutable_document_id());
  if (row.has_number()) entry->set_number(FormatNumber(NumberOf(row.number())));
  for (rows::PostedLine& posted : *row.mutable_lines()) {
    v1::EntryLine& line = *entry->add_lines();
    line.set_ledger_account(ToApi(static_cast<Ledger>(posted.ledger())));
    line.mutable_detail()->swap(*posted.mutable_detail());
    const int64_t amount = posted.amount_minor();
    google::type::Money& money = amount > 0 ? *line.mutable_debit() : *line.mutable_credit();
    SetMoney(amount > 0 ? amount : -amount, *currency, money);
  }
  return absl::OkStatus();
}

int PageSizeOf(const v1::ListEntriesRequest& request) {
  return projection::PageSizeOf(request.page_size(), kDefaultPage, kLargestPage);
}

// Where a list begins: behind the last row of the page before, or before the first day.
absl::StatusOr<std::string> AfterOf(const v1::ListEntriesRequest& request) {
  ASSIGN_OR_RETURN(std::string after, projection::AfterOf(request, request.page_token()));
  if (!after.empty()) return after;
  if (!request.customer_id().empty()) store::AppendText(&after, request.customer_id());
  if (request.has_start_date()) AppendDay(&after, EpochDay(request.start_date()));
  return after;
}

}  // namespace

absl::Status JournalQueries::Check(const v1::ListEntriesRequest& request) {
  FieldViolations bad;
  projection::CheckPageSize(request.page_size(), bad);
  projection::CheckAnyId(request.customer_id(), "customer_id", bad);
  projection::CheckAccountId(request.account_id(), request.customer_id().empty(), bad);
  if (request.ledger_account() != v1::LEDGER_ACCOUNT_UNSPECIFIED) {
    ExpectLedger(request.ledger_account(), bad);
  }
  projection::CheckPeriod(request, bad);
  return bad.ToStatus();
}

absl::Status JournalQueries::Part(const v1::ListEntriesRequest& request, const Reading& reading,
                                  EntriesPart* part) {
  const bool of_one = !request.customer_id().empty();
  if (of_one) {
    RETURN_IF_ERROR(ExpectCustomer(*reading.partitions.front().view, request.customer_id()));
  }
  std::vector<Days> days;
  int32_t last_day = std::numeric_limits<int32_t>::min();
  for (const PartitionReading& partition : reading.partitions) {
    ASSIGN_OR_RETURN(Days of_partition,
                     Days::Of(projection::DayNamedBy(request), reading.now, partition));
    last_day = std::max(last_day, of_partition.none_after());
    days.push_back(std::move(of_partition));
  }
  part->set_last_day(last_day);
  projection::ListAsked asked{.table = of_one ? kEntries.id : kByDay.id,
                              .rows = PageSizeOf(request)};
  ASSIGN_OR_RETURN(asked.after, AfterOf(request));
  if (of_one) store::AppendText(&asked.until, request.customer_id());
  AppendDay(&asked.until, last_day + 1);
  rows::EntryRow row;
  return projection::CollectRows(
      reading, asked,
      [&](const projection::ListedAt& at, std::string* bytes) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const EntryId id, IdOf(of_one, at.key));
        const store::View& view = *reading.partitions[at.partition].view;
        if (of_one) {
          *bytes = at.value;
        } else {
          const std::string entry = EntryKey(id.customer_id, id.day, id.revision, id.part);
          ASSIGN_OR_RETURN(const bool found, view.Get(kEntries.id, entry, bytes));
          if (!found) return projection::Malformed(kByDay.name);
        }
        RETURN_IF_ERROR(projection::ParseRow(kEntries, *bytes, &row));
        if (!Wanted(request, row)) return false;
        return days[at.partition].Count(view, id.customer_id, row.account_id(), id.day);
      },
      part->mutable_list());
}

absl::Status JournalQueries::Merge(const v1::ListEntriesRequest& request,
                                   projection::Parts<EntriesPart> parts,
                                   v1::ListEntriesResponse* response) {
  int32_t last_day = std::numeric_limits<int32_t>::min();
  std::vector<const projection::ListPart*> lists;
  for (const EntriesPart* part : parts) {
    last_day = std::max(last_day, part->last_day());
    lists.push_back(&part->list());
  }
  if (!request.has_end_date() && request.has_start_date() && request.page_token().empty() &&
      EpochDay(request.start_date()) > last_day) {
    return projection::StartsAhead(last_day);
  }
  const bool of_one = !request.customer_id().empty();
  rows::EntryRow row;
  ASSIGN_OR_RETURN(const std::string last,
                   projection::MergeRows(
                       lists, store::Direction::kForward, PageSizeOf(request),
                       [&](std::string_view key, std::string_view bytes) -> absl::StatusOr<size_t> {
                         ASSIGN_OR_RETURN(const EntryId id, IdOf(of_one, key));
                         RETURN_IF_ERROR(projection::ParseRow(kEntries, bytes, &row));
                         v1::Entry* entry = response->add_entries();
                         RETURN_IF_ERROR(Describe(id, row, entry));
                         return entry->ByteSizeLong();
                       }));
  if (!last.empty()) response->set_next_page_token(projection::PageTokenFor(request, last));
  return absl::OkStatus();
}

}  // namespace daybook::journal
