// Every answer at every pair of clocks, after any history of the billing book, equals what a fold
// by hand says; once everything counts, also what the book itself holds and what its events post.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <numeric>
#include <optional>
#include <ostream>
#include <random>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/enum_name.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "projections/balances/balances.h"
#include "projections/balances/queries.h"
#include "projections/balances/rows.h"
#include "projections/journal/postings.h"
#include "tests/balances/fold_by_hand.h"
#include "tests/support/answers.h"
#include "tests/support/book_world.h"
#include "tests/support/scratch.h"

namespace daybook::balances {

// Clocks and sizes of one round of questions.
struct Asked {
  int day = 0;   // before the last day of the story; below -40: no as_of_date, which is today
  int time = 0;  // which of the recorded times; below 0: no read_time
  int start = 0,
      length = 0;  // statement: days before the last day, days; start below -40: no days at all,
                   // length a multiple of 5: no last day
  int page_size = 0;
};

}  // namespace daybook::balances

namespace rc {

// As wide from the first history on as in the last.
inline Gen<int> Wide(int from, int to) { return gen::resize(kNominalSize, gen::inRange(from, to)); }

template <>
struct Arbitrary<daybook::Act> {
  static Gen<daybook::Act> arbitrary() {
    using daybook::Act;
    return gen::build<Act>(
        gen::set(&Act::kind, Wide(0, 35)), gen::set(&Act::account, gen::element(0, 1, 1, 2)),
        gen::set(&Act::pick, Wide(0, 4)), gen::set(&Act::other, Wide(0, 4)),
        gen::set(&Act::amount, gen::oneOf(gen::just(0), Wide(1, 90), Wide(1, 900))),
        gen::set(&Act::back, gen::oneOf(gen::just(-1), Wide(0, 60))),
        gen::set(&Act::pause, gen::element(0, 1, 20, 200)), gen::set(&Act::turn, Wide(0, 42)));
  }
};

template <>
struct Arbitrary<daybook::balances::Asked> {
  static Gen<daybook::balances::Asked> arbitrary() {
    using daybook::balances::Asked;
    const auto day = gen::oneOf(gen::just(-100), Wide(-10, 130));
    return gen::build<Asked>(gen::set(&Asked::day, day),
                             gen::set(&Asked::time, gen::oneOf(gen::just(-1), Wide(0, 60))),
                             gen::set(&Asked::start, day), gen::set(&Asked::length, Wide(0, 90)),
                             gen::set(&Asked::page_size, Wide(0, 6)));
  }
};

}  // namespace rc

namespace daybook {

void showValue(const Act& a, std::ostream& out) {
  out << "Act{" << a.kind << "," << a.account << "," << a.pick << "," << a.other << "," << a.amount
      << "," << a.back << "," << a.pause << "," << a.turn << "}";
}

}  // namespace daybook

namespace daybook::balances {

void showValue(const Asked& a, std::ostream& out) {
  out << "Asked{" << a.day << "," << a.time << "," << a.start << "," << a.length << ","
      << a.page_size << "}";
}

namespace {

int64_t Minor(const google::type::Money& money) { return MinorOf(money).value(); }

#define SAME(what, ours, theirs)                                                               \
  do {                                                                                         \
    const auto ours_ = (ours);                                                                 \
    const decltype(ours_) theirs_ = (theirs);                                                  \
    if (ours_ != theirs_) {                                                                    \
      return absl::StrCat(what, ": the read model says ", ours_, ", by hand it is ", theirs_); \
    }                                                                                          \
  } while (false)
#define SAME_OR_RETURN(expr)                                                     \
  do {                                                                           \
    if (std::string difference = (expr); !difference.empty()) return difference; \
  } while (false)

// All questions at one pair of clocks. Empty if all answers agree, else the first difference.
class Asking {
 public:
  Asking(BookWorld& world, const Asked& asked) : world_(world), asked_(asked) {
    now_ = at_ = world.now() + absl::Hours(1);
    last_day_ = TodayIn(absl::UTCTimeZone(), now_);
    if (asked.day >= -40) as_of_ = last_day_ - asked.day;
    if (asked.time >= 0) {
      // A microsecond before, at, and a microsecond behind a time that occurs.
      const auto& times = world.times();
      read_ = times[static_cast<size_t>(asked.time) / 3 % times.size()] + asked.time % 3 - 1;
      at_ = absl::FromUnixMicros(read_);
    }
  }

