// What the queries refuse, page by page and row by row.
#include "projections/balances/queries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "projections/balances/history_reader.h"
#include "projections/balances/history_writer.h"
#include "projections/balances/packed_id.h"
#include "projections/balances/rows.h"
#include "projections/balances/totals.h"
#include "tests/balances/world.h"
#include "tests/support/answers.h"
#include "tests/support/scratch.h"

namespace daybook::balances {
namespace {

using testing::HasSubstr;

class QueriesTest : public testing::Test {
 protected:
  QueriesTest() {
    auto store = store::Store::Open({.directory = scratch_.path(), .kind = "balances"});
    DAYBOOK_CHECK(store.ok());
    store_ = *std::move(store);
    world_ = std::make_unique<World>(*store_, 0);
  }

  // An account of customer c-0, and invoices of 1.00 EUR each.
  void Invoices(int count) {
    world_->Do({});
    for (int i = 0; i < count; ++i)
      world_->Do({.kind = 1, .day = i, .due = 10, .amount = 100, .pause = 1});
    world_->Flush();
  }

  template <class Response, class Request>
  absl::StatusOr<Response> Ask(const Request& request, int customer = 0, absl::Time now = kLater) {
    if (absl::Status status = BalancesQueries::Check(request); !status.ok()) return status;
    Response response;
    const absl::Status status =
        test::AnswerOf<BalancesQueries>(request, world_->ReadingOf(customer, now), &response);
    if (!status.ok()) return status;
    return response;
  }

  // Everything that the tests record counts by then.
  static inline const absl::Time kLater =
      absl::FromUnixMicros(World::kFirstTime) + absl::Hours(24 * 2000);

