// What each event becomes, page by page, and what the queries refuse.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "tests/journal/world.h"

namespace daybook::journal {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const absl::CivilDay kDay = World::kFirstDay + 1;

// `Dr receivable 119, Cr revenue/tea 100, Cr tax_payable/19 19`
std::string Text(const v1::Entry& entry) {
  std::string text;
  for (const v1::EntryLine& line : entry.lines()) {
    const auto& money = line.has_debit() ? line.debit() : line.credit();
    absl::StrAppend(&text, text.empty() ? "" : ", ", line.has_debit() ? "Dr " : "Cr ",
                    NameOf(*postings::FromApi(line.ledger_account())),
                    line.detail().empty() ? "" : "/", line.detail(), " ", MinorOf(money).value());
  }
  return text;
}

class JournalQueriesTest : public testing::Test {
 protected:
  void Tell(const std::vector<std::string>& events, absl::CivilDay day = kDay, int customer = 0) {
    world_.Tell(customer, day, events);
    world_.Flush();
  }
  std::vector<std::string> Entries(v1::ListEntriesRequest request = {}, int customer = -1) {
    std::vector<std::string> texts;
    const auto entries = world_.AllEntries(std::move(request), customer);
    EXPECT_TRUE(entries.ok()) << entries.status();
    for (const auto& entry : *entries) texts.push_back(Text(entry));
    return texts;
  }
  std::string Refused(const v1::ListEntriesRequest& request, int customer = -1) {
    return ReasonOf(world_.Ask<v1::ListEntriesResponse>(request, customer).status());
  }