  int discounts() const { return discounts_; }

  std::string All() {
    for (const BookAccount& account : world_.accounts()) {
      if (account.facts.front().recorded > read_) continue;
      const HandAccount hand(account.facts, read_);
      SAME_OR_RETURN(Balance(account, hand));
      SAME_OR_RETURN(OpenItems(account, hand));
      SAME_OR_RETURN(StatementOf(account, hand));
      SAME_OR_RETURN(AgingOf(account, hand));
    }
    SAME_OR_RETURN(AgingOfAll());
    return ControlTotals();
  }

 private:
  template <class Request>
  Request Of(const BookAccount& account) const {
    Request request;
    request.set_customer_id(account.customer);
    request.set_account_id(account.id);
    SetClocks(request);
    return request;
  }
  template <class Request>
  void SetClocks(Request& request) const {
    if constexpr (requires { request.mutable_as_of_date(); }) {
      if (as_of_.has_value()) *request.mutable_as_of_date() = DateOf(*as_of_);
    }
    if (asked_.time < 0) return;
    request.mutable_read_time()->set_seconds(read_ / 1'000'000);
    request.mutable_read_time()->set_nanos(static_cast<int>(read_ % 1'000'000) * 1000);
  }
  template <class Response, class Request>
  Response Answer(const Request& request) {
    Response response;
    absl::Status status = BalancesQueries::Check(request);
    if (status.ok())
      status = test::AnswerOf<BalancesQueries>(request, world_.Read(now_), &response);
    RC_ASSERT(status.ok());
    return response;
  }

  // One default everywhere: what is dated after it, where the account is, has not happened yet.
  absl::CivilDay DayFor(const BookAccount& account) const {
    if (as_of_.has_value()) return *as_of_;
    absl::TimeZone zone;
    DAYBOOK_CHECK(absl::LoadTimeZone(account.time_zone, &zone));
    return absl::ToCivilDay(at_, zone);
  }

  std::string Balance(const BookAccount& account, const HandAccount& hand) {
    auto request = Of<v1::GetBalanceRequest>(account);
    SAME_OR_RETURN(BalanceOf(request, hand.At(DayFor(account))));
    if (as_of_.has_value()) return "";
    // Once everything counts the head row answers.
    *request.mutable_as_of_date() = DateOf(kLastOfAllDays);
    SAME_OR_RETURN(BalanceOf(request, hand.At(kLastOfAllDays)));
    return asked_.time >= 0 ? "" : TheBook(account, Answer<v1::GetBalanceResponse>(request));
  }

