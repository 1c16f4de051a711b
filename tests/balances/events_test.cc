// One event at a time: what each does to balance, open items, statement and trial balance, on the
// day before it and on its day.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/enum_name.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/projection/runner.h"
#include "projections/balances/balances.h"
#include "projections/balances/queries.h"
#include "tests/support/answers.h"
#include "tests/support/facts.h"
#include "tests/support/given_when_then.h"
#include "tests/support/scratch.h"

namespace daybook::balances {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// An account of customer `c`. Days are those of March 2026; every fact is recorded a second after
// the one before, whatever its day.
class EventsTest : public testing::Test {
 protected:
  EventsTest() {
    auto store = store::Store::Open({.directory = scratch_.path(), .kind = "balances"});
    DAYBOOK_CHECK(store.ok());
    store_ = *std::move(store);
    auto shard = store_->OpenShard(0);
    DAYBOOK_CHECK(shard.ok());
    runner_ =
        std::make_unique<projection::Runner>(info_, *std::move(shard), projection::RunnerLimits{});
    Commit({facts::Registered(DayIn(1)), facts::Opened(DayIn(1), "a", "EUR")});
  }

  static absl::CivilDay DayIn(int day) { return absl::CivilDay(2026, 3, 1) + (day - 1); }

  // An event of the billing book in text, without account and currency.
  void On(int day, const std::string& text) {
    book::v1::Event event = facts::On(DayIn(day));
    auto& billing = *event.mutable_billing();
    billing = test::Proto<billing::v1::Event>(text);
    const auto* field = billing::v1::Event::descriptor()->FindFieldByNumber(billing.event_case());
    auto* body = billing.GetReflection()->MutableMessage(&billing, field);
    for (const auto& [name, value] : {std::pair("account_id", "a"), {"currency_code", "EUR"}}) {
      const auto* one = body->GetDescriptor()->FindFieldByName(name);
      if (one != nullptr) body->GetReflection()->SetString(body, one, value);
    }
    Commit({event});
  }
  // Number 1 of `i-1` and so on, due on the day; a sixth of it is tax.
  void Invoice(int day, const std::string& id, int64_t total) {
    Commit({facts::Issued(DayIn(day), {.account = "a",
                                       .id = id,
                                       .due = DayIn(day),
                                       .total_minor = total,
                                       .tax_minor = total / 6,
                                       .sequence = ++sequence_})});
  }
  void Pay(int day, const std::string& id, int64_t amount, const facts::Allocations& on) {
    Commit({facts::Paid(DayIn(day), "a", id, amount, on)});
  }
  void Commit(std::vector<book::v1::Event> events) {
    time_us_ += 1'000'000;
    projection::ParsedBatch batch;
    auto* commit = batch.commits.Add();
    commit->set_customer_id("c");
    for (auto& event : events) *commit->add_events() = std::move(event);
    batch.at = runner_->applied();
    DAYBOOK_CHECK(batch.Enter(batch.at.next_offset, time_us_));
    batch.at.last_offset = batch.at.next_offset++;
    batch.at.recorded_time_us = time_us_;
    runner_->OnBatch(batch);
    DAYBOOK_CHECK(runner_->Flush(absl::InfinitePast()).ok());
  }