  World world_;
};

constexpr char kInvoice[] =
    "invoice_issued { account_id: 'acc' invoice_id: 'i' currency_code: 'EUR' "
    "number { series: 'A' year: 2026 sequence: 1 } "
    "lines { net_minor: 60 product: 'tea' } lines { net_minor: 50 product: 'cups' } "
    "lines { net_minor: -10 product: 'tea' } "
    "taxes { rate_percent: '19' tax_minor: 12 } taxes { rate_percent: '7' tax_minor: 3 } "
    "net_minor: 100 tax_minor: 15 total_minor: 115 }";

TEST_F(JournalQueriesTest, RevenueStandsByProductTaxByRateAndCashByChannel) {
  Tell({kInvoice,
        "payment_recorded { account_id: 'acc' payment_id: 'p' currency_code: 'EUR' "
        "amount_minor: 30 unapplied_minor: 30 channel: PAYMENT_CHANNEL_ONLINE }"});
  EXPECT_THAT(Entries(), ElementsAre("Dr receivable 115, Cr revenue/cups 50, Cr revenue/tea 50, "
                                     "Cr tax_payable/19 12, Cr tax_payable/7 3",
                                     "Cr customer_deposits 30, Dr cash/online 30"));
}

TEST_F(JournalQueriesTest, WhatIsTakenBackLeavesWhereItCameIn) {
  Tell({kInvoice,
        "invoice_voided { account_id: 'acc' invoice_id: 'i' currency_code: 'EUR' net_minor: 100 "
        "tax_minor: 15 total_minor: 115 open_minor: 115 "
        "taxes { rate_percent: '19' tax_minor: 12 } taxes { rate_percent: '7' tax_minor: 3 } }",
        "payment_announced { account_id: 'acc' payment_id: 'p' currency_code: 'EUR' "
        "amount_minor: 30 channel: PAYMENT_CHANNEL_APP }",
        "payment_confirmed { account_id: 'acc' payment_id: 'p' currency_code: 'EUR' "
        "amount_minor: 30 unapplied_minor: 30 }",
        "payment_refunded { account_id: 'acc' payment_id: 'p' currency_code: 'EUR' "
        "amount_minor: 10 }",
        "payment_reversed { account_id: 'acc' payment_id: 'p' currency_code: 'EUR' "
        "amount_minor: 20 unapplied_minor: 20 }"});
  EXPECT_THAT(Entries(), ElementsAre(testing::_,
                                     "Cr receivable 115, Dr revenue/cups 50, Dr revenue/tea 50, "
                                     "Dr tax_payable/19 12, Dr tax_payable/7 3",
                                     "Cr customer_deposits 30, Dr cash/app 30",
                                     "Dr customer_deposits 10, Cr cash/app 10",
                                     "Dr customer_deposits 20, Cr cash/app 20"));
  v1::GetLedgerAccountRequest request;
  request.set_ledger_account(v1::LEDGER_ACCOUNT_REVENUE);
  request.set_currency_code("EUR");
  const auto revenue = world_.Ask<v1::GetLedgerAccountResponse>(request);
  ASSERT_TRUE(revenue.ok());
  EXPECT_EQ(revenue->detail_count(), 2);
  EXPECT_EQ(MinorOf(revenue->credit()).value(), 100);
  EXPECT_EQ(MinorOf(revenue->balance()).value(), 0);
}

TEST_F(JournalQueriesTest, DetailsOfALedgerAccountComePageByPage) {
  Tell(
      {"invoice_issued { account_id: 'acc' invoice_id: 'i' currency_code: 'EUR' "
       "lines { net_minor: 60 product: 'tea' } lines { net_minor: 40 } "
       "lines { net_minor: 50 product: 'cups' } net_minor: 150 total_minor: 150 }"});
  v1::ListLedgerDetailsRequest request;
  request.set_ledger_account(v1::LEDGER_ACCOUNT_REVENUE);
  request.set_currency_code("EUR");
  for (const int size : {0, 1, 2, 3, 5'000}) {
    request.set_page_size(size);
    request.clear_page_token();
    std::vector<std::string> details;
    do {
      const auto page = world_.Ask<v1::ListLedgerDetailsResponse>(request);
      ASSERT_TRUE(page.ok()) << page.status();
      EXPECT_LE(page->details_size(), size == 0 ? 50 : size);
      for (const v1::LedgerDetail& detail : page->details()) {
        details.push_back(absl::StrCat(detail.detail(), " ", MinorOf(detail.credit()).value()));
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    EXPECT_THAT(details, ElementsAre(" 40", "cups 50", "tea 60")) << size;
  }
  request.set_page_size(1);
  const auto page = world_.Ask<v1::ListLedgerDetailsResponse>(request);
  ASSERT_TRUE(page.ok());
  request.set_page_token(page->next_page_token());
  request.set_ledger_account(v1::LEDGER_ACCOUNT_CASH);
  EXPECT_EQ(ReasonOf(world_.Ask<v1::ListLedgerDetailsResponse>(request).status()),
            "PAGE_TOKEN_MALFORMED");
}

TEST_F(JournalQueriesTest, ACreditNoteTakesBackTheProductsOfItsLines) {
  Tell({kInvoice,
        "credit_note_issued { account_id: 'acc' credit_note_id: 'n' invoice_id: 'i' "
        "currency_code: 'EUR' lines { line_index: 1 net_minor: 20 } "
        "taxes { rate_percent: '19' tax_minor: 4 } net_minor: 20 tax_minor: 4 total_minor: 24 "
        "applied_minor: 24 }"});
  EXPECT_EQ(Entries()[1], "Cr receivable 24, Dr revenue/cups 20, Dr tax_payable/19 4");
}

TEST_F(JournalQueriesTest, TheTaxInAWriteOffIsCorrectedByRate) {
  const std::string taxes =
      "taxes { rate_percent: '19' net_minor: 50 tax_minor: 6 } "
      "taxes { rate_percent: '7' net_minor: 10 tax_minor: 1 } tax_minor: 7 }";
  const std::string of =
      "account_id: 'acc' invoice_id: 'i' currency_code: 'EUR' "
      "reason: WRITE_OFF_REASON_BAD_DEBT amount_minor: 57 ";
  Tell({kInvoice, "invoice_written_off { " + of + taxes, "write_off_reversed { " + of + taxes});
  EXPECT_EQ(Entries()[1],
            "Cr receivable 57, Dr tax_payable/19 6, Dr tax_payable/7 1, "
            "Dr credit_losses_bad_debt 50");
  EXPECT_EQ(Entries()[2],
            "Dr receivable 57, Cr tax_payable/19 6, Cr tax_payable/7 1, "
            "Cr credit_losses_bad_debt 50");
}

TEST_F(JournalQueriesTest, ADiscountHasALedgerAccountOfItsOwn) {
  const std::string fact =
      "account_id: 'acc' invoice_id: 'i' currency_code: 'EUR' "
      "reason: WRITE_OFF_REASON_EARLY_PAYMENT amount_minor: 23 "
      "taxes { rate_percent: '19' net_minor: 20 tax_minor: 3 } tax_minor: 3 }";
  Tell({kInvoice, "invoice_written_off { " + fact, "write_off_reversed { " + fact});
  EXPECT_EQ(Entries()[1], "Cr receivable 23, Dr tax_payable/19 3, Dr sales_discounts 20");
  EXPECT_EQ(Entries()[2], "Dr receivable 23, Cr tax_payable/19 3, Cr sales_discounts 20");
}

TEST_F(JournalQueriesTest, WhatABankTakesBeyondAPaymentLeavesWhereItCameIn) {
  Tell(
      {"payment_recorded { account_id: 'acc' payment_id: 'p' currency_code: 'EUR' "
       "amount_minor: 30 unapplied_minor: 30 channel: PAYMENT_CHANNEL_APP }",
       "payment_reversed { account_id: 'acc' payment_id: 'p' currency_code: 'EUR' "
       "amount_minor: 20 unapplied_minor: 20 partial: true }",
       "debit_note_issued { account_id: 'acc' debit_note_id: 'd' payment_id: 'p' "
       "currency_code: 'EUR' total_minor: 7 }",
       "payment_loss_taken { account_id: 'acc' payment_id: 'p' currency_code: 'EUR' "
       "amount_minor: 5 }",
       "payment_loss_recovered { account_id: 'acc' payment_id: 'p' currency_code: 'EUR' "
       "amount_minor: 4 }",
       "credit_written_off { account_id: 'acc' payment_id: 'p' currency_code: 'EUR' "
       "amount_minor: 1 }"});
  EXPECT_THAT(
      Entries(),
      ElementsAre("Cr customer_deposits 30, Dr cash/app 30",
                  "Dr customer_deposits 20, Cr cash/app 20", "Dr receivable 7, Cr cash/app 7",
                  "Cr cash/app 5, Dr payment_losses 5", "Dr cash/app 4, Cr payment_losses 4",
                  "Dr customer_deposits 1, Cr residue_income 1"));
}

TEST_F(JournalQueriesTest, MoneyOnALaterInvoiceIsADepositUntilThen) {
  Tell({kInvoice}, kDay + 9);
  Tell(
      {"payment_recorded { account_id: 'acc' payment_id: 'p' currency_code: 'EUR' "
       "amount_minor: 30 allocations { invoice_id: 'i' amount_minor: 30 } }"});
  EXPECT_THAT(Entries(), ElementsAre("Cr customer_deposits 30, Dr cash 30", testing::_,
                                     "Cr receivable 30, Dr customer_deposits 30"));
  // What is dated back to before it came goes when it came, and leaves the invoice when it stood
  // there.
  Tell({"payment_reversed { account_id: 'acc' payment_id: 'p' currency_code: 'EUR' "
        "amount_minor: 30 released { invoice_id: 'i' amount_minor: 30 } }"},
       kDay - 5);
  EXPECT_THAT(Entries(), ElementsAre("Cr customer_deposits 30, Dr cash 30",
                                     "Dr customer_deposits 30, Cr cash 30", testing::_,
                                     "Cr receivable 30, Dr customer_deposits 30",
                                     "Dr receivable 30, Cr customer_deposits 30"));
}

TEST_F(JournalQueriesTest, WhatAnEventDoesNotExplainStaysWithoutDetail) {
  Tell(
      {"invoice_issued { account_id: 'acc' invoice_id: 'i' currency_code: 'EUR' "
       "lines { net_minor: 60 product: 'tea' } lines { net_minor: 40 } "
       "net_minor: 100 tax_minor: 15 total_minor: 115 }",
       // A net of zero, and yet something by product.
       "invoice_issued { account_id: 'acc' invoice_id: 'j' currency_code: 'EUR' "
       "lines { net_minor: 60 product: 'tea' } lines { net_minor: -60 product: 'cups' } }",
       "invoice_issued { account_id: 'acc' invoice_id: 'k' currency_code: 'EUR' }",
       "account_suspended { account_id: 'acc' }"});
  EXPECT_THAT(Entries(), ElementsAre("Dr receivable 115, Cr revenue 40, Cr revenue/tea 60, "
                                     "Cr tax_payable 15",
                                     "Dr revenue/cups 60, Cr revenue/tea 60"));
}

TEST_F(JournalQueriesTest, AnEntrySaysWhereItComesFrom) {
  Tell({kInvoice});
  const auto entries = world_.AllEntries({});
  ASSERT_TRUE(entries.ok());
  const v1::Entry& entry = entries->front();
  EXPECT_EQ(entry.customer_id(), "c-0");
  EXPECT_EQ(entry.account_id(), "acc");
  EXPECT_EQ(entry.revision(), 3);  // registered, opened, and this
  EXPECT_EQ(entry.part(), 0);
  EXPECT_EQ(entry.event_type(), billing::v1::EVENT_TYPE_INVOICE_ISSUED);
  EXPECT_EQ(entry.document_id(), "i");
  EXPECT_EQ(entry.number(), "A-2026-00-000001");
  EXPECT_EQ(entry.effective_date().day(), kDay.day());
  EXPECT_GT(entry.recorded_time().seconds(), 1'700'000'000);
}

TEST_F(JournalQueriesTest, ListsByDayThenCustomerThenOrderOfRecord) {
  const auto loss = [](int amount) {
    return absl::StrCat(
        "invoice_written_off { account_id: 'acc' invoice_id: 'i' currency_code: 'EUR' reason: "
        "WRITE_OFF_REASON_OVERDUE amount_minor: ",
        amount, " }");
  };
  const auto text = [](int amount) {
    return absl::StrCat("Cr receivable ", amount, ", Dr credit_losses_overdue ", amount);
  };
  Tell({loss(1), loss(2)}, kDay + 1, 1);
  Tell({loss(3)}, kDay, 2);
  Tell({loss(4)}, kDay + 1, 0);
  Tell({loss(5)}, kDay, 1);
  v1::ListEntriesRequest request;
  for (const int size : {0, 1, 2, 5, 5'000}) {
    request.set_page_size(size);
    EXPECT_THAT(Entries(request), ElementsAre(text(5), text(3), text(4), text(1), text(2))) << size;
  }
  request.set_page_size(1);
  *request.mutable_start_date() = DateOf(kDay + 1);
  EXPECT_THAT(Entries(request), ElementsAre(text(4), text(1), text(2)));
  *request.mutable_end_date() = DateOf(kDay + 1);
  request.set_customer_id("c-1");
  EXPECT_THAT(Entries(request, 1), ElementsAre(text(1), text(2)));
  *request.mutable_start_date() = DateOf(kDay - 1);
  EXPECT_THAT(Entries(request, 1), ElementsAre(text(5), text(1), text(2)));
  request.set_ledger_account(v1::LEDGER_ACCOUNT_CASH);
  EXPECT_THAT(Entries(request, 1), IsEmpty());
  request.set_ledger_account(v1::LEDGER_ACCOUNT_RECEIVABLE);
  request.set_account_id("acc");
  EXPECT_EQ(Entries(request, 1).size(), 3u);
  request.set_account_id("other");
  EXPECT_THAT(Entries(request, 1), IsEmpty());
}

TEST_F(JournalQueriesTest, APageIsBoundToItsRequest) {
  Tell({kInvoice, kInvoice});
  v1::ListEntriesRequest request;
  request.set_page_size(1);
  const auto page = world_.Ask<v1::ListEntriesResponse>(request);
  ASSERT_TRUE(page.ok());
  request.set_page_token(page->next_page_token());
  EXPECT_EQ(Refused(request), "");
  request.set_ledger_account(v1::LEDGER_ACCOUNT_CASH);
  EXPECT_EQ(Refused(request), "PAGE_TOKEN_MALFORMED");
  request.set_page_token("?");
  EXPECT_EQ(Refused(request), "PAGE_TOKEN_MALFORMED");
}

TEST_F(JournalQueriesTest, RefusesWhatCannotBe) {
  v1::ListEntriesRequest list;
  list.set_page_size(-1);
  list.set_account_id("acc");
  list.set_ledger_account(static_cast<v1::LedgerAccount>(99));
  list.mutable_start_date()->set_year(2026);
  EXPECT_THAT(test::FieldsOf(world_.Ask<v1::ListEntriesResponse>(list).status()),
              ElementsAre("page_size", "account_id", "ledger_account", "start_date"));
  list = {};
  *list.mutable_start_date() = DateOf(kDay);
  *list.mutable_end_date() = DateOf(kDay - 1);
  EXPECT_THAT(test::FieldsOf(world_.Ask<v1::ListEntriesResponse>(list).status()),
              ElementsAre("end_date"));
  list.set_ledger_account(static_cast<v1::LedgerAccount>(99));  // every mistake at once
  EXPECT_THAT(test::FieldsOf(world_.Ask<v1::ListEntriesResponse>(list).status()),
              ElementsAre("ledger_account", "end_date"));
  list = {};
  list.set_customer_id("nobody");
  EXPECT_EQ(Refused(list, 0), "CUSTOMER_NOT_FOUND");

  v1::GetLedgerAccountRequest account;
  account.mutable_as_of_date()->set_day(1);
  EXPECT_THAT(test::FieldsOf(world_.Ask<v1::GetLedgerAccountResponse>(account).status()),
              ElementsAre("ledger_account", "currency_code", "as_of_date"));
  account = {};
  account.set_ledger_account(v1::LEDGER_ACCOUNT_CASH);
  account.set_currency_code("EUR");
  const auto nothing = world_.Ask<v1::GetLedgerAccountResponse>(account);
  ASSERT_TRUE(nothing.ok());
  EXPECT_EQ(MinorOf(nothing->balance()).value(), 0);
  EXPECT_EQ(nothing->detail_count(), 0);
  account.set_customer_id("nobody");
  EXPECT_EQ(ReasonOf(world_.Ask<v1::GetLedgerAccountResponse>(account, 0).status()),
            "CUSTOMER_NOT_FOUND");

  v1::GetTrialBalanceRequest trial;
  trial.mutable_as_of_date()->set_month(13);
  EXPECT_THAT(test::FieldsOf(world_.Ask<v1::GetTrialBalanceResponse>(trial).status()),
              ElementsAre("as_of_date"));
}

// A page ends before it is too large for a message, whatever the size asked for.
TEST_F(JournalQueriesTest, APageHoldsNoMoreThanAMessageMay) {
  std::string lines;
  for (int i = 0; i < 1'000; ++i) {
    absl::StrAppend(&lines, "lines { net_minor: 1 product: '", std::string(60, 'p'), i, "' } ");
  }
  std::vector<std::string> events(60, absl::StrCat("invoice_issued { account_id: 'acc' invoice_id: "
                                                   "'i' currency_code: 'EUR' net_minor: 1000 "
                                                   "total_minor: 1000 ",
                                                   lines, "}"));
  Tell(events);
  v1::ListEntriesRequest request;
  request.set_page_size(1'000);
  const auto page = world_.Ask<v1::ListEntriesResponse>(request);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_LT(page->ByteSizeLong(), 2u << 20);
  EXPECT_LT(page->entries_size(), 60);
  EXPECT_EQ(Entries(request).size(), 60u);
}

}  // namespace
}  // namespace daybook::journal
