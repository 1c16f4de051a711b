// Sums of ledger accounts: one as a whole, one by detail, all of them.
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/fields.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/projection/kit/amount_writer.h"
#include "common/projection/kit/checks.h"
#include "common/projection/kit/deadline.h"
#include "common/projection/kit/page_token.h"
#include "common/projection/kit/rows.h"
#include "common/projection/kit/sum.h"
#include "common/projection/kit/two_clocks.h"
#include "projections/journal/days.h"
#include "projections/journal/queries.h"
#include "projections/journal/request_args.h"
#include "projections/journal/rows.h"
#include "projections/journal/sums.h"

namespace daybook::journal {
namespace {

using postings::Ledger;
using projection::CurrencyOf;
using projection::PartitionReading;
using projection::Reading;

// Fills debit, credit and balance of an answer.
template <class Answer>
void Write(const Sums& sums, const Currency& currency, Answer* answer) {
  const projection::AmountWriter money(currency, answer);
  money.Write(sums.debit, answer->mutable_debit());
  money.Write(sums.credit, answer->mutable_credit());
  money.Write(sums.balance(), answer->mutable_balance());
}

Sums SumsOf(const rows::PostedLine& line) {
  rows::SumRow row;
  AddAmount(line.amount_minor(), &row);
  return ValueOf(row);
}

// Sums of what was posted for one customer, out of their entries.
template <class Request>
absl::Status AddSumsOf(const Request& request, const Reading& reading,
                       const PartitionReading& partition, Days& days, LedgerSums* sums) {
  const auto ledger = static_cast<uint32_t>(LedgerOf(request));
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

// A ledger account in one currency, which Get tells as a whole and List by detail.
template <class Request>
void CheckLedgerAccount(const Request& request, FieldViolations& bad) {
  ExpectLedger(request.ledger_account(), bad);
  if (Currency::Find(request.currency_code()) == nullptr) {
    bad.Add("currency_code", "is no ISO 4217 code in capitals such as EUR");
  }
  projection::CheckAnyId(request.customer_id(), "customer_id", bad);
  projection::CheckClocks(request, bad);
}

template <class Request>
absl::Status SumUpLedgerAccount(const Request& request, const Reading& reading, SumsPart* part) {
  const std::string prefix = LedgerPrefix(request.currency_code(), LedgerOf(request));
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

}  // namespace

absl::Status JournalQueries::Check(const v1::GetLedgerAccountRequest& request) {
  FieldViolations bad;
  CheckLedgerAccount(request, bad);
  return bad.ToStatus();
}

absl::Status JournalQueries::Part(const v1::GetLedgerAccountRequest& request,
                                  const Reading& reading, SumsPart* part) {
  return SumUpLedgerAccount(request, reading, part);
}

absl::Status JournalQueries::Merge(const v1::GetLedgerAccountRequest& request,
                                   projection::Parts<SumsPart> parts,
                                   v1::GetLedgerAccountResponse* response) {
  ASSIGN_OR_RETURN(const Currency* currency, CurrencyOf(request.currency_code()));
  const LedgerSums sums = SumsOf(parts);
  Sums all;
  for (const auto& [key, sum] : sums) all.Add(sum);
  response->set_detail_count(static_cast<int64_t>(sums.size()));
  Write(all, *currency, response);
  return absl::OkStatus();
}

absl::Status JournalQueries::Check(const v1::ListLedgerDetailsRequest& request) {
  FieldViolations bad;
  CheckLedgerAccount(request, bad);
  projection::CheckPageSize(request.page_size(), bad);
  return bad.ToStatus();
}

absl::Status JournalQueries::Part(const v1::ListLedgerDetailsRequest& request,
                                  const Reading& reading, SumsPart* part) {
  return SumUpLedgerAccount(request, reading, part);
}

absl::Status JournalQueries::Merge(const v1::ListLedgerDetailsRequest& request,
                                   projection::Parts<SumsPart> parts,
                                   v1::ListLedgerDetailsResponse* response) {
  ASSIGN_OR_RETURN(const Currency* currency, CurrencyOf(request.currency_code()));
  ASSIGN_OR_RETURN(const std::string token, projection::AfterOf(request, request.page_token()));
  const LedgerSums sums = SumsOf(parts);
  // The token is the detail behind a mark, for a detail may be empty.
  auto next = token.empty()
                  ? sums.begin()
                  : sums.upper_bound({request.currency_code(),
                                      static_cast<uint32_t>(LedgerOf(request)), token.substr(1)});
  const int most = projection::PageSizeOf(request.page_size(), kDefaultPage, kLargestPage);
  for (; next != sums.end() && response->details_size() < most; ++next) {
    v1::LedgerDetail* detail = response->add_details();
    detail->set_detail(next->first.detail);
    Write(next->second, *currency, detail);
  }
  if (next != sums.end()) {
    const std::string& last = response->details(most - 1).detail();
    response->set_next_page_token(projection::PageTokenFor(request, absl::StrCat("=", last)));
  }
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
    row->set_ledger_account(ToApi(static_cast<Ledger>(key.ledger)));
    row->set_currency_code(key.currency_code);
    Write(sum, *currency, row);
  }
  return absl::OkStatus();
}

}  // namespace daybook::journal