  template <class Response, class Request>
  Response Ask(Request request) {
    if constexpr (requires { request.set_customer_id("c"); }) request.set_customer_id("c");
    return AskAll<Response>(request);
  }
  // Of customer `c` only if the request says so.
  template <class Response, class Request>
  Response AskAll(const Request& request) {
    const absl::Time now = absl::FromUnixMicros(time_us_) + later_;
    const projection::PartitionReading reading[] = {{runner_->shard().view(), now}};
    Response response;
    const absl::Status status =
        test::AnswerOf<BalancesQueries>(request, {now, absl::InfiniteFuture(), reading}, &response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }
  // `day` 0: today, by which everything counts.
  template <class Request>
  static Request At(int day) {
    Request request;
    if (day != 0) *request.mutable_as_of_date() = DateOf(DayIn(day));
    return request;
  }

  // `receivable unapplied`
  std::string Balance(int day = 0) {
    const auto balance = Ask<v1::GetBalanceResponse>(At<v1::GetBalanceRequest>(day));
    const int64_t receivable = *MinorOf(balance.receivable());
    const int64_t unapplied = *MinorOf(balance.unapplied());
    EXPECT_EQ(*MinorOf(balance.balance()), receivable - unapplied);
    return absl::StrCat(receivable, " ", unapplied);
  }
  // `id open`
  std::vector<std::string> OpenItems(int day = 0) {
    std::vector<std::string> items;
    const auto open = Ask<v1::ListOpenItemsResponse>(At<v1::ListOpenItemsRequest>(day));
    for (const auto& item : open.items()) {
      items.push_back(absl::StrCat(item.invoice_id(), " ", *MinorOf(item.open())));
    }
    return items;
  }
  static std::string CodeOf(const v1::StatementEntry& entry) {
    if (entry.write_off_reason() == billing::v1::WRITE_OFF_REASON_UNSPECIFIED) return "";
    return std::string(ShortNameOf(entry.write_off_reason()));
  }
  // `day KIND document_id +debit` or `-credit`, and what else is said.
  std::vector<std::string> Statement() {
    std::vector<std::string> lines;
    const auto statement = Ask<v1::ListStatementEntriesResponse>(v1::ListStatementEntriesRequest());
    for (const auto& entry : statement.entries()) {
      std::string line =
          absl::StrCat(*DayOf(entry.date()) - DayIn(0), " ", ToAbsl(ShortNameOf(entry.kind())), " ",
                       entry.document_id(), " ", entry.has_debit() ? "+" : "-",
                       *MinorOf(entry.has_debit() ? entry.debit() : entry.credit()));
      for (const std::string& more :
           {entry.number(), CodeOf(entry), entry.reason(), entry.invoice_number()}) {
        if (!more.empty()) absl::StrAppend(&line, " ", more);
      }
      lines.push_back(std::move(line));
    }
    return lines;
  }
  // `account balance` of those that are not zero.
  std::vector<std::string> LedgerBalances(int day = 0) {
    std::vector<std::string> lines;
    const auto answer = Ask<v1::GetControlTotalsResponse>(At<v1::GetControlTotalsRequest>(day));
    int64_t sum = 0;
    for (const auto& total : answer.totals()) {
      for (const auto& line : total.ledger_balances()) {
        const int64_t balance = *MinorOf(line.balance());
        sum += balance;
        if (balance != 0)
          lines.push_back(absl::StrCat(ToAbsl(ShortNameOf(line.ledger_account())), " ", balance));
      }
    }
    EXPECT_EQ(sum, 0);
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  // How long after the newest record it is asked: everything counts by then.
  absl::Duration later_ = absl::Hours(24 * 365);
  const projection::ProjectionInfo info_ = projection::InfoOf<Balances>();
  ScratchDirectory scratch_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<projection::Runner> runner_;
  int64_t time_us_ = 1'780'000'000'000'000;
  int64_t sequence_ = 0;
};

TEST_F(EventsTest, AConfirmedPaymentCountsFromTheDayOfTheMoney) {
  Invoice(1, "i-1", 600);
  On(2, "payment_announced { payment_id: 'p' amount_minor: 700 state: PAYMENT_STATE_PENDING }");
  EXPECT_EQ(Balance(), "600 0");
  On(5,
     "payment_confirmed { payment_id: 'p' amount_minor: 700 unapplied_minor: 100"
     " allocations { invoice_id: 'i-1' amount_minor: 600 } }");
  EXPECT_EQ(Balance(4), "600 0");
  EXPECT_EQ(Balance(5), "0 100");
  EXPECT_THAT(Statement(), ElementsAre("1 INVOICE i-1 +600 A-2026-03-000001", "5 PAYMENT p -700"));
}

TEST_F(EventsTest, AFailedPaymentNeverCounts) {
  Invoice(1, "i-1", 600);
  On(2, "payment_announced { payment_id: 'p' amount_minor: 700 state: PAYMENT_STATE_PENDING }");
  On(3, "payment_failed { payment_id: 'p' amount_minor: 700 }");
  EXPECT_EQ(Balance(), "600 0");
  EXPECT_EQ(Statement().size(), 1u);
}

TEST_F(EventsTest, AReversalOpensTheInvoicesFromItsDayOn) {
  Invoice(1, "i-1", 600);
  Invoice(1, "i-2", 300);
  Pay(2, "p", 1000, {{"i-1", 600}, {"i-2", 300}});
  On(7,
     "payment_reversed { payment_id: 'p' state: PAYMENT_STATE_REVERSED amount_minor: 1000"
     " released { invoice_id: 'i-2' amount_minor: 300 }"
     " released { invoice_id: 'i-1' amount_minor: 600 } unapplied_minor: 100 reason: 'no funds' }");
  EXPECT_EQ(Balance(6), "0 100");
  EXPECT_EQ(Balance(7), "900 0");
  EXPECT_EQ(Balance(), "900 0");
  EXPECT_THAT(OpenItems(6), IsEmpty());
  EXPECT_THAT(OpenItems(), ElementsAre("i-1 600", "i-2 300"));
  EXPECT_EQ(Statement().back(), "7 REVERSAL p +1000 no funds");
  EXPECT_THAT(LedgerBalances(), ElementsAre("RECEIVABLE 900", "REVENUE -750", "TAX_PAYABLE -150"));
  // What is open again can be paid again.
  Pay(8, "q", 600, {{"i-1", 600}});
  EXPECT_EQ(Balance(), "300 0");
  EXPECT_THAT(OpenItems(), ElementsAre("i-2 300"));
}

TEST_F(EventsTest, AReversalThatIsRecordedLaterIsNotKnownBefore) {
  Invoice(1, "i-1", 600);
  Pay(2, "p", 600, {{"i-1", 600}});
  const int64_t before = time_us_;
  On(3,
     "payment_reversed { payment_id: 'p' state: PAYMENT_STATE_CHARGED_BACK amount_minor: 600"
     " released { invoice_id: 'i-1' amount_minor: 600 } }");
  v1::GetBalanceRequest request;
  request.mutable_read_time()->set_seconds(before / 1'000'000);
  EXPECT_EQ(*MinorOf(Ask<v1::GetBalanceResponse>(request).receivable()), 0);
  EXPECT_EQ(Balance(), "600 0");
  EXPECT_EQ(Statement().back(), "3 CHARGEBACK p +600");
}

TEST_F(EventsTest, ARefundTakesFromTheUnappliedPart) {
  Pay(2, "p", 1000, {});
  On(4, "payment_refunded { payment_id: 'p' amount_minor: 400 reason: 'paid twice' }");
  EXPECT_EQ(Balance(3), "0 1000");
  EXPECT_EQ(Balance(4), "0 600");
  EXPECT_EQ(Statement().back(), "4 REFUND p +400 paid twice");
  EXPECT_THAT(LedgerBalances(), ElementsAre("CASH 600", "CUSTOMER_DEPOSITS -600"));
}

TEST_F(EventsTest, ReleasedCreditIsUnappliedAgainAndCanBeMoved) {
  Invoice(1, "i-1", 600);
  Pay(2, "p", 600, {{"i-1", 600}});
  On(5, "credit_released { payment_id: 'p' released { invoice_id: 'i-1' amount_minor: 250 } }");
  EXPECT_EQ(Balance(4), "0 0");
  EXPECT_EQ(Balance(5), "250 250");
  Invoice(6, "i-2", 100);
  On(6, "credit_applied { payment_id: 'p' allocations { invoice_id: 'i-2' amount_minor: 100 } }");
  EXPECT_EQ(Balance(), "250 150");
  EXPECT_THAT(OpenItems(), ElementsAre("i-1 250"));
  EXPECT_EQ(Statement().size(), 3u);  // two invoices and a payment
}

TEST_F(EventsTest, ACreditNoteOfKindOffsetTakesFromItsInvoice) {
  Invoice(1, "i-1", 600);
  On(4,
     "credit_note_issued { credit_note_id: 'n' number { series: 'CN' year: 2026 partition: 3"
     " sequence: 1 } invoice_id: 'i-1' kind: CREDIT_NOTE_KIND_OFFSET net_minor: 100 tax_minor: 20"
     " total_minor: 120 applied_minor: 120 reason: 'damaged' }");
  EXPECT_EQ(Balance(3), "600 0");
  EXPECT_EQ(Balance(4), "480 0");
  EXPECT_EQ(Statement().back(), "4 CREDIT_NOTE n -120 CN-2026-03-000001 damaged A-2026-03-000001");
  EXPECT_THAT(LedgerBalances(), ElementsAre("RECEIVABLE 480", "REVENUE -400", "TAX_PAYABLE -80"));
}

TEST_F(EventsTest, ACreditNoteOfKindCreditIsASourceOfCredit) {
  Invoice(1, "i-1", 600);
  On(4,
     "credit_note_issued { credit_note_id: 'n' number { series: 'CN' year: 2026 partition: 3"
     " sequence: 1 } invoice_id: 'i-1' kind: CREDIT_NOTE_KIND_CREDIT net_minor: 100 tax_minor: 20"
     " total_minor: 120 unapplied_minor: 120 }");
  EXPECT_EQ(Balance(), "600 120");
  On(5, "credit_applied { payment_id: 'n' allocations { invoice_id: 'i-1' amount_minor: 120 } }");
  EXPECT_EQ(Balance(4), "600 120");
  EXPECT_EQ(Balance(), "480 0");
  const auto balance = Ask<v1::GetBalanceResponse>(v1::GetBalanceRequest());
  EXPECT_EQ(balance.payment_count(), 0);
  EXPECT_EQ(balance.credit_note_count(), 1);
}

constexpr char kVoid[] =
    "invoice_voided { invoice_id: 'i-1' number { series: 'A' year: 2026 partition: 3 sequence: 1 }"
    " net_minor: 500 tax_minor: 100 total_minor: 600 reason: 'wrong customer' ";

TEST_F(EventsTest, AVoidInvoiceOwesNothingFromItsDayOn) {
  Invoice(1, "i-1", 600);
  On(4, absl::StrCat(kVoid, "open_minor: 600 }"));
  EXPECT_EQ(Balance(3), "600 0");
  EXPECT_EQ(Balance(4), "0 0");
  const auto balance = Ask<v1::GetBalanceResponse>(v1::GetBalanceRequest());
  EXPECT_EQ(balance.invoice_count(), 0);
  EXPECT_EQ(balance.void_invoice_count(), 1);
  EXPECT_EQ(*MinorOf(balance.invoiced()), 0);
  EXPECT_EQ(Statement().back(), "4 VOID i-1 -600 A-2026-03-000001 wrong customer");
}

TEST_F(EventsTest, AVoidUndoesTheWriteOffs) {
  Invoice(1, "i-1", 600);
  On(3,
     "invoice_written_off { invoice_id: 'i-1' reason: WRITE_OFF_REASON_BAD_DEBT"
     " amount_minor: 600 }");
  EXPECT_EQ(Statement().back(), "3 WRITE_OFF i-1 -600 A-2026-03-000001 BAD_DEBT");
  On(5,
     absl::StrCat(kVoid, "written_off_minor: 600 write_off_reason: WRITE_OFF_REASON_BAD_DEBT }"));
  EXPECT_EQ(Balance(3), "0 0");
  EXPECT_EQ(Balance(), "0 0");
  EXPECT_THAT(LedgerBalances(3),
              ElementsAre("CREDIT_LOSSES_BAD_DEBT 600", "REVENUE -500", "TAX_PAYABLE -100"));
  EXPECT_THAT(LedgerBalances(), IsEmpty());
  EXPECT_EQ(Statement().back(), "5 VOID i-1 -0 A-2026-03-000001 wrong customer");
}

TEST_F(EventsTest, WhatIsBelowZeroIsInTheBalances) {
  // 100 that is not taxed, less a discount of 50 that is, at 20 %.
  Commit({facts::Issued(
      DayIn(1),
      {.account = "a", .id = "i-1", .total_minor = 40, .tax_minor = -10, .sequence = 1})});
  const auto issued = ElementsAre("RECEIVABLE 40", "REVENUE -50", "TAX_PAYABLE 10");
  EXPECT_THAT(LedgerBalances(), issued);
  EXPECT_THAT(LedgerBalances(1), issued);
  On(2,
     "credit_note_issued { credit_note_id: 'n' number { series: 'CN' year: 2026 partition: 3"
     " sequence: 1 } invoice_id: 'i-1' kind: CREDIT_NOTE_KIND_OFFSET net_minor: 25 tax_minor: -5"
     " total_minor: 20 applied_minor: 20 }");
  const auto credited = ElementsAre("RECEIVABLE 20", "REVENUE -25", "TAX_PAYABLE 5");
  EXPECT_THAT(LedgerBalances(), credited);
  EXPECT_THAT(LedgerBalances(2), credited);
  // More tax than there is to pay: a returned good at the high rate, a new one at the low.
  Commit({facts::Issued(
      DayIn(3), {.account = "a", .id = "i-2", .total_minor = 4, .tax_minor = 10, .sequence = 2})});
  On(4,
     "invoice_voided { invoice_id: 'i-2' number { series: 'A' year: 2026 partition: 3 sequence: 2 }"
     " net_minor: -6 tax_minor: 10 total_minor: 4 open_minor: 4 }");
  const auto voided = ElementsAre("RECEIVABLE 20", "REVENUE -25", "TAX_PAYABLE 5");
  EXPECT_THAT(LedgerBalances(), voided);
  EXPECT_THAT(LedgerBalances(4), voided);
}

TEST_F(EventsTest, AgingCountsToTheDayThatItIsWhereTheAccountIs) {
  // 20:26 of the 28th in UTC.
  later_ = absl::Hours(1);
  const absl::CivilDay yesterday(2026, 5, 28);
  Commit({facts::Opened(DayIn(1), "nz", "NZD", "Pacific/Auckland"),
          facts::Opened(DayIn(1), "us", "USD", "America/Los_Angeles")});
  for (const auto& [account, currency] :
       std::map<std::string, std::string>{{"nz", "NZD"}, {"us", "USD"}}) {
    for (const int late : {0, 1}) {
      Commit({facts::Issued(yesterday + late, {.account = account,
                                               .id = absl::StrCat(account, "-", late),
                                               .currency = currency,
                                               .due = yesterday + late,
                                               .total_minor = late == 0 ? 600 : 50})});
    }
  }
  const auto ages = [](const v1::Aging& row) {
    return absl::StrCat(row.currency_code(), " ", *MinorOf(row.buckets(0).amount()), " ",
                        *MinorOf(row.buckets(1).amount()), " ", *MinorOf(row.balance()));
  };
  v1::GetAgingRequest request;
  request.set_account_id("nz");
  EXPECT_EQ(ages(Ask<v1::GetAgingResponse>(request).rows(0)), "NZD 50 600 650");
  request.set_account_id("us");
  EXPECT_EQ(ages(Ask<v1::GetAgingResponse>(request).rows(0)), "USD 600 0 600");
  // Of all customers each account has its own day.
  const auto all = AskAll<v1::GetAgingResponse>(v1::GetAgingRequest());
  ASSERT_EQ(all.rows_size(), 3);
  EXPECT_EQ(ages(all.rows(0)), "EUR 0 0 0");
  EXPECT_EQ(ages(all.rows(1)), "NZD 50 600 650");
  EXPECT_EQ(ages(all.rows(2)), "USD 600 0 600");
}

TEST_F(EventsTest, AVoidDatedBackBeforeAWriteOffLeavesNothingToWriteOff) {
  Invoice(1, "i-1", 600);
  On(9,
     "invoice_written_off { invoice_id: 'i-1' reason: WRITE_OFF_REASON_OVERDUE"
     " amount_minor: 600 }");
  On(4, absl::StrCat(kVoid, "written_off_minor: 600 write_off_reason: WRITE_OFF_REASON_OVERDUE }"));
  EXPECT_EQ(Balance(3), "600 0");
  EXPECT_EQ(Balance(4), "0 0");
  EXPECT_EQ(Balance(9), "0 0");
  EXPECT_THAT(Statement(), ElementsAre("1 INVOICE i-1 +600 A-2026-03-000001",
                                       "4 VOID i-1 -600 A-2026-03-000001 wrong customer"));
}

TEST_F(EventsTest, MoneyOnAnInvoiceThatIsVoidOnThatDayIsUnapplied) {
  Invoice(1, "i-1", 600);
  Pay(2, "p", 600, {{"i-1", 600}});
  On(9, "credit_released { payment_id: 'p' released { invoice_id: 'i-1' amount_minor: 600 } }");
  On(4, absl::StrCat(kVoid, "open_minor: 600 }"));
  EXPECT_EQ(Balance(3), "0 0");
  EXPECT_EQ(Balance(4), "0 600");
  EXPECT_EQ(Balance(9), "0 600");
  EXPECT_THAT(OpenItems(4), IsEmpty());
}

TEST_F(EventsTest, ARecoveryUndoesAWriteOffAndItsMoneyPaysTheInvoice) {
  Invoice(1, "i-1", 600);
  On(3,
     "invoice_written_off { invoice_id: 'i-1' reason: WRITE_OFF_REASON_OVERDUE"
     " amount_minor: 600 }");
  On(6,
     "write_off_recovered { invoice_id: 'i-1' reason: WRITE_OFF_REASON_OVERDUE"
     " amount_minor: 200 }");
  Pay(6, "p", 200, {{"i-1", 200}});
  EXPECT_EQ(Balance(), "0 0");
  EXPECT_EQ(*MinorOf(Ask<v1::GetBalanceResponse>(v1::GetBalanceRequest()).written_off()), 400);
  EXPECT_EQ(Statement()[2], "6 RECOVERY i-1 +200 A-2026-03-000001 OVERDUE");
}

TEST_F(EventsTest, ARecoveryDatedBackCountsWhenThereIsAWriteOffToUndo) {
  Invoice(1, "i-1", 600);
  On(9,
     "invoice_written_off { invoice_id: 'i-1' reason: WRITE_OFF_REASON_OVERDUE"
     " amount_minor: 600 }");
  On(4,
     "write_off_recovered { invoice_id: 'i-1' reason: WRITE_OFF_REASON_OVERDUE"
     " amount_minor: 600 }");
  Pay(4, "p", 600, {{"i-1", 600}});
  EXPECT_EQ(Balance(3), "600 0");
  EXPECT_EQ(Balance(4), "0 0");  // the money paid an invoice that nobody had given up
  EXPECT_EQ(Balance(9), "0 0");
  EXPECT_THAT(Statement(), ElementsAre("1 INVOICE i-1 +600 A-2026-03-000001", "4 PAYMENT p -600",
                                       "9 WRITE_OFF i-1 -600 A-2026-03-000001 OVERDUE",
                                       "9 RECOVERY i-1 +600 A-2026-03-000001 OVERDUE"));
}

TEST_F(EventsTest, APartialTakeBackLeavesThePaymentStanding) {
  Invoice(1, "i-1", 600);
  Pay(2, "p", 1000, {{"i-1", 600}});
  On(5, "credit_released { payment_id: 'p' released { invoice_id: 'i-1' amount_minor: 100 } }");
  On(4,
     "payment_reversed { payment_id: 'p' state: PAYMENT_STATE_CHARGED_BACK amount_minor: 500"
     " unapplied_minor: 500 partial: true reason: 'dispute' }");
  // The bank's day is before that on which the money came off the invoice.
  EXPECT_EQ(Balance(3), "0 400");
  EXPECT_EQ(Balance(4), "0 -100");
  EXPECT_EQ(Balance(5), "100 0");
  EXPECT_EQ(Balance(), "100 0");
  EXPECT_EQ(Statement().back(), "4 CHARGEBACK p +500 dispute");
  // The rest of it, and then what is on invoices is taken off from that day on.
  On(7,
     "payment_reversed { payment_id: 'p' state: PAYMENT_STATE_REVERSED amount_minor: 500"
     " released { invoice_id: 'i-1' amount_minor: 500 } }");
  EXPECT_EQ(Balance(6), "100 0");
  EXPECT_EQ(Balance(), "600 0");
  EXPECT_EQ(*MinorOf(Ask<v1::GetBalanceResponse>(v1::GetBalanceRequest()).reversed()), 1000);
}

TEST_F(EventsTest, ADebitNoteIsAnOpenItemThatAges) {
  Pay(2, "p", 100, {});
  On(3, "payment_refunded { payment_id: 'p' amount_minor: 60 }");
  On(5,
     "payment_reversed { payment_id: 'p' state: PAYMENT_STATE_CHARGED_BACK amount_minor: 40"
     " unapplied_minor: 40 excess_minor: 60 }");
  On(5,
     "debit_note_issued { debit_note_id: 'd' number { series: 'DN' year: 2026 partition: 3"
     " sequence: 1 } payment_id: 'p' due_date { year: 2026 month: 3 day: 5 } total_minor: 60"
     " reason: 'dispute' }");
  EXPECT_EQ(Balance(4), "0 40");
  EXPECT_EQ(Balance(5), "60 0");
  EXPECT_THAT(OpenItems(), ElementsAre("d 60"));
  const auto items = Ask<v1::ListOpenItemsResponse>(v1::ListOpenItemsRequest());
  EXPECT_EQ(items.items(0).kind(), billing::v1::INVOICE_KIND_DEBIT_NOTE);
  EXPECT_EQ(items.items(0).number(), "DN-2026-03-000001");
  EXPECT_THAT(Statement(), ElementsAre("2 PAYMENT p -100", "3 REFUND p +60", "5 CHARGEBACK p +40",
                                       "5 DEBIT_NOTE d +60 DN-2026-03-000001 dispute"));
  const auto ages = Ask<v1::GetAgingResponse>(At<v1::GetAgingRequest>(15)).rows(0);
  EXPECT_EQ(*MinorOf(ages.buckets(1).amount()), 60);
  const auto balance = Ask<v1::GetBalanceResponse>(v1::GetBalanceRequest());
  EXPECT_EQ(*MinorOf(balance.claimed()), 60);
  EXPECT_EQ(*MinorOf(balance.invoiced()), 0);
  EXPECT_EQ(balance.invoice_count(), 0);
  EXPECT_EQ(balance.debit_note_count(), 1);
  EXPECT_EQ(balance.open_invoice_count(), 1);
  EXPECT_THAT(LedgerBalances(), ElementsAre("CASH -60", "RECEIVABLE 60"));
  Pay(9, "q", 60, {{"d", 60}});
  EXPECT_EQ(Balance(), "0 0");
  EXPECT_THAT(OpenItems(), IsEmpty());
}

TEST_F(EventsTest, ALossToABankIsNobodysDebt) {
  Pay(2, "p", 100, {});
  On(3, "payment_refunded { payment_id: 'p' amount_minor: 100 }");
  On(5, "payment_reversed { payment_id: 'p' state: PAYMENT_STATE_REVERSED excess_minor: 70 }");
  On(5, "payment_loss_taken { payment_id: 'p' amount_minor: 70 }");
  EXPECT_EQ(Balance(), "0 0");
  EXPECT_EQ(Statement().size(), 2u);
  EXPECT_THAT(LedgerBalances(), ElementsAre("CASH -70", "PAYMENT_LOSSES 70"));
  EXPECT_THAT(LedgerBalances(4), IsEmpty());
  On(8, "payment_loss_recovered { payment_id: 'p' amount_minor: 30 }");
  EXPECT_EQ(Balance(), "0 0");
  EXPECT_EQ(Statement().size(), 2u);
  for (const int day : {0, 9}) {  // by the totals, and by a scan
    EXPECT_THAT(LedgerBalances(day), ElementsAre("CASH -40", "PAYMENT_LOSSES 40"));
  }
  EXPECT_THAT(LedgerBalances(7), ElementsAre("CASH -70", "PAYMENT_LOSSES 70"));
}

TEST_F(EventsTest, ARestIsTakenToIncomeAndBack) {
  Pay(2, "p", 3, {});
  On(4, "credit_written_off { payment_id: 'p' amount_minor: 3 reason: 'a cent' }");
  EXPECT_EQ(Balance(3), "0 3");
  EXPECT_EQ(Balance(4), "0 0");
  EXPECT_EQ(Statement().back(), "4 CREDIT_WRITE_OFF p +3 a cent");
  EXPECT_EQ(*MinorOf(Ask<v1::GetBalanceResponse>(v1::GetBalanceRequest()).credit_written_off()), 3);
  EXPECT_THAT(LedgerBalances(), ElementsAre("CASH 3", "RESIDUE_INCOME -3"));
  On(6, "credit_write_off_reversed { payment_id: 'p' amount_minor: 3 }");
  EXPECT_EQ(Balance(5), "0 0");
  EXPECT_EQ(Balance(), "0 3");
  EXPECT_EQ(Statement().back(), "6 CREDIT_WRITE_OFF_REVERSED p -3");
  EXPECT_THAT(LedgerBalances(), ElementsAre("CASH 3", "CUSTOMER_DEPOSITS -3"));
}

TEST_F(EventsTest, AWriteOffMayCorrectItsTaxAndWhatUndoesItMakesItPayableAgain) {
  Invoice(1, "i-1", 600);  // 100 of it tax
  On(3,
     "invoice_written_off { invoice_id: 'i-1' reason: WRITE_OFF_REASON_BAD_DEBT"
     " amount_minor: 600 taxes { rate_percent: '20' net_minor: 500 tax_minor: 100 }"
     " tax_minor: 100 }");
  EXPECT_EQ(Balance(), "0 0");
  const auto balance = Ask<v1::GetBalanceResponse>(v1::GetBalanceRequest());
  EXPECT_EQ(*MinorOf(balance.written_off()), 600);
  EXPECT_EQ(*MinorOf(balance.written_off_tax()), 100);
  EXPECT_THAT(LedgerBalances(), ElementsAre("CREDIT_LOSSES_BAD_DEBT 500", "REVENUE -500"));
  On(5,
     "write_off_recovered { invoice_id: 'i-1' reason: WRITE_OFF_REASON_BAD_DEBT"
     " amount_minor: 60 taxes { rate_percent: '20' net_minor: 50 tax_minor: 10 } tax_minor: 10 }");
  Pay(5, "p", 60, {{"i-1", 60}});
  On(8,
     "write_off_reversed { invoice_id: 'i-1' reason: WRITE_OFF_REASON_BAD_DEBT"
     " amount_minor: 540 taxes { rate_percent: '20' net_minor: 450 tax_minor: 90 }"
     " tax_minor: 90 comment: 'was a mistake' }");
  EXPECT_EQ(Balance(7), "0 0");
  EXPECT_EQ(Balance(), "540 0");
  EXPECT_EQ(Statement().back(),
            "8 WRITE_OFF_REVERSED i-1 +540 A-2026-03-000001 BAD_DEBT was a mistake");
  EXPECT_EQ(*MinorOf(Ask<v1::GetBalanceResponse>(v1::GetBalanceRequest()).written_off_tax()), 0);
  EXPECT_THAT(LedgerBalances(),
              ElementsAre("CASH 60", "RECEIVABLE 540", "REVENUE -500", "TAX_PAYABLE -100"));
}

constexpr char kOffering[] =
    "invoice_issued { invoice_id: 'i-1' number { series: 'A' year: 2026 partition: 3 sequence: 1 } "
    "due_date { year: 2026 month: 3 day: 31 } net_minor: 500 tax_minor: 100 total_minor: 600 "
    "discount { last_date { year: 2026 month: 3 day: 11 } percent: '2' amount_minor: 12 } }";

TEST_F(EventsTest, AnOpenItemSaysWhatIsOffAndUntilWhen) {
  On(1, kOffering);
  Invoice(1, "i-2", 600);
  const auto off = [&](int day) {
    std::vector<std::string> items;
    const auto open = Ask<v1::ListOpenItemsResponse>(At<v1::ListOpenItemsRequest>(day));
    for (const auto& item : open.items()) {
      if (item.invoice_id() != "i-1") {
        EXPECT_FALSE(item.has_discount() || item.has_discount_date());
        continue;
      }
      items.push_back(item.has_discount() ? absl::StrCat(*MinorOf(item.discount()), " until ",
                                                         FormatDay(*DayOf(item.discount_date())))
                                          : "nothing");
      EXPECT_EQ(item.has_discount(), item.has_discount_date());
    }
    return items;
  };
  EXPECT_THAT(off(11), ElementsAre("12 until 2026-03-11"));
  EXPECT_THAT(off(12), ElementsAre("nothing"));
  // In proportion to what a credit note leaves, and no more than is open.
  On(4,
     "credit_note_issued { credit_note_id: 'n' number { series: 'CN' year: 2026 partition: 3"
     " sequence: 1 } invoice_id: 'i-1' kind: CREDIT_NOTE_KIND_OFFSET net_minor: 125 tax_minor: 25"
     " total_minor: 150 applied_minor: 150 }");
  EXPECT_THAT(off(3), ElementsAre("12 until 2026-03-11"));
  EXPECT_THAT(off(4), ElementsAre("9 until 2026-03-11"));
  Pay(5, "p", 446, {{"i-1", 446}});
  EXPECT_THAT(off(5), ElementsAre("4 until 2026-03-11"));
  // Of what is given up as a loss nothing.
  On(6,
     "invoice_written_off { invoice_id: 'i-1' reason: WRITE_OFF_REASON_OVERDUE amount_minor: 4 }");
  On(7, "credit_released { payment_id: 'p' released { invoice_id: 'i-1' amount_minor: 6 } }");
  EXPECT_THAT(off(7), ElementsAre("nothing"));
}

TEST_F(EventsTest, ADiscountStandsApartFromWhatIsWrittenOff) {
  On(1, kOffering);
  Pay(5, "p", 588, {{"i-1", 588}});
  On(5,
     "invoice_written_off { invoice_id: 'i-1' reason: WRITE_OFF_REASON_EARLY_PAYMENT"
     " amount_minor: 12 taxes { rate_percent: '20' net_minor: 10 tax_minor: 2 } tax_minor: 2 }");
  EXPECT_THAT(OpenItems(), IsEmpty());
  for (const int day : {0, 5}) {  // by the head, and by the history
    const auto balance = Ask<v1::GetBalanceResponse>(At<v1::GetBalanceRequest>(day));
    EXPECT_EQ(*MinorOf(balance.discounted()), 12);
    EXPECT_EQ(*MinorOf(balance.discounted_tax()), 2);
    EXPECT_EQ(*MinorOf(balance.written_off()), 0);
    EXPECT_EQ(*MinorOf(balance.invoiced()), 600);
    EXPECT_EQ(*MinorOf(balance.balance()), 0);
    if (day == 5) On(8, "payment_recorded { payment_id: 'q' amount_minor: 1 unapplied_minor: 1 }");
  }
  EXPECT_EQ(Statement()[2], "5 DISCOUNT i-1 -12 A-2026-03-000001 EARLY_PAYMENT");
  for (const int day : {0, 7}) {  // by the totals, and by a scan
    EXPECT_THAT(LedgerBalances(day),
                testing::IsSupersetOf({"SALES_DISCOUNTS 10", "TAX_PAYABLE -98"}));
  }
  On(9,
     "write_off_reversed { invoice_id: 'i-1' reason: WRITE_OFF_REASON_EARLY_PAYMENT"
     " amount_minor: 12 taxes { rate_percent: '20' net_minor: 10 tax_minor: 2 } tax_minor: 2 }");
  EXPECT_THAT(OpenItems(), ElementsAre("i-1 12"));
  EXPECT_EQ(Statement().back(), "9 DISCOUNT_REVERSED i-1 +12 A-2026-03-000001 EARLY_PAYMENT");
  EXPECT_EQ(*MinorOf(Ask<v1::GetBalanceResponse>(v1::GetBalanceRequest()).discounted()), 0);
  EXPECT_THAT(LedgerBalances(), testing::IsSupersetOf({"RECEIVABLE 12", "TAX_PAYABLE -100"}));
}

TEST_F(EventsTest, ACreditNoteMayBePartlyOffTheInvoiceAndPartlyCredit) {
  Invoice(1, "i-1", 600);
  Pay(2, "p", 500, {{"i-1", 500}});
  On(4,
     "credit_note_issued { credit_note_id: 'n' number { series: 'CN' year: 2026 partition: 3"
     " sequence: 1 } invoice_id: 'i-1' kind: CREDIT_NOTE_KIND_CREDIT net_minor: 250 tax_minor: 50"
     " total_minor: 300 applied_minor: 100 unapplied_minor: 200 }");
  EXPECT_EQ(Balance(3), "100 0");
  EXPECT_EQ(Balance(4), "0 200");
  EXPECT_EQ(Balance(), "0 200");
  EXPECT_EQ(Statement().back(), "4 CREDIT_NOTE n -300 CN-2026-03-000001 A-2026-03-000001");
  Invoice(5, "i-2", 150);
  On(5, "credit_applied { payment_id: 'n' allocations { invoice_id: 'i-2' amount_minor: 150 } }");
  EXPECT_EQ(Balance(), "0 50");
  EXPECT_EQ(Balance(5), "0 50");
}

TEST_F(EventsTest, WhatOnlyChangesStatesChangesNoFigure) {
  Invoice(1, "i-1", 600);
  const std::string before = Balance();
  On(2, "account_terms_changed { terms { net_days: 30 } }");
  On(2, "invoice_drafted { invoice_id: 'd' }");
  On(2, "invoice_draft_deleted { invoice_id: 'd' }");
  On(2, "invoice_marked_uncollectible { invoice_id: 'i-1' open_minor: 600 }");
  On(2, "invoice_unmarked_uncollectible { invoice_id: 'i-1' open_minor: 600 }");
  On(2, "account_suspended { }");
  On(2, "account_reopened { }");
  EXPECT_EQ(Balance(), before);
  EXPECT_THAT(OpenItems(), ElementsAre("i-1 600"));
}

// The fold never stops, whatever stands in a log.
TEST_F(EventsTest, EventsAboutDocumentsThatAreNotThereAreSurvived) {
  On(2, absl::StrCat(kVoid, "open_minor: 600 }"));
  On(2, "invoice_written_off { invoice_id: 'x' reason: WRITE_OFF_REASON_NORMAL amount_minor: 1 }");
  On(2, "write_off_recovered { invoice_id: 'x' reason: WRITE_OFF_REASON_OVERDUE amount_minor: 1 }");
  On(2, "payment_refunded { payment_id: 'x' amount_minor: 1 }");
  On(2, "payment_reversed { payment_id: 'x' released { invoice_id: 'x' amount_minor: 5 } }");
  On(2, "credit_released { payment_id: 'x' released { invoice_id: 'x' amount_minor: 5 } }");
  On(2,
     "credit_note_issued { credit_note_id: 'n' invoice_id: 'x' kind: CREDIT_NOTE_KIND_OFFSET"
     " total_minor: 5 }");
  On(2, "write_off_reversed { invoice_id: 'x' reason: WRITE_OFF_REASON_NORMAL amount_minor: 1 }");
  On(2, "payment_loss_taken { payment_id: 'x' amount_minor: 5 }");
  On(2, "credit_written_off { payment_id: 'x' amount_minor: 5 }");
  On(2, "credit_write_off_reversed { payment_id: 'x' amount_minor: 5 }");
  EXPECT_THAT(Statement(), IsEmpty());
  EXPECT_THAT(OpenItems(), IsEmpty());
  Invoice(3, "i-1", 600);  // so that the history answers for the day before
  EXPECT_EQ(Balance(2), "0 0");
}

}  // namespace
}  // namespace daybook::balances
