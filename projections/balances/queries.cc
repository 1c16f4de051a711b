#include "projections/balances/queries.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/fields.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/projection/kit/amount_writer.h"
#include "projections/balances/packed_id.h"
#include "projections/balances/request_args.h"
#include "projections/balances/statement.h"
#include "projections/balances/totals.h"

namespace daybook::balances {
namespace {

using projection::AmountWriter;
using projection::Reading;

// ---------------------------------------------------------------------------------------- checks

// One that may be left out.
void CheckAnyId(std::string_view field, const std::string& id, FieldViolations* bad) {
  if (!id.empty()) Expect(CheckId(id, kMaxIdCharacters), field, *bad);
}

void CheckCustomer(const std::string& customer_id, FieldViolations* bad) {
  Expect(CheckId(customer_id, kMaxIdCharacters), "customer_id", *bad);
}

void CheckDate(std::string_view field, bool given, const google::type::Date& date,
               FieldViolations* bad) {
  if (!given) return;
  const absl::StatusOr<absl::CivilDay> day = DayOf(date);
  if (!day.ok()) bad->Add(field, std::string(day.status().message()));
}

// The range of google.protobuf.Timestamp.
void CheckTime(bool given, const google::protobuf::Timestamp& time, FieldViolations* bad) {
  constexpr int64_t kFirst = -62'135'596'800, kLast = 253'402'300'799;
  if (!given) return;
  if (time.seconds() < kFirst || time.seconds() > kLast || time.nanos() < 0 ||
      time.nanos() > 999'999'999) {
    bad->Add("read_time", "must be a time of the years 1 to 9999");
  }
}

void CheckPage(int32_t page_size, FieldViolations* bad) {
  if (page_size < 0) bad->Add("page_size", "must not be negative");
}

template <class Request>
void CheckClocks(const Request& request, FieldViolations* bad) {
  CheckDate("as_of_date", request.has_as_of_date(), request.as_of_date(), bad);
  CheckTime(request.has_read_time(), request.read_time(), bad);
}

// ------------------------------------------------------------------------------------------ parts

// Memory that queries of one thread use again.
HistoryOfAccount& ScratchHistory() {
  thread_local HistoryOfAccount history;
  return history;
}
v1::CustomerRow& ScratchRow() {
  thread_local v1::CustomerRow row;
  return row;
}
Standing& ScratchStanding() {
  thread_local Standing standing;
  return standing;
}

// What a balance says, whatever it was computed from.
struct Figures {
  Int128 received = 0, receivable = 0, allocated = 0, refunded = 0, reversed = 0;
  Int128 note_applied = 0, note_unapplied = 0, written_off = 0, written_off_tax = 0;
  Int128 claimed = 0, credit_written_off = 0, discounted = 0, discounted_tax = 0;
  int64_t invoice_count = 0, payment_count = 0, open_invoice_count = 0;
  int64_t void_invoice_count = 0, credit_note_count = 0, debit_note_count = 0;

