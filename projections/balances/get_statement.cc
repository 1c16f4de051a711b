#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/fields.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/projection/kit/amount_writer.h"
#include "projections/balances/queries.h"
#include "projections/balances/request_args.h"
#include "projections/balances/statement.h"

namespace daybook::balances {
namespace {

using projection::AmountWriter;
using projection::Reading;

// A period that begins after today, and does not say where it ends.
absl::Status StartsAhead(int32_t today) {
  FieldViolations bad;
  bad.Add("end_date",
          absl::StrCat("is required: start_date is after today, ", FormatDay(DayOfEpoch(today))));
  return bad.ToStatus();
}

void WriteLine(const AccountHistory& history, const StatementLine& line, Int128 balance,
               const Currency& currency, v1::StatementEntry* out) {
  const StatementText text = TextOf(history, line);
  SetDate(line.entry->day, out->mutable_date());
  out->set_kind(text.kind);
  out->set_document_id(text.document_id);
  out->set_number(text.number);
  out->set_document(text.number.empty() ? text.document_id : text.number);
  out->set_reason(text.reason);
  out->set_invoice_number(text.invoice_number);
  const AmountWriter money(currency, out);
  if (line.is_debit()) {
    money.Write(line.debit, out->mutable_debit());
  } else {
    money.Write(line.credit, out->mutable_credit());
  }
  money.Write(balance, out->mutable_balance());
}

}  // namespace

absl::Status BalancesQueries::Check(const v1::GetStatementRequest& request) {
  FieldViolations bad;
  CheckCustomer(request.customer_id(), &bad);
  CheckAnyId("account_id", request.account_id(), &bad);
  CheckDate("start_date", request.has_start_date(), request.start_date(), &bad);
  CheckDate("end_date", request.has_end_date(), request.end_date(), &bad);
  const auto first = DayOf(request.start_date()), last = DayOf(request.end_date());
  if (request.has_start_date() && request.has_end_date() && first.ok() && last.ok() &&
      *last < *first) {
    bad.Add("end_date", "must not be before start_date");
  }
  CheckTime(request.has_read_time(), request.read_time(), &bad);
  CheckPage(request.page_size(), &bad);
  return bad.ToStatus();
}

absl::Status BalancesQueries::Answer(const v1::GetStatementRequest& request, const Reading& reading,
                                     v1::GetStatementResponse* response) {
  ASSIGN_OR_RETURN(Asked asked, AskedBy(request, reading));
  ASSIGN_OR_RETURN(const Page page, PageOf(request, request.page_size(), request.page_token(),
                                           asked.read_us, reading));
  HistoryOfAccount& account = ScratchHistory();
  ASSIGN_OR_RETURN(const v1::AccountHead* head,
                   FindAccountHistory(request, reading, page.read_us, &account));
  const AccountHistory& history = account.history;
  const int32_t first =
      request.has_start_date() ? EpochDay(*DayOf(request.start_date())) : -kEveryDay;
  const int32_t last = DayOfPage(page, asked.day, head->time_zone());
  if (first > last) return StartsAhead(last);

  Statement statement;
  MakeStatement(history, first, last, &statement);
  const std::vector<StatementLine>& lines = statement.lines;

  ASSIGN_OR_RETURN(const Currency* currency, projection::CurrencyOf(head->currency_code()));
  const AmountWriter money(*currency, response);
  const auto count = static_cast<int64_t>(lines.size());
  const int64_t end = std::min(count, page.index + page.size);
  Int128 balance = statement.opening;
  for (int64_t i = 0; i < end; ++i) {
    balance += lines[i].debit - lines[i].credit;
    if (i >= page.index) {
      WriteLine(history, lines[i], balance, *currency, response->add_entries());
    }
  }
  money.Write(statement.opening, response->mutable_opening());
  money.Write(statement.closing(), response->mutable_closing());
  money.Write(statement.debits, response->mutable_debits());
  money.Write(statement.credits, response->mutable_credits());
  if (end < count) response->set_next_page_token(page.TokenFor(end, last));
  SetPosition(reading, asked.read_us, response->mutable_position());
  return absl::OkStatus();
}

}  // namespace daybook::balances
