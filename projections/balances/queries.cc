#include "projections/balances/queries.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/status.h"
#include "projections/balances/asked.h"
#include "projections/balances/totals.h"

namespace daybook::balances {
namespace {

using projection::Reading;

constexpr size_t kMaxIdBytes = 64;

// ---------------------------------------------------------------------------------------- checks

void CheckId(std::string_view field, const std::string& id, FieldViolations* bad) {
  if (id.size() > kMaxIdBytes) bad->Add(field, "at most 64 bytes");
}

void CheckCustomer(const std::string& customer_id, FieldViolations* bad) {
  if (customer_id.empty()) bad->Add("customer_id", "is required");
  CheckId("customer_id", customer_id, bad);
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
AccountJournal& ScratchJournal() {
  thread_local AccountJournal journal;
  return journal;
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
  Int128 received = 0, receivable = 0, allocated = 0;
  int64_t invoice_count = 0, payment_count = 0, open_invoice_count = 0;
};

Figures FiguresOf(const v1::AccountHead& head) {
  return {head.received_minor(), head.open_minor(),    head.allocated_minor(),
          head.invoice_count(),  head.payment_count(), head.open_invoice_count()};
}

Figures FiguresOf(const Standing& standing) {
  const Sums& sums = standing.sums;
  return {sums.received,      sums.receivable(),  sums.allocated + sums.applied,
          sums.invoice_count, sums.payment_count, standing.open_invoice_count};
}

const google::type::Date& SetDate(int32_t day, google::type::Date* date) {
  *date = DateOf(DayOfNumber(day));
  return *date;
}

// The clocks ask for nothing but what the head says.
bool IsPresent(const Clocks& clocks, const store::View& view) {
  return clocks.as_of_day == kEveryDay && clocks.read_us >= view.position().recorded_time_us;
}

}  // namespace

absl::Status BalancesQueries::Check(const v1::GetBalanceRequest& request) {
  FieldViolations bad;
  CheckCustomer(request.customer_id(), &bad);
  CheckId("account_id", request.account_id(), &bad);
  CheckClocks(request, &bad);
  return bad.ToStatus();
}

absl::Status BalancesQueries::Check(const v1::ListOpenItemsRequest& request) {
  FieldViolations bad;
  CheckCustomer(request.customer_id(), &bad);
  CheckId("account_id", request.account_id(), &bad);
  CheckClocks(request, &bad);
  CheckPage(request.page_size(), &bad);
  return bad.ToStatus();
}

absl::Status BalancesQueries::Check(const v1::GetStatementRequest& request) {
  FieldViolations bad;
  CheckCustomer(request.customer_id(), &bad);
  CheckId("account_id", request.account_id(), &bad);
  CheckDate("start_date", request.has_start_date(), request.start_date(), &bad);
  CheckDate("end_date", request.has_end_date(), request.end_date(), &bad);
  if (bad.empty() && request.has_start_date() && request.has_end_date() &&
      *DayOf(request.end_date()) < *DayOf(request.start_date())) {
    bad.Add("end_date", "must not be before start_date");
  }
  CheckTime(request.has_read_time(), request.read_time(), &bad);
  CheckPage(request.page_size(), &bad);
  return bad.ToStatus();
}

absl::Status BalancesQueries::Check(const v1::GetAgeingRequest& request) {
  FieldViolations bad;
  CheckId("customer_id", request.customer_id(), &bad);
  CheckId("account_id", request.account_id(), &bad);
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
  ASSIGN_OR_RETURN(const Clocks clocks, ClocksOf(request, reading));
  const store::View& view = *reading.partitions.front().view;
  ASSIGN_OR_RETURN(const v1::AccountHead* head,
                   FindAccount(view, request.customer_id(), request.account_id(), clocks.read_us,
                               &ScratchRow()));
  Figures figures;
  if (IsPresent(clocks, view)) {
    figures = FiguresOf(*head);
  } else {
    AccountJournal& account = ScratchJournal();
    RETURN_IF_ERROR(
        ReadJournal(view, request.customer_id(), head->account_id(), clocks.read_us, &account));
    StandAt(account.journal, clocks.as_of_day, &ScratchStanding());
    figures = FiguresOf(ScratchStanding());
  }
  const Int128 unapplied = figures.received - figures.allocated;
  ASSIGN_OR_RETURN(const MoneyWriter money, MoneyWriter::For(head->currency_code()));
  response->set_account_id(head->account_id());
  RETURN_IF_ERROR(
      money.Write(figures.receivable + figures.allocated, response->mutable_invoiced()));
  RETURN_IF_ERROR(money.Write(figures.received, response->mutable_received()));
  RETURN_IF_ERROR(money.Write(figures.receivable, response->mutable_receivable()));
  RETURN_IF_ERROR(money.Write(unapplied, response->mutable_unapplied()));
  RETURN_IF_ERROR(money.Write(figures.receivable - unapplied, response->mutable_balance()));
  response->set_invoice_count(figures.invoice_count);
  response->set_payment_count(figures.payment_count);
  response->set_open_invoice_count(figures.open_invoice_count);
  SetPosition(reading, clocks.read_us, response->mutable_position());
  return absl::OkStatus();
}

// The account that a request names, as known at `read_us`, and its whole journal. The head is good
// until the next look-up of this thread.
template <class Request>
static absl::StatusOr<const v1::AccountHead*> FindAccountJournal(const Request& request,
                                                                 const Reading& reading,
                                                                 int64_t read_us,
                                                                 AccountJournal* account) {
  const store::View& view = *reading.partitions.front().view;
  ASSIGN_OR_RETURN(
      const v1::AccountHead* head,
      FindAccount(view, request.customer_id(), request.account_id(), read_us, &ScratchRow()));
  RETURN_IF_ERROR(ReadJournal(view, request.customer_id(), head->account_id(), read_us, account));
  return head;
}

// ------------------------------------------------------------------------------------- open items

absl::Status BalancesQueries::Answer(const v1::ListOpenItemsRequest& request,
                                     const Reading& reading, v1::ListOpenItemsResponse* response) {
  ASSIGN_OR_RETURN(const Clocks clocks, ClocksOf(request, reading));
  ASSIGN_OR_RETURN(const Page page, PageOf(request, request.page_size(), request.page_token(),
                                           clocks.read_us, reading));
  AccountJournal& account = ScratchJournal();
  ASSIGN_OR_RETURN(const v1::AccountHead* head,
                   FindAccountJournal(request, reading, page.read_us, &account));
  const std::vector<JournalInvoice>& invoices = account.journal.invoices;
  Standing& standing = ScratchStanding();
  StandAt(account.journal, clocks.as_of_day, &standing);

  std::vector<uint32_t> open;
  for (uint32_t i = 0; i < invoices.size(); ++i) {
    if (Counts(invoices[i].day, clocks.as_of_day) && standing.open_minor[i] != 0) open.push_back(i);
  }
  std::sort(open.begin(), open.end(), [&](uint32_t a, uint32_t b) {
    const JournalInvoice& x = invoices[a];
    const JournalInvoice& y = invoices[b];
    return std::tie(x.due_day, x.day, x.number, a) < std::tie(y.due_day, y.day, y.number, b);
  });
  ASSIGN_OR_RETURN(const MoneyWriter money, MoneyWriter::For(head->currency_code()));
  const auto end = std::min<int64_t>(static_cast<int64_t>(open.size()), page.index + page.size);
  for (int64_t i = page.index; i < end; ++i) {
    const JournalInvoice& invoice = invoices[open[i]];
    v1::OpenItem* item = response->add_items();
    item->set_invoice_id(UnpackId(invoice.id));
    item->set_number(FormatNumber(invoice.number));
    SetDate(invoice.day, item->mutable_invoice_date());
    SetDate(invoice.due_day, item->mutable_due_date());
    RETURN_IF_ERROR(money.Write(invoice.total_minor, item->mutable_total()));
    RETURN_IF_ERROR(money.Write(standing.open_minor[open[i]], item->mutable_open()));
  }
  if (end < static_cast<int64_t>(open.size())) {
    response->set_next_page_token(page.TokenFor(end));
  }
  SetPosition(reading, clocks.read_us, response->mutable_position());
  return absl::OkStatus();
}

// -------------------------------------------------------------------------------------- statement

absl::Status BalancesQueries::Answer(const v1::GetStatementRequest& request, const Reading& reading,
                                     v1::GetStatementResponse* response) {
  ASSIGN_OR_RETURN(const Clocks clocks, ClocksOf(request, reading));
  ASSIGN_OR_RETURN(const Page page, PageOf(request, request.page_size(), request.page_token(),
                                           clocks.read_us, reading));
  AccountJournal& account = ScratchJournal();
  ASSIGN_OR_RETURN(const v1::AccountHead* head,
                   FindAccountJournal(request, reading, page.read_us, &account));
  const Journal& journal = account.journal;
  const int32_t first =
      request.has_start_date() ? DayNumber(*DayOf(request.start_date())) : -kEveryDay;
  const int32_t last = request.has_end_date() ? DayNumber(*DayOf(request.end_date())) : kEveryDay;

  // Invoices and payments; what money was put on does not change what is owed.
  std::vector<const JournalEntry*> lines;
  Int128 opening = 0, debits = 0, credits = 0;
  const auto amount = [&](const JournalEntry& entry) -> Int128 {
    return entry.kind == Kind::kInvoice ? journal.invoices[entry.document].total_minor
                                        : -Int128{journal.payments[entry.document].amount_minor};
  };
  for (const JournalEntry& entry : journal.entries) {
    if (entry.kind == Kind::kCredit || entry.day > last) continue;
    if (entry.day < first) {
      opening += amount(entry);
      continue;
    }
    lines.push_back(&entry);
    (entry.kind == Kind::kInvoice ? debits : credits) +=
        entry.kind == Kind::kInvoice ? amount(entry) : -amount(entry);
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const JournalEntry* a, const JournalEntry* b) { return a->day < b->day; });