  std::string BalanceOf(const v1::GetBalanceRequest& request, const HandFigures& at) {
    const auto answer = Answer<v1::GetBalanceResponse>(request);
    SAME("invoiced", Minor(answer.invoiced()), at.invoiced);
    SAME("received", Minor(answer.received()), at.received);
    SAME("receivable", Minor(answer.receivable()), at.receivable);
    SAME("unapplied", Minor(answer.unapplied()), at.unapplied);
    SAME("balance", Minor(answer.balance()), at.balance());
    SAME("allocated", Minor(answer.allocated()), at.allocated);
    SAME("refunded", Minor(answer.refunded()), at.refunded);
    SAME("reversed", Minor(answer.reversed()), at.reversed);
    SAME("credited", Minor(answer.credited()), at.credited);
    SAME("written off", Minor(answer.written_off()), at.written_off);
    SAME("its tax", Minor(answer.written_off_tax()), at.relief);
    SAME("discounted", Minor(answer.discounted()), at.discounted);
    SAME("tax in that", Minor(answer.discounted_tax()), at.discount_tax);
    SAME("claimed", Minor(answer.claimed()), at.claimed);
    SAME("taken to income", Minor(answer.credit_written_off()), at.income);
    SAME("invoices", answer.invoice_count(), at.invoices);
    SAME("payments", answer.payment_count(), at.payments);
    SAME("open invoices", answer.open_invoice_count(), at.open);
    SAME("void invoices", answer.void_invoice_count(), at.voids);
    SAME("credit notes", answer.credit_note_count(), at.notes);
    SAME("debit notes", answer.debit_note_count(), at.debit_notes);
    SAME("balance by its parts", Minor(answer.balance()),
         at.invoiced + at.claimed - at.credited - at.written_off - at.discounted - at.received +
             at.refunded + at.reversed + at.income);
    return "";
  }

  std::string TheBook(const BookAccount& account, const v1::GetBalanceResponse& answer) {
    const internal::billing::v1::Account& state = world_.StateOf(account);
    SAME("the book: open", Minor(answer.receivable()), state.open_minor());
    SAME("the book: unapplied", Minor(answer.unapplied()), state.unapplied_minor());
    SAME("the book: allocated", Minor(answer.allocated()), state.allocated_minor());
    SAME("the book: received", Minor(answer.received()), state.received_minor());
    SAME("the book: refunded", Minor(answer.refunded()), state.refunded_minor());
    SAME("the book: reversed", Minor(answer.reversed()), state.reversed_minor());
    SAME("the book: taken to income", Minor(answer.credit_written_off()),
         state.credit_written_off_minor());
    SAME("the book: open invoices", answer.open_invoice_count(),
         int64_t{state.open_invoices_size()});
    return Tail(account, state);
  }

  // What the fold keeps to write on with.
  std::string Tail(const BookAccount& account, const internal::billing::v1::Account& state) {
    std::string key;
    AccountKey(account.customer, account.id, &key);
    rows::AccountTail tail;
    RC_ASSERT(world_.Read(now_).partitions.front().view->Read(kTails, key, &tail).value());
    const auto sum = [](const rows::Open& open) {
      return std::accumulate(open.left_minor().begin(), open.left_minor().end(), int64_t{0});
    };
    SAME("kept open invoices", tail.open_invoices().ordinal_size(), state.open_invoices_size());
    SAME("kept open", sum(tail.open_invoices()), state.open_minor());
    SAME("kept open payments", tail.open_payments().ordinal_size(), state.open_payments_size());
    SAME("kept unapplied", sum(tail.open_payments()), state.unapplied_minor());
    return "";
  }

  std::string OpenItems(const BookAccount& account, const HandAccount& hand) {
    auto request = Of<v1::ListOpenItemsRequest>(account);
    request.set_page_size(asked_.page_size);
    const auto expected = hand.OpenItems(DayFor(account));
    size_t i = 0;
    do {
      const auto answer = Answer<v1::ListOpenItemsResponse>(request);
      for (const auto& item : answer.items()) {
        if (i == expected.size()) return "more open items than there are";
        const HandItem& wanted = expected[i++];
        SAME("open item", item.invoice_id(), wanted.id);
        SAME("kind", std::string(ShortNameOf(item.kind())),
             wanted.debit_note ? "DEBIT_NOTE" : "INVOICE");
        SAME("number", item.number(), wanted.number);
        SAME("invoice date", FormatDay(*DayOf(item.invoice_date())), FormatDay(wanted.day));
        SAME("due date", FormatDay(*DayOf(item.due_date())), FormatDay(wanted.due));
        SAME("total", Minor(item.total()), wanted.total);
        SAME("open", Minor(item.open()), wanted.open);
        SAME("discount", item.has_discount() ? Minor(item.discount()) : 0, wanted.discount);
        SAME("day of a discount", item.has_discount_date(), wanted.discount != 0);
        if (wanted.discount == 0) continue;
        ++discounts_;
        SAME("discount date", FormatDay(*DayOf(item.discount_date())),
             FormatDay(wanted.discount_day));
      }
      request.set_page_token(answer.next_page_token());
    } while (!request.page_token().empty());
    SAME("number of open items", i, expected.size());
    return "";
  }

