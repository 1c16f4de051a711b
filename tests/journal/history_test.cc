// Random histories of all billing commands, against a sum over the events that knows nothing of
// rows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/money.h"
#include "tests/journal/world.h"

namespace daybook::journal {
namespace {

using Key = std::pair<std::string, std::string>;            // currency, ledger account
using Totals = std::map<Key, std::pair<int64_t, int64_t>>;  // debit, credit

constexpr int kHistories = 40;
constexpr int kCommands = 150;
// Days after which everything counts: then no day matters, and the posting table is the answer.
constexpr int kAllDays = 10'000;

std::string CurrencyOf(const billing::v1::Event& event) {
  const auto* field = billing::v1::Event::descriptor()->FindFieldByNumber(event.event_case());
  const auto& fact = event.GetReflection()->GetMessage(event, field);
  const auto* currency = fact.GetDescriptor()->FindFieldByName("currency_code");
  return fact.GetReflection()->GetString(fact, currency);
}

// By the posting table alone; balances only, because details may stand against each other.
std::map<Key, int64_t> BalancesOf(const std::vector<Told>& told, absl::CivilDay as_of,
                                  const std::string& customer = "") {
  std::map<Key, int64_t> balances;
  for (const Told& one : told) {
    if (one.day > as_of || (!customer.empty() && one.customer_id != customer)) continue;
    for (const auto& posting : postings::PostingsOf(one.event)) {
      balances[{CurrencyOf(one.event), NameOf(posting.ledger)}] +=
          posting.side == postings::Side::kDebit ? posting.amount_minor : -posting.amount_minor;
    }
  }
  std::erase_if(balances, [](const auto& row) { return row.second == 0; });
  return balances;
}

int64_t Minor(const google::type::Money& money) { return MinorOf(money).value(); }

std::string NameOf(v1::LedgerAccount account) { return NameOf(*postings::FromApi(account)); }

std::map<Key, int64_t> BalancesOf(const v1::GetTrialBalanceResponse& answer) {
  std::map<Key, int64_t> balances;
  for (const auto& row : answer.rows()) {
    const int64_t balance = Minor(row.balance());
    EXPECT_EQ(Minor(row.debit()) - Minor(row.credit()), balance);
    if (balance != 0) balances[{row.currency_code(), NameOf(row.ledger_account())}] = balance;
  }
  return balances;
}

std::map<Key, int64_t> BalancesOf(const balances::v1::GetControlTotalsResponse& answer) {
  std::map<Key, int64_t> balances;
  for (const auto& totals : answer.totals()) {
    for (const auto& row : totals.ledger_balances()) {
      const int64_t balance = Minor(row.balance());
      if (balance != 0) balances[{totals.currency_code(), NameOf(row.ledger_account())}] = balance;
    }
  }
  return balances;
}

void ExpectDebitsEqualCredits(const v1::GetTrialBalanceResponse& answer) {
  std::map<std::string, int64_t> difference;
  for (const auto& row : answer.rows()) {
    EXPECT_GE(Minor(row.debit()), 0);
    EXPECT_GE(Minor(row.credit()), 0);
    difference[row.currency_code()] += Minor(row.debit()) - Minor(row.credit());
  }
  for (const auto& [currency, amount] : difference) EXPECT_EQ(amount, 0) << currency;
}

// The same ledger account by detail.
v1::ListLedgerDetailsRequest DetailsOf(const v1::GetLedgerAccountRequest& account) {
  v1::ListLedgerDetailsRequest request;
  request.set_ledger_account(account.ledger_account());
  request.set_currency_code(account.currency_code());
  request.set_customer_id(account.customer_id());
  if (account.has_as_of_date()) *request.mutable_as_of_date() = account.as_of_date();
  return request;
}

v1::GetTrialBalanceResponse TrialBalance(World& world, std::optional<absl::CivilDay> as_of) {
  v1::GetTrialBalanceRequest request;
  if (as_of.has_value()) *request.mutable_as_of_date() = DateOf(*as_of);
  auto answer = world.Ask<v1::GetTrialBalanceResponse>(request);
  EXPECT_TRUE(answer.ok()) << answer.status();
  return answer.value_or(v1::GetTrialBalanceResponse());
}

Totals TotalsOf(const std::vector<v1::Entry>& entries) {
  Totals totals;
  for (const v1::Entry& entry : entries) {
    std::map<std::string, int64_t> difference;
    EXPECT_GE(entry.lines_size(), 2);
    for (const v1::EntryLine& line : entry.lines()) {
      EXPECT_NE(line.has_debit(), line.has_credit());
      const google::type::Money& money = line.has_debit() ? line.debit() : line.credit();
      EXPECT_GT(Minor(money), 0);
      auto& [debit, credit] = totals[{money.currency_code(), NameOf(line.ledger_account())}];
      (line.has_debit() ? debit : credit) += Minor(money);
      difference[money.currency_code()] += line.has_debit() ? Minor(money) : -Minor(money);
    }
    for (const auto& [currency, amount] : difference) EXPECT_EQ(amount, 0) << entry.DebugString();
  }
  return totals;
}

Totals TotalsOf(const v1::GetTrialBalanceResponse& answer) {
  Totals totals;
  for (const auto& row : answer.rows()) {
    totals[{row.currency_code(), NameOf(row.ledger_account())}] = {Minor(row.debit()),
                                                                   Minor(row.credit())};
  }
  return totals;
}

TEST(JournalHistory, DebitsEqualCreditsOnAnyDayAfterAnything) {
  std::map<int, int> kinds;
  for (uint32_t seed = 1; seed <= kHistories; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::mt19937 random(seed);
    World world;
    for (int i = 0; i < kCommands; ++i) world.Draw(random);
    world.Flush();
    for (const auto& [kind, count] : world.kinds()) kinds[kind] += count;

    for (const int days : {-1, 0, 7, 20, World::kDays, kAllDays}) {
      const absl::CivilDay day = World::kFirstDay + days;
      const auto answer = TrialBalance(world, day);
      ExpectDebitsEqualCredits(answer);
      if (days == kAllDays) {
        EXPECT_EQ(BalancesOf(answer), BalancesOf(world.told(), day));
      }
      // The export of the same days sums up to it.
      v1::ListEntriesRequest request;
      *request.mutable_end_date() = DateOf(day);
      request.set_page_size(50);
      const auto entries = world.AllEntries(request);
      ASSERT_TRUE(entries.ok()) << entries.status();
      EXPECT_EQ(TotalsOf(*entries), TotalsOf(answer)) << days;
    }
    const auto now = TrialBalance(world, std::nullopt);
    EXPECT_EQ(TotalsOf(now), TotalsOf(TrialBalance(world, World::kFirstDay + kAllDays)));
    if (testing::Test::HasFailure()) return;
  }
  // The histories are worth something: every event that posts happened in them.
  for (const postings::PostingRule& rule : postings::PostingTable()) {
    EXPECT_GT(kinds[rule.event], 3) << "event " << rule.event;
  }
}

// The two read models know nothing of each other, and agree on every day whatever was dated back.
TEST(JournalHistory, EveryLedgerAccountIsWhatTheBalancesSayOnAnyDay) {
  const size_t reversed =
      *FactsOf<book::v1::Event>().IndexOf(*billing::v1::PaymentReversed::descriptor());
  const bool simple = projection::InfoOf<balances::Balances>().apply[reversed] == nullptr;
  for (uint32_t seed = 1; seed <= kHistories; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::mt19937 random(seed);
    World world;
    for (int i = 0; i < kCommands; ++i) world.Draw(random, simple);
    world.Flush();
    for (int days = 0; days <= kAllDays; ++days) {
      if (days > World::kDays && days < kAllDays) continue;
      const absl::CivilDay day = World::kFirstDay + days;
      const auto balances = world.AskBalances(day);
      ASSERT_TRUE(balances.ok()) << balances.status();
      EXPECT_EQ(BalancesOf(TrialBalance(world, day)), BalancesOf(*balances)) << days;
    }
    if (testing::Test::HasFailure()) return;
  }
}

// Without a day: what counts by today, where the account is; the same in every query and in both
// read models.
TEST(JournalHistory, WithoutADayItIsTodayWhereTheAccountIs) {
  int ahead = 0, between = 0;
  for (uint32_t seed = 1; seed <= kHistories; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::mt19937 random(seed);
    World world;
    for (int i = 0; i < kCommands; ++i) world.Draw(random);
    world.Flush();
    const auto all = world.AllEntries({});
    ASSERT_TRUE(all.ok()) << all.status();
    for (const int hours : {0, 9, 12 * 24 + 3, 20 * 24 + 23}) {
      const absl::Time now =
          absl::FromCivil(World::kFirstDay + 13, absl::UTCTimeZone()) + absl::Hours(hours);
      world.Now(now);
      std::map<std::string, absl::CivilDay> todays;
      for (int i = 0; i < World::kCustomers; ++i) {
        absl::TimeZone zone;
        ASSERT_TRUE(absl::LoadTimeZone(World::kZones[i], &zone));
        todays[absl::StrCat("c-", i)] = absl::ToCivilDay(now, zone);
      }
      std::vector<v1::Entry> expected;
      for (const v1::Entry& entry : *all) {
        const absl::CivilDay day = *DayOf(entry.effective_date());
        if (day <= todays.at(entry.customer_id())) {
          expected.push_back(entry);
        } else {
          ++(day <= todays.at("c-1") ? between : ahead);
        }
      }
      v1::ListEntriesRequest list;
      list.set_page_size(30);
      const auto entries = world.AllEntries(list);
      ASSERT_TRUE(entries.ok()) << entries.status();
      ASSERT_EQ(entries->size(), expected.size());
      for (size_t i = 0; i < expected.size(); ++i) {
        ASSERT_THAT((*entries)[i], test::EqualsProto(expected[i]));
      }
      const auto trial = TrialBalance(world, std::nullopt);
      ExpectDebitsEqualCredits(trial);
      EXPECT_EQ(TotalsOf(trial), TotalsOf(expected));
      const auto balances = world.AskBalances(std::nullopt);
      ASSERT_TRUE(balances.ok()) << balances.status();
      EXPECT_EQ(BalancesOf(trial), BalancesOf(*balances));
      // One customer: as of their today; all of them together: of one ledger account the same.
      for (const auto& row : trial.rows()) {
        v1::GetLedgerAccountRequest request;
        request.set_ledger_account(row.ledger_account());
        request.set_currency_code(row.currency_code());
        const auto one = world.Ask<v1::GetLedgerAccountResponse>(request);
        ASSERT_TRUE(one.ok()) << one.status();
        EXPECT_EQ(Minor(one->debit()), Minor(row.debit()));
        EXPECT_EQ(Minor(one->credit()), Minor(row.credit()));
        for (int i = 0; i < World::kCustomers; ++i) {
          request.set_customer_id(absl::StrCat("c-", i));
          request.clear_as_of_date();
          auto by_default = world.Ask<v1::GetLedgerAccountResponse>(request, i);
          ASSERT_TRUE(by_default.ok()) << by_default.status();
          *request.mutable_as_of_date() = DateOf(todays.at(request.customer_id()));
          const auto named = world.Ask<v1::GetLedgerAccountResponse>(request, i);
          ASSERT_TRUE(named.ok()) << named.status();
          EXPECT_THAT(*by_default, test::EqualsProto(*named));
        }
      }
    }
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(ahead, 100);
  EXPECT_GT(between, 20);  // what counts depends on the account
}

TEST(JournalHistory, AListThatBeginsAheadHasToSayWhereItEnds) {
  World world;
  world.Flush();
  v1::ListEntriesRequest request;
  *request.mutable_start_date() = DateOf(World::kFirstDay + 20'002);
  const auto refused = world.Ask<v1::ListEntriesResponse>(request).status();
  EXPECT_THAT(test::FieldsOf(refused), testing::ElementsAre("end_date"));
  *request.mutable_end_date() = request.start_date();
  EXPECT_TRUE(world.Ask<v1::ListEntriesResponse>(request).ok());
}

// The example of the two trial balances' field comments: the columns differ where the journal says
// more, what is left of them does not.
TEST(JournalHistory, ColumnsShowMoreTurnoverThanTheBalancesAndLeaveTheSame) {
  World world;
  world.Tell(0, World::kFirstDay + 4,
             {"invoice_issued { account_id: 'acc' invoice_id: 'i' currency_code: 'EUR' "
              "lines { net_minor: 100 product: 'tea' } lines { net_minor: -20 product: 'cups' } "
              "taxes { rate_percent: '19' tax_minor: 19 } taxes { rate_percent: '5' tax_minor: -1 "
              "} net_minor: 80 tax_minor: 18 total_minor: 98 }"});
  world.Tell(0, World::kFirstDay,
             {"payment_recorded { account_id: 'acc' payment_id: 'p' currency_code: 'EUR' "
              "amount_minor: 98 allocations { invoice_id: 'i' amount_minor: 98 } }"});
  world.Flush();
  const absl::CivilDay day = World::kFirstDay + kAllDays;
  Totals journal = TotalsOf(TrialBalance(world, day));
  using Columns = std::pair<int64_t, int64_t>;
  const auto columns = [&](const char* account) { return journal[{"EUR", account}]; };
  // Paid before the day of the invoice: a deposit until then.
  EXPECT_EQ(columns("customer_deposits"), Columns(98, 98));
  // Rates and products of opposite signs stand on opposite sides.
  EXPECT_EQ(columns("tax_payable"), Columns(1, 19));
  EXPECT_EQ(columns("revenue"), Columns(20, 100));
  EXPECT_EQ(columns("receivable"), Columns(98, 98));
  EXPECT_EQ(columns("cash"), Columns(98, 0));
}

// 64 bits of yen are 9.2 * 10^18: one absurd amount more than that, and it stays for ever.
TEST(JournalHistory, BothReadModelsAnswerWhatMoneyCannotHold) {
  World world;
  for (const int customer : {0, 1, 2}) {
    const std::string id = absl::StrCat("i-", customer);
    world.Tell(customer, World::kFirstDay,
               {absl::StrCat("invoice_issued { account_id: 'acc' invoice_id: '", id,
                             "' currency_code: 'JPY' net_minor: 9000000000000000000 "
                             "total_minor: 9000000000000000000 }"),
                absl::StrCat("invoice_voided { account_id: 'acc' invoice_id: '", id,
                             "' currency_code: 'JPY' net_minor: 9000000000000000000 total_minor: "
                             "9000000000000000000 open_minor: 9000000000000000000 }")});
  }
  world.Tell(0, World::kFirstDay,
             {"invoice_issued { account_id: 'acc' invoice_id: 'i' currency_code: 'JPY' "
              "net_minor: 5 total_minor: 5 }"});
  world.Flush();
  const auto expect = [](const auto& row) {
    SCOPED_TRACE(row.ShortDebugString());
    EXPECT_EQ(row.currency_code(), "JPY");
    EXPECT_FALSE(row.has_debit());
    EXPECT_FALSE(row.has_credit());
    const bool revenue = row.ledger_account() == v1::LEDGER_ACCOUNT_REVENUE;
    EXPECT_EQ(row.larger_amounts().at("debit").value(),
              revenue ? "27000000000000000000" : "27000000000000000005");
    EXPECT_EQ(row.larger_amounts().at("credit").value(),
              revenue ? "27000000000000000005" : "27000000000000000000");
    EXPECT_EQ(row.larger_amounts_size(), 2);
    EXPECT_EQ(Minor(row.balance()), revenue ? -5 : 5);
  };
  int rows = 0;
  const auto journal = TrialBalance(world, World::kFirstDay);
  for (const auto& row : journal.rows()) {
    expect(row);
    ++rows;
  }
  EXPECT_EQ(rows, 2);
  const auto balances = world.AskBalances(World::kFirstDay);
  ASSERT_TRUE(balances.ok()) << balances.status();
  ASSERT_GE(balances->totals_size(), 1);
  for (const auto& totals : balances->totals()) {
    if (totals.currency_code() != "JPY") continue;
    EXPECT_EQ(Minor(totals.invoiced()), 5);
  }
  EXPECT_EQ((BalancesOf(*balances)[{"JPY", "receivable"}]), 5);
  // A ledger account and its details as well.
  v1::GetLedgerAccountRequest request;
  request.set_ledger_account(v1::LEDGER_ACCOUNT_REVENUE);
  request.set_currency_code("JPY");
  *request.mutable_as_of_date() = DateOf(World::kFirstDay);
  const auto revenue = world.Ask<v1::GetLedgerAccountResponse>(request);
  ASSERT_TRUE(revenue.ok()) << revenue.status();
  EXPECT_EQ(revenue->larger_amounts().at("debit").value(), "27000000000000000000");
  const auto details = world.Ask<v1::ListLedgerDetailsResponse>(DetailsOf(request));
  ASSERT_TRUE(details.ok()) << details.status();
  EXPECT_EQ(details->details(0).larger_amounts().at("credit").value(), "27000000000000000005");
}

TEST(JournalHistory, TaxesOfOneRateAreKeptApartByTheirCategory) {
  World world;
  const char* const taxes =
      "taxes { rate_percent: '19' net_minor: 100 tax_minor: 19 } "
      "taxes { rate_percent: '19' net_minor: 200 tax_minor: 38 tax_code { category: "
      "TAX_CATEGORY_S } } "
      "taxes { rate_percent: '0' net_minor: 50 tax_code { category: TAX_CATEGORY_AE "
      "exemption_reason: 'x' } } net_minor: 350 tax_minor: 57 total_minor: 407 ";
  world.Tell(
      0, World::kFirstDay,
      {absl::StrCat("invoice_issued { account_id: 'acc' invoice_id: 'i' currency_code: 'EUR' ",
                    taxes, "}"),
       absl::StrCat("invoice_voided { account_id: 'acc' invoice_id: 'i' currency_code: 'EUR' "
                    "open_minor: 407 ",
                    taxes, "}")});
  world.Flush();
  v1::GetLedgerAccountRequest request;
  request.set_ledger_account(v1::LEDGER_ACCOUNT_TAX_PAYABLE);
  request.set_currency_code("EUR");
  const auto answer = world.Ask<v1::ListLedgerDetailsResponse>(DetailsOf(request));
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(answer->details_size(), 2);
  EXPECT_EQ(answer->details(0).detail(), "19");
  EXPECT_EQ(Minor(answer->details(0).credit()), 19);
  EXPECT_EQ(answer->details(1).detail(), "19 S");
  EXPECT_EQ(Minor(answer->details(1).credit()), 38);
  EXPECT_EQ(Minor(answer->details(1).balance()), 0);
}

TEST(JournalHistory, ALedgerAccountOfACustomerIsTheirShare) {
  std::mt19937 random(7);
  World world;
  for (int i = 0; i < 400; ++i) world.Draw(random);
  world.Flush();
  const absl::CivilDay day = World::kFirstDay + kAllDays;
  int not_zero = 0;
  for (int ledger = 0; ledger < postings::kLedgers; ++ledger) {
    v1::GetLedgerAccountRequest request;
    request.set_ledger_account(ToApi(static_cast<postings::Ledger>(ledger)));
    request.set_currency_code("EUR");
    *request.mutable_as_of_date() = DateOf(day);
    std::map<std::string, int64_t> details;
    int64_t sum = 0;
    for (const int customer : {0, 1, 2}) {
      request.set_customer_id(absl::StrCat("c-", customer));
      const auto answer = world.Ask<v1::GetLedgerAccountResponse>(request, customer);
      ASSERT_TRUE(answer.ok()) << answer.status();
      const int64_t balance = Minor(answer->balance());
      auto expected = BalancesOf(world.told(), day, request.customer_id());
      EXPECT_EQ(balance, (expected[{"EUR", NameOf(request.ledger_account())}]))
          << request.DebugString();
      sum += balance;
      const auto parts = world.Ask<v1::ListLedgerDetailsResponse>(DetailsOf(request), customer);
      ASSERT_TRUE(parts.ok()) << parts.status();
      EXPECT_EQ(parts->details_size(), answer->detail_count());
      for (const auto& detail : parts->details()) {
        details[detail.detail()] += Minor(detail.balance());
      }
    }
    request.clear_customer_id();
    const auto all = world.Ask<v1::GetLedgerAccountResponse>(request);
    ASSERT_TRUE(all.ok()) << all.status();
    EXPECT_EQ(Minor(all->balance()), sum);
    const auto parts = world.Ask<v1::ListLedgerDetailsResponse>(DetailsOf(request));
    ASSERT_TRUE(parts.ok()) << parts.status();
    EXPECT_EQ(all->detail_count(), parts->details_size());
    ASSERT_EQ(static_cast<size_t>(parts->details_size()), details.size());
    for (const auto& detail : parts->details()) {
      EXPECT_EQ(Minor(detail.balance()), details.at(detail.detail())) << detail.detail();
    }
    not_zero += sum != 0;
  }
  EXPECT_GE(not_zero, 5);
}

}  // namespace
}  // namespace daybook::journal