  ScratchDirectory scratch_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<World> world_;
};

TEST_F(QueriesTest, NamesEveryFieldThatIsWrong) {
  v1::ListOpenItemsRequest request;
  request.set_account_id(std::string(65, 'a'));
  request.mutable_as_of_date()->set_year(2026);
  request.mutable_as_of_date()->set_month(2);
  request.mutable_as_of_date()->set_day(30);
  request.mutable_read_time()->set_nanos(-1);
  request.set_page_size(-1);
  const absl::Status status = BalancesQueries::Check(request);
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELDS");
  for (const char* field : {"customer_id", "account_id", "as_of_date", "read_time", "page_size"}) {
    EXPECT_THAT(std::string(status.message()), HasSubstr(field));
  }
}

TEST_F(QueriesTest, RefusesAPeriodThatEndsBeforeItBegins) {
  v1::ListStatementEntriesRequest request;
  request.set_customer_id("c-0");
  *request.mutable_start_date() = DateOf(absl::CivilDay(2026, 2, 2));
  *request.mutable_end_date() = DateOf(absl::CivilDay(2026, 2, 1));
  EXPECT_EQ(ReasonOf(BalancesQueries::Check(request)), "INVALID_FIELDS");
}

TEST_F(QueriesTest, RefusesAReadTimeInTheFuture) {
  Invoices(1);
  v1::GetBalanceRequest request;
  request.set_customer_id("c-0");
  request.mutable_read_time()->set_seconds(absl::ToUnixSeconds(kLater) + 1);
  EXPECT_EQ(ReasonOf(Ask<v1::GetBalanceResponse>(request).status()), "READ_TIME_IN_FUTURE");
  request.mutable_read_time()->set_seconds(absl::ToUnixSeconds(kLater));
  EXPECT_TRUE(Ask<v1::GetBalanceResponse>(request).ok());
  // Our clock was set back behind the newest record: what stands in the book may be asked for.
  const auto back = absl::FromUnixMicros(World::kFirstTime) - absl::Hours(1);
  request.mutable_read_time()->set_seconds(World::kFirstTime / 1'000'000);
  EXPECT_TRUE(Ask<v1::GetBalanceResponse>(request, 0, back).ok());
}

TEST_F(QueriesTest, KnowsNobodyWhoIsNotInTheBook) {
  Invoices(1);
  v1::GetBalanceRequest request;
  request.set_customer_id("nobody");
  EXPECT_EQ(ReasonOf(Ask<v1::GetBalanceResponse>(request).status()), "CUSTOMER_NOT_FOUND");
  request.set_customer_id("c-0");
  request.set_account_id("nothing");
  EXPECT_EQ(ReasonOf(Ask<v1::GetBalanceResponse>(request).status()), "ACCOUNT_NOT_FOUND");
}

TEST_F(QueriesTest, SaysThatThereIsNoAccountYet) {
  world_->Register(0);
  world_->Flush();
  v1::GetBalanceRequest request;
  request.set_customer_id("c-0");
  const absl::Status status = Ask<v1::GetBalanceResponse>(request).status();
  EXPECT_EQ(ReasonOf(status), "ACCOUNT_REQUIRED");
  EXPECT_EQ(MetadataOf(status, "account_count"), "0");
  EXPECT_EQ(status.message(), "customer 'c-0' has no account yet");
}

TEST_F(QueriesTest, AsksForTheAccountWhenThereAreTwo) {
  Invoices(1);
  world_->Do({.kind = 0, .account = 1});
  world_->Flush();
  v1::GetBalanceRequest request;
  request.set_customer_id("c-0");
  const absl::Status status = Ask<v1::GetBalanceResponse>(request).status();
  EXPECT_EQ(ReasonOf(status), "ACCOUNT_REQUIRED");
  EXPECT_EQ(MetadataOf(status, "account_count"), "2");
}

TEST_F(QueriesTest, PagesOfOneListFitTogetherWhateverIsRecordedMeanwhile) {
  Invoices(10);
  v1::ListOpenItemsRequest request;
  request.set_customer_id("c-0");
  request.set_page_size(4);
  const auto first = Ask<v1::ListOpenItemsResponse>(request);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->items_size(), 4);
  // An older invoice, which would stand in front of all others.
  world_->Do({.kind = 1, .day = -20, .due = 0, .amount = 5, .pause = 5});
  world_->Flush();
  request.set_page_token(first->next_page_token());
  const auto second = Ask<v1::ListOpenItemsResponse>(request);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(DayOf(second->items(0).invoice_date()).value(), World::kFirstDay + 4);
  request.set_page_token(second->next_page_token());
  const auto third = Ask<v1::ListOpenItemsResponse>(request);
  EXPECT_EQ(third->items_size(), 2);
  EXPECT_EQ(third->next_page_token(), "");
}

// 1.00 invoiced in January, paid by a payment that is dated a week ahead of the read.
TEST_F(QueriesTest, MoneyOfTheFutureIsNotReceivedYetWhicheverQueryIsAsked) {
  world_->Do({});
  world_->Do({.kind = 1, .amount = 100});
  world_->Do({.kind = 2, .day = 9, .amount = 100, .pick = 2});
  world_->Flush();
  const absl::Time eve =
      absl::FromCivil(World::kFirstDay + 9, absl::UTCTimeZone()) - absl::Seconds(1);
  for (const auto& [now, owed] : {std::pair(eve, 100), {eve + absl::Seconds(1), 0}}) {
    SCOPED_TRACE(absl::FormatTime(now));
    const auto minor = [](const google::type::Money& money) { return MinorOf(money).value(); };
    v1::GetBalanceRequest balance;
    balance.set_customer_id("c-0");
    const auto present = Ask<v1::GetBalanceResponse>(balance, 0, now);
    ASSERT_TRUE(present.ok()) << present.status();
    EXPECT_EQ(minor(present->balance()), owed);
    EXPECT_EQ(minor(present->received()), 100 - owed);
    EXPECT_EQ(present->payment_count(), owed == 0);
    v1::ListOpenItemsRequest items;
    items.set_customer_id("c-0");
    EXPECT_EQ(Ask<v1::ListOpenItemsResponse>(items, 0, now)->items_size(), owed != 0);
    v1::ListStatementEntriesRequest statement;
    statement.set_customer_id("c-0");
    EXPECT_EQ(minor(Ask<v1::ListStatementEntriesResponse>(statement, 0, now)->closing()), owed);
    v1::GetAgingRequest aging;
    EXPECT_EQ(minor(Ask<v1::GetAgingResponse>(aging, -1, now)->rows(0).balance()), owed);
    aging.set_customer_id("c-0");
    EXPECT_EQ(minor(Ask<v1::GetAgingResponse>(aging, 0, now)->rows(0).balance()), owed);
    const auto trial = Ask<v1::GetControlTotalsResponse>(v1::GetControlTotalsRequest(), -1, now);
    EXPECT_EQ(minor(trial->totals(0).receivable()), owed);
    EXPECT_EQ(minor(trial->totals(0).received()), 100 - owed);
  }
  // It may be asked for.
  v1::GetBalanceRequest ahead;
  ahead.set_customer_id("c-0");
  *ahead.mutable_as_of_date() = DateOf(World::kFirstDay + 9);
  EXPECT_EQ(MinorOf(Ask<v1::GetBalanceResponse>(ahead, 0, eve)->balance()).value(), 0);
}

TEST_F(QueriesTest, ARequestOfThePastSaysForEverWhatItSaidThen) {
  world_->Do({});
  world_->Do({.kind = 1, .day = 9, .amount = 100});
  world_->Flush();
  const absl::Time eve =
      absl::FromCivil(World::kFirstDay + 9, absl::UTCTimeZone()) - absl::Seconds(1);
  v1::GetBalanceRequest request;
  request.set_customer_id("c-0");
  const auto then = Ask<v1::GetBalanceResponse>(request, 0, eve);
  EXPECT_EQ(then->invoice_count(), 0);
  EXPECT_EQ(Ask<v1::GetBalanceResponse>(request)->invoice_count(), 1);
  request.mutable_read_time()->set_seconds(absl::ToUnixSeconds(eve));
  EXPECT_EQ(Ask<v1::GetBalanceResponse>(request)->invoice_count(), 0);
}

// Who recorded something today sees it, also where the clock is behind that of the writer; one that
// ran a year ahead moves nobody's today.
TEST_F(QueriesTest, TodayIsNotBeforeTheNewestRecordUnlessThatClockWasWrong) {
  world_->Do({});
  const absl::Time midnight = absl::FromCivil(World::kFirstDay + 3, absl::UTCTimeZone());
  const absl::Duration pause = midnight - absl::FromUnixMicros(world_->time());
  world_->Do({.kind = 1,
              .day = 3,
              .amount = 100,
              .pause = static_cast<int>(absl::ToInt64Milliseconds(pause))});
  world_->Flush();
  v1::GetBalanceRequest request;
  request.set_customer_id("c-0");
  for (const auto& [behind, invoices] :
       {std::pair(absl::ZeroDuration(), 1), {absl::Seconds(30), 1}, {absl::Hours(1), 0}}) {
    EXPECT_EQ(Ask<v1::GetBalanceResponse>(request, 0, midnight - behind)->invoice_count(), invoices)
        << behind;
  }
}

TEST_F(QueriesTest, PagesOfOneListGoUpToOneDay) {
  Invoices(10);  // one a day
  const absl::Time eve =
      absl::FromCivil(World::kFirstDay + 5, absl::UTCTimeZone()) - absl::Seconds(1);
  v1::ListOpenItemsRequest items;
  items.set_customer_id("c-0");
  items.set_page_size(4);
  const auto first = Ask<v1::ListOpenItemsResponse>(items, 0, eve);
  ASSERT_EQ(first->items_size(), 4);
  items.set_page_token(first->next_page_token());
  EXPECT_EQ(Ask<v1::ListOpenItemsResponse>(items, 0, eve + absl::Hours(24))->items_size(), 1);
  v1::ListStatementEntriesRequest statement;
  statement.set_customer_id("c-0");
  statement.set_page_size(4);
  const auto page = Ask<v1::ListStatementEntriesResponse>(statement, 0, eve);
  statement.set_page_token(page->next_page_token());
  const auto next = Ask<v1::ListStatementEntriesResponse>(statement, 0, eve + absl::Hours(24));
  EXPECT_EQ(next->entries_size(), 1);
  EXPECT_EQ(next->closing().ShortDebugString(), page->closing().ShortDebugString());
}

TEST_F(QueriesTest, RefusesAPeriodThatBeginsAheadAndDoesNotSayItsEnd) {
  Invoices(1);
  v1::ListStatementEntriesRequest request;
  request.set_customer_id("c-0");
  *request.mutable_start_date() = DateOf(World::kFirstDay + 3000);
  const absl::Status status = Ask<v1::ListStatementEntriesResponse>(request).status();
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELDS");
  EXPECT_THAT(std::string(status.message()), HasSubstr("end_date"));
  *request.mutable_end_date() = DateOf(World::kFirstDay + 3000);
  EXPECT_TRUE(Ask<v1::ListStatementEntriesResponse>(request).ok());
}

TEST_F(QueriesTest, RefusesForgedPageTokensAndThoseOfOtherRequests) {
  Invoices(5);
  v1::ListOpenItemsRequest request;
  request.set_customer_id("c-0");
  request.set_page_size(2);
  const std::string token = Ask<v1::ListOpenItemsResponse>(request)->next_page_token();
  ASSERT_NE(token, "");
  const auto reason = [&](const std::string& text) {
    request.set_page_token(text);
    return ReasonOf(Ask<v1::ListOpenItemsResponse>(request).status());
  };
  EXPECT_EQ(reason(token), "");
  EXPECT_EQ(reason("x"), "PAGE_TOKEN_MALFORMED");
  EXPECT_EQ(reason(std::string(1000, 'A')), "PAGE_TOKEN_MALFORMED");
  request.set_page_size(3);
  EXPECT_EQ(reason(token), "PAGE_TOKEN_MALFORMED");
  v1::ListStatementEntriesRequest other;
  other.set_customer_id("c-0");
  other.set_page_size(2);
  other.set_page_token(token);
  EXPECT_EQ(ReasonOf(Ask<v1::ListStatementEntriesResponse>(other).status()),
            "PAGE_TOKEN_MALFORMED");
}

TEST_F(QueriesTest, GivesFiftyItemsByDefaultAndAThousandAtMost) {
  Invoices(1100);
  v1::ListOpenItemsRequest request;
  request.set_customer_id("c-0");
  EXPECT_EQ(Ask<v1::ListOpenItemsResponse>(request)->items_size(), 50);
  request.set_page_size(5000);
  EXPECT_EQ(Ask<v1::ListOpenItemsResponse>(request)->items_size(), 1000);
}

TEST_F(QueriesTest, TheRowsOfASettledAccountHoldNothingOpen) {
  world_->Do({});
  for (int i = 0; i < 50; ++i) {
    world_->Do({.kind = 2, .amount = 60});            // unapplied
    world_->Do({.kind = 1, .amount = 60});            // an invoice
    world_->Do({.kind = 3, .amount = 0, .pick = 2});  // the one put on the other
  }
  world_->Flush();
  std::string key;
  AccountKey("c-0", "a-0", &key);
  rows::AccountTail tail;
  ASSERT_TRUE(world_->runner(0).shard().view()->Read(kTails, key, &tail).value());
  EXPECT_EQ(tail.invoices(), 50u);
  EXPECT_EQ(tail.open_invoices().ids().size(), 0u);
  EXPECT_EQ(tail.open_payments().ids().size(), 0u);
  EXPECT_LE(tail.chunk().kind_size(), 255);
}

TEST(AccountHistory, PacksEveryId) {
  for (const std::string id :
       {"", "a", "0123456789abcdef", "c9a646d3-9c61-8cb7-bfcd-ee2522c8f633",
        "C9A646D3-9C61-8CB7-BFCD-EE2522C8F633", "c9a646d3-9c61-8cb7-bfcd-ee2522c8f63",
        "c9a646d3x9c61-8cb7-bfcd-ee2522c8f633"}) {
    EXPECT_EQ(UnpackId(PackId(id)), id.empty() ? "-" : id);
  }
  EXPECT_EQ(UnpackId(PackId(std::string(300, 'x'))), std::string(300, 'x'));
  EXPECT_EQ(PackId("c9a646d3-9c61-8cb7-bfcd-ee2522c8f633").size(), 17u);
}

TEST(AccountHistory, RefusesAChunkWhoseColumnsDoNotFit) {
  rows::AccountTail tail;
  AddPayment({1, 1, 1970}, 100, PackId("p"), tail);
  AccountHistory history;
  EXPECT_TRUE(ReadChunk(tail.chunk(), kEverything, &history));
  rows::HistoryChunk broken = tail.chunk();
  broken.set_allocations(0, 1);
  EXPECT_FALSE(ReadChunk(broken, kEverything, &history));
  broken = tail.chunk();
  broken.clear_day();
  EXPECT_FALSE(ReadChunk(broken, kEverything, &history));
}

}  // namespace
}  // namespace daybook::balances