  std::string StatementOf(const BookAccount& account, const HandAccount& hand) {
    auto request = Of<v1::ListStatementEntriesRequest>(account);
    request.set_page_size(asked_.page_size);
    absl::CivilDay first(1, 1, 1), last = DayFor(account);
    if (asked_.start >= -40) {
      first = last_day_ - asked_.start;
      *request.mutable_start_date() = DateOf(first);
    }
    if (asked_.start >= -40 && asked_.length % 5 != 0) {
      last = first + asked_.length;
      *request.mutable_end_date() = DateOf(last);
    } else if (as_of_.has_value()) {  // a statement has no as_of_date: its default is today
      *request.mutable_end_date() = DateOf(last);
    }
    if (first > last) {
      v1::ListStatementEntriesResponse none;
      return ReasonOf(as_of_.has_value()
                          ? BalancesQueries::Check(request)
                          : test::AnswerOf<BalancesQueries>(request, world_.Read(now_), &none)) ==
                     "INVALID_FIELDS"
                 ? ""
                 : "a period that ends before it begins";
    }
    const auto expected = hand.Lines(first, last);
    const int64_t opening = asked_.start >= -40 ? hand.At(first - 1).balance() : 0;
    int64_t balance = opening;
    size_t i = 0;
    do {
      const auto answer = Answer<v1::ListStatementEntriesResponse>(request);
      SAME("opening", Minor(answer.opening()), opening);
      SAME("closing", Minor(answer.closing()), hand.At(last).balance());
      SAME("opening + debits - credits", Minor(answer.closing()),
           opening + Minor(answer.debits()) - Minor(answer.credits()));
      for (const auto& entry : answer.entries()) {
        if (i == expected.size()) return "more entries than there are";
        const HandLine& wanted = expected[i++];
        SAME("entry kind", std::string(ShortNameOf(entry.kind())), wanted.kind);
        SAME("entry date", FormatDay(*DayOf(entry.date())), FormatDay(wanted.day));
        SAME("document id", entry.document_id(), wanted.id);
        SAME("number", entry.number(), wanted.number);
        const bool by_code = entry.write_off_reason() != billing::v1::WRITE_OFF_REASON_UNSPECIFIED;
        SAME("reason",
             by_code ? std::string(ShortNameOf(entry.write_off_reason())) : entry.reason(),
             wanted.reason);
        const bool debit = entry.has_debit();
        SAME("debit", debit ? Minor(entry.debit()) : 0, wanted.debit);
        SAME("credit", entry.has_credit() ? Minor(entry.credit()) : 0, wanted.credit);
        SAME("one side", debit, !entry.has_credit());
        balance += wanted.debit - wanted.credit;
        SAME("running balance", Minor(entry.balance()), balance);
      }
      request.set_page_token(answer.next_page_token());
    } while (!request.page_token().empty());
    SAME("number of entries", i, expected.size());
    return "";
  }