  ASSIGN_OR_RETURN(const MoneyWriter money, MoneyWriter::For(head->currency_code()));
  const auto count = static_cast<int64_t>(lines.size());
  const int64_t end = std::min(count, page.index + page.size);
  Int128 balance = opening;
  for (int64_t i = 0; i < end; ++i) {
    const JournalEntry& entry = *lines[i];
    balance += amount(entry);
    if (i < page.index) continue;
    v1::StatementEntry* line = response->add_entries();
    SetDate(entry.day, line->mutable_date());
    if (entry.kind == Kind::kInvoice) {
      line->set_kind("INVOICE");
      line->set_document(FormatNumber(journal.invoices[entry.document].number));
      RETURN_IF_ERROR(money.Write(amount(entry), line->mutable_debit()));
    } else {
      line->set_kind("PAYMENT");
      line->set_document(UnpackId(journal.payments[entry.document].id));
      RETURN_IF_ERROR(money.Write(-amount(entry), line->mutable_credit()));
    }
    RETURN_IF_ERROR(money.Write(balance, line->mutable_balance()));
  }
  RETURN_IF_ERROR(money.Write(opening, response->mutable_opening()));
  RETURN_IF_ERROR(money.Write(opening + debits - credits, response->mutable_closing()));
  RETURN_IF_ERROR(money.Write(debits, response->mutable_debits()));
  RETURN_IF_ERROR(money.Write(credits, response->mutable_credits()));
  if (end < count) response->set_next_page_token(page.TokenFor(end));
  SetPosition(reading, clocks.read_us, response->mutable_position());
  return absl::OkStatus();
}

// ----------------------------------------------------------------------------------------- ageing

namespace {

absl::Status WriteAges(const std::string& currency_code, const Ages& ages, v1::Ageing* row) {
  ASSIGN_OR_RETURN(const MoneyWriter money, MoneyWriter::For(currency_code));
  row->set_currency_code(currency_code);
  google::type::Money* const columns[kAgeColumns] = {
      row->mutable_not_due(),    row->mutable_days_1_30(),   row->mutable_days_31_60(),
      row->mutable_days_61_90(), row->mutable_days_91_120(), row->mutable_days_over_120()};
  for (int i = 0; i < kAgeColumns; ++i) RETURN_IF_ERROR(money.Write(ages.column[i], columns[i]));
  RETURN_IF_ERROR(money.Write(-ages.unapplied, row->mutable_unapplied()));
  return money.Write(ages.balance(), row->mutable_balance());
}

}  // namespace

absl::Status BalancesQueries::Answer(const v1::GetAgeingRequest& request, const Reading& reading,
                                     v1::GetAgeingResponse* response) {
  ASSIGN_OR_RETURN(Clocks clocks, ClocksOf(request, reading));
  if (!request.has_as_of_date()) {
    clocks.as_of_day = DayNumber(TodayIn(absl::UTCTimeZone(), reading.now));
  }
  std::map<std::string, Ages> by_currency;
  Standing& standing = ScratchStanding();
  if (!request.customer_id().empty()) {
    AccountJournal& account = ScratchJournal();
    ASSIGN_OR_RETURN(const v1::AccountHead* head,
                     FindAccountJournal(request, reading, clocks.read_us, &account));
    StandAt(account.journal, clocks.as_of_day, &standing);
    AddAges(account.journal, standing, clocks.as_of_day, &by_currency[head->currency_code()]);
  } else {
    for (const projection::PartitionReading& partition : reading.partitions) {
      RETURN_IF_ERROR(ScanAccounts(*partition.view, clocks.read_us, reading.deadline,
                                   [&](const v1::AccountTail& tail, const Journal& journal) {
                                     StandAt(journal, clocks.as_of_day, &standing);
                                     AddAges(journal, standing, clocks.as_of_day,
                                             &by_currency[tail.currency_code()]);
                                   }));
    }
  }
  for (const auto& [currency, ages] : by_currency) {
    RETURN_IF_ERROR(WriteAges(currency, ages, response->add_rows()));
  }
  SetPosition(reading, clocks.read_us, response->mutable_position());
  return absl::OkStatus();
}

// ---------------------------------------------------------------------------------- trial balance

namespace {

struct LedgerLine {
  const char* account;
  Int128 debit, credit;
};

// The posting table (balances.h), summed; in order of name.
std::vector<LedgerLine> LedgerOf(const Sums& sums) {
  return {{"cash", sums.received, 0},
          {"customer_deposits", sums.applied, sums.received - sums.allocated},
          {"receivable", sums.invoiced(), sums.allocated + sums.applied},
          {"revenue", 0, sums.net},
          {"tax_payable", 0, sums.tax}};
}

absl::Status WriteTotals(const std::string& currency_code, const CurrencySums& total,
                         v1::GetTrialBalanceResponse* response) {
  ASSIGN_OR_RETURN(const MoneyWriter money, MoneyWriter::For(currency_code));
  const Sums& sums = total.sums;
  for (const LedgerLine& line : LedgerOf(sums)) {
    v1::TrialBalanceRow* row = response->add_rows();
    row->set_ledger_account(line.account);
    row->set_currency_code(currency_code);
    RETURN_IF_ERROR(money.Write(line.debit, row->mutable_debit()));
    RETURN_IF_ERROR(money.Write(line.credit, row->mutable_credit()));
    RETURN_IF_ERROR(money.Write(line.debit - line.credit, row->mutable_balance()));
  }
  v1::ControlTotals* control = response->add_totals();
  control->set_currency_code(currency_code);
  RETURN_IF_ERROR(money.Write(sums.invoiced(), control->mutable_invoiced()));
  RETURN_IF_ERROR(money.Write(sums.received, control->mutable_received()));
  RETURN_IF_ERROR(money.Write(sums.receivable(), control->mutable_receivable()));
  RETURN_IF_ERROR(money.Write(sums.unapplied(), control->mutable_unapplied()));
  control->set_invoice_count(sums.invoice_count);
  control->set_payment_count(sums.payment_count);
  control->set_account_count(total.account_count);
  return absl::OkStatus();
}

}  // namespace

absl::Status BalancesQueries::Answer(const v1::GetTrialBalanceRequest& request,
                                     const Reading& reading,
                                     v1::GetTrialBalanceResponse* response) {
  ASSIGN_OR_RETURN(const Clocks clocks, ClocksOf(request, reading));
  std::vector<std::shared_ptr<const store::View>> views;
  bool present = true;
  for (const projection::PartitionReading& partition : reading.partitions) {
    views.push_back(partition.view);
    present = present && IsPresent(clocks, *partition.view);
  }
  ASSIGN_OR_RETURN(const AllTotals all,
                   present ? ReadTotals(views) : ScanTotals(views, clocks, reading.deadline));
  for (const auto& [currency, sums] : all.currencies) {
    RETURN_IF_ERROR(WriteTotals(currency, sums, response));
  }
  response->set_customer_count(all.customer_count);
  SetPosition(reading, clocks.read_us, response->mutable_position());
  return absl::OkStatus();
}

}  // namespace daybook::balances
