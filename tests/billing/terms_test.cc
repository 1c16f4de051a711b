// When invoices are due.
#include <gtest/gtest.h>

#include "common/base/dates.h"
#include "tests/billing/billing_story.h"

namespace daybook {
namespace {

using namespace test;
namespace v1 = billing::v1;

std::string Date(const char* field, absl::CivilDay day) {
  return absl::StrCat(field, " { year: ", day.year(), " month: ", day.month(), " day: ", day.day(),
                      " } ");
}

TEST(Terms, RefusesWhatIsNoRule) {
  struct Row {
    const char* terms;
    std::vector<std::string> fields;
  };
  const Row rows[] = {
      {"net_days: -1", {"terms.net_days"}},
      {"net_days: 3651", {"terms.net_days"}},
      {"months: -1", {"terms.months"}},
      {"months: 121", {"terms.months"}},
      {"due_rule: 5", {"terms.due_rule"}},
      {"due_rule: DUE_RULE_DAY_OF_MONTH", {"terms.day_of_month"}},
      {"due_rule: DUE_RULE_DAY_OF_MONTH day_of_month: 32", {"terms.day_of_month"}},
      {"due_rule: DUE_RULE_DAY_OF_MONTH day_of_month: -1", {"terms.day_of_month"}},
      {"due_rule: DUE_RULE_END_OF_MONTH day_of_month: 1", {"terms.day_of_month"}},
      {"day_of_month: 1 months: 121 net_days: -1 due_rule: -1",
       {"terms.net_days", "terms.months", "terms.due_rule", "terms.day_of_month"}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.terms);
    const std::string terms = absl::StrCat("terms { ", row.terms, " } ");
    RegisteredCustomer()
        .When(Proto<OpenAccountRequest>("currency_code: 'EUR' " + terms))
        .ThenInvalid(row.fields);
    CustomerWithAccount().When(Proto<v1::ChangeAccountTermsRequest>(terms)).ThenInvalid(row.fields);
    CustomerWithAccount().When(InvoiceOf(1, terms)).ThenInvalid(row.fields);
    std::vector<std::string> of_draft;
    for (const std::string& field : row.fields) of_draft.push_back("draft." + field);
    CustomerWithAccount()
        .When(Proto<v1::CreateDraftInvoiceRequest>(
            absl::StrCat("draft { lines { unit_price { value: '1' } } ", terms, " }")))
        .ThenInvalid(of_draft);
  }
}

TEST(Terms, SayWhenAnInvoiceIsDue) {
  using Day = absl::CivilDay;
  const std::tuple<const char*, Day, Day> rows[] = {
      {"", Day(2026, 3, 15), Day(2026, 3, 15)},
      {"net_days: 30", Day(2020, 6, 11), Day(2020, 7, 11)},
      {"net_days: 30 due_rule: DUE_RULE_AFTER_INVOICE_DATE", Day(2020, 6, 11), Day(2020, 7, 11)},
      {"months: 1", Day(2020, 6, 11), Day(2020, 7, 11)},
      {"months: 1", Day(2021, 1, 31), Day(2021, 2, 28)},
      {"months: 1", Day(2024, 1, 30), Day(2024, 2, 29)},
      {"months: 13", Day(2023, 1, 31), Day(2024, 2, 29)},
      {"months: 1 net_days: 1", Day(2021, 1, 31), Day(2021, 3, 1)},
      {"months: 2", Day(2021, 12, 31), Day(2022, 2, 28)},

      {"due_rule: DUE_RULE_AFTER_END_OF_MONTH", Day(2020, 6, 11), Day(2020, 6, 30)},
      {"due_rule: DUE_RULE_AFTER_END_OF_MONTH", Day(2020, 6, 30), Day(2020, 6, 30)},
      {"due_rule: DUE_RULE_AFTER_END_OF_MONTH months: 1", Day(2020, 6, 11), Day(2020, 7, 31)},
      {"due_rule: DUE_RULE_AFTER_END_OF_MONTH months: 1", Day(2021, 1, 31), Day(2021, 2, 28)},
      {"due_rule: DUE_RULE_AFTER_END_OF_MONTH months: 1", Day(2021, 2, 1), Day(2021, 3, 31)},
      {"due_rule: DUE_RULE_AFTER_END_OF_MONTH net_days: 45", Day(2021, 9, 13), Day(2021, 11, 14)},
      {"due_rule: DUE_RULE_AFTER_END_OF_MONTH net_days: 10", Day(2020, 6, 11), Day(2020, 7, 10)},
      {"due_rule: DUE_RULE_AFTER_END_OF_MONTH net_days: 30", Day(2021, 1, 1), Day(2021, 3, 2)},

      {"due_rule: DUE_RULE_END_OF_MONTH net_days: 45", Day(2021, 9, 13), Day(2021, 10, 31)},
      {"due_rule: DUE_RULE_END_OF_MONTH net_days: 45", Day(2021, 9, 17), Day(2021, 11, 30)},
      {"due_rule: DUE_RULE_END_OF_MONTH", Day(2021, 2, 28), Day(2021, 2, 28)},
      {"due_rule: DUE_RULE_END_OF_MONTH months: 1", Day(2020, 1, 31), Day(2020, 2, 29)},

      {"due_rule: DUE_RULE_DAY_OF_MONTH day_of_month: 15 net_days: 30", Day(2020, 6, 11),
       Day(2020, 7, 15)},
      {"due_rule: DUE_RULE_DAY_OF_MONTH day_of_month: 15 net_days: 30", Day(2020, 6, 18),
       Day(2020, 8, 15)},
      {"due_rule: DUE_RULE_DAY_OF_MONTH day_of_month: 1", Day(2020, 6, 1), Day(2020, 6, 1)},
      {"due_rule: DUE_RULE_DAY_OF_MONTH day_of_month: 1", Day(2020, 12, 2), Day(2021, 1, 1)},
      {"due_rule: DUE_RULE_DAY_OF_MONTH day_of_month: 31", Day(2021, 2, 10), Day(2021, 2, 28)},
      {"due_rule: DUE_RULE_DAY_OF_MONTH day_of_month: 31", Day(2021, 4, 30), Day(2021, 4, 30)},
      {"due_rule: DUE_RULE_DAY_OF_MONTH day_of_month: 30 months: 1", Day(2021, 1, 30),
       Day(2021, 2, 28)},
  };
  for (const auto& [terms, invoice, due] : rows) {
    SCOPED_TRACE(absl::StrCat(terms, " from ", FormatDay(invoice)));
    const std::string date = Date("invoice_date", invoice);
    const std::string of_it = absl::StrCat("terms { ", terms, " } ");
    const auto by_account =
        CustomerWithAccount("currency_code: 'EUR' " + of_it).When(InvoiceOf(1, date));
    ASSERT_TRUE(by_account.status.ok()) << by_account.status;
    EXPECT_EQ(FormatDay(*DayOf(by_account.response.due_date())), FormatDay(due));
    // The same said of the invoice, whatever the account says; and of a draft.
    Story<billing::Billing> story =
        CustomerWithAccount("currency_code: 'EUR' terms { net_days: 7 }");
    const auto by_invoice = story.When(InvoiceOf(1, date + of_it));
    EXPECT_EQ(FormatDay(*DayOf(by_invoice.response.due_date())), FormatDay(due));
    const std::string draft =
        story
            .When(Proto<v1::CreateDraftInvoiceRequest>(
                absl::StrCat("draft { lines { unit_price { value: '1' } } ", date, of_it, " }")))
            .response.invoice_id();
    const auto by_draft = story.When(Invoice(absl::StrCat("draft_id: '", draft, "'")));
    EXPECT_EQ(FormatDay(*DayOf(by_draft.response.due_date())), FormatDay(due));
    // A due date that is given is the due date.
    const auto given = story.When(InvoiceOf(1, date + of_it + Date("due_date", invoice + 3)));
    EXPECT_EQ(FormatDay(*DayOf(given.response.due_date())), FormatDay(invoice + 3));
  }
}

TEST(Terms, AreChangedAsAWhole) {
  Story<billing::Billing> story = CustomerWithAccount(
      "currency_code: 'EUR' terms { due_rule: DUE_RULE_END_OF_MONTH net_days: 30 }");
  const auto change = [&](const std::string& terms) {
    return story.When(Proto<v1::ChangeAccountTermsRequest>(absl::StrCat("terms { ", terms, " }")));
  };
  change("net_days: 30 due_rule: DUE_RULE_END_OF_MONTH").Then({});
  change("net_days: 30")
      .Then({"account_terms_changed { account_id: 'acc' terms { net_days: 30 } }"});
  change("net_days: 30").Then({});
  change("due_rule: DUE_RULE_DAY_OF_MONTH day_of_month: 5 months: 1")
      .Then({"account_terms_changed { account_id: 'acc' terms { due_rule: DUE_RULE_DAY_OF_MONTH "
             "months: 1 day_of_month: 5 } }"});
}

TEST(Terms, OfADraftAreNotSaidAgain) {
  Story<billing::Billing> story = CustomerWithAccount();
  const std::string draft = story
                                .When(Proto<v1::CreateDraftInvoiceRequest>(
                                    "draft { lines { unit_price { value: '1' } } }"))
                                .response.invoice_id();
  story.When(Invoice(absl::StrCat("draft_id: '", draft, "' terms { net_days: 1 }")))
      .ThenInvalid({"terms"});
}

}  // namespace
}  // namespace daybook