  static std::string CompareAges(const v1::Aging& row, const std::vector<int64_t>& columns,
                                 const HandFigures& at) {
    SAME("buckets", row.buckets_size(), 6);
    int64_t sum = 0;
    for (size_t i = 0; i < 6; ++i) {
      const int64_t ours = Minor(row.buckets(static_cast<int>(i)).amount());
      SAME(absl::StrCat("bucket ", row.buckets(static_cast<int>(i)).name()), ours, columns[i]);
      sum += ours;
    }
    SAME("sum of the aging columns", sum, at.receivable);
    SAME("unapplied column", Minor(row.unapplied()), -at.unapplied);
    SAME("aging balance", Minor(row.balance()), at.balance());
    return "";
  }
  std::string AgingOf(const BookAccount& account, const HandAccount& hand) {
    const auto answer = Answer<v1::GetAgingResponse>(Of<v1::GetAgingRequest>(account));
    SAME("aging rows", answer.rows_size(), 1);
    const absl::CivilDay day = DayFor(account);
    return CompareAges(answer.rows(0), hand.Ages(day), hand.At(day));
  }

  struct Total {
    HandFigures at;
    std::vector<int64_t> ages = std::vector<int64_t>(6, 0);
    std::map<std::string, int64_t> posted;  // debits - credits
  };

  static void Add(const HandFigures& one, HandFigures& sum) {
    for (const auto field :
         {&HandFigures::invoiced,    &HandFigures::received,  &HandFigures::receivable,
          &HandFigures::unapplied,   &HandFigures::allocated, &HandFigures::refunded,
          &HandFigures::reversed,    &HandFigures::credited,  &HandFigures::written_off,
          &HandFigures::net,         &HandFigures::tax,       &HandFigures::normal,
          &HandFigures::overdue,     &HandFigures::bad_debt,  &HandFigures::relief,
          &HandFigures::discounted,  &HandFigures::early,     &HandFigures::discount_tax,
          &HandFigures::claimed,     &HandFigures::lost,      &HandFigures::income,
          &HandFigures::debit_notes, &HandFigures::invoices,  &HandFigures::payments,
          &HandFigures::open,        &HandFigures::voids,     &HandFigures::notes}) {
      sum.*field += one.*field;
    }
  }

  // `all`: once everything counts.
  std::map<std::string, Total> Totals(bool all = false) const {
    std::map<std::string, Total> totals;
    for (const BookAccount& account : world_.accounts()) {
      if (account.facts.front().recorded > read_) continue;
      const absl::CivilDay day = all ? kLastOfAllDays : DayFor(account);
      const HandAccount hand(account.facts, read_);
      Total& total = totals[account.currency];
      Add(hand.At(day), total.at);
      const auto ages = hand.Ages(day);
      for (size_t i = 0; i < 6; ++i) total.ages[i] += ages[i];
      for (const BookFact& fact : account.facts) {
        if (fact.recorded > read_) continue;
        for (const auto& posting : postings::PostingsOf(fact.event)) {
          total.posted[postings::NameOf(posting.ledger)] +=
              posting.side == postings::Side::kDebit ? posting.amount_minor : -posting.amount_minor;
        }
      }
    }
    return totals;
  }

  std::string AgingOfAll() {
    v1::GetAgingRequest request;
    SetClocks(request);
    const auto answer = Answer<v1::GetAgingResponse>(request);
    const auto totals = Totals();
    SAME("rows of the aging of all", static_cast<size_t>(answer.rows_size()), totals.size());
    int i = 0;
    for (const auto& [currency, total] : totals) {
      SAME("currency", answer.rows(i).currency_code(), currency);
      SAME_OR_RETURN(CompareAges(answer.rows(i++), total.ages, total.at));
    }
    return "";
  }

  std::string ControlTotals() {
    v1::GetControlTotalsRequest request;
    SetClocks(request);
    SAME_OR_RETURN(ControlTotals(request, Totals(), false));
    if (as_of_.has_value()) return "";
    *request.mutable_as_of_date() = DateOf(kLastOfAllDays);
    return ControlTotals(request, Totals(true), true);
  }

