#include <algorithm>
#include <string>
#include <vector>

#include "common/base/dates.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/projection/kit/amount_writer.h"
#include "common/projection/kit/checks.h"
#include "projections/balances/queries.h"
#include "projections/balances/request_args.h"
#include "projections/balances/statement.h"

namespace daybook::balances {
namespace {

using projection::AmountWriter;
using projection::Reading;

void WriteLine(const AccountHistory& history, const StatementLine& line, Int128 balance,
               const Currency& currency, v1::StatementEntry* out) {
  const StatementText text = TextOf(history, line);
  SetDate(line.entry->day, out->mutable_date());
  out->set_kind(text.kind);
  out->set_document_id(text.document_id);
  out->set_number(text.number);
  out->set_write_off_reason(text.write_off_reason);
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

absl::Status BalancesQueries::Check(const v1::ListStatementEntriesRequest& request) {
  FieldViolations bad;
  projection::CheckCustomerId(request.customer_id(), bad);
  projection::CheckAnyId(request.account_id(), "account_id", bad);
  projection::CheckPeriod(request, bad);
  projection::CheckReadTime(request.has_read_time() ? &request.read_time() : nullptr, bad);
  projection::CheckPageSize(request.page_size(), bad);
  return bad.ToStatus();
}

absl::Status BalancesQueries::Answer(const v1::ListStatementEntriesRequest& request,
                                     const Reading& reading,
                                     v1::ListStatementEntriesResponse* response) {
  const projection::PartitionReading& own = reading.partitions.front();
  projection::TwoClocks clocks = projection::ClocksOf(request, reading.now, own);
  ASSIGN_OR_RETURN(const Page page, PageOf(request, clocks.read_us, own));
  HistoryOfAccount& account = ScratchHistory();
  ASSIGN_OR_RETURN(const rows::AccountHead* head,
                   FindAccountHistory(request, *own.view, page.read_us, &account));
  const AccountHistory& history = account.history;
  const int32_t first =
      request.has_start_date() ? EpochDay(*DayOf(request.start_date())) : -kEveryDay;
  const int32_t last = page.DayOf(clocks.day, head->time_zone());
  if (first > last) return projection::StartsAhead(last);

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
  if (end < count) response->set_next_page_token(page.TokenFor(request, end, last));
  return absl::OkStatus();
}

}  // namespace daybook::balances
