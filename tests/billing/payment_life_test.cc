// What becomes of payments: under way, confirmed, failed, taken back, refunded, moved.
#include <gtest/gtest.h>

#include "projections/journal/postings.h"
#include "services/billing/state.h"
#include "tests/billing/billing_story.h"

namespace daybook {
namespace {

using namespace test;
namespace v1 = billing::v1;
namespace state = billing::state;

struct Book {
  explicit Book(const std::string& settings = "currency_code: 'EUR'")
      : story(CustomerWithAccount(settings)) {}

  std::string Issue(int64_t units) { return story.When(InvoiceOf(units)).response.invoice_id(); }
  std::string Pay(int64_t units, const std::string& rest = "") {
    const auto outcome = story.When(PaymentOf(units, rest));
    EXPECT_TRUE(outcome.status.ok()) << outcome.status;
    return outcome.response.payment_id();
  }
  template <class Request>
  auto Of(const std::string& payment_id, const std::string& rest = "") {
    return story.When(Proto<Request>(absl::StrCat("payment_id: '", payment_id, "' ", rest)));
  }
  const state::Account& account() { return story.state().billing().accounts(0); }
  const state::Invoice* invoice(const std::string& id) {
    for (const auto* list : {&account().open_invoices(), &account().settled_invoices()}) {
      for (const auto& one : *list) {
        if (one.invoice_id() == id) return &one;
      }
    }
    return nullptr;
  }
  int64_t open(const std::string& id) { return invoice(id)->open_minor() / 100; }

