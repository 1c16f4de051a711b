#include "projections/journal/queries.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/dates.h"
#include "common/base/fields.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "common/projection/kit/amount_writer.h"
#include "common/projection/kit/merged_rows.h"
#include "common/projection/kit/page_token.h"
#include "common/projection/kit/read_position.h"
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

absl::Status Malformed() {
  return absl::DataLossError("a row does not parse; rebuild the read model 'journal'");
}

absl::Status ExpectCustomer(const store::View& view, const std::string& customer_id) {
  v1::CustomerRow row;
  ASSIGN_OR_RETURN(const bool found, view.Read(kCustomers, customer_id, &row));
  if (found && row.registered()) return absl::OkStatus();
  return Refuse(Reason::kCustomerNotFound,
                absl::StrCat("customer '", customer_id, "' is not in the book"),
                {{"customer_id", customer_id}});
}

void ExpectDate(bool given, const google::type::Date& date, std::string_view field,
                FieldViolations& bad) {
  if (given) Expect(DayOf(date).status(), field, bad);
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

bool Wanted(const v1::ListEntriesRequest& request, const v1::EntryRow& row) {
  if (!request.account_id().empty() && row.account_id() != request.account_id()) return false;
  if (request.ledger_account().empty()) return true;
  const auto ledger = static_cast<uint32_t>(*postings::FindLedger(request.ledger_account()));
  return std::any_of(row.lines().begin(), row.lines().end(),
                     [&](const v1::PostedLine& line) { return line.ledger() == ledger; });
}

absl::Status Describe(const EntryId& id, v1::EntryRow& row, v1::Entry* entry) {
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
  for (v1::PostedLine& posted : *row.mutable_lines()) {
    v1::EntryLine& line = *entry->add_lines();
    line.set_ledger_account(std::string(NameOf(static_cast<Ledger>(posted.ledger()))));
    line.mutable_detail()->swap(*posted.mutable_detail());
    const int64_t amount = posted.amount_minor();
    google::type::Money& money = amount > 0 ? *line.mutable_debit() : *line.mutable_credit();
    SetMoney(amount > 0 ? amount : -amount, *currency, money);
  }
  return absl::OkStatus();
}

template <class Request>
const google::type::Date* NamedDay(const Request& request) {
  if constexpr (requires { request.as_of_date(); }) {
    return request.has_as_of_date() ? &request.as_of_date() : nullptr;
  } else {
    return request.has_end_date() ? &request.end_date() : nullptr;
  }
}

// A period that begins after today, and does not say where it ends.
absl::Status StartsAhead(int32_t today) {
  FieldViolations bad;
  bad.Add("end_date",
          absl::StrCat("is required: start_date is after today, ", FormatDay(DayOfEpoch(today))));
  return bad.ToStatus();
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
  if (request.page_size() < 0) bad.Add("page_size", "is negative");
  if (!request.customer_id().empty()) {
    Expect(CheckId(request.customer_id(), kMaxIdCharacters), "customer_id", bad);
  }
  if (!request.account_id().empty()) {
    if (request.customer_id().empty()) bad.Add("account_id", "needs customer_id");
    Expect(CheckId(request.account_id(), kMaxIdCharacters), "account_id", bad);
  }
  if (!request.ledger_account().empty()) ExpectLedger(request.ledger_account(), bad);
  ExpectDate(request.has_start_date(), request.start_date(), "start_date", bad);
  ExpectDate(request.has_end_date(), request.end_date(), "end_date", bad);
  const auto first = DayOf(request.start_date()), last = DayOf(request.end_date());
  if (request.has_start_date() && request.has_end_date() && first.ok() && last.ok() &&
      *last < *first) {
    bad.Add("end_date", "is before start_date");
  }
  return bad.ToStatus();
}

absl::Status JournalQueries::Answer(const v1::ListEntriesRequest& request, const Reading& reading,
                                    v1::ListEntriesResponse* response) {
  const bool of_one = !request.customer_id().empty();
  if (of_one) {
    RETURN_IF_ERROR(ExpectCustomer(*reading.partitions.front().view, request.customer_id()));
  }
  ASSIGN_OR_RETURN(const std::string after, AfterOf(request));
  ASSIGN_OR_RETURN(Days days, Days::Of(NamedDay(request), reading));
  if (!days.named() && request.has_start_date() && request.page_token().empty() &&
      EpochDay(request.start_date()) > days.none_after()) {
    return StartsAhead(days.none_after());
  }
  const int page_size =
      request.page_size() == 0 ? kDefaultPage : std::min(request.page_size(), kLargestPage);

  projection::MergedRows rows(reading, of_one ? kEntries.id : kByDay.id, store::Direction::kForward,
                              after);
  v1::EntryRow row;
  std::string last;
  size_t bytes = 0;
  for (int looked = 0; rows.valid(); rows.Next()) {
    const std::string_view key = rows.key();
    const std::optional<EntryId> id = of_one ? TakeEntryKey(key) : TakeByDayKey(key);
    if (!id.has_value()) return Malformed();
    if ((of_one && id->customer_id != request.customer_id()) || id->day > days.none_after()) break;
    if (response->entries_size() == page_size || looked == kMaxLooked || bytes >= kPageBytes) {
      response->set_next_page_token(projection::PageTokenFor(request, last));
      break;
    }
    if (++looked % kRowsPerDeadline == 0 && WallNow() >= reading.deadline) {
      return Refuse(Reason::kDeadlineExceeded, "the deadline came before the page was full");
    }
    last = key;
    if (of_one) {
      const std::string_view value = rows.value();
      if (!row.ParseFromArray(value.data(), static_cast<int>(value.size()))) return Malformed();
    } else {
      const store::View& view = *rows.partition().view;
      const std::string entry = EntryKey(id->customer_id, id->day, id->revision, id->part);
      ASSIGN_OR_RETURN(const bool found, view.Read(kEntries, entry, &row));
      if (!found) return Malformed();
    }
    if (!Wanted(request, row)) continue;
    ASSIGN_OR_RETURN(const bool counts, days.Count(*rows.partition().view, id->customer_id,
                                                   row.account_id(), id->day));
    if (!counts) continue;
    v1::Entry* entry = response->add_entries();
    RETURN_IF_ERROR(Describe(*id, row, entry));
    bytes += entry->ByteSizeLong();
  }
  RETURN_IF_ERROR(rows.status());
  projection::SetPosition(reading, response->mutable_position());
  return absl::OkStatus();
}

// ----------------------------------------------------------------------------------------- sums

namespace {

Sums SumsOf(const v1::PostedLine& line) {
  v1::SumRow row;
  AddAmount(line.amount_minor(), &row);
  return ValueOf(row);
}

// Sums of what was posted for one customer, out of their entries.
absl::Status AddSumsOf(const v1::GetLedgerAccountRequest& request, Ledger ledger,
                       const Reading& reading, Days& days, LedgerSums* sums) {
  const store::View& view = *reading.partitions.front().view;
  RETURN_IF_ERROR(ExpectCustomer(view, request.customer_id()));
  std::string prefix;
  store::AppendText(&prefix, request.customer_id());
  v1::EntryRow row;
  int looked = 0;
  absl::Status status;
  RETURN_IF_ERROR(view.Scan(kEntries.id, prefix, [&](std::string_view key, std::string_view bytes) {
    if (++looked % kRowsPerDeadline == 0 && WallNow() >= reading.deadline) {
      status = Refuse(Reason::kDeadlineExceeded, "the deadline came before all was read");
      return false;
    }
    const std::optional<EntryId> id = TakeEntryKey(key);
    if (!id.has_value() || !row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      status = Malformed();
      return false;
    }
    if (id->day > days.none_after()) return false;
    if (row.currency_code() != request.currency_code()) return true;
    const auto counts = days.Count(view, id->customer_id, row.account_id(), id->day);
    if (!counts.ok()) status = counts.status();
    if (!counts.ok() || !*counts) return counts.ok();
    for (const v1::PostedLine& line : row.lines()) {
      if (line.ledger() != static_cast<uint32_t>(ledger)) continue;
      (*sums)[{request.currency_code(), line.ledger(), line.detail()}].Add(SumsOf(line));
    }
    return true;
  }));
  return status;
}

// Takes off what does not count yet. Entries dated ahead are few, so they are looked at one by one.
absl::Status TakeOffAhead(const Reading& reading, Days& days, bool by_detail, LedgerSums* sums) {
  std::string after;
  AppendDay(&after, days.all() + 1);
  projection::MergedRows rows(reading, kByDay.id, store::Direction::kForward, after);
  v1::EntryRow row;
  for (int looked = 0; rows.valid(); rows.Next()) {
    if (++looked % kRowsPerDeadline == 0 && WallNow() >= reading.deadline) {
      return Refuse(Reason::kDeadlineExceeded, "the deadline came before all was read");
    }
    const std::optional<EntryId> id = TakeByDayKey(rows.key());
    if (!id.has_value()) return Malformed();
    const store::View& view = *rows.partition().view;
    ASSIGN_OR_RETURN(
        const bool found,
        view.Read(kEntries, EntryKey(id->customer_id, id->day, id->revision, id->part), &row));
    if (!found) return Malformed();
    ASSIGN_OR_RETURN(const bool counts,
                     days.Count(view, id->customer_id, row.account_id(), id->day));
    if (counts) continue;
    for (const v1::PostedLine& line : row.lines()) {
      const auto sum = sums->find(
          {row.currency_code(), line.ledger(), by_detail ? line.detail() : std::string()});
      if (sum != sums->end()) sum->second.Subtract(SumsOf(line));
    }
  }
  RETURN_IF_ERROR(rows.status());
  std::erase_if(*sums,
                [](const auto& sum) { return sum.second.debit == 0 && sum.second.credit == 0; });
  return absl::OkStatus();
}

// The sums by the day that was asked for: of all ledger accounts, or of those with this prefix.
absl::Status SumUp(const Reading& reading, Days& days, const std::string& prefix, bool by_detail,
                   LedgerSums* sums) {
  const SumsAsked asked{.prefix = prefix,
                        .everything = !days.named(),
                        .as_of_day = days.all(),
                        .by_detail = by_detail,
                        .deadline = reading.deadline};
  for (const PartitionReading& partition : reading.partitions) {
    RETURN_IF_ERROR(AddSums(*partition.view, asked, sums));
  }
  return days.named() ? absl::OkStatus() : TakeOffAhead(reading, days, by_detail, sums);
}

}  // namespace

absl::Status JournalQueries::Check(const v1::GetLedgerAccountRequest& request) {
  FieldViolations bad;
  ExpectLedger(request.ledger_account(), bad);
  if (Currency::Find(request.currency_code()) == nullptr) {
    bad.Add("currency_code", "is no ISO 4217 code in capitals such as EUR");
  }
  if (!request.customer_id().empty()) {
    Expect(CheckId(request.customer_id(), kMaxIdCharacters), "customer_id", bad);
  }
  ExpectDate(request.has_as_of_date(), request.as_of_date(), "as_of_date", bad);
  return bad.ToStatus();
}

absl::Status JournalQueries::Answer(const v1::GetLedgerAccountRequest& request,
                                    const Reading& reading,
                                    v1::GetLedgerAccountResponse* response) {
  const Ledger ledger = *postings::FindLedger(request.ledger_account());
  ASSIGN_OR_RETURN(const Currency* currency, CurrencyOf(request.currency_code()));
  ASSIGN_OR_RETURN(Days days, Days::Of(NamedDay(request), reading));
  LedgerSums sums;
  if (!request.customer_id().empty()) {
    RETURN_IF_ERROR(AddSumsOf(request, ledger, reading, days, &sums));
  } else {
    const std::string prefix = LedgerPrefix(request.currency_code(), ledger);
    RETURN_IF_ERROR(SumUp(reading, days, prefix, true, &sums));
  }
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
  projection::SetPosition(reading, response->mutable_position());
  return absl::OkStatus();
}

absl::Status JournalQueries::Check(const v1::GetTrialBalanceRequest& request) {
  FieldViolations bad;
  ExpectDate(request.has_as_of_date(), request.as_of_date(), "as_of_date", bad);
  return bad.ToStatus();
}

absl::Status JournalQueries::Answer(const v1::GetTrialBalanceRequest& request,
                                    const Reading& reading, v1::GetTrialBalanceResponse* response) {
  ASSIGN_OR_RETURN(Days days, Days::Of(NamedDay(request), reading));
  LedgerSums sums;
  RETURN_IF_ERROR(SumUp(reading, days, "", false, &sums));
  for (const auto& [key, sum] : sums) {
    ASSIGN_OR_RETURN(const Currency* currency, CurrencyOf(key.currency_code));
    v1::TrialBalanceRow* row = response->add_rows();
    row->set_ledger_account(std::string(NameOf(static_cast<Ledger>(key.ledger))));
    row->set_currency_code(key.currency_code);
    Write(sum, *currency, row);
  }
  projection::SetPosition(reading, response->mutable_position());
  return absl::OkStatus();
}

}  // namespace daybook::journal
