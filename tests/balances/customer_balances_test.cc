// Lists of accounts and of customers say what the queries of one account say, at every pair of
// clocks, in every order, page by page.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "projections/balances/queries.h"
#include "tests/balances/world.h"
#include "tests/support/answers.h"
#include "tests/support/given_when_then.h"
#include "tests/support/scratch.h"

namespace daybook::balances {
namespace {

int64_t Minor(const google::type::Money& money) {
  return money.currency_code().empty() ? 0 : MinorOf(money).value();
}

class Asker {
 public:
  Asker(World& world, std::mt19937& random) : world_(world) {
    const auto draw = [&](int n) { return static_cast<int>(random() % static_cast<uint32_t>(n)); };
    if (draw(3) != 0) day_ = World::kFirstDay + draw(60);
    if (draw(3) == 0) read_us_ = World::kFirstTime + draw(2'000) * 1'000;
    page_size_ = 1 + draw(3);
  }

  template <class Response, class Request>
  absl::StatusOr<Response> Ask(int customer, Request request) {
    if (day_) *request.mutable_as_of_date() = DateOf(*day_);
    if (read_us_) SetMicros(*read_us_, request.mutable_read_time());
    Response response;
    const absl::Status status = test::AnswerOf<BalancesQueries>(
        request, world_.ReadingOf(customer, absl::FromUnixMicros(world_.time()) + absl::Minutes(1)),
        &response);
    if (!status.ok()) return status;
    return response;
  }

  void All() {
    for (int customer = 0; customer < World::kCustomers; ++customer) Accounts(customer);
    for (const char* currency : {"EUR", "JPY"}) {
      for (const char* order :
           {"", "receivable", "overdue desc", "overdue", "unapplied desc", "balance",
            "not_due desc", "days_1_30 desc", "days_31_60", "days_over_120 desc"}) {
        SCOPED_TRACE(absl::StrCat(currency, " by ", order));
        Customers(currency, order);
      }
    }
  }

 private:
  static std::string IdOf(int customer) { return absl::StrCat("c-", customer); }

  // Each account of the list says what GetBalance says of it.
  void Accounts(int customer) {
    v1::ListAccountBalancesRequest request;
    request.set_customer_id(IdOf(customer));
    const auto list = Ask<v1::ListAccountBalancesResponse>(customer, request);
    if (!list.ok()) {
      EXPECT_EQ(ReasonOf(list.status()), "CUSTOMER_NOT_FOUND") << list.status();
      return;
    }
    for (const v1::AccountBalance& balance : list->balances()) {
      v1::GetBalanceRequest of_one;
      of_one.set_customer_id(IdOf(customer));
      of_one.set_account_id(balance.account_id());
      const auto one = Ask<v1::GetBalanceResponse>(customer, of_one);
      ASSERT_TRUE(one.ok()) << one.status();
      v1::AccountBalance expected;
      // The fields have the same names; so do their numbers.
      v1::GetBalanceResponse told = *one;
      told.clear_position();
      expected.ParseFromString(told.SerializeAsString());
      expected.set_currency_code(balance.currency_code());
      EXPECT_THAT(balance, test::EqualsProto(expected));
      EXPECT_EQ(balance.balance().currency_code(), balance.currency_code());
      ++accounts_;

      v1::GetAgingRequest aging;
      aging.set_customer_id(IdOf(customer));
      aging.set_account_id(balance.account_id());
      const auto ages = Ask<v1::GetAgingResponse>(customer, aging);
      ASSERT_TRUE(ages.ok()) << ages.status();
      const v1::Aging& row = ages->rows(0);
      auto& sums = expected_[balance.currency_code()][IdOf(customer)];
      sums["receivable"] += Minor(balance.receivable());
      sums["unapplied"] += Minor(balance.unapplied());
      sums["balance"] += Minor(balance.balance());
      sums["overdue"] += Minor(balance.receivable()) - Minor(row.buckets(0).amount());
      for (const auto& bucket : row.buckets()) sums[bucket.name()] += Minor(bucket.amount());
      sums["open"] += balance.open_invoice_count();
    }
  }

  void Customers(const std::string& currency, const std::string& order_by) {
    v1::ListCustomerBalancesRequest request;
    request.set_currency_code(currency);
    request.set_order_by(order_by);
    request.set_page_size(page_size_);
    std::string field = order_by.empty() ? "receivable desc" : order_by;
    const bool descending = field.ends_with(" desc");
    if (descending) field.resize(field.size() - 5);
    std::map<std::string, std::map<std::string, int64_t>> left = expected_[currency];
    std::erase_if(left, [&](const auto& one) { return one.second.at(field) == 0; });
    int64_t last = 0;
    bool first = true;
    do {
      const auto page = Ask<v1::ListCustomerBalancesResponse>(-1, request);
      ASSERT_TRUE(page.ok()) << page.status();
      ASSERT_LE(page->balances_size(), page_size_);
      for (const v1::CustomerBalance& told : page->balances()) {
        const auto it = left.find(told.customer_id());
        ASSERT_NE(it, left.end()) << "not expected, or twice: " << test::Text(told);
        std::map<std::string, int64_t>& sums = it->second;
        const std::pair<const char*, int64_t> amounts[] = {{"receivable", Minor(told.receivable())},
                                                           {"overdue", Minor(told.overdue())},
                                                           {"unapplied", Minor(told.unapplied())},
                                                           {"balance", Minor(told.balance())},
                                                           {"open", told.open_invoice_count()}};
        for (const auto& [name, amount] : amounts) EXPECT_EQ(amount, sums[name]) << name;
        EXPECT_EQ(told.buckets_size(), 6);
        for (const auto& bucket : told.buckets()) {
          EXPECT_EQ(Minor(bucket.amount()), sums[bucket.name()]) << bucket.name();
        }
        EXPECT_EQ(told.has_oldest_due_date(), told.open_invoice_count() != 0);
        const int64_t here = sums[field];
        if (!first) {
          EXPECT_TRUE(descending ? here <= last : last <= here) << last << " " << here;
        }
        first = false;
        last = here;
        left.erase(it);
        ++customers_;
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    EXPECT_TRUE(left.empty()) << left.begin()->first << " is missing";
  }

 public:
  int accounts_ = 0, customers_ = 0;

 private:
  World& world_;
  std::optional<absl::CivilDay> day_;
  std::optional<int64_t> read_us_;
  int page_size_ = 1;
  // By currency and customer.
  std::map<std::string, std::map<std::string, std::map<std::string, int64_t>>> expected_;
};

TEST(CustomerBalances, AreThoseOfTheAccountsAtEveryPairOfClocks) {
  ScratchDirectory scratch;
  auto store = store::Store::Open({.directory = scratch.path(), .kind = "balances"});
  ASSERT_TRUE(store.ok()) << store.status();
  int accounts = 0, customers = 0;
  for (uint32_t seed = 1; seed <= 150 && !HasFailure(); ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::mt19937 random(seed);
    const auto draw = [&](int n) { return static_cast<int>(random() % static_cast<uint32_t>(n)); };
    World world(**store, static_cast<int>(2 * seed));
    for (int i = draw(60); i >= 0; --i) {
      world.Do({.kind = draw(8),
                .customer = draw(3),
                .account = draw(3),
                .day = draw(50),
                .due = draw(40),
                .amount = draw(1'000),
                .pick = draw(100),
                .pause = draw(60),
                .flush = draw(10) == 0});
    }
    world.Flush();
    for (int i = 0; i < 3; ++i) {
      Asker asker(world, random);
      asker.All();
      accounts += asker.accounts_;
      customers += asker.customers_;
    }
  }
  EXPECT_GT(accounts, 300);
  EXPECT_GT(customers, 1'000);
}

TEST(CustomerBalances, WhatIsWrongWithARequestIsSaid) {
  v1::ListCustomerBalancesRequest request;
  EXPECT_THAT(test::FieldsOf(BalancesQueries::Check(request)),
              testing::ElementsAre("currency_code"));
  request.set_currency_code("EUR");
  EXPECT_TRUE(BalancesQueries::Check(request).ok());
  request.set_order_by("age");
  request.set_page_size(-1);
  request.mutable_as_of_date()->set_year(2026);
  EXPECT_THAT(test::FieldsOf(BalancesQueries::Check(request)),
              testing::ElementsAre("order_by", "page_size", "as_of_date"));
}

}  // namespace
}  // namespace daybook::balances
