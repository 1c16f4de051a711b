#include "projections/journal/queries.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/fields.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "common/projection/kit/amount_writer.h"
#include "common/projection/kit/checks.h"
#include "common/projection/kit/deadline.h"
#include "common/projection/kit/list.h"
#include "common/projection/kit/page_token.h"
#include "common/projection/kit/rows.h"
#include "common/projection/kit/sum.h"
#include "common/projection/kit/two_clocks.h"
#include "projections/journal/days.h"
#include "projections/journal/rows.h"
#include "projections/journal/sums.h"

namespace daybook::journal {
namespace {

using postings::Ledger;
using projection::CurrencyOf;
using projection::PartitionReading;
using projection::Reading;

constexpr int kRowsPerDeadline = 256;

// Refuses a customer who is not in the book.
absl::Status ExpectCustomer(const store::View& view, const std::string& customer_id) {
  rows::CustomerRow row;
  ASSIGN_OR_RETURN(const bool found, view.Read(kCustomers, customer_id, &row));
  return found && row.registered() ? absl::OkStatus() : projection::UnknownCustomer(customer_id);
}

void ExpectLedger(const std::string& name, FieldViolations& bad) {
  if (!postings::FindLedger(name).has_value()) {
    bad.Add("ledger_account", "is not a ledger account, such as receivable or revenue");
  }
}

// ---------------------------------------------------------------------------------------- money

// Fills debit, credit and balance of an answer.
template <class Answer>
void Write(const Sums& sums, const Currency& currency, Answer* answer) {
  const projection::AmountWriter money(currency, answer);
  money.Write(sums.debit, answer->mutable_debit());
  money.Write(sums.credit, answer->mutable_credit());
  money.Write(sums.balance(), answer->mutable_balance());
}

// -------------------------------------------------------------------------------------- entries

bool Wanted(const v1::ListEntriesRequest& request, const rows::EntryRow& row) {
  if (!request.account_id().empty() && row.account_id() != request.account_id()) return false;
  if (request.ledger_account().empty()) return true;
  const auto ledger = static_cast<uint32_t>(*postings::FindLedger(request.ledger_account()));
  return std::any_of(row.lines().begin(), row.lines().end(),
                     [&](const rows::PostedLine& line) { return line.ledger() == ledger; });
}

absl::Status Describe(const EntryId& id, rows::EntryRow& row, v1::Entry* entry) {
  ASSIGN_OR_RETURN(const Currency* currency, CurrencyOf(row.currency_code()));
  entry->set_customer_id(id.customer_id);
  entry->mutable_account_id()->swap(*row.mutable_account_id());
  entry->set_revision(id.revision);
  entry->set_part(static_cast<int32_t>(id.part));
  *entry->mutable_effective_date() = DateOf(DayOfEpoch(id.day));
  SetMicros(row.recorded_us(), entry->mutable_recorded_time());
  const auto* event =
      postings::Event::descriptor()->FindFieldByNumber(static_cast<int>(row.event()));
  if (event != nullptr) entry->set_event(event->name());
  entry->mutable_document_id()->swap(*row.mutable_document_id());
  if (row.has_number()) entry->mutable_number()->Swap(row.mutable_number());
  for (rows::PostedLine& posted : *row.mutable_lines()) {
    v1::EntryLine& line = *entry->add_lines();
    line.set_ledger_account(std::string(NameOf(static_cast<Ledger>(posted.ledger()))));
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

// Which entry a key of the list names: of one customer's list, or of that of all.
absl::StatusOr<EntryId> IdOf(bool of_one, std::string_view key) {
  std::optional<EntryId> id = of_one ? TakeEntryKey(key) : TakeByDayKey(key);
  if (!id.has_value()) return projection::Malformed(of_one ? kEntries.name : kByDay.name);
  return *std::move(id);
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
  if (!request.ledger_account().empty()) ExpectLedger(request.ledger_account(), bad);
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

// ----------------------------------------------------------------------------------------- sums

namespace {

Sums SumsOf(const rows::PostedLine& line) {
  rows::SumRow row;
  AddAmount(line.amount_minor(), &row);
  return ValueOf(row);
}

// Sums of what was posted for one customer, out of their entries.
absl::Status AddSumsOf(const v1::GetLedgerAccountRequest& request, const Reading& reading,
                       const PartitionReading& partition, Days& days, LedgerSums* sums) {
  const auto ledger = static_cast<uint32_t>(*postings::FindLedger(request.ledger_account()));
  const store::View& view = *partition.view;
  RETURN_IF_ERROR(ExpectCustomer(view, request.customer_id()));
  std::string prefix;
  store::AppendText(&prefix, request.customer_id());
  projection::DeadlineEvery deadline(reading.deadline, kRowsPerDeadline);
  rows::EntryRow row;
  const auto add = [&](std::string_view key, std::string_view bytes) -> absl::StatusOr<bool> {
    RETURN_IF_ERROR(deadline.Check());
    ASSIGN_OR_RETURN(const EntryId id, IdOf(true, key));
    if (id.day > days.none_after()) return false;
    RETURN_IF_ERROR(projection::ParseRow(kEntries, bytes, &row));
    if (row.currency_code() != request.currency_code()) return true;
    ASSIGN_OR_RETURN(const bool counts, days.Count(view, id.customer_id, row.account_id(), id.day));
    if (!counts) return true;
    for (const rows::PostedLine& line : row.lines()) {
      if (line.ledger() != ledger) continue;
      (*sums)[{request.currency_code(), line.ledger(), line.detail()}].Add(SumsOf(line));
    }
    return true;
  };
  absl::Status status;
  RETURN_IF_ERROR(view.Scan(kEntries.id, prefix, [&](std::string_view key, std::string_view bytes) {
    const absl::StatusOr<bool> more = add(key, bytes);
    status = more.status();
    return more.ok() && *more;
  }));
  return status;
}

// Takes off what does not count yet. Entries dated ahead are few, so they are looked at one by one.
absl::Status TakeOffAhead(const Reading& reading, const PartitionReading& partition, Days& days,
                          bool by_detail, LedgerSums* sums) {
  const store::View& view = *partition.view;
  std::string after;
  AppendDay(&after, days.all() + 1);
  projection::DeadlineEvery deadline(reading.deadline, kRowsPerDeadline);
  rows::EntryRow row;
  const auto rows = view.NewCursor(kByDay.id, store::Direction::kForward, after);
  for (; rows->valid(); rows->Next()) {
    RETURN_IF_ERROR(deadline.Check());
    ASSIGN_OR_RETURN(const EntryId id, IdOf(false, rows->key()));
    ASSIGN_OR_RETURN(
        const bool found,
        view.Read(kEntries, EntryKey(id.customer_id, id.day, id.revision, id.part), &row));
    if (!found) return projection::Malformed(kByDay.name);
    ASSIGN_OR_RETURN(const bool counts, days.Count(view, id.customer_id, row.account_id(), id.day));
    if (counts) continue;
    for (const rows::PostedLine& line : row.lines()) {
      const auto sum = sums->find(
          {row.currency_code(), line.ledger(), by_detail ? line.detail() : std::string()});
      if (sum != sums->end()) sum->second.Subtract(SumsOf(line));
    }
  }
  return rows->status();
}

// Adds the sums of a partition by the day that was asked for: of all ledger accounts, or of those
// with this prefix.
absl::Status SumUp(const Reading& reading, const PartitionReading& partition, Days& days,
                   const std::string& prefix, bool by_detail, LedgerSums* sums) {
  LedgerSums of_partition;
  RETURN_IF_ERROR(AddSums(*partition.view,
                          {.prefix = prefix,
                           .everything = !days.named(),
                           .as_of_day = days.all(),
                           .by_detail = by_detail,
                           .deadline = reading.deadline},
                          &of_partition));
  if (!days.named()) {
    RETURN_IF_ERROR(TakeOffAhead(reading, partition, days, by_detail, &of_partition));
  }
  for (const auto& [key, sum] : of_partition) {
    if (sum.debit != 0 || sum.credit != 0) (*sums)[key].Add(sum);
  }
  return absl::OkStatus();
}

void ToPart(const LedgerSums& sums, SumsPart* part) {
  for (const auto& [key, sum] : sums) {
    auto* one = part->add_sums();
    one->set_currency_code(key.currency_code);
    one->set_ledger(key.ledger);
    one->set_detail(key.detail);
    projection::SetValue(sum.debit, one->mutable_sum()->mutable_debit());
    projection::SetValue(sum.credit, one->mutable_sum()->mutable_credit());
  }
}

LedgerSums SumsOf(projection::Parts<SumsPart> parts) {
  LedgerSums sums;
  for (const SumsPart* part : parts) {
    for (const auto& one : part->sums()) {
      sums[{one.currency_code(), one.ledger(), one.detail()}].Add(ValueOf(one.sum()));
    }
  }
  return sums;
}

}  // namespace

absl::Status JournalQueries::Check(const v1::GetLedgerAccountRequest& request) {
  FieldViolations bad;
  ExpectLedger(request.ledger_account(), bad);
  if (Currency::Find(request.currency_code()) == nullptr) {
    bad.Add("currency_code", "is no ISO 4217 code in capitals such as EUR");
  }
  projection::CheckAnyId(request.customer_id(), "customer_id", bad);
  projection::CheckClocks(request, bad);
  return bad.ToStatus();
}

absl::Status JournalQueries::Part(const v1::GetLedgerAccountRequest& request,
                                  const Reading& reading, SumsPart* part) {
  const std::string prefix =
      LedgerPrefix(request.currency_code(), *postings::FindLedger(request.ledger_account()));
  LedgerSums sums;
  for (const PartitionReading& partition : reading.partitions) {
    ASSIGN_OR_RETURN(Days days, Days::Of(projection::DayNamedBy(request), reading.now, partition));
    RETURN_IF_ERROR(request.customer_id().empty()
                        ? SumUp(reading, partition, days, prefix, true, &sums)
                        : AddSumsOf(request, reading, partition, days, &sums));
  }
  ToPart(sums, part);
  return absl::OkStatus();
}

absl::Status JournalQueries::Merge(const v1::GetLedgerAccountRequest& request,
                                   projection::Parts<SumsPart> parts,
                                   v1::GetLedgerAccountResponse* response) {
  ASSIGN_OR_RETURN(const Currency* currency, CurrencyOf(request.currency_code()));
  const LedgerSums sums = SumsOf(parts);
  Sums all;
  for (const auto& [key, sum] : sums) {
    all.Add(sum);
    if (response->details_size() == kMaxDetails) continue;
    v1::LedgerDetail* detail = response->add_details();
    detail->set_detail(key.detail);
    Write(sum, *currency, detail);
  }
  response->set_detail_count(static_cast<int64_t>(sums.size()));
  Write(all, *currency, response);
  return absl::OkStatus();
}

absl::Status JournalQueries::Check(const v1::GetTrialBalanceRequest& request) {
  FieldViolations bad;
  projection::CheckClocks(request, bad);
  return bad.ToStatus();
}

absl::Status JournalQueries::Part(const v1::GetTrialBalanceRequest& request, const Reading& reading,
                                  SumsPart* part) {
  LedgerSums sums;
  for (const PartitionReading& partition : reading.partitions) {
    ASSIGN_OR_RETURN(Days days, Days::Of(projection::DayNamedBy(request), reading.now, partition));
    RETURN_IF_ERROR(SumUp(reading, partition, days, "", false, &sums));
  }
  ToPart(sums, part);
  return absl::OkStatus();
}

absl::Status JournalQueries::Merge(const v1::GetTrialBalanceRequest&,
                                   projection::Parts<SumsPart> parts,
                                   v1::GetTrialBalanceResponse* response) {
  for (const auto& [key, sum] : SumsOf(parts)) {
    ASSIGN_OR_RETURN(const Currency* currency, CurrencyOf(key.currency_code));
    v1::TrialBalanceRow* row = response->add_rows();
    row->set_ledger_account(std::string(NameOf(static_cast<Ledger>(key.ledger))));
    row->set_currency_code(key.currency_code);
    Write(sum, *currency, row);
  }
  return absl::OkStatus();
}

}  // namespace daybook::journal