  std::string ControlTotals(const v1::GetControlTotalsRequest& request,
                            const std::map<std::string, Total>& totals, bool all) {
    const auto answer = Answer<v1::GetControlTotalsResponse>(request);
    SAME("control totals", static_cast<size_t>(answer.totals_size()), totals.size());
    int i = 0;
    for (const auto& [currency, total] : totals) {
      const HandFigures& at = total.at;
      const v1::ControlTotals& row = answer.totals(i);
      SAME("all invoiced", Minor(row.invoiced()), at.invoiced);
      SAME("all received", Minor(row.received()), at.received);
      SAME("all receivable", Minor(row.receivable()), at.receivable);
      SAME("all unapplied", Minor(row.unapplied()), at.unapplied);
      SAME("all allocated", Minor(row.allocated()), at.allocated);
      SAME("all refunded", Minor(row.refunded()), at.refunded);
      SAME("all reversed", Minor(row.reversed()), at.reversed);
      SAME("all credited", Minor(row.credited()), at.credited);
      SAME("all written off", Minor(row.written_off()), at.written_off);
      SAME("all tax of that", Minor(row.written_off_tax()), at.relief);
      SAME("all discounted", Minor(row.discounted()), at.discounted);
      SAME("all tax in that", Minor(row.discounted_tax()), at.discount_tax);
      SAME("all claimed", Minor(row.claimed()), at.claimed);
      SAME("all lost", Minor(row.lost()), at.lost);
      SAME("all taken to income", Minor(row.credit_written_off()), at.income);
      SAME("all debit notes", row.debit_note_count(), at.debit_notes);
      SAME("all invoices", row.invoice_count(), at.invoices);
      SAME("all payments", row.payment_count(), at.payments);
      SAME("all void invoices", row.void_invoice_count(), at.voids);
      SAME("all credit notes", row.credit_note_count(), at.notes);
      std::map<std::string, int64_t> ledger = {
          {"cash", at.received - at.refunded - at.reversed - at.claimed - at.lost},
          {"credit_losses_bad_debt", at.bad_debt},
          {"credit_losses_normal", at.normal},
          {"credit_losses_overdue", at.overdue},
          {"customer_deposits", -at.unapplied},
          {"payment_losses", at.lost},
          {"receivable", at.receivable},
          {"residue_income", -at.income},
          {"revenue", -at.net},
          {"sales_discounts", at.early},
          {"tax_payable", at.relief + at.discount_tax - at.tax}};
      SAME("ledger accounts", static_cast<size_t>(row.ledger_balances_size()), ledger.size());
      int64_t sum = 0;
      for (const v1::LedgerBalance& line : row.ledger_balances()) {
        const std::string name = NameOf(*postings::FromApi(line.ledger_account()));
        SAME(name, Minor(line.balance()), ledger.at(name));
        sum += Minor(line.balance());
        if (!all) continue;
        const auto it = total.posted.find(name);
        SAME(absl::StrCat("posted to ", name), Minor(line.balance()),
             it == total.posted.end() ? 0 : it->second);
      }
      SAME("sum of the ledger", sum, 0);
      ++i;
    }
    return "";
  }