  Int128 invoiced() const {
    return receivable + note_applied + written_off + discounted + allocated - claimed;
  }
  Int128 unapplied() const {
    return received + note_unapplied - allocated - refunded - reversed - credit_written_off;
  }
};

Figures FiguresOf(const v1::AccountHead& head) {
  return {.received = head.received_minor(),
          .receivable = head.open_minor(),
          .allocated = head.allocated_minor(),
          .refunded = head.refunded_minor(),
          .reversed = head.reversed_minor(),
          .note_applied = head.note_applied_minor(),
          .note_unapplied = head.note_unapplied_minor(),
          .written_off = head.written_off_minor(),
          .written_off_tax = head.written_off_tax_minor(),
          .claimed = head.claimed_minor(),
          .credit_written_off = head.credit_written_off_minor(),
          .discounted = head.discounted_minor(),
          .discounted_tax = head.discounted_tax_minor(),
          .invoice_count = head.invoice_count(),
          .payment_count = head.payment_count(),
          .open_invoice_count = head.open_invoice_count(),
          .void_invoice_count = head.void_invoice_count(),
          .credit_note_count = head.credit_note_count(),
          .debit_note_count = head.debit_note_count()};
}

Figures FiguresOf(const Standing& standing) {
  const Sums& sums = standing.sums;
  return {.received = sums.received,
          .receivable = sums.receivable(),
          .allocated = sums.allocated(),
          .refunded = sums.refunded,
          .reversed = sums.reversed,
          .note_applied = sums.credited() - sums.note_unapplied,
          .note_unapplied = sums.note_unapplied,
          .written_off = sums.written_off(),
          .written_off_tax = sums.relief.standing(),
          .claimed = sums.claimed,
          .credit_written_off = sums.residue_income(),
          .discounted = sums.discounted(),
          .discounted_tax = sums.discount_relief.standing(),
          .invoice_count = sums.invoice_count - sums.void_invoice_count,
          .payment_count = sums.payment_count,
          .open_invoice_count = standing.open_invoice_count,
          .void_invoice_count = sums.void_invoice_count,
          .credit_note_count = sums.credit_note_count,
          .debit_note_count = sums.debit_note_count};
}

const google::type::Date& SetDate(int32_t day, google::type::Date* date) {
  *date = DateOf(DayOfEpoch(day));
  return *date;
}

// Everything in the view was known then.
bool KnewAll(int64_t read_us, const store::View& view) {
  return read_us >= view.position().recorded_time_us;
}

// The day that a page of an account's list goes up to: all pages go as far as the first.
int32_t DayOfPage(const Page& page, projection::DayAsked& day, const std::string& time_zone) {
  return page.day.has_value() ? *page.day : day.In(time_zone);
}

}  // namespace

absl::Status BalancesQueries::Check(const v1::GetBalanceRequest& request) {
  FieldViolations bad;
  CheckCustomer(request.customer_id(), &bad);
  CheckAnyId("account_id", request.account_id(), &bad);
  CheckClocks(request, &bad);
  return bad.ToStatus();
}

absl::Status BalancesQueries::Check(const v1::ListOpenItemsRequest& request) {
  FieldViolations bad;
  CheckCustomer(request.customer_id(), &bad);
  CheckAnyId("account_id", request.account_id(), &bad);
  CheckClocks(request, &bad);
  CheckPage(request.page_size(), &bad);
  return bad.ToStatus();
}

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

absl::Status BalancesQueries::Check(const v1::GetAgeingRequest& request) {
  FieldViolations bad;
  CheckAnyId("customer_id", request.customer_id(), &bad);
  CheckAnyId("account_id", request.account_id(), &bad);
  if (request.customer_id().empty() && !request.account_id().empty()) {
    bad.Add("account_id", "needs a customer_id");
  }
  CheckClocks(request, &bad);
  return bad.ToStatus();
}

absl::Status BalancesQueries::Check(const v1::GetTrialBalanceRequest& request) {
  FieldViolations bad;
  CheckClocks(request, &bad);
  return bad.ToStatus();
}

// ---------------------------------------------------------------------------------------- balance

absl::Status BalancesQueries::Answer(const v1::GetBalanceRequest& request, const Reading& reading,
                                     v1::GetBalanceResponse* response) {
  ASSIGN_OR_RETURN(Asked asked, AskedBy(request, reading));
  const store::View& view = *reading.partitions.front().view;
  ASSIGN_OR_RETURN(
      const v1::AccountHead* head,
      FindAccount(view, request.customer_id(), request.account_id(), asked.read_us, &ScratchRow()));
  const int32_t as_of_day = asked.day.In(head->time_zone());
  Figures figures;
  if (KnewAll(asked.read_us, view) && Counts(head->last_day(), as_of_day)) {
    figures = FiguresOf(*head);
  } else {
    HistoryOfAccount& account = ScratchHistory();
    RETURN_IF_ERROR(
        ReadHistory(view, request.customer_id(), head->account_id(), asked.read_us, &account));
    StandAt(account.history, as_of_day, &ScratchStanding());
    figures = FiguresOf(ScratchStanding());
  }
  const Int128 unapplied = figures.unapplied();
  ASSIGN_OR_RETURN(const Currency* currency, projection::CurrencyOf(head->currency_code()));
  const AmountWriter money(*currency, response);
  response->set_account_id(head->account_id());
  money.Write(figures.invoiced(), response->mutable_invoiced());
  money.Write(figures.received, response->mutable_received());
  money.Write(figures.receivable, response->mutable_receivable());
  money.Write(unapplied, response->mutable_unapplied());
  money.Write(figures.receivable - unapplied, response->mutable_balance());
  money.Write(figures.allocated, response->mutable_allocated());
  money.Write(figures.refunded, response->mutable_refunded());
  money.Write(figures.reversed, response->mutable_reversed());
  money.Write(figures.note_applied + figures.note_unapplied, response->mutable_credited());
  money.Write(figures.written_off, response->mutable_written_off());
  money.Write(figures.written_off_tax, response->mutable_written_off_tax());
  money.Write(figures.discounted, response->mutable_discounted());
  money.Write(figures.discounted_tax, response->mutable_discounted_tax());
  money.Write(figures.claimed, response->mutable_claimed());
  money.Write(figures.credit_written_off, response->mutable_credit_written_off());
  response->set_invoice_count(figures.invoice_count);
  response->set_payment_count(figures.payment_count);
  response->set_open_invoice_count(figures.open_invoice_count);
  response->set_void_invoice_count(figures.void_invoice_count);
  response->set_credit_note_count(figures.credit_note_count);
  response->set_debit_note_count(figures.debit_note_count);
  SetPosition(reading, asked.read_us, response->mutable_position());
  return absl::OkStatus();
}

// The account that a request names, as known at `read_us`, and its whole journal. The head is good
// until the next look-up of this thread.
template <class Request>
static absl::StatusOr<const v1::AccountHead*> FindAccountHistory(const Request& request,
                                                                 const Reading& reading,
                                                                 int64_t read_us,
                                                                 HistoryOfAccount* account) {
  const store::View& view = *reading.partitions.front().view;
  ASSIGN_OR_RETURN(
      const v1::AccountHead* head,
      FindAccount(view, request.customer_id(), request.account_id(), read_us, &ScratchRow()));
  RETURN_IF_ERROR(ReadHistory(view, request.customer_id(), head->account_id(), read_us, account));
  return head;
}

// ------------------------------------------------------------------------------------- open items

absl::Status BalancesQueries::Answer(const v1::ListOpenItemsRequest& request,
                                     const Reading& reading, v1::ListOpenItemsResponse* response) {
  ASSIGN_OR_RETURN(Asked asked, AskedBy(request, reading));
  ASSIGN_OR_RETURN(const Page page, PageOf(request, request.page_size(), request.page_token(),
                                           asked.read_us, reading));
  HistoryOfAccount& account = ScratchHistory();
  ASSIGN_OR_RETURN(const v1::AccountHead* head,
                   FindAccountHistory(request, reading, page.read_us, &account));
  const std::vector<HistoryInvoice>& invoices = account.history.invoices;
  const int32_t as_of_day = DayOfPage(page, asked.day, head->time_zone());
  Standing& standing = ScratchStanding();
  StandAt(account.history, as_of_day, &standing);

  std::vector<uint32_t> open;
  for (uint32_t i = 0; i < invoices.size(); ++i) {
    if (Counts(invoices[i].day, as_of_day) && standing.open_minor[i] != 0) open.push_back(i);
  }
  std::sort(open.begin(), open.end(), [&](uint32_t a, uint32_t b) {
    const HistoryInvoice& x = invoices[a];
    const HistoryInvoice& y = invoices[b];
    return std::tie(x.due_day, x.day, x.number, a) < std::tie(y.due_day, y.day, y.number, b);
  });
  const std::vector<int64_t> discounts = DiscountsAt(account.history, as_of_day, standing);
  ASSIGN_OR_RETURN(const Currency* currency, projection::CurrencyOf(head->currency_code()));
  const auto end = std::min<int64_t>(static_cast<int64_t>(open.size()), page.index + page.size);
  for (int64_t i = page.index; i < end; ++i) {
    const HistoryInvoice& invoice = invoices[open[i]];
    v1::OpenItem* item = response->add_items();
    item->set_invoice_id(UnpackId(invoice.id));
    item->set_kind(invoice.debit_note ? "DEBIT_NOTE" : "INVOICE");
    item->set_number(FormatNumber(invoice.number));
    SetDate(invoice.day, item->mutable_invoice_date());
    SetDate(invoice.due_day, item->mutable_due_date());
    SetMoney(invoice.total_minor, *currency, *item->mutable_total());
    SetMoney(standing.open_minor[open[i]], *currency, *item->mutable_open());
    if (discounts.empty() || discounts[open[i]] == 0) continue;
    SetMoney(discounts[open[i]], *currency, *item->mutable_discount());
    SetDate(invoice.offer_day, item->mutable_discount_date());
  }
  if (end < static_cast<int64_t>(open.size())) {
    response->set_next_page_token(page.TokenFor(end, as_of_day));
  }
  SetPosition(reading, asked.read_us, response->mutable_position());
  return absl::OkStatus();
}

// -------------------------------------------------------------------------------------- statement

namespace {

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

// ----------------------------------------------------------------------------------------- ageing

namespace {

absl::Status WriteAges(const std::string& currency_code, const Ages& ages, v1::Ageing* row) {
  ASSIGN_OR_RETURN(const Currency* currency, projection::CurrencyOf(currency_code));
  const AmountWriter money(*currency, row);
  row->set_currency_code(currency_code);
  google::type::Money* const columns[kAgeColumns] = {
      row->mutable_not_due(),    row->mutable_days_1_30(),   row->mutable_days_31_60(),
      row->mutable_days_61_90(), row->mutable_days_91_120(), row->mutable_days_over_120()};
  for (int i = 0; i < kAgeColumns; ++i) money.Write(ages.column[i], columns[i]);
  money.Write(-ages.unapplied, row->mutable_unapplied());
  money.Write(ages.balance(), row->mutable_balance());
  return absl::OkStatus();
}

}  // namespace

absl::Status BalancesQueries::Answer(const v1::GetAgeingRequest& request, const Reading& reading,
                                     v1::GetAgeingResponse* response) {
  ASSIGN_OR_RETURN(Asked asked, AskedBy(request, reading));
  const auto add = [&](const v1::AccountTail& tail, const AccountHistory& history,
                       Standing& standing, Ages& ages) {
    const int32_t day = asked.day.In(tail.time_zone());
    StandAt(history, day, &standing);
    AddAges(history, standing, day, &ages);
  };
  std::map<std::string, Ages> by_currency;
  Standing& standing = ScratchStanding();
  if (!request.customer_id().empty()) {
    HistoryOfAccount& account = ScratchHistory();
    ASSIGN_OR_RETURN(const v1::AccountHead* head,
                     FindAccountHistory(request, reading, asked.read_us, &account));
    add(account.tail, account.history, standing, by_currency[head->currency_code()]);
  } else {
    for (const projection::PartitionReading& partition : reading.partitions) {
      RETURN_IF_ERROR(ScanAccounts(*partition.view, asked.read_us, reading.deadline,
                                   [&](const v1::AccountTail& tail, const AccountHistory& history) {
                                     add(tail, history, standing,
                                         by_currency[tail.currency_code()]);
                                   }));
    }
  }
  for (const auto& [currency, ages] : by_currency) {
    RETURN_IF_ERROR(WriteAges(currency, ages, response->add_rows()));
  }
  SetPosition(reading, asked.read_us, response->mutable_position());
  return absl::OkStatus();
}

// ---------------------------------------------------------------------------------- trial balance

namespace {

struct LedgerLine {
  const char* account;
  Int128 debit, credit;
};

// A column below zero is one on the other side: what a reversal took back on a day before that on
// which it had been free.
LedgerLine AboveZero(LedgerLine line) {
  if (line.debit < 0) line.credit -= std::exchange(line.debit, 0);
  if (line.credit < 0) line.debit -= std::exchange(line.credit, 0);
  return line;
}

// The posting table (balances.h), summed; in order of name.
std::vector<LedgerLine> LedgerOf(const Sums& sums) {
  const Int128 notes_applied = sums.credited() - sums.note_unapplied;
  Losses relief = sums.relief;
  relief += sums.discount_relief;
  Losses all = relief;
  for (const Losses& losses : sums.losses) all += losses;
  const auto lost = [&](const char* name, LossReason reason) {
    const Losses& losses = sums.losses[reason];
    return LedgerLine{name, losses.written_off, losses.recovered + losses.voided};
  };
  return {
      {"cash", sums.received + sums.loss_recovered,
       sums.refunded + sums.reversed + sums.claimed + sums.lost},
      lost("credit_losses_bad_debt", kBadDebt),
      lost("credit_losses_normal", kNormal),
      lost("credit_losses_overdue", kOverdue),
      AboveZero(
          {"customer_deposits",
           sums.applied + sums.refunded + sums.reversed - sums.reversed_allocated +
               sums.credit_written_off,
           sums.received - sums.put + sums.note_unapplied + sums.released + sums.credit_restored}),
      {"payment_losses", sums.lost, sums.loss_recovered},
      {"receivable",
       sums.net + sums.tax + sums.claimed + all.recovered + sums.released + sums.reversed_allocated,
       sums.put + sums.applied + sums.voided() - all.voided + all.written_off + notes_applied},
      {"residue_income", sums.credit_restored, sums.credit_written_off},
      {"revenue", sums.voided_net + sums.note_net + sums.net_below, sums.net + sums.net_below},
      lost("sales_discounts", kEarlyPayment),
      {"tax_payable", sums.voided_tax + sums.note_tax + sums.tax_below + relief.written_off,
       sums.tax + sums.tax_below + relief.recovered + relief.voided}};
}

absl::Status WriteTotals(const std::string& currency_code, const CurrencySums& total,
                         v1::GetTrialBalanceResponse* response) {
  ASSIGN_OR_RETURN(const Currency* currency, projection::CurrencyOf(currency_code));
  const Sums& sums = total.sums;
  for (const LedgerLine& line : LedgerOf(sums)) {
    v1::TrialBalanceRow* row = response->add_rows();
    row->set_ledger_account(line.account);
    row->set_currency_code(currency_code);
    const AmountWriter money(*currency, row);
    money.Write(line.debit, row->mutable_debit());
    money.Write(line.credit, row->mutable_credit());
    money.Write(line.debit - line.credit, row->mutable_balance());
  }
  v1::ControlTotals* control = response->add_totals();
  control->set_currency_code(currency_code);
  const AmountWriter money(*currency, control);
  money.Write(sums.invoiced(), control->mutable_invoiced());
  money.Write(sums.received, control->mutable_received());
  money.Write(sums.receivable(), control->mutable_receivable());
  money.Write(sums.unapplied(), control->mutable_unapplied());
  money.Write(sums.allocated(), control->mutable_allocated());
  money.Write(sums.refunded, control->mutable_refunded());
  money.Write(sums.reversed, control->mutable_reversed());
  money.Write(sums.credited(), control->mutable_credited());
  money.Write(sums.written_off(), control->mutable_written_off());
  money.Write(sums.relief.standing(), control->mutable_written_off_tax());
  money.Write(sums.discounted(), control->mutable_discounted());
  money.Write(sums.discount_relief.standing(), control->mutable_discounted_tax());
  money.Write(sums.claimed, control->mutable_claimed());
  money.Write(sums.lost - sums.loss_recovered, control->mutable_lost());
  money.Write(sums.residue_income(), control->mutable_credit_written_off());
  control->set_invoice_count(sums.invoice_count - sums.void_invoice_count);
  control->set_payment_count(sums.payment_count);
  control->set_void_invoice_count(sums.void_invoice_count);
  control->set_credit_note_count(sums.credit_note_count);
  control->set_debit_note_count(sums.debit_note_count);
  control->set_account_count(total.account_count);
  return absl::OkStatus();
}

}  // namespace

absl::Status BalancesQueries::Answer(const v1::GetTrialBalanceRequest& request,
                                     const Reading& reading,
                                     v1::GetTrialBalanceResponse* response) {
  ASSIGN_OR_RETURN(Asked asked, AskedBy(request, reading));
  std::vector<std::shared_ptr<const store::View>> views;
  bool present = true;
  for (const projection::PartitionReading& partition : reading.partitions) {
    views.push_back(partition.view);
    present = present && KnewAll(asked.read_us, *partition.view);
  }
  if (present) {
    ASSIGN_OR_RETURN(present, AllCount(views, asked.day));
  }
  ASSIGN_OR_RETURN(
      const AllTotals all,
      present ? ReadTotals(views) : ScanTotals(views, asked.day, asked.read_us, reading.deadline));
  for (const auto& [currency, sums] : all.currencies) {
    RETURN_IF_ERROR(WriteTotals(currency, sums, response));
  }
  response->set_customer_count(all.customer_count);
  SetPosition(reading, asked.read_us, response->mutable_position());
  return absl::OkStatus();
}

}  // namespace daybook::balances
