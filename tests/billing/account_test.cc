#include <gtest/gtest.h>

#include "tests/billing/billing_story.h"

namespace daybook {
namespace {

using namespace test;

OpenAccountRequest Euros() { return Proto<OpenAccountRequest>("currency_code: 'EUR'"); }

TEST(OpenAccount, RefusesBadFields) {
  ExpectInvalid<OpenAccountRequest>(
      Euros(),
      {{"no currency", [](auto& r) { r.clear_currency_code(); }, {"currency_code"}},
       {"lower case", [](auto& r) { r.set_currency_code("eur"); }, {"currency_code"}},
       {"gold", [](auto& r) { r.set_currency_code("XAU"); }, {"currency_code"}},
       {"1 MB currency",
        [](auto& r) { r.set_currency_code(std::string(1 << 20, 'E')); },
        {"currency_code"}},
       {"no such zone", [](auto& r) { r.set_time_zone("Mars/Olympus"); }, {"time_zone"}},
       {"a path", [](auto& r) { r.set_time_zone("/etc/localtime"); }, {"time_zone"}},
       {"negative terms", [](auto& r) { r.mutable_terms()->set_net_days(-1); }, {"terms.net_days"}},
       {"terms of 11 years",
        [](auto& r) { r.mutable_terms()->set_net_days(3651); },
        {"terms.net_days"}},
       {"terms for ever",
        [](auto& r) { r.mutable_terms()->set_net_days(INT32_MAX); },
        {"terms.net_days"}},
       {"account id with NUL",
        [](auto& r) { r.set_account_id(std::string("\0", 1)); },
        {"account_id"}},
       {"account id of 65 characters",
        [](auto& r) { r.set_account_id(std::string(65, 'a')); },
        {"account_id"}},
       {"customer id with a space before it",
        [](auto& r) { r.set_customer_id(" c"); },
        {"customer_id"}},
       {"year 10000",
        [](auto& r) {
          *r.mutable_effective_date() = Proto<google::type::Date>("year: 10000 month: 1 day: 1");
        },
        {"effective_date"}},
       {"revision -1", [](auto& r) { r.set_expected_revision(-1); }, {"expected_revision"}}});
  RegisteredCustomer()
      .Ask(OpenAccountRequest())
      .ThenInvalid({"request_id", "customer_id", "currency_code"});
}

TEST(OpenAccount, RefusesAnUnknownCustomer) {
  const auto outcome = Story<billing::Billing>().When(Euros()).ThenRefused("CUSTOMER_NOT_FOUND");
  EXPECT_EQ(MetadataOf(outcome.status, "customer_id"), "c-1");
}

TEST(OpenAccount, RefusesAnIdTwice) {
  Story<billing::Billing> story = CustomerWithAccount();
  OpenAccountRequest request = Euros();
  request.set_account_id("acc");
  story.When(request).ThenRefused("ACCOUNT_EXISTS");
}

TEST(OpenAccount, OpensWithDefaults) {
  Story<billing::Billing> story = RegisteredCustomer();
  const auto outcome = story.When(Euros());
  const std::string id = outcome.response.account_id();
  EXPECT_EQ(id.size(), 36u);
  outcome.Then(
      {absl::StrCat("account_opened { account_id: '", id,
                    "' currency_code: 'EUR' currency_digits: 2 time_zone: 'UTC' terms {} }")});
  EXPECT_EQ(outcome.events[0].effective_date, absl::CivilDay(2026, 3, 15));
}

TEST(OpenAccount, TheSameRequestMakesTheSameId) {
  OpenAccountRequest request = Euros();
  request.set_request_id("r");
  const std::string id = RegisteredCustomer().When(request).response.account_id();
  EXPECT_EQ(RegisteredCustomer().When(request).response.account_id(), id);
  request.set_request_id("s");
  EXPECT_NE(RegisteredCustomer().When(request).response.account_id(), id);
}

TEST(OpenAccount, OpensAsSaid) {
  Story<billing::Billing> story = RegisteredCustomer();
  story.Now(absl::FromCivil(absl::CivilSecond(2026, 3, 15, 23, 0, 0), absl::UTCTimeZone()));
  const auto outcome = story.When(Proto<OpenAccountRequest>(
      "account_id: '../x' currency_code: 'JPY' time_zone: 'Asia/Tokyo' terms { net_days: 30 } "
      "credit_application: CREDIT_APPLICATION_MANUAL"));
  outcome.Then(
      {"account_opened { account_id: '../x' currency_code: 'JPY' currency_digits: 0 "
       "time_zone: 'Asia/Tokyo' terms { net_days: 30 } credit_application: "
       "CREDIT_APPLICATION_MANUAL }"});
  EXPECT_EQ(outcome.events[0].effective_date, absl::CivilDay(2026, 3, 16));
  EXPECT_THAT(story.state().billing(),
              EqualsProto(Proto<internal::billing::v1::State>(
                  "accounts { account_id: '../x' currency_code: 'JPY' currency_digits: 0 "
                  "time_zone: 'Asia/Tokyo' terms { net_days: 30 } credit_application: "
                  "CREDIT_APPLICATION_MANUAL state: "
                  "ACCOUNT_STATE_ACTIVE "
                  "changed_date: 20260316 }")));
}

// Older history may be entered later: days of what happened are free, days of changes are not.
TEST(OpenAccount, MayBeOlderThanTheRegistrationAndYoungerThanItsInvoices) {
  Story<billing::Billing> story;
  auto& customer = *story.state().mutable_customer();
  customer.set_registered(true);
  customer.set_state(customer::v1::CUSTOMER_STATE_ACTIVE);
  *customer.mutable_registered_date() = Proto<google::type::Date>("year: 2026 month: 3 day: 1");
  const auto opened = story.When(Proto<OpenAccountRequest>(
      "account_id: 'a' currency_code: 'EUR' effective_date { year: 2025 month: 6 day: 1 }"));
  ASSERT_EQ(opened.events.size(), 1u) << opened.status;
  EXPECT_EQ(opened.events[0].effective_date, absl::CivilDay(2025, 6, 1));
  const auto issued = story.When(InvoiceOf(1, "invoice_date { year: 2024 month: 1 day: 1 }"));
  ASSERT_EQ(issued.events.size(), 1u) << issued.status;
  EXPECT_EQ(issued.events[0].effective_date, absl::CivilDay(2024, 1, 1));
  const auto paid = story.When(PaymentOf(1, "payment_date { year: 2024 month: 1 day: 2 }"));
  ASSERT_EQ(paid.events.size(), 1u) << paid.status;
  EXPECT_EQ(paid.events[0].effective_date, absl::CivilDay(2024, 1, 2));
  story
      .When(Proto<billing::v1::SuspendAccountRequest>(
          "effective_date { year: 2025 month: 5 day: 31 }"))
      .ThenInvalid({"effective_date"});
  story
      .When(Proto<billing::v1::ChangeAccountTermsRequest>(
          "terms { net_days: 9 } effective_date { year: 2025 month: 5 day: 31 }"))
      .ThenInvalid({"effective_date"});
  EXPECT_TRUE(story
                  .When(Proto<billing::v1::SuspendAccountRequest>(
                      "effective_date { year: 2025 month: 6 day: 1 }"))
                  .status.ok());
}

// Kuna went out of use in January 2023; old books are in it.
TEST(OpenAccount, TakesACurrencyThatIsOutOfUseForOldBooksOnly) {
  Story<billing::Billing> story = RegisteredCustomer();
  story.When(Proto<OpenAccountRequest>("currency_code: 'HRK'")).ThenInvalid({"currency_code"});
  story
      .When(Proto<OpenAccountRequest>(
          "currency_code: 'HRK' effective_date { year: 2023 month: 2 day: 1 }"))
      .ThenInvalid({"currency_code"});
  const auto opened = story.When(Proto<OpenAccountRequest>(
      "currency_code: 'HRK' effective_date { year: 2023 month: 1 day: 31 }"));
  ASSERT_TRUE(opened.status.ok()) << opened.status;

  const auto issue = [&](const std::string& day) {
    return story.When(Invoice(absl::StrCat(
        "lines { amount { currency_code: 'HRK' units: 10 } } invoice_date { ", day, " }")));
  };
  issue("year: 2026 month: 3 day: 1").ThenInvalid({"invoice_date"});
  issue("year: 2023 month: 2 day: 1").ThenInvalid({"invoice_date"});
  EXPECT_TRUE(issue("year: 2023 month: 1 day: 31").status.ok());
  // What is open is settled when it is settled.
  auto payment = PaymentOf(10, "payment_date { year: 2024 month: 3 day: 1 }");
  payment.mutable_amount()->set_currency_code("HRK");
  const auto paid = story.When(payment);
  ASSERT_TRUE(paid.status.ok()) << paid.status;
  EXPECT_EQ(paid.response.allocation_count(), 1);
}

TEST(OpenAccount, OfALogInACurrencyThatTheTableLacksStopsNobody) {
  const auto with = [](const std::string& digits) {
    Story<billing::Billing> story = CustomerWithAccount("currency_code: 'QQQ' " + digits);
    story.Given(kNewYear, R"pb(invoice_issued {
                                 account_id: 'acc'
                                 invoice_id: 'i-1'
                                 number { series: 'A' year: 2026 partition: 3 sequence: 1 }
                                 due_date { year: 2026 month: 1 day: 1 }
                                 currency_code: 'QQQ'
                                 net_minor: 12345
                                 total_minor: 12345
                               })pb");
    return story;
  };
  const auto voiding = Proto<billing::v1::VoidInvoiceRequest>("invoice_id: 'i-1'");
  // As the log has it.
  const auto voided = with("currency_digits: 3").When(voiding);
  ASSERT_TRUE(voided.status.ok()) << voided.status;
  EXPECT_THAT(
      voided.response.total(),
      EqualsProto(Proto<google::type::Money>("currency_code: 'QQQ' units: 12 nanos: 345000000")));
  // Nobody knows what 12345 is.
  const auto refused = with("").When(voiding).ThenRefused("UNSUPPORTED");
  EXPECT_EQ(MetadataOf(refused.status, "currency_code"), "QQQ");
  with("").When(Proto<billing::v1::CloseAccountRequest>("")).ThenRefused("UNSUPPORTED");
  with("currency_digits: 9").When(voiding).ThenRefused("UNSUPPORTED");
}

TEST(BillingDeathTest, StopsAtAnEventThatItDoesNotKnow) {
  EXPECT_DEATH(RegisteredCustomer().Given(kNewYear, billing::Billing::Event()), "know");
}

}  // namespace
}  // namespace daybook