  BookWorld& world_;
  const Asked asked_;
  static inline const absl::CivilDay kLastOfAllDays{9999, 12, 31};
  absl::Time now_;
  absl::Time at_;  // of the read: now_, or the read_time
  absl::CivilDay last_day_;
  std::optional<absl::CivilDay> as_of_;
  int64_t read_ = INT64_MAX;
  int discounts_ = 0;  // of open items, that can still be taken
};

std::unique_ptr<store::Store> OpenStore(const std::string& directory) {
  auto store = store::Store::Open({.directory = directory, .kind = "balances"});
  DAYBOOK_CHECK(store.ok());
  return *std::move(store);
}

TEST(BookProperty, EveryAnswerEqualsTheFoldByHandWhateverHappened) {
  ScratchDirectory scratch;
  const auto store = OpenStore(scratch.path());
  int histories = 0;
  std::map<std::string, int> happened;
  const bool holds = rc::check("every answer equals the fold by hand", [&] {
    if (histories >= 65'000) RC_DISCARD("no partitions left");
    const auto acts = *rc::gen::scale(3, rc::gen::arbitrary<std::vector<Act>>());
    const auto questions = *rc::gen::arbitrary<std::array<Asked, 4>>();
    BookWorld world({{projection::InfoOf<Balances>(), store.get()}}, histories++);
    for (const Act& act : acts) {
      world.Do(act);
      if (act.turn % 5 == 0) world.Flush();
    }
    world.Flush();
    for (const Asked& question : questions) {
      Asking asking(world, question);
      const std::string difference = asking.All();
      if (!difference.empty()) RC_FAIL(difference);
      happened["discounts of open items"] += asking.discounts();
    }
    for (const auto& account : world.accounts()) {
      for (const BookFact& fact : account.facts) {
        happened["discounts taken"] += fact.event.invoice_written_off().reason() ==
                                       billing::v1::WRITE_OFF_REASON_EARLY_PAYMENT;
        happened["discounts undone"] +=
            fact.event.write_off_reversed().reason() == billing::v1::WRITE_OFF_REASON_EARLY_PAYMENT;
      }
    }
    for (const auto& [event, count] : world.happened()) happened[event] += count;
  });
  EXPECT_TRUE(holds);
  EXPECT_GE(histories, 2000);
  // The histories are worth something: everything happened in them.
  for (const char* event : {"invoice_issued",
                            "invoice_voided",
                            "invoice_written_off",
                            "write_off_recovered",
                            "credit_note_issued",
                            "payment_recorded",
                            "payment_announced",
                            "payment_confirmed",
                            "payment_failed",
                            "payment_reversed",
                            "payment_refunded",
                            "credit_applied",
                            "credit_released",
                            "invoice_unmarked_uncollectible",
                            "write_off_reversed",
                            "credit_written_off",
                            "credit_write_off_reversed",
                            "debit_note_issued",
                            "payment_loss_taken",
                            "payment_loss_recovered",
                            "discounts taken",
                            "discounts undone",
                            "discounts of open items"}) {
    EXPECT_GT(happened[event], 100) << event;
    std::fprintf(stderr, "%-24s%d\n", event, happened[event]);
  }
}

// Long ones: what is undone stands in chunks of the history that were cut long ago.
TEST(BookProperty, LongHistoriesGiveTheSameAnswers) {
  ScratchDirectory scratch;
  const auto store = OpenStore(scratch.path());
  for (uint32_t seed = 1; seed <= 4; ++seed) {
    std::mt19937 random(seed);
    const auto draw = [&](int n) { return static_cast<int>(random() % static_cast<uint32_t>(n)); };
    BookWorld world({{projection::InfoOf<Balances>(), store.get()}}, static_cast<int>(seed));
    for (int i = 0; i < 1500; ++i) {
      world.Do({.kind = draw(35),
                .account = draw(20) == 0 ? 1 + draw(2) : 0,
                .pick = draw(4) == 0 ? draw(400) : draw(4),
                .other = draw(4),
                .amount = draw(3) == 0 ? 0 : draw(500),
                .back = draw(60) - 20,
                .pause = draw(4) == 0 ? draw(40) : 0,
                .turn = draw(42)});
      if (draw(100) == 0) world.Flush();
    }
    world.Flush();
    EXPECT_GT(world.accounts()[0].facts.size(), 512u);
    for (int i = 0; i < 4; ++i) {
      const std::string difference = Asking(world, {.day = i == 0 ? -100 : draw(120),
                                                    .time = i < 2 ? -1 : draw(1000),
                                                    .start = draw(120),
                                                    .length = draw(90),
                                                    .page_size = 1 + draw(300)})
                                         .All();
      ASSERT_EQ(difference, "") << "seed " << seed << ", question " << i;
    }
  }
}

}  // namespace
}  // namespace daybook::balances