  Story<billing::Billing> story;
};

std::string Instructed(const std::string& invoice_id, int64_t units = 0) {
  return absl::StrCat(
      "allocations { invoice_id: '", invoice_id, "' ",
      units == 0 ? "" : absl::StrCat("amount { currency_code: 'EUR' units: ", units, " }"), "} ");
}
std::string Amount(int64_t units) {
  return absl::StrCat("amount { currency_code: 'EUR' units: ", units, " } ");
}
constexpr char kPending[] = "initial_state: PAYMENT_STATE_PENDING ";

TEST(PaymentLife, RefusesBadFields) {
  Book book;
  book.story.When(PaymentOf(1, "initial_state: PAYMENT_STATE_FAILED"))
      .ThenInvalid({"initial_state"});
  book.story.When(v1::ConfirmPaymentRequest()).ThenInvalid({"payment_id"});
  book.Of<v1::ConfirmPaymentRequest>("x", "payment_date { year: 2026 }")
      .ThenInvalid({"payment_date"});
  book.Of<v1::FailPaymentRequest>("x", "reason: '\\n' effective_date { day: 1 }")
      .ThenInvalid({"reason", "effective_date"});
  book.Of<v1::ReversePaymentRequest>("").ThenInvalid({"payment_id"});
  book.Of<v1::ChargeBackPaymentRequest>("a ").ThenInvalid({"payment_id"});
  book.Of<v1::RefundPaymentRequest>("x", Amount(0) + "external_id: ' '")
      .ThenInvalid({"amount", "external_id"});
  book.Of<v1::ReleaseCreditRequest>("x", Amount(-1)).ThenInvalid({"invoice_id", "amount"});
  book.story.When(Proto<v1::ApplyCreditRequest>("allocations {} payment_id: ' '"))
      .ThenInvalid({"payment_id", "allocations[0].invoice_id"});
}

TEST(PaymentLife, RefusesPaymentsThatAreNotThere) {
  Book book;
  book.Of<v1::ConfirmPaymentRequest>("x").ThenRefused("PAYMENT_NOT_FOUND");
  book.Of<v1::FailPaymentRequest>("x").ThenRefused("PAYMENT_NOT_FOUND");
  book.Of<v1::ReversePaymentRequest>("x").ThenRefused("PAYMENT_NOT_FOUND");
  book.Of<v1::ChargeBackPaymentRequest>("x").ThenRefused("PAYMENT_NOT_FOUND");
  book.Of<v1::RefundPaymentRequest>("x").ThenRefused("PAYMENT_NOT_FOUND");
  book.Of<v1::ReleaseCreditRequest>("x", "invoice_id: 'y'").ThenRefused("PAYMENT_NOT_FOUND");
  book.Of<v1::ApplyCreditRequest>("x").ThenRefused("PAYMENT_NOT_FOUND");
  Story<billing::Billing>()
      .When(Proto<v1::RefundPaymentRequest>("payment_id: 'x'"))
      .ThenRefused("CUSTOMER_NOT_FOUND");
}

TEST(PaymentLife, RefusesDaysThatCannotBe) {
  Book book;
  const std::string paid = book.Pay(10, "payment_date { year: 2026 month: 3 day: 10 }");
  book.Of<v1::RefundPaymentRequest>(paid, "effective_date { year: 2026 month: 3 day: 9 }")
      .ThenInvalid({"effective_date"});
  book.Of<v1::ReversePaymentRequest>(paid, "effective_date { year: 2026 month: 3 day: 16 }")
      .ThenInvalid({"effective_date"});
  const auto back =
      book.Of<v1::ReversePaymentRequest>(paid, "effective_date { year: 2026 month: 3 day: 12 }");
  EXPECT_EQ(back.events.at(0).effective_date, absl::CivilDay(2026, 3, 12));
}

TEST(PaymentLife, MoneyUnderWayCountsForNothing) {
  Book book;
  const std::string a = book.Issue(100);
  const auto outcome = book.story.When(PaymentOf(100, kPending + Instructed(a, 60)));
  outcome.Then({absl::StrCat(
      "payment_announced { account_id: 'acc' payment_id: '", outcome.response.payment_id(),
      "' amount_minor: 10000 currency_code: 'EUR' method: PAYMENT_METHOD_CARD "
      "state: PAYMENT_STATE_PENDING instructed_allocations { invoice_id: '",
      a, "' amount_minor: 6000 } }")});
  EXPECT_EQ(book.account().received_minor(), 0);
  EXPECT_EQ(book.account().unapplied_minor(), 0);
  EXPECT_EQ(book.open(a), 100);
  EXPECT_EQ(book.invoice(a)->pending_count(), 1);
  book.story.When(v1::CloseAccountRequest()).ThenRefused("ACCOUNT_NOT_SETTLED");
}

TEST(PaymentLife, AnnouncingRefusesInvoicesThatCannotBePaid) {
  Book book;
  book.story.When(PaymentOf(1, kPending + Instructed("x"))).ThenRefused("INVOICE_NOT_FOUND");
  const std::string a = book.Issue(10);
  book.Pay(10);
  book.story.When(PaymentOf(1, kPending + Instructed(a))).ThenRefused("INVOICE_NOT_OPEN");
}

TEST(PaymentLife, ConfirmedMoneyGoesWhereThePayerInstructed) {
  Book book;
  const std::string a = book.Issue(100), b = book.Issue(50);
  const std::string paid = book.Pay(120, kPending + Instructed(b));
  const auto outcome = book.Of<v1::ConfirmPaymentRequest>(paid);
  EXPECT_EQ(outcome.response.allocation_count(), 2);
  EXPECT_EQ(outcome.response.allocations(0).invoice_id(), b);
  EXPECT_EQ(book.open(a), 30);
  EXPECT_EQ(book.open(b), 0);
  EXPECT_EQ(book.account().received_minor(), 12000);
  EXPECT_EQ(book.invoice(b)->pending_count(), 0);
  EXPECT_TRUE(book.account().pending_payments().empty());
}

TEST(PaymentLife, ConfirmedMoneyIsTakenThoughItsInvoiceIsGone) {
  Book book;
  const std::string a = book.Issue(100);
  const std::string first = book.Pay(100, kPending + Instructed(a));
  book.Pay(100);
  const auto outcome = book.Of<v1::ConfirmPaymentRequest>(first);
  EXPECT_EQ(outcome.response.unapplied().units(), 100);
}

TEST(PaymentLife, FailedMoneyLeavesNothing) {
  Book book;
  const std::string a = book.Issue(100);
  const std::string paid = book.Pay(100, kPending + Instructed(a));
  book.Of<v1::FailPaymentRequest>(paid, "reason: 'no funds'");
  EXPECT_EQ(book.invoice(a)->pending_count(), 0);
  EXPECT_EQ(book.account().received_minor(), 0);
}

constexpr char kTx[] = "external_id: 'tx' ";

TEST(PaymentLife, MoneyUnderTheIdOfAPaymentUnderWayConfirmsIt) {
  Book book;
  const std::string a = book.Issue(30), b = book.Issue(30);
  const std::string paid = book.Pay(10, std::string(kPending) + kTx + Instructed(b));
  const auto announced_again = book.story.When(PaymentOf(10, std::string(kPending) + kTx)).Then({});
  EXPECT_TRUE(announced_again.response.repeated());
  EXPECT_EQ(announced_again.response.state(), v1::PAYMENT_STATE_PENDING);
  book.story.When(PaymentOf(11, kTx)).ThenRefused("PAYMENT_EXISTS");
  const auto came = book.story.When(PaymentOf(10, kTx));
  came.Then({absl::StrCat("payment_confirmed { account_id: 'acc' payment_id: '", paid,
                          "' amount_minor: 1000 currency_code: 'EUR' allocations { invoice_id: '",
                          b, "' amount_minor: 1000 } }")});
  EXPECT_EQ(came.response.state(), v1::PAYMENT_STATE_SUCCEEDED);
  EXPECT_FALSE(came.response.repeated());
  EXPECT_EQ(book.open(b), 20);
  EXPECT_TRUE(book.story.When(PaymentOf(10, kTx)).Then({}).response.repeated());
  // Said again as it was announced: it has come since.
  EXPECT_EQ(book.story.When(PaymentOf(10, std::string(kPending) + kTx)).Then({}).response.state(),
            v1::PAYMENT_STATE_SUCCEEDED);
}

TEST(PaymentLife, WhatFailedMaySucceed) {
  for (const bool by_confirming : {true, false}) {
    Book book;
    const std::string a = book.Issue(30), b = book.Issue(30);
    const std::string paid = book.Pay(10, std::string(kPending) + kTx + Instructed(b));
    book.Of<v1::FailPaymentRequest>(paid);
    const auto again = book.story.When(PaymentOf(10, std::string(kPending) + kTx)).Then({});
    EXPECT_EQ(again.response.state(), v1::PAYMENT_STATE_FAILED);
    if (by_confirming) {
      EXPECT_TRUE(book.Of<v1::ConfirmPaymentRequest>(paid).status.ok());
      EXPECT_EQ(book.open(a), 20);  // what the payer had said is not kept
    } else {
      EXPECT_EQ(book.story.When(PaymentOf(10, kTx + Instructed(b))).response.payment_id(), paid);
      EXPECT_EQ(book.open(b), 20);
    }
    EXPECT_EQ(book.account().received_minor(), 1000);
    EXPECT_EQ(book.account().payments(0).state(), v1::PAYMENT_STATE_SUCCEEDED);
    EXPECT_EQ(book.invoice(b)->pending_count(), 0);
    book.Of<v1::ConfirmPaymentRequest>(paid).ThenRefused("ILLEGAL_TRANSITION");
    EXPECT_TRUE(book.story.When(PaymentOf(10, kTx)).Then({}).response.repeated());
  }
}

TEST(PaymentLife, WhatWasTakenBackIsNotAnsweredAsRecorded) {
  Book book;
  const std::string first = book.Pay(10, kTx);
  book.Of<v1::ChargeBackPaymentRequest>(first);
  for (const std::string& again : {std::string(kTx), kTx + std::string(kPending),
                                   kTx + std::string("payment_date { year: 2026 month: 1 day: 2 }"),
                                   kTx + std::string("attempt: 1")}) {
    const auto refused = book.story.When(PaymentOf(10, again)).ThenRefused("PAYMENT_REVERSED");
    EXPECT_EQ(MetadataOf(refused.status, "state"), "CHARGED_BACK");
    EXPECT_EQ(MetadataOf(refused.status, "attempt"), "1");
    EXPECT_EQ(MetadataOf(refused.status, "payment_id"), first);
  }
  EXPECT_EQ(book.account().received_minor() - book.account().reversed_minor(), 0);
}

TEST(PaymentLife, AnotherAttemptIsAnotherPayment) {
  Book book;
  const std::string wrong_day = book.Pay(10, kTx + std::string("payment_date { year: 2025 month: 3 "
                                                               "day: 1 }"));
  book.Of<v1::ReversePaymentRequest>(wrong_day);
  const auto second = book.story.When(PaymentOf(10, kTx + std::string("attempt: 2")));
  ASSERT_EQ(second.events.size(), 1u);
  EXPECT_EQ(second.events[0].event.payment_recorded().attempt(), 2);
  EXPECT_EQ(second.response.attempt(), 2);
  EXPECT_NE(second.response.payment_id(), wrong_day);
  // Without an attempt the newest is meant, and each by its own.
  const auto again = book.story.When(PaymentOf(10, kTx)).Then({});
  EXPECT_EQ(again.response.payment_id(), second.response.payment_id());
  EXPECT_TRUE(book.story.When(PaymentOf(10, kTx + std::string("attempt: 2"))).Then({}).status.ok());
  book.story.When(PaymentOf(10, kTx + std::string("attempt: 1"))).ThenRefused("PAYMENT_REVERSED");
  // A debit that is tried again while nobody knows what became of the first.
  const auto third = book.story.When(PaymentOf(10, kTx + std::string("attempt: 3 ") + kPending));
  EXPECT_EQ(third.events.at(0).event.payment_announced().attempt(), 3);
  EXPECT_EQ(book.story.When(PaymentOf(10, kTx)).response.payment_id(), third.response.payment_id());
  EXPECT_EQ(book.account().received_minor(), 3000);
  EXPECT_EQ(book.account().reversed_minor(), 1000);
}

TEST(PaymentLife, ReinstatingRefusesWhatWasNotTakenBack) {
  Book book;
  book.Of<v1::ReinstatePaymentRequest>("x", Amount(0) + "allocations {} reason: '\\n'")
      .ThenInvalid({"amount", "allocations[0].invoice_id", "reason"});
  book.Of<v1::ReinstatePaymentRequest>("x").ThenRefused("PAYMENT_NOT_FOUND");
  const std::string paid = book.Pay(10, "payment_date { year: 2026 month: 3 day: 1 }");
  book.Of<v1::ReinstatePaymentRequest>(paid).ThenRefused("REINSTATEMENT_ABOVE_REVERSED");
  book.Of<v1::ReversePaymentRequest>(paid, "effective_date { year: 2026 month: 3 day: 5 }");
  book.Of<v1::ReinstatePaymentRequest>(paid, Amount(11))
      .ThenRefused("REINSTATEMENT_ABOVE_REVERSED");
  book.Of<v1::ReinstatePaymentRequest>(paid, "amount { currency_code: 'USD' units: 1 }")
      .ThenRefused("CURRENCY_MISMATCH");
  book.Of<v1::ReinstatePaymentRequest>(paid, "effective_date { year: 2026 month: 3 day: 4 }")
      .ThenInvalid({"effective_date"});
  EXPECT_TRUE(book.Of<v1::ReinstatePaymentRequest>(paid, Amount(4)).status.ok());
  const auto rest = book.Of<v1::ReinstatePaymentRequest>(paid, Amount(7))
                        .ThenRefused("REINSTATEMENT_ABOVE_REVERSED");
  EXPECT_EQ(MetadataOf(rest.status, "reversed_minor"), "600");
  EXPECT_TRUE(book.Of<v1::ReinstatePaymentRequest>(paid).status.ok());
  book.Of<v1::ReinstatePaymentRequest>(paid).ThenRefused("REINSTATEMENT_ABOVE_REVERSED");
}

TEST(PaymentLife, AReinstatedPaymentIsTheNextAttempt) {
  Book book;
  const std::string a = book.Issue(30), b = book.Issue(30);
  const std::string first = book.Pay(50, kTx + std::string("channel: PAYMENT_CHANNEL_ONLINE"));
  book.Of<v1::ChargeBackPaymentRequest>(first, "effective_date { year: 2026 month: 3 day: 15 }");
  const auto won = book.Of<v1::ReinstatePaymentRequest>(first, Instructed(b) + "reason: 'won'");
  won.Then({absl::StrCat(
      "payment_recorded { account_id: 'acc' payment_id: '", won.response.payment_id(),
      "' amount_minor: 5000 currency_code: 'EUR' method: PAYMENT_METHOD_CARD "
      "channel: PAYMENT_CHANNEL_ONLINE external_id: 'tx' attempt: 2 reinstates_payment_id: '",
      first, "' reason: 'won' allocations { invoice_id: '", b,
      "' amount_minor: 3000 } allocations { invoice_id: '", a, "' amount_minor: 2000 } }")});
  EXPECT_EQ(won.response.attempt(), 2);
  EXPECT_EQ(book.open(a), 10);
  EXPECT_EQ(book.open(b), 0);
  const auto again = book.story.When(PaymentOf(50, kTx)).Then({});
  EXPECT_EQ(again.response.payment_id(), won.response.payment_id());
}

TEST(PaymentLife, ARefundHasAnIdThatARepetitionKnows) {
  Book book;
  const std::string paid = book.Pay(100);
  const auto out = book.Of<v1::RefundPaymentRequest>(paid, Amount(60) + "external_id: 're'");
  ASSERT_EQ(out.events.size(), 1u);
  EXPECT_NE(out.response.refund_id(), "");
  EXPECT_EQ(out.events[0].event.payment_refunded().refund_id(), out.response.refund_id());
  const auto again = book.Of<v1::RefundPaymentRequest>(paid, Amount(60) + "external_id: 're'");
  again.Then({});
  EXPECT_TRUE(again.response.repeated());
  EXPECT_EQ(again.response.refund_id(), out.response.refund_id());
  const auto other = book.Of<v1::RefundPaymentRequest>(paid, Amount(10));
  EXPECT_NE(other.response.refund_id(), out.response.refund_id());
}

TEST(PaymentLife, WhatComesBeyondTheCustomersMoneyMakesOurLossGood) {
  Book book;
  const std::string paid = book.Pay(100);
  book.Of<v1::RefundPaymentRequest>(paid, Amount(60));
  book.Of<v1::ChargeBackPaymentRequest>(paid, Amount(100) + "excess: REVERSAL_EXCESS_LOSS");
  const auto too_much = book.Of<v1::ReinstatePaymentRequest>(paid, Amount(101))
                            .ThenRefused("REINSTATEMENT_ABOVE_REVERSED");
  EXPECT_EQ(MetadataOf(too_much.status, "reversed_minor"), "10000");
  // The customer's comes first.
  const auto part = book.Of<v1::ReinstatePaymentRequest>(paid, Amount(55) + "reason: 'won'");
  ASSERT_EQ(part.events.size(), 2u);
  EXPECT_EQ(part.events[0].event.payment_recorded().amount_minor(), 4000);
  EXPECT_EQ(part.events[1].event.payment_loss_recovered().amount_minor(), 1500);
  EXPECT_EQ(part.events[1].event.payment_loss_recovered().payment_id(), paid);
  EXPECT_EQ(part.events[1].event.payment_loss_recovered().reason(), "won");
  EXPECT_EQ(part.response.recovered_loss().units(), 15);
  EXPECT_EQ(part.response.unapplied().units(), 40);
  const auto rest = book.Of<v1::ReinstatePaymentRequest>(paid);
  rest.Then({absl::StrCat("payment_loss_recovered { account_id: 'acc' payment_id: '", paid,
                          "' currency_code: 'EUR' amount_minor: 4500 }")});
  EXPECT_EQ(rest.response.payment_id(), "");
  EXPECT_EQ(rest.response.account_id(), "acc");
  EXPECT_EQ(rest.response.recovered_loss().units(), 45);
  EXPECT_EQ(book.account().received_minor(), 14'000);
  book.Of<v1::ReinstatePaymentRequest>(paid).ThenRefused("REINSTATEMENT_ABOVE_REVERSED");
}

TEST(PaymentLife, CreditByAgeSparesInvoicesWithAPaymentUnderWay) {
  Book book("currency_code: 'EUR' credit_application: CREDIT_APPLICATION_MANUAL");
  book.Pay(30);
  const std::string a = book.Issue(20), b = book.Issue(20);
  const std::string pending = book.Pay(20, kPending + Instructed(a));
  EXPECT_EQ(book.story.When(v1::ApplyCreditRequest()).response.amount().units(), 20);
  EXPECT_EQ(book.open(a), 20);
  EXPECT_EQ(book.open(b), 0);
  book.Of<v1::FailPaymentRequest>(pending);
  EXPECT_EQ(book.story.When(v1::ApplyCreditRequest()).response.amount().units(), 10);
  book.story.When(v1::ApplyCreditRequest()).ThenRefused("CREDIT_TOO_SMALL");
}

TEST(PaymentLife, ABounceOpensTheInvoicesAgainAndOnlyItsOwn) {
  Book book;
  const std::string a = book.Issue(100), b = book.Issue(50);
  book.Pay(30, Instructed(a));
  const std::string bounced = book.Pay(150);  // 70 on a, 50 on b, 30 left
  const auto outcome = book.Of<v1::ReversePaymentRequest>(bounced);
  outcome.Then(
      {absl::StrCat("payment_reversed { account_id: 'acc' payment_id: '", bounced,
                    "' currency_code: 'EUR' state: PAYMENT_STATE_REVERSED amount_minor: 15000 "
                    "released { invoice_id: '",
                    b,
                    "' amount_minor: 5000 } "
                    "released { invoice_id: '",
                    a, "' amount_minor: 7000 } unapplied_minor: 3000 }")});
  EXPECT_EQ(outcome.response.invoice_count(), 2);
  EXPECT_EQ(book.open(a), 70);
  EXPECT_EQ(book.open(b), 50);
  EXPECT_EQ(book.invoice(a)->state(), v1::INVOICE_STATE_ISSUED);
  EXPECT_EQ(book.account().reversed_minor(), 15000);
  EXPECT_EQ(book.account().unapplied_minor(), 0);
  // In the order of allocation again: the next payment goes to the oldest.
  book.Pay(70);
  EXPECT_EQ(book.open(a), 0);
}

TEST(PaymentLife, ABounceIsDatedByTheBankWhateverTheMoneyWasUsedForSince) {
  Book book;  // today is 15 March
  const std::string ahead = book.Pay(100, "payment_date { year: 2026 month: 3 day: 10 }");
  const auto april = book.story.When(InvoiceOf(60, "invoice_date { year: 2026 month: 4 day: 1 }"));
  ASSERT_EQ(april.events.size(), 2u);
  EXPECT_EQ(april.events[1].effective_date, absl::CivilDay(2026, 4, 1));
  EXPECT_EQ(
      book.Of<v1::ReversePaymentRequest>(ahead, "validate_only: true").events.at(0).effective_date,
      absl::CivilDay(2026, 3, 15));
  const auto bounced =
      book.Of<v1::ReversePaymentRequest>(ahead, "effective_date { year: 2026 month: 3 day: 12 }");
  ASSERT_TRUE(bounced.status.ok()) << bounced.status;
  EXPECT_EQ(bounced.events.at(0).effective_date, absl::CivilDay(2026, 3, 12));
  EXPECT_EQ(book.open(april.response.invoice_id()), 60);
  // Never before the money came.
  const std::string late = book.Pay(60, "payment_date { year: 2026 month: 3 day: 1 }");
  book.Of<v1::ChargeBackPaymentRequest>(late, "effective_date { year: 2026 month: 2 day: 28 }")
      .ThenInvalid({"effective_date"});
}

TEST(PaymentLife, ABounceTakesBackWhatARefundLeft) {
  Book book;
  const std::string paid = book.Pay(100);
  book.Of<v1::RefundPaymentRequest>(paid, Amount(30));
  EXPECT_EQ(book.Of<v1::ChargeBackPaymentRequest>(paid).response.amount().units(), 70);
  EXPECT_EQ(book.account().refunded_minor() + book.account().reversed_minor(),
            book.account().received_minor());
}

TEST(PaymentLife, ARefundTakesOnlyWhatIsUnapplied) {
  Book book;
  book.Issue(60);
  const std::string paid = book.Pay(100);
  const auto refused =
      book.Of<v1::RefundPaymentRequest>(paid, Amount(41)).ThenRefused("CREDIT_TOO_SMALL");
  EXPECT_EQ(MetadataOf(refused.status, "unapplied_minor"), "4000");
  book.Of<v1::RefundPaymentRequest>(paid, "amount { currency_code: 'USD' units: 1 }")
      .ThenRefused("CURRENCY_MISMATCH");
  EXPECT_EQ(book.Of<v1::RefundPaymentRequest>(paid, Amount(10)).response.unapplied().units(), 30);
  EXPECT_EQ(book.Of<v1::RefundPaymentRequest>(paid).response.amount().units(), 30);
  book.Of<v1::RefundPaymentRequest>(paid).ThenRefused("CREDIT_TOO_SMALL");
}

TEST(PaymentLife, ARefundOfAKnownExternalIdIsNotMadeTwice) {
  Book book;
  const std::string paid = book.Pay(100);
  const std::string other = book.Pay(100);
  const std::string id = " external_id: 'rf-1'";
  book.Of<v1::RefundPaymentRequest>(paid, Amount(40) + id);
  const auto again = book.Of<v1::RefundPaymentRequest>(paid, Amount(40) + id);
  EXPECT_TRUE(again.events.empty());
  EXPECT_TRUE(again.response.repeated());
  EXPECT_EQ(again.response.amount().units(), 40);
  EXPECT_EQ(again.response.unapplied().units(), 60);
  EXPECT_EQ(book.Of<v1::RefundPaymentRequest>(paid, id).response.amount().units(), 40);
  book.Of<v1::RefundPaymentRequest>(paid, Amount(41) + id).ThenRefused("PAYMENT_EXISTS");
  book.Of<v1::RefundPaymentRequest>(other, Amount(40) + id).ThenRefused("PAYMENT_EXISTS");
  // Without an id each is another refund.
  book.Of<v1::RefundPaymentRequest>(paid, Amount(10));
  EXPECT_EQ(book.Of<v1::RefundPaymentRequest>(paid, Amount(10)).response.unapplied().units(), 40);
}

TEST(PaymentLife, CreditIsAppliedAsInstructedAndReleasedAgain) {
  Book book("currency_code: 'EUR' credit_application: CREDIT_APPLICATION_MANUAL");
  const std::string first = book.Pay(30), second = book.Pay(30);
  const std::string a = book.Issue(100), b = book.Issue(10);
  book.story.When(Proto<v1::ApplyCreditRequest>(Instructed("x"))).ThenRefused("INVOICE_NOT_FOUND");
  const auto applied =
      book.story.When(Proto<v1::ApplyCreditRequest>(Instructed(b) + Instructed(a, 45)));
  ASSERT_EQ(applied.events.size(), 2u);
  EXPECT_EQ(applied.events[0].event.credit_applied().payment_id(), first);
  EXPECT_EQ(applied.events[1].event.credit_applied().payment_id(), second);
  EXPECT_EQ(applied.response.unapplied().units(), 5);
  EXPECT_EQ(book.open(a), 55);

  const std::string of_a = absl::StrCat("invoice_id: '", a, "' ");
  const auto refused = book.Of<v1::ReleaseCreditRequest>(first, of_a + Amount(21))
                           .ThenRefused("ALLOCATION_TOO_SMALL");
  EXPECT_EQ(MetadataOf(refused.status, "allocated_minor"), "2000");
  const auto released = book.Of<v1::ReleaseCreditRequest>(first, of_a + Amount(5));
  EXPECT_EQ(released.response.open().units(), 60);
  EXPECT_EQ(book.Of<v1::ReleaseCreditRequest>(first, absl::StrCat("invoice_id: '", b, "'"))
                .response.invoice_state(),
            v1::INVOICE_STATE_ISSUED);
  EXPECT_EQ(book.account().unapplied_minor(), 2000);
  book.Of<v1::ApplyCreditRequest>(second, Instructed(a));
  EXPECT_EQ(book.account().unapplied_minor(), 1500);
}

TEST(PaymentLife, CreditIsDatedByTheMoneyThatIsTaken) {
  Book book("currency_code: 'EUR' credit_application: CREDIT_APPLICATION_MANUAL");
  const std::string early = book.Pay(30, "payment_date { year: 2026 month: 2 day: 1 }");
  book.Pay(30, "payment_date { year: 2026 month: 9 day: 1 }");
  const std::string id =
      book.story.When(InvoiceOf(50, "invoice_date { year: 2026 month: 2 day: 3 }"))
          .response.invoice_id();
  const auto apply = [&](const std::string& rest) {
    return book.story.When(Proto<v1::ApplyCreditRequest>(rest));
  };
  // Of the first payment alone: the day of the second says nothing.
  const auto asked = apply(Instructed(id, 10) + "effective_date { year: 2026 month: 2 day: 4 }");
  ASSERT_EQ(asked.events.size(), 1u) << asked.status;
  EXPECT_EQ(asked.events[0].effective_date, absl::CivilDay(2026, 2, 4));
  const auto now = apply(Instructed(id, 20));
  ASSERT_EQ(now.events.size(), 1u);
  EXPECT_EQ(now.events[0].event.credit_applied().payment_id(), early);
  EXPECT_EQ(now.events[0].effective_date, absl::CivilDay(2026, 3, 15));
  const auto second = apply(Instructed(id, 5));
  ASSERT_EQ(second.events.size(), 1u);
  EXPECT_EQ(second.events[0].effective_date, absl::CivilDay(2026, 9, 1));
}

TEST(PaymentLife, AMixedLifeKeepsItsSums) {
  Book book;
  const std::string a = book.Issue(100);
  const std::string one = book.Pay(60), two = book.Pay(60);
  book.Of<v1::RefundPaymentRequest>(two);
  book.Of<v1::ReversePaymentRequest>(one);
  const state::Account& account = book.account();
  EXPECT_EQ(account.received_minor(), account.allocated_minor() + account.unapplied_minor() +
                                          account.refunded_minor() + account.reversed_minor());
  EXPECT_EQ(book.open(a), 60);
}

}  // namespace
}  // namespace daybook
