#include <gtest/gtest.h>

#include <map>

#include "tests/billing/billing_story.h"

namespace daybook {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::Pair;

std::string Instructed(const std::string& invoice_id, int64_t units = 0) {
  return absl::StrCat(
      "allocations { invoice_id: '", invoice_id, "' ",
      units == 0 ? "" : absl::StrCat("amount { currency_code: 'EUR' units: ", units, " }"), "} ");
}

// An account with invoices of 100, 50 and 30, due on the 3rd, 1st and 2nd of April.
struct Book {
  Story<billing::Billing> story = CustomerWithAccount();
  std::string a = Issue(100, 3);
  std::string b = Issue(50, 1);
  std::string c = Issue(30, 2);

  std::string Issue(int64_t units, int due_day) {
    return story
        .When(InvoiceOf(units, absl::StrCat("due_date { year: 2026 month: 4 day: ", due_day, " }")))
        .response.invoice_id();
  }

  // Invoice and units of each allocation of a payment, by the letter of the invoice.
  template <class Outcome>
  std::vector<std::pair<std::string, int64_t>> Allocations(const Outcome& outcome) const {
    std::vector<std::pair<std::string, int64_t>> all;
    EXPECT_TRUE(outcome.status.ok()) << outcome.status;
    if (outcome.events.empty()) return all;
    for (const auto& allocation : outcome.events[0].event.payment_recorded().allocations()) {
      const std::string& id = allocation.invoice_id();
      all.emplace_back(id == a   ? "a"
                       : id == b ? "b"
                       : id == c ? "c"
                                 : "?",
                       allocation.amount_minor() / 100);
    }
    return all;
  }
  auto Pay(int64_t units, const std::string& rest = "") {
    return story.When(PaymentOf(units, rest));
  }
  const internal::billing::v1::Account& account() { return story.state().billing().accounts(0); }
};

TEST(RecordPayment, RefusesBadFields) {
  ExpectInvalid<RecordPaymentRequest>(
      PaymentOf(10),
      {{"no amount", [](auto& r) { r.clear_amount(); }, {"amount"}},
       {"nothing", [](auto& r) { r.mutable_amount()->set_units(0); }, {"amount"}},
       {"-1", [](auto& r) { r.mutable_amount()->set_units(-1); }, {"amount"}},
       {"INT64_MIN", [](auto& r) { r.mutable_amount()->set_units(INT64_MIN); }, {"amount"}},
       {"INT64_MAX", [](auto& r) { r.mutable_amount()->set_units(INT64_MAX); }, {"amount"}},
       {"too fine", [](auto& r) { r.mutable_amount()->set_nanos(1); }, {"amount"}},
       {"unknown currency",
        [](auto& r) { r.mutable_amount()->set_currency_code("EURO"); },
        {"amount"}},
       {"no method", [](auto& r) { r.clear_method(); }, {"method"}},
       {"unknown method",
        [](auto& r) { r.set_method(billing::v1::PaymentMethod(42)); },
        {"method"}},
       {"unknown channel",
        [](auto& r) { r.set_channel(billing::v1::PaymentChannel(-1)); },
        {"channel"}},
       {"date of 29 February 2023",
        [](auto& r) {
          *r.mutable_payment_date() = Proto<google::type::Date>("year: 2023 month: 2 day: 29");
        },
        {"payment_date"}},
       {"long reference",
        [](auto& r) { r.set_payer_reference(std::string(201, 'a')); },
        {"payer_reference"}},
       {"control in reference",
        [](auto& r) { r.set_payer_reference("a\x01"); },
        {"payer_reference"}},
       {"blank external id", [](auto& r) { r.set_external_id("  "); }, {"external_id"}},
       {"external id of 129 characters",
        [](auto& r) { r.set_external_id(std::string(129, 'a')); },
        {"external_id"}},
       {"attempt below zero",
        [](auto& r) {
          r.set_external_id("x");
          r.set_attempt(-1);
        },
        {"attempt"}},
       {"attempt above the limit",
        [](auto& r) {
          r.set_external_id("x");
          r.set_attempt(1'001);
        },
        {"attempt"}},
       {"attempt without an external id", [](auto& r) { r.set_attempt(1); }, {"attempt"}},
       {"external id with NUL",
        [](auto& r) { r.set_external_id(std::string("a\0", 2)); },
        {"external_id"}},
       {"allocation without invoice",
        [](auto& r) { r.add_allocations(); },
        {"allocations[0].invoice_id"}},
       {"allocation of nothing",
        [](auto& r) {
          auto& said = *r.add_allocations();
          said.set_invoice_id("x");
          said.mutable_amount()->set_currency_code("EUR");
        },
        {"allocations[0].amount"}},
       {"an invoice twice",
        [](auto& r) {
          r.add_allocations()->set_invoice_id("x");
          r.add_allocations()->set_invoice_id("x");
        },
        {"allocations[1].invoice_id"}},
       {"1,001 allocations",
        [](auto& r) {
          for (int i = 0; i < 1001; ++i) r.add_allocations()->set_invoice_id(absl::StrCat(i));
        },
        {"allocations"}}});
  CustomerWithAccount()
      .Ask(RecordPaymentRequest())
      .ThenInvalid({"request_id", "customer_id", "amount", "method"});
}

TEST(RecordPayment, ABlankAroundAnExternalIdMakesNoSecondPayment) {
  Story<billing::Billing> story = CustomerWithAccount();
  const std::string first = story.When(PaymentOf(10, "external_id: 'RF 18'")).response.payment_id();
  for (const char* id : {" RF 18", "RF 18 ", "RF  18", "\xc2\xa0RF 18\xe3\x80\x80"}) {
    SCOPED_TRACE(id);
    const auto again = story.When(PaymentOf(10, absl::StrCat("external_id: '", id, "'")));
    again.Then({});
    EXPECT_EQ(again.response.payment_id(), first);
  }
  EXPECT_EQ(story.state().billing().accounts(0).payments_size(), 1);
}

// An older event has the id as it was given.
TEST(RecordPayment, ABlankInAnOlderEventMakesNoSecondPayment) {
  Story<billing::Billing> story = CustomerWithAccount();
  story.Given(kNewYear, R"pb(payment_recorded {
                               account_id: 'acc'
                               payment_id: 'p-1'
                               amount_minor: 1000
                               currency_code: 'EUR'
                               method: PAYMENT_METHOD_CARD
                               external_id: ' RF 18'
                               unapplied_minor: 1000
                             })pb");
  for (const char* id : {" RF 18", "RF 18"}) {
    const auto again = story.When(PaymentOf(10, absl::StrCat("external_id: '", id, "'")));
    again.Then({});
    EXPECT_EQ(again.response.payment_id(), "p-1");
  }
}

TEST(RecordPayment, RefusesWithoutItsPreconditions) {
  Story<billing::Billing>().When(PaymentOf(1)).ThenRefused("CUSTOMER_NOT_FOUND");
  RegisteredCustomer().When(PaymentOf(1)).ThenRefused("ACCOUNT_REQUIRED");
  CustomerWithAccount().When(PaymentOf(1, "account_id: 'x'")).ThenRefused("ACCOUNT_NOT_FOUND");
  CustomerWithAccount("currency_code: 'USD'").When(PaymentOf(1)).ThenRefused("CURRENCY_MISMATCH");
  Story<billing::Billing> story = CustomerWithAccount();
  EXPECT_TRUE(story.When(PaymentOf(92'233'720'368'547'758, "allow_unusual: true")).status.ok());
  story.When(PaymentOf(1)).ThenRefused("AMOUNT_OVERFLOW");
}

TEST(RecordPayment, TakesAnUnusualAmountOnlyIfItIsMeant) {
  Story<billing::Billing> story = CustomerWithAccount();
  const auto refused =
      story.When(PaymentOf(1'000'000'001, "external_id: 'x'")).ThenRefused("AMOUNT_UNUSUAL");
  EXPECT_EQ(MetadataOf(refused.status, "limit_minor"), "100000000000");
  story.When(PaymentOf(1'000'000'001, "initial_state: PAYMENT_STATE_PENDING"))
      .ThenRefused("AMOUNT_UNUSUAL");
  EXPECT_TRUE(
      story.When(PaymentOf(1'000'000'001, "external_id: 'x' allow_unusual: true")).status.ok());
  // What is in the book already is answered, whether it is said again or not.
  EXPECT_TRUE(story.When(PaymentOf(1'000'000'001, "external_id: 'x'")).status.ok());
  EXPECT_TRUE(story.When(PaymentOf(1'000'000'000)).status.ok());
}

TEST(RecordPayment, RefusesInvoicesThatCannotBePaid) {
  Book book;
  book.Pay(1, Instructed("nobody")).ThenRefused("INVOICE_NOT_FOUND");
  book.Pay(1, absl::StrCat("allocations { invoice_id: '", book.a,
                           "' amount { currency_code: 'USD' units: 1 } }"))
      .ThenRefused("CURRENCY_MISMATCH");
  book.Pay(50, Instructed(book.b));
  const auto settled = book.Pay(1, Instructed(book.b)).ThenRefused("INVOICE_NOT_OPEN");
  EXPECT_EQ(MetadataOf(settled.status, "state"), "PAID");
  EXPECT_EQ(MetadataOf(settled.status, "invoice_id"), book.b);
  // Another account's invoice is unknown to this one.
  book.story.Given(kNewYear, "account_opened { account_id: 'other' currency_code: 'EUR' }");
  book.Pay(1, "account_id: 'other' " + Instructed(book.a)).ThenRefused("INVOICE_NOT_FOUND");
  book.Pay(1).ThenRefused("ACCOUNT_REQUIRED");
}

TEST(RecordPayment, PaysTheOldestDueFirst) {
  Book book;
  const auto outcome = book.Pay(90);
  EXPECT_THAT(book.Allocations(outcome), ElementsAre(Pair("b", 50), Pair("c", 30), Pair("a", 10)));
  outcome.ThenAnswers(absl::StrCat(
      "payment_id: '", outcome.response.payment_id(),
      "' account_id: 'acc' state: PAYMENT_STATE_SUCCEEDED allocation_count: 3 ",
      "unapplied { currency_code: 'EUR' } ",  //
      "allocations { invoice_id: '", book.b, "' amount { currency_code: 'EUR' units: 50 } } ",
      "allocations { invoice_id: '", book.c, "' amount { currency_code: 'EUR' units: 30 } } ",
      "allocations { invoice_id: '", book.a, "' amount { currency_code: 'EUR' units: 10 } }"));
  EXPECT_EQ(book.account().open_minor(), 9000);
  EXPECT_EQ(book.account().settled_invoices_size(), 2);
  ASSERT_EQ(book.account().open_invoices_size(), 1);
  EXPECT_EQ(book.account().open_invoices(0).open_minor(), 9000);
}

TEST(RecordPayment, OrdersEqualDueDatesByInvoiceDateThenNumber) {
  Story<billing::Billing> story = CustomerWithAccount();
  const std::string due =
      "due_date { year: 2026 month: 4 day: 1 } invoice_date { year: 2026 month: ";
  const auto late = story.When(InvoiceOf(1, due + "3 day: 2 }")).response.invoice_id();
  const auto second =
      story.When(InvoiceOf(1, due + "3 day: 1 } series: 'B'")).response.invoice_id();
  const auto first = story.When(InvoiceOf(1, due + "3 day: 1 }")).response.invoice_id();
  const auto third = story.When(InvoiceOf(1, due + "3 day: 1 } series: 'B'")).response.invoice_id();
  const auto outcome = story.When(PaymentOf(4));
  std::vector<std::string> ids;
  for (const auto& allocation : outcome.response.allocations())
    ids.push_back(allocation.invoice_id());
  EXPECT_THAT(ids, ElementsAre(first, second, third, late));
}

TEST(RecordPayment, DoesWhatThePayerSaysFirst) {
  Book book;
  EXPECT_THAT(book.Allocations(book.Pay(60, Instructed(book.a, 40))),
              ElementsAre(Pair("a", 40), Pair("b", 20)));
}

TEST(RecordPayment, CapsWhatThePayerSaysByWhatIsOpen) {
  Book book;
  EXPECT_THAT(book.Allocations(book.Pay(60, Instructed(book.c, 1000))),
              ElementsAre(Pair("c", 30), Pair("b", 30)));
}

TEST(RecordPayment, CapsWhatThePayerSaysByWhatIsLeft) {
  Book book;
  EXPECT_THAT(book.Allocations(
                  book.Pay(60, Instructed(book.a, 50) + Instructed(book.c) + Instructed(book.b))),
              ElementsAre(Pair("a", 50), Pair("c", 10)));
}

TEST(RecordPayment, NamesAnInvoiceOnceEvenIfTheRestFallsOnItToo) {
  Book book;
  EXPECT_THAT(book.Allocations(book.Pay(60, Instructed(book.b, 20))),
              ElementsAre(Pair("b", 50), Pair("c", 10)));
}

TEST(RecordPayment, KeepsTheRestAsCredit) {
  Book book;
  const auto outcome = book.Pay(200);
  EXPECT_THAT(book.Allocations(outcome), ElementsAre(Pair("b", 50), Pair("c", 30), Pair("a", 100)));
  EXPECT_EQ(outcome.response.unapplied().units(), 20);
  EXPECT_EQ(book.account().unapplied_minor(), 2000);
  EXPECT_EQ(book.account().open_invoices_size(), 0);
  EXPECT_EQ(CreditOf(book.account(), 0).unapplied_minor(), 2000);
}

TEST(RecordPayment, RecordsWhatItWasToldAndToday) {
  Story<billing::Billing> story = CustomerWithAccount();
  const auto outcome = story.When(PaymentOf(
      7, "channel: PAYMENT_CHANNEL_BRANCH payer_reference: 'Mu\xcc\x88ller' external_id: 'tx 1'"));
  outcome.Then({absl::StrCat(
      "payment_recorded { account_id: 'acc' payment_id: '", outcome.response.payment_id(),
      "' amount_minor: 700 currency_code: 'EUR' method: PAYMENT_METHOD_CARD "
      "channel: PAYMENT_CHANNEL_BRANCH payer_reference: 'M\xc3\xbcller' external_id: 'tx 1' "
      "unapplied_minor: 700 }")});
  EXPECT_EQ(outcome.events[0].effective_date, absl::CivilDay(2026, 3, 15));
}

TEST(RecordPayment, TheSameExternalIdIsTheSamePayment) {
  Book book;
  const std::string id = "external_id: 'tx-1' payment_date { year: 2026 month: 3 day: 3 } ";
  const auto first = book.Pay(10, id);
  const std::string before = book.story.state().SerializeAsString();
  for (const std::string& rest : {id, std::string("external_id: 'tx-1'"), id + "account_id: 'acc'",
                                  id + Instructed(book.a)}) {
    const auto again = book.Pay(10, rest).Then({});
    EXPECT_EQ(again.response.payment_id(), first.response.payment_id());
    EXPECT_EQ(again.response.account_id(), "acc");
    EXPECT_TRUE(again.response.repeated());
    EXPECT_EQ(again.response.state(), billing::v1::PAYMENT_STATE_SUCCEEDED);
    EXPECT_EQ(again.response.attempt(), 1);
  }
  EXPECT_EQ(book.story.state().SerializeAsString(), before);
}

TEST(RecordPayment, RefusesAnExternalIdWithOtherContent) {
  Book book;
  const auto first =
      book.Pay(10, "external_id: 'tx-1' payment_date { year: 2026 month: 3 day: 3 }");
  book.story.Given(kNewYear, "account_opened { account_id: 'usd' currency_code: 'USD' }");
  book.story.Given(kNewYear, "account_opened { account_id: 'eur' currency_code: 'EUR' }");
  const std::string id = "external_id: 'tx-1' ";
  const auto expect_different = [&](const std::string& fields, int64_t units,
                                    const std::string& rest) {
    const auto refused = book.Pay(units, id + rest).ThenRefused("PAYMENT_EXISTS");
    EXPECT_EQ(MetadataOf(refused.status, "different_fields"), fields);
    EXPECT_EQ(MetadataOf(refused.status, "state"), "SUCCEEDED");
  };
  const std::string fourth = "payment_date { year: 2026 month: 3 day: 4 }";
  expect_different("amount", 11, "account_id: 'acc'");
  expect_different("account_id", 10, "account_id: 'eur'");
  expect_different("account_id", 10, "account_id: 'usd'");
  expect_different("payment_date", 10, "account_id: 'acc' " + fourth);
  expect_different("account_id,amount,payment_date", 12, "account_id: 'eur' " + fourth);
  RecordPaymentRequest dollars = PaymentOf(10, id + "account_id: 'acc'");
  dollars.mutable_amount()->set_currency_code("USD");
  const auto refused = book.story.When(dollars).ThenRefused("PAYMENT_EXISTS");
  EXPECT_EQ(MetadataOf(refused.status, "payment_id"), first.response.payment_id());
  EXPECT_EQ(MetadataOf(refused.status, "different_fields"), "amount.currency_code");
}

TEST(RecordPayment, ExternalIdsAreOfTheirMethod) {
  Book book;
  const auto card = book.Pay(10, "external_id: 'tx-1'");
  RecordPaymentRequest cash = PaymentOf(10, "external_id: 'tx-1'");
  cash.set_method(billing::v1::PAYMENT_METHOD_CASH);
  const auto outcome = book.story.When(cash);
  EXPECT_EQ(outcome.events.size(), 1u);
  EXPECT_NE(outcome.response.payment_id(), card.response.payment_id());
  // Without an external id, equal payments are different payments.
  EXPECT_EQ(book.Pay(1).events.size(), 1u);
  EXPECT_EQ(book.Pay(1).events.size(), 1u);
}

TEST(RecordPayment, NamesAtMostEightAllocationsInItsAnswer) {
  Story<billing::Billing> story = CustomerWithAccount(absl::StrCat("currency_code: 'EUR'"));
  for (int i = 0; i < 20; ++i) story.When(InvoiceOf(1'000'000'000'000, "allow_unusual: true"));
  const auto outcome =
      story.When(PaymentOf(20'000'000'000'000, "allow_unusual: true"));  // checks the size
  EXPECT_EQ(outcome.response.allocations_size(), 8);
  EXPECT_EQ(outcome.response.allocation_count(), 20);
}

TEST(RecordPayment, ValidatingChangesNothing) {
  Book book;
  const std::string before = book.story.state().SerializeAsString();
  const auto outcome = book.Pay(60, "validate_only: true");
  EXPECT_EQ(outcome.response.allocation_count(), 2);
  EXPECT_EQ(book.story.state().SerializeAsString(), before);
}

}  // namespace
}  // namespace daybook
