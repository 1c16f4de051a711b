#include "tests/balances/checks.h"

#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/enum_name.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "projections/journal/postings.h"
#include "tests/support/answers.h"

namespace daybook::balances {
namespace {

#define SAME(what, ours, theirs)                                                                 \
  do {                                                                                           \
    if (!((ours) == (theirs))) {                                                                 \
      return absl::StrCat(what, ": the read model says ", (ours), ", the definitions ", theirs); \
    }                                                                                            \
  } while (false)
#define SAME_OR_RETURN(expr)                                                     \
  do {                                                                           \
    if (std::string difference = (expr); !difference.empty()) return difference; \
  } while (false)

int64_t Minor(const google::type::Money& money) { return MinorOf(money).value(); }
absl::CivilDay Day(const google::type::Date& date) { return DayOf(date).value(); }

class Asking {
 public:
  Asking(World& world, const Question& question) : world_(world), question_(question) {
    if (question.as_of <= 400) as_of_ = World::kFirstDay + question.as_of;
    if (question.read <= 100'000) read_ = World::kFirstTime + int64_t{question.read} * 1000;
    now_ = absl::FromUnixMicros(world.time()) + absl::Hours(24) * question.later +
           (question.page_size % 2 == 0 ? absl::Hours(1) : absl::Seconds(2));
  }

  std::string All() {
    for (int c = 0; c < World::kCustomers; ++c) {
      const BruteCustomer& customer = world_.customers()[static_cast<size_t>(c)];
      SAME_OR_RETURN(Refusals(c, customer));
      for (const BruteAccount& account : customer.accounts) {
        if (account.opened_recorded > read_) continue;
        SAME_OR_RETURN(BalanceOf(c, account));
        SAME_OR_RETURN(OpenItemsOf(c, account));
        SAME_OR_RETURN(StatementOf(c, account));
        SAME_OR_RETURN(AgingOf(c, account));
      }
    }
    SAME_OR_RETURN(AgingOfAll());
    return TrialBalance();
  }

 private:
  template <class Request>
  void SetClocks(Request& request) const {
    if constexpr (requires { request.mutable_as_of_date(); }) {
      if (as_of_.has_value()) *request.mutable_as_of_date() = DateOf(*as_of_);
    }
    if (question_.read > 100'000) return;
    request.mutable_read_time()->set_seconds(read_ / 1'000'000);
    request.mutable_read_time()->set_nanos(static_cast<int>(read_ % 1'000'000) * 1000);
  }
  // The default of every query: the day of the read, where the account is.
  absl::CivilDay TodayIn(const std::string& time_zone) const {
    absl::TimeZone zone;
    DAYBOOK_CHECK(absl::LoadTimeZone(time_zone, &zone));
    return absl::ToCivilDay(question_.read > 100'000 ? now_ : absl::FromUnixMicros(read_), zone);
  }
  BruteClocks ClocksOf(const std::string& time_zone) const {
    return {as_of_.value_or(TodayIn(time_zone)), read_};
  }
  template <class Request>
  Request RequestOf(int customer, const BruteAccount& account) const {
    Request request;
    request.set_customer_id(world_.customers()[static_cast<size_t>(customer)].id);
    request.set_account_id(account.id);
    SetClocks(request);
    return request;
  }
  template <class Response, class Request>
  absl::StatusOr<Response> Answer(int customer, const Request& request) {
    if (absl::Status status = BalancesQueries::Check(request); !status.ok()) return status;
    Response response;
    const absl::Status status =
        test::AnswerOf<BalancesQueries>(request, world_.ReadingOf(customer, now_), &response);
    if (!status.ok()) return status;
    return response;
  }

  std::string Refusals(int c, const BruteCustomer& customer) {
    GetBalanceRequestOf request;
    request.set_customer_id(customer.id);
    SetClocks(request);
    const auto answer = Answer<v1::GetBalanceResponse>(c, request);
    const auto known =
        std::count_if(customer.accounts.begin(), customer.accounts.end(),
                      [&](auto& account) { return account.opened_recorded <= read_; });
    const bool registered =
        customer.registered_recorded != 0 && customer.registered_recorded <= read_;
    SAME("refusal without an account", ReasonOf(answer.status()),
         !registered  ? "CUSTOMER_NOT_FOUND"
         : known == 1 ? ""
                      : "ACCOUNT_REQUIRED");
    if (registered && customer.accounts.size() > static_cast<size_t>(known)) {
      request.set_account_id(customer.accounts.back().id);
      SAME("refusal of an account not yet known",
           ReasonOf(Answer<v1::GetBalanceResponse>(c, request).status()), "ACCOUNT_NOT_FOUND");
    }
    return "";
  }

  std::string BalanceOf(int c, const BruteAccount& account) {
    auto request = RequestOf<v1::GetBalanceRequest>(c, account);
    SAME_OR_RETURN(CompareBalance(c, request, account, ClocksOf(account.time_zone)));
    // Once everything counts the head row answers.
    *request.mutable_as_of_date() = DateOf(absl::CivilDay(9999, 12, 31));
    return CompareBalance(c, request, account, {absl::CivilDay(9999, 12, 31), read_});
  }

  std::string CompareBalance(int c, const v1::GetBalanceRequest& request,
                             const BruteAccount& account, const BruteClocks& at) {
    const auto answer = Answer<v1::GetBalanceResponse>(c, request);
    if (!answer.ok()) return answer.status().ToString();
    const int64_t receivable = account.Invoiced(at) - account.Allocated(at);
    const int64_t unapplied = account.Received(at) - account.Allocated(at);
    SAME("invoiced", Minor(answer->invoiced()), account.Invoiced(at));
    SAME("received", Minor(answer->received()), account.Received(at));
    SAME("receivable", Minor(answer->receivable()), receivable);
    SAME("unapplied", Minor(answer->unapplied()), unapplied);
    SAME("balance", Minor(answer->balance()), receivable - unapplied);
    SAME("invoices", answer->invoice_count(), account.CountInvoices(at));
    SAME("payments", answer->payment_count(), account.CountPayments(at));
    SAME("open invoices", answer->open_invoice_count(),
         static_cast<int64_t>(account.OpenItems(at).size()));
    SAME("currency", answer->balance().currency_code(), account.currency);
    const int64_t newest = world_.last_recorded(World::PartitionOf(c));
    SAME("provisional", answer->position().provisional(),
         read_ >= newest && read_ >= absl::ToUnixMicros(now_) - 5'000'000);
    return "";
  }

  std::string OpenItemsOf(int c, const BruteAccount& account) {
    auto request = RequestOf<v1::ListOpenItemsRequest>(c, account);
    request.set_page_size(question_.page_size);
    const auto expected = account.OpenItems(ClocksOf(account.time_zone));
    size_t i = 0;
    do {
      const auto answer = Answer<v1::ListOpenItemsResponse>(c, request);
      if (!answer.ok()) return answer.status().ToString();
      if (answer->items().empty() && i < expected.size()) return "an empty page";
      for (const auto& item : answer->items()) {
        if (i == expected.size()) return "more open items than there are";
        const auto& wanted = expected[i++];
        SAME("open item", item.invoice_id(), wanted.id);
        SAME("number", item.number(), wanted.number);
        SAME("invoice date", FormatDay(Day(item.invoice_date())), FormatDay(wanted.day));
        SAME("due date", FormatDay(Day(item.due_date())), FormatDay(wanted.due));
        SAME("total", Minor(item.total()), wanted.total);
        SAME("open", Minor(item.open()), wanted.open);
      }
      request.set_page_token(answer->next_page_token());
    } while (!request.page_token().empty());
    SAME("number of open items", i, expected.size());
    return "";
  }

  std::string StatementOf(int c, const BruteAccount& account) {
    auto request = RequestOf<v1::ListStatementEntriesRequest>(c, account);
    request.set_page_size(question_.page_size);
    absl::CivilDay first(1, 1, 1), last = TodayIn(account.time_zone);
    const int start = std::min(question_.start, question_.end);
    const int end = std::max(question_.start, question_.end);
    if (start <= 400) first = World::kFirstDay + start;
    if (end <= 400) last = World::kFirstDay + end;
    if (start <= 400) *request.mutable_start_date() = DateOf(first);
    if (end <= 400) *request.mutable_end_date() = DateOf(last);
    if (first > last) {
      SAME("refusal of a period that begins ahead",
           ReasonOf(Answer<v1::ListStatementEntriesResponse>(c, request).status()),
           "INVALID_FIELDS");
      return "";
    }
    const auto expected = account.StatementOf(first, last, read_);
    size_t i = 0;
    do {
      const auto answer = Answer<v1::ListStatementEntriesResponse>(c, request);
      if (!answer.ok()) return answer.status().ToString();
      SAME("opening", Minor(answer->opening()), expected.opening);
      SAME("closing", Minor(answer->closing()), expected.closing);
      SAME("debits", Minor(answer->debits()), expected.debits);
      SAME("credits", Minor(answer->credits()), expected.credits);
      SAME("opening + debits - credits", Minor(answer->closing()),
           expected.opening + expected.debits - expected.credits);
      for (const auto& entry : answer->entries()) {
        if (i == expected.lines.size()) return "more entries than there are";
        const auto& wanted = expected.lines[i++];
        SAME("entry date", FormatDay(Day(entry.date())), FormatDay(wanted.day));
        SAME("kind", std::string(ShortNameOf(entry.kind())),
             wanted.invoice ? "INVOICE" : "PAYMENT");
        SAME("document", entry.number().empty() ? entry.document_id() : entry.number(),
             wanted.document);
        SAME("is a debit", entry.has_debit(), wanted.invoice);
        SAME("is a credit", entry.has_credit(), !wanted.invoice);
        SAME("amount", Minor(wanted.invoice ? entry.debit() : entry.credit()), wanted.amount);
        SAME("running balance", Minor(entry.balance()), wanted.balance);
      }
      request.set_page_token(answer->next_page_token());
    } while (!request.page_token().empty());
    SAME("number of entries", i, expected.lines.size());
    return "";
  }

  static std::string CompareAges(const v1::Aging& row, const std::vector<int64_t>& columns,
                                 int64_t unapplied, int64_t balance) {
    SAME("buckets", row.buckets_size(), 6);
    int64_t sum = -unapplied;
    for (size_t i = 0; i < 6; ++i) {
      const int64_t ours = Minor(row.buckets(static_cast<int>(i)).amount());
      SAME(absl::StrCat("bucket ", row.buckets(static_cast<int>(i)).name()), ours, columns[i]);
      sum += ours;
    }
    SAME("unapplied column", Minor(row.unapplied()), -unapplied);
    SAME("aging balance", Minor(row.balance()), balance);
    SAME("sum of the columns", sum, balance);
    return "";
  }

  std::string AgingOf(int c, const BruteAccount& account) {
    const auto answer = Answer<v1::GetAgingResponse>(c, RequestOf<v1::GetAgingRequest>(c, account));
    if (!answer.ok()) return answer.status().ToString();
    SAME("aging rows", answer->rows_size(), 1);
    const BruteClocks at = ClocksOf(account.time_zone);
    return CompareAges(answer->rows(0), account.Ages(at),
                       account.Received(at) - account.Allocated(at),
                       account.Invoiced(at) - account.Received(at));
  }

  struct Total {
    std::vector<int64_t> ages = std::vector<int64_t>(6, 0);
    int64_t invoiced = 0, tax = 0, received = 0, direct = 0, later = 0;
    int64_t invoices = 0, payments = 0, accounts = 0;
  };
  std::map<std::string, Total> Totals() const {
    std::map<std::string, Total> totals;
    for (const auto& customer : world_.customers()) {
      for (const auto& account : customer.accounts) {
        const BruteClocks at = ClocksOf(account.time_zone);
        if (account.opened_recorded > at.read) continue;
        Total& total = totals[account.currency];
        const auto ages = account.Ages(at);
        for (size_t i = 0; i < 6; ++i) total.ages[i] += ages[i];
        total.invoiced += account.Invoiced(at);
        total.tax += account.Tax(at);
        total.received += account.Received(at);
        total.direct += account.Allocated(at, false);
        total.later += account.Allocated(at, true);
        total.invoices += account.CountInvoices(at);
        total.payments += account.CountPayments(at);
        total.accounts += account.opened <= at.as_of;
      }
    }
    return totals;
  }

  std::string AgingOfAll() {
    v1::GetAgingRequest request;
    SetClocks(request);
    const auto answer = Answer<v1::GetAgingResponse>(-1, request);
    if (!answer.ok()) return answer.status().ToString();
    const auto totals = Totals();
    SAME("aging rows", static_cast<size_t>(answer->rows_size()), totals.size());
    int i = 0;
    for (const auto& [currency, total] : totals) {
      const v1::Aging& row = answer->rows(i++);
      SAME("aging currency", row.currency_code(), currency);
      SAME_OR_RETURN(CompareAges(row, total.ages, total.received - total.direct - total.later,
                                 total.invoiced - total.received));
    }
    return "";
  }

  std::string TrialBalance() {
    v1::GetControlTotalsRequest request;
    SetClocks(request);
    const auto answer = Answer<v1::GetControlTotalsResponse>(-1, request);
    if (!answer.ok()) return answer.status().ToString();
    const auto totals = Totals();
    SAME("trial balance totals", static_cast<size_t>(answer->totals_size()), totals.size());
    int i = 0;
    for (const auto& [currency, total] : totals) {
      const v1::ControlTotals& row = answer->totals(i);
      SAME("currency", row.currency_code(), currency);
      SAME("all invoiced", Minor(row.invoiced()), total.invoiced);
      SAME("all received", Minor(row.received()), total.received);
      SAME("all receivable", Minor(row.receivable()), total.invoiced - total.direct - total.later);
      SAME("all unapplied", Minor(row.unapplied()), total.received - total.direct - total.later);
      SAME("all invoices", row.invoice_count(), total.invoices);
      SAME("all payments", row.payment_count(), total.payments);
      SAME("all accounts", row.account_count(), total.accounts);
      using journal::v1::LedgerAccount;
      std::map<LedgerAccount, int64_t> ledger = {
          {journal::v1::LEDGER_ACCOUNT_CASH, total.received},
          {journal::v1::LEDGER_ACCOUNT_CUSTOMER_DEPOSITS,
           total.later - (total.received - total.direct)},
          {journal::v1::LEDGER_ACCOUNT_RECEIVABLE, total.invoiced - total.direct - total.later},
          {journal::v1::LEDGER_ACCOUNT_REVENUE, total.tax - total.invoiced},
          {journal::v1::LEDGER_ACCOUNT_TAX_PAYABLE, -total.tax}};
      SAME("ledger accounts", row.ledger_balances_size(), postings::kLedgers);
      int64_t sum = 0;
      for (const v1::LedgerBalance& line : row.ledger_balances()) {
        SAME(absl::StrCat("balance of ", ToAbsl(ShortNameOf(line.ledger_account()))),
             Minor(line.balance()), ledger[line.ledger_account()]);
        sum += Minor(line.balance());
      }
      SAME("sum of the ledger", sum, 0);
      ++i;
    }
    int64_t customers = 0;
    for (const auto& customer : world_.customers()) {
      customers += customer.registered_recorded != 0 && customer.registered_recorded <= read_ &&
                   customer.registered <= as_of_.value_or(TodayIn("UTC"));
    }
    SAME("customers", answer->customer_count(), customers);
    return "";
  }

  using GetBalanceRequestOf = v1::GetBalanceRequest;

  World& world_;
  const Question question_;
  std::optional<absl::CivilDay> as_of_;
  int64_t read_ = INT64_MAX;
  absl::Time now_;
};

}  // namespace

std::string Differences(World& world, const Question& question) {
  world.Flush();
  return Asking(world, question).All();
}

}  // namespace daybook::balances
