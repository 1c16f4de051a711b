// The discount for early payment: what is offered, when it is taken, when it is undone.
#include "services/billing/early_payment.h"

#include <gtest/gtest.h>

#include "common/base/money.h"
#include "services/billing/limits.h"
#include "services/billing/state.h"
#include "services/billing/transitions.h"
#include "tests/billing/billing_story.h"

namespace daybook {
namespace {

using namespace test;
namespace v1 = billing::v1;
namespace state = billing::state;

constexpr char kTwoTenNetThirty[] =
    "terms { net_days: 30 early_payment_discount { days: 10 percent { value: '2' } } } ";

google::type::Money Euros(int64_t cents) { return MoneyOf(cents, *Currency::Find("EUR")); }

// 0 if it is unset.
int64_t Cents(const google::type::Money& money) {
  return money.currency_code().empty() ? 0 : *MinorOf(money);
}

std::string Line(int64_t cents, const std::string& rate = "") {
  v1::LineItem line;
  *line.mutable_amount() = Euros(cents);
  if (!rate.empty()) line.mutable_tax_rate_percent()->set_value(rate);
  return absl::StrCat("lines { ", Text(line), " } ");
}

std::string Date(const char* field, absl::CivilDay day) {
  return absl::StrCat(field, " { year: ", day.year(), " month: ", day.month(), " day: ", day.day(),
                      " } ");
}

// An account with 2/10 net 30 whose invoices are of 2026-03-01, so that the 11th is the last day.
struct Book {
  explicit Book(const std::string& settings = "")
      : story(CustomerWithAccount(
            absl::StrCat("currency_code: 'EUR' ", kTwoTenNetThirty, settings))) {
    story.Now(absl::FromCivil(absl::CivilSecond(2026, 6, 1, 12, 0, 0), absl::UTCTimeZone()));
  }

  std::string Issue(const std::string& lines = Line(10'000, "19"), int day = 1) {
    const auto outcome =
        story.When(Invoice(lines + Date("invoice_date", absl::CivilDay(2026, 3, day))));
    EXPECT_TRUE(outcome.status.ok()) << outcome.status;
    return outcome.response.invoice_id();
  }
  // Of March; 0 = by age.
  auto Pay(int64_t cents, int day, const std::vector<std::string>& said = {},
           const std::string& rest = "") {
    auto request =
        Proto<RecordPaymentRequest>(Date("payment_date", absl::CivilDay(2026, 3, day)) + rest);
    *request.mutable_amount() = Euros(cents);
    request.set_method(v1::PAYMENT_METHOD_CARD);
    for (const std::string& id : said) request.add_allocations()->set_invoice_id(id);
    auto outcome = story.When(request);
    EXPECT_TRUE(outcome.status.ok()) << outcome.status;
    return outcome;
  }
  auto Note(const std::string& id, int64_t gross_cents, const std::string& kind) {
    v1::IssueCreditNoteRequest request;
    request.set_invoice_id(id);
    v1::CreditNoteKind value = v1::CREDIT_NOTE_KIND_OFFSET;
    EXPECT_TRUE(v1::CreditNoteKind_Parse("CREDIT_NOTE_KIND_" + kind, &value));
    request.set_kind(value);
    if (gross_cents != 0) *request.add_lines()->mutable_gross() = Euros(gross_cents);
    return story.When(request);
  }
  template <class Request>
  auto Do(const std::string& text) {
    return story.When(Proto<Request>(text));
  }
  const state::Account& account() { return story.state().billing().accounts(0); }
  const state::Invoice& invoice(const std::string& id) {
    for (const auto* list : {&account().open_invoices(), &account().settled_invoices()}) {
      for (const auto& one : *list) {
        if (one.invoice_id() == id) return one;
      }
    }
    ADD_FAILURE();
    return account().open_invoices(0);
  }
  // `PAID, 0 open, 238 let off (38 of it tax)`.
  std::string How(const std::string& id) {
    const state::Invoice& one = invoice(id);
    return absl::StrCat(std::string(billing::NameOf(one.state())), ", ", one.open_minor(),
                        " open, ", one.discounted_minor(), " let off (",
                        billing::TaxSum(one.discounted_taxes()), " of it tax)");
  }

  Story<billing::Billing> story;
};

constexpr char kTaken[] = "PAID, 0 open, 238 let off (38 of it tax)";

TEST(EarlyPayment, RefusesWhatIsNoDiscount) {
  struct Row {
    const char* terms;
    std::vector<std::string> fields;
  };
  const Row rows[] = {
      {"net_days: 30 early_payment_discount { days: -1 percent { value: '2' } }", {"days"}},
      {"net_days: 30 early_payment_discount { days: 3651 percent { value: '2' } }", {"days"}},
      {"net_days: 30 early_payment_discount { days: 31 percent { value: '2' } }", {"days"}},
      {"early_payment_discount { days: 1 percent { value: '2' } }", {"days"}},
      {"months: 1 early_payment_discount { days: 32 percent { value: '2' } }", {"days"}},
      {"due_rule: DUE_RULE_END_OF_MONTH early_payment_discount { days: 32 percent { value: '2' } }",
       {"days"}},
      {"net_days: 30 early_payment_discount { days: 10 }", {"percent"}},
      {"net_days: 30 early_payment_discount { days: 10 percent { value: '' } }", {"percent"}},
      {"net_days: 30 early_payment_discount { days: 10 percent { value: '2 %' } }", {"percent"}},
      {"net_days: 30 early_payment_discount { days: 10 percent { value: '0' } }", {"percent"}},
      {"net_days: 30 early_payment_discount { days: 10 percent { value: '-2' } }", {"percent"}},
      {"net_days: 30 early_payment_discount { days: 10 percent { value: '100' } }", {"percent"}},
      {"net_days: 30 early_payment_discount { days: 10 percent { value: '1.0000000001' } }",
       {"percent"}},
      {"net_days: 30 early_payment_discount { days: 31 }", {"days", "percent"}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.terms);
    const std::string terms = absl::StrCat("terms { ", row.terms, " } ");
    std::vector<std::string> fields, of_draft;
    for (const std::string& field : row.fields) {
      fields.push_back("terms.early_payment_discount." + field);
      of_draft.push_back("draft." + fields.back());
    }
    RegisteredCustomer()
        .When(Proto<OpenAccountRequest>("currency_code: 'EUR' " + terms))
        .ThenInvalid(fields);
    CustomerWithAccount().When(Proto<v1::ChangeAccountTermsRequest>(terms)).ThenInvalid(fields);
    CustomerWithAccount().When(InvoiceOf(1, terms)).ThenInvalid(fields);
    CustomerWithAccount()
        .When(Proto<v1::CreateDraftInvoiceRequest>(
            absl::StrCat("draft { lines { unit_price { value: '1' } } ", terms, " }")))
        .ThenInvalid(of_draft);
  }
}

TEST(EarlyPayment, TermsAreKeptInOneSpelling) {
  const char* said =
      "terms { net_days: 30 early_payment_discount { days: 10 percent { value: "
      "'+02.500' } } } ";
  const char* kept =
      "terms { net_days: 30 early_payment_discount { days: 10 percent { value: "
      "'2.5' } } } ";
  const auto opened = RegisteredCustomer().When(
      Proto<OpenAccountRequest>(absl::StrCat("currency_code: 'EUR' ", said)));
  EXPECT_EQ(
      opened.events.at(0).event.account_opened().terms().early_payment_discount().percent().value(),
      "2.5");
  Story<billing::Billing> story = CustomerWithAccount();
  story.When(Proto<v1::ChangeAccountTermsRequest>(said))
      .Then({absl::StrCat("account_terms_changed { account_id: 'acc' ", kept, " }")});
  story.When(Proto<v1::ChangeAccountTermsRequest>(kept)).Then({});
}

// What an invoice offers, by the account, by its own terms, by a draft.
TEST(EarlyPayment, IsFrozenInTheInvoice) {
  using Day = absl::CivilDay;
  struct Row {
    const char* what;
    std::string terms;
    Day invoice;
    std::string rest;
    int64_t cents;
    const char* offer;
  };
  const auto terms = [](const char* text) { return absl::StrCat("terms { ", text, " } "); };
  const Row rows[] = {
      {"2/10 net 30", kTwoTenNetThirty, Day(2026, 3, 1), "", 11'900,
       "last_date { year: 2026 month: 3 day: 11 } percent: '2' amount_minor: 238"},
      {"half-up", kTwoTenNetThirty, Day(2026, 3, 1), "", 25,
       "last_date { year: 2026 month: 3 day: 11 } percent: '2' amount_minor: 1"},
      {"nothing of nothing", kTwoTenNetThirty, Day(2026, 3, 1), "", 24, ""},
      {"nothing of an invoice of nothing", kTwoTenNetThirty, Day(2026, 3, 1), "", 0, ""},
      {"never all of it", terms("early_payment_discount { days: 0 percent { value: '99.99' } }"),
       Day(2026, 3, 1), "", 100, ""},
      {"on the day itself", terms("early_payment_discount { days: 0 percent { value: '3' } }"),
       Day(2026, 3, 1), "", 100,
       "last_date { year: 2026 month: 3 day: 1 } percent: '3' amount_minor: 3"},
      {"no later than a due date that is given", kTwoTenNetThirty, Day(2026, 3, 1),
       Date("due_date", Day(2026, 3, 5)), 10'000,
       "last_date { year: 2026 month: 3 day: 5 } percent: '2' amount_minor: 200"},
      {"no later than the due date of a short month",
       terms("months: 1 early_payment_discount { days: 30 percent { value: '0.000000001' } }"),
       Day(2026, 1, 31), "", 100'000'000'000,
       "last_date { year: 2026 month: 2 day: 28 } percent: '0.000000001' amount_minor: 1"},
      {"over the end of the year", kTwoTenNetThirty, Day(2025, 12, 28), "", 10'000,
       "last_date { year: 2026 month: 1 day: 7 } percent: '2' amount_minor: 200"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    const std::string content =
        absl::StrCat(Line(row.cents), Date("invoice_date", row.invoice), row.rest);
    const auto expect = [&](const auto& outcome) {
      ASSERT_TRUE(outcome.status.ok()) << outcome.status;
      const v1::InvoiceIssued& issued = outcome.events.at(0).event.invoice_issued();
      EXPECT_EQ(issued.has_discount(), *row.offer != 0);
      EXPECT_THAT(issued.discount(), EqualsProto(Proto<v1::DiscountOffer>(row.offer)));
      EXPECT_EQ(outcome.response.has_discount(), *row.offer != 0);
      if (!issued.has_discount()) return;
      EXPECT_EQ(Cents(outcome.response.discount()), issued.discount().amount_minor());
      EXPECT_THAT(outcome.response.discount_date(), EqualsProto(issued.discount().last_date()));
    };
    expect(CustomerWithAccount("currency_code: 'EUR' " + row.terms).When(Invoice(content)));
    expect(CustomerWithAccount().When(Invoice(content + row.terms)));
    Story<billing::Billing> story = CustomerWithAccount();
    const auto draft = story.When(
        Proto<v1::CreateDraftInvoiceRequest>(absl::StrCat("draft { ", content, row.terms, " }")));
    expect(story.When(Invoice(absl::StrCat("draft_id: '", draft.response.invoice_id(), "'"))));
  }
}

TEST(EarlyPayment, AnInvoiceOfAnOlderLogOffersNothing) {
  Story<billing::Billing> story = CustomerWithAccount();
  story.Given(absl::CivilDay(2026, 3, 1),
              "invoice_issued { account_id: 'acc' invoice_id: 'i' number { series: 'A' year: 2026 "
              "partition: 3 sequence: 1 } due_date { year: 2026 month: 3 day: 31 } currency_code: "
              "'EUR' lines { net_minor: 10000 } net_minor: 10000 total_minor: 10000 }");
  EXPECT_EQ(billing::AllowedDiscount(story.state().billing().accounts(0).open_invoices(0)), 0);
}

TEST(EarlyPayment, IsTakenByPayingTheRestInTime) {
  Book book;
  const std::string id = book.Issue();
  const auto paid = book.Pay(11'662, 11);
  ASSERT_EQ(paid.events.size(), 2u);
  EXPECT_EQ(paid.events[0].event.payment_recorded().allocations(0).amount_minor(), 11'662);
  EXPECT_EQ(paid.events[1].effective_date, absl::CivilDay(2026, 3, 11));
  EXPECT_THAT(paid.events[1].event,
              EqualsProto(Proto<v1::Event>(absl::StrCat(
                  "invoice_written_off { account_id: 'acc' invoice_id: '", id,
                  "' currency_code: 'EUR' reason: WRITE_OFF_REASON_EARLY_PAYMENT amount_minor: 238 "
                  "taxes { rate_percent: '19' net_minor: 200 tax_minor: 38 } tax_minor: 38 }"))));
  EXPECT_EQ(Cents(paid.response.discounted()), 238);
  EXPECT_EQ(Cents(paid.response.unapplied()), 0);
  EXPECT_EQ(book.How(id), kTaken);
}

TEST(EarlyPayment, ItsTaxIsCorrectedByRate) {
  Book book;
  const std::string id = book.Issue(Line(10'000, "19") + Line(5'000, "7") + Line(1'000));
  // 119.00 + 53.50 + 10.00 = 182.50, 2 % = 3.65, of it 22.50 / 182.50 tax.
  const auto paid = book.Pay(17'885, 5, {id});
  const v1::InvoiceWrittenOff& off = paid.events.at(1).event.invoice_written_off();
  EXPECT_EQ(off.amount_minor(), 365);
  EXPECT_EQ(off.tax_minor(), 45);
  ASSERT_EQ(off.taxes_size(), 2);
  EXPECT_EQ(off.taxes(0).tax_minor(), 38);
  EXPECT_EQ(off.taxes(0).net_minor(), 200);
  EXPECT_EQ(off.taxes(1).tax_minor(), 7);
  EXPECT_EQ(off.taxes(1).net_minor(), 100);
}

TEST(EarlyPayment, OnlyOfWhatIsInTimeAndAllButTheDiscount) {
  struct Row {
    const char* what;
    std::vector<std::pair<int64_t, int>> payments;
    const char* how;
  };
  const Row rows[] = {
      {"a day late", {{11'662, 12}}, "ISSUED, 238 open, 0 let off (0 of it tax)"},
      {"a cent short", {{11'661, 11}}, "ISSUED, 239 open, 0 let off (0 of it tax)"},
      {"less than all of it", {{11'700, 11}}, "PAID, 0 open, 200 let off (32 of it tax)"},
      {"paid in full", {{11'900, 11}}, "PAID, 0 open, 0 let off (0 of it tax)"},
      {"in two parts", {{5'000, 2}, {6'662, 11}}, kTaken},
      {"recorded in another order", {{6'662, 11}, {5'000, 2}}, kTaken},
      {"the second part late",
       {{5'000, 2}, {6'662, 12}},
       "ISSUED, 238 open, 0 let off (0 of it tax)"},
      {"the first part late",
       {{5'000, 12}, {6'662, 2}},
       "ISSUED, 238 open, 0 let off (0 of it tax)"},
      {"before there was an invoice", {{5'000, 1}, {6'662, 1}}, kTaken},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    Book book;
    const std::string id = book.Issue();
    for (const auto& [cents, day] : row.payments) book.Pay(cents, day, {id});
    EXPECT_EQ(book.How(id), row.how);
  }
}

TEST(EarlyPayment, CountsFromTheLatestDayOfItsMoney) {
  Book book;
  const std::string id = book.Issue();
  book.Pay(6'662, 9, {id});
  const auto last = book.Pay(5'000, 2, {id});
  EXPECT_EQ(last.events.at(1).effective_date, absl::CivilDay(2026, 3, 9));
  // Nor before there is an invoice.
  Book before;
  before.Issue(Line(10'000, "19"), 5);
  EXPECT_EQ(before.Pay(11'662, 2).events.at(1).effective_date, absl::CivilDay(2026, 3, 5));
}

// Money by age settles as many invoices as it can; who pays in full has taken nothing.
TEST(EarlyPayment, MoneySettlesAsManyInvoicesAsItCan) {
  struct Row {
    const char* what;
    int64_t cents;
    int day;
    std::vector<int64_t> open, let_off;
    int64_t unapplied;
  };
  const Row rows[] = {
      {"three with their discounts", 34'986, 5, {0, 0, 0}, {238, 238, 238}, 0},
      {"a bit over goes on the oldest", 35'086, 5, {0, 0, 0}, {138, 238, 238}, 0},
      {"more than one discount over", 35'286, 5, {0, 0, 0}, {0, 176, 238}, 0},
      {"two and nothing over", 23'324, 5, {0, 0, 11'900}, {238, 238, 0}, 0},
      {"two in full and a part", 30'000, 5, {0, 0, 5'700}, {0, 0, 0}, 0},
      {"all in full", 35'700, 5, {0, 0, 0}, {0, 0, 0}, 0},
      {"too much", 36'000, 5, {0, 0, 0}, {0, 0, 0}, 300},
      {"one and a part", 15'000, 5, {0, 8'800, 11'900}, {0, 0, 0}, 0},
      {"not even one", 11'661, 5, {239, 11'900, 11'900}, {0, 0, 0}, 0},
      {"too late for the first", 34'986, 12, {0, 0, 714}, {0, 0, 0}, 0},
  };
  for (const Row& row : rows) {
    for (const bool named : {false, true}) {
      SCOPED_TRACE(absl::StrCat(row.what, named ? ", named" : ""));
      Book book;
      std::vector<std::string> ids;
      for (int i = 0; i < 3; ++i) ids.push_back(book.Issue());
      const auto paid = book.Pay(row.cents, row.day, named ? ids : std::vector<std::string>());
      int64_t let_off = 0;
      for (size_t i = 0; i < ids.size(); ++i) {
        EXPECT_EQ(book.invoice(ids[i]).open_minor(), row.open[i]) << i;
        EXPECT_EQ(book.invoice(ids[i]).discounted_minor(), row.let_off[i]) << i;
        let_off += row.let_off[i];
      }
      EXPECT_EQ(paid.response.has_discounted(), let_off > 0);
      EXPECT_EQ(Cents(paid.response.discounted()), let_off);
      EXPECT_EQ(Cents(paid.response.unapplied()), row.unapplied);
    }
  }
}

// What is said of an invoice is its settlement: money by age does not pay what it is let off.
TEST(EarlyPayment, WhatIsSaidInAmountsIsNotFilledUpByAge) {
  Book book;
  const std::string first = book.Issue(), second = book.Issue();
  v1::RecordPaymentRequest request;
  *request.mutable_amount() = Euros(15'000);
  request.set_method(v1::PAYMENT_METHOD_CARD);
  *request.mutable_payment_date() = Proto<google::type::Date>("year: 2026 month: 3 day: 4");
  auto& said = *request.add_allocations();
  said.set_invoice_id(first);
  *said.mutable_amount() = Euros(11'662);
  EXPECT_TRUE(book.story.When(request).status.ok());
  EXPECT_EQ(book.How(first), kTaken);
  EXPECT_EQ(book.invoice(second).open_minor(), 11'900 - 3'338);
}

TEST(EarlyPayment, MoneyThatIsConfirmedCountsByItsOwnDay) {
  for (const int day : {11, 12}) {
    Book book;
    const std::string id = book.Issue();
    const std::string payment =
        book.Pay(11'662, 2, {id}, "initial_state: PAYMENT_STATE_PENDING").response.payment_id();
    EXPECT_EQ(book.invoice(id).open_minor(), 11'900);
    const auto confirmed = book.Do<v1::ConfirmPaymentRequest>(absl::StrCat(
        "payment_id: '", payment, "' ", Date("payment_date", absl::CivilDay(2026, 3, day))));
    ASSERT_TRUE(confirmed.status.ok()) << confirmed.status;
    EXPECT_EQ(book.invoice(id).discounted_minor(), day == 11 ? 238 : 0);
    EXPECT_EQ(confirmed.response.has_discounted(), day == 11);
    // The answer is of the payment, whatever stands behind it.
    EXPECT_EQ(confirmed.response.payment_id(), payment);
    EXPECT_EQ(confirmed.response.allocation_count(), 1);
  }
}

// Said again under its external id, money confirms what was under way.
TEST(EarlyPayment, SoDoesMoneyThatIsRecordedUnderAKnownId) {
  Book book;
  const std::string id = book.Issue();
  const std::string rest = "external_id: 'x' ";
  book.Pay(11'662, 2, {id}, rest + "initial_state: PAYMENT_STATE_PENDING");
  const auto came = book.Pay(11'662, 8, {id}, rest);
  EXPECT_EQ(came.events.size(), 2u);
  EXPECT_EQ(Cents(came.response.discounted()), 238);
  EXPECT_EQ(book.How(id), kTaken);
}

// Credit that waits is money of its day, however late it is put on the invoice.
TEST(EarlyPayment, CreditCountsByTheDayOnWhichItsMoneyCame) {
  for (const int day : {11, 12}) {
    SCOPED_TRACE(day);
    Book book("credit_application: CREDIT_APPLICATION_MANUAL");
    book.Pay(11'662, day);
    const std::string id = book.Issue();
    const auto applied = book.Do<v1::ApplyCreditRequest>("");
    ASSERT_TRUE(applied.status.ok()) << applied.status;
    EXPECT_EQ(book.invoice(id).discounted_minor(), day == 11 ? 238 : 0);
    EXPECT_EQ(applied.response.has_discounted(), day == 11);
    EXPECT_EQ(applied.events.front().effective_date, absl::CivilDay(2026, 6, 1));
  }
}

TEST(EarlyPayment, CreditOfSeveralSourcesEarnsItTogether) {
  Book book("credit_application: CREDIT_APPLICATION_MANUAL");
  book.Pay(5'000, 2);
  book.Pay(6'662, 11);
  const std::string id = book.Issue();
  EXPECT_EQ(Cents(book.Do<v1::ApplyCreditRequest>("").response.discounted()), 238);
  EXPECT_EQ(book.How(id), kTaken);
  EXPECT_EQ(book.account().unapplied_minor(), 0);
}

// A prepayment: the invoice is PAID when it is issued.
TEST(EarlyPayment, IsTakenAtIssueByCreditThatWaits) {
  Book book;
  book.Pay(11'700, 1);
  const auto issued = book.story.When(
      Invoice(Line(10'000, "19") + Date("invoice_date", absl::CivilDay(2026, 3, 1))));
  EXPECT_EQ(issued.response.state(), v1::INVOICE_STATE_PAID);
  EXPECT_EQ(Cents(issued.response.discounted()), 200);
  EXPECT_EQ(Cents(issued.response.credit_applied()), 11'700);
  EXPECT_EQ(issued.events.back().event.invoice_written_off().tax_minor(), 32);
  EXPECT_EQ(book.How(issued.response.invoice_id()), "PAID, 0 open, 200 let off (32 of it tax)");
  // Money of a day that is too late earns nothing.
  Book late;
  late.Pay(11'700, 12);
  const std::string id = late.Issue();
  EXPECT_EQ(late.How(id), "ISSUED, 200 open, 0 let off (0 of it tax)");
}

TEST(EarlyPayment, IsUndoneWhenItsMoneyIsTakenBack) {
  struct Row {
    const char* what;
    const char* request;
    const char* how;
  };
  const Row rows[] = {
      {"all", "", "ISSUED, 11900 open, 0 let off (0 of it tax)"},
      {"a part", "amount { currency_code: 'EUR' units: 50 }",
       "ISSUED, 5238 open, 0 let off (0 of it tax)"},
      {"more than is left",
       "amount { currency_code: 'EUR' units: 150 } excess: "
       "REVERSAL_EXCESS_CLAIM ",
       "ISSUED, 11900 open, 0 let off (0 of it tax)"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    Book book;
    const std::string id = book.Issue();
    const std::string payment = book.Pay(11'662, 11).response.payment_id();
    const auto back = book.Do<v1::ReversePaymentRequest>(
        absl::StrCat("payment_id: '", payment, "' ", row.request,
                     Date("effective_date", absl::CivilDay(2026, 3, 20))));
    ASSERT_TRUE(back.status.ok()) << back.status;
    EXPECT_EQ(back.events.back().effective_date, absl::CivilDay(2026, 3, 20));
    EXPECT_THAT(back.events.back().event,
                EqualsProto(Proto<v1::Event>(absl::StrCat(
                    "write_off_reversed { account_id: 'acc' invoice_id: '", id,
                    "' currency_code: 'EUR' reason: WRITE_OFF_REASON_EARLY_PAYMENT amount_minor: "
                    "238 taxes { rate_percent: '19' net_minor: 200 tax_minor: 38 } tax_minor: 38 "
                    "}"))));
    EXPECT_EQ(book.How(id), row.how);
  }
}

// As long as no more than the discount is left, it stands, and grows.
TEST(EarlyPayment, StandsAsLongAsItIsEarned) {
  Book book;
  const std::string id = book.Issue();
  book.Pay(11'662, 2, {id});
  const auto release = [&](int64_t cents, const std::string& payment) {
    v1::ReleaseCreditRequest request;
    request.set_payment_id(payment);
    request.set_invoice_id(id);
    *request.mutable_amount() = Euros(cents);
    return book.story.When(request);
  };
  Book other;
  const std::string more = other.Issue();
  const std::string payment = other.Pay(11'700, 2).response.payment_id();
  EXPECT_EQ(other.How(more), "PAID, 0 open, 200 let off (32 of it tax)");
  v1::ReleaseCreditRequest request;
  request.set_payment_id(payment);
  request.set_invoice_id(more);
  *request.mutable_amount() = Euros(30);
  auto released = other.story.When(request);
  EXPECT_EQ(other.How(more), "PAID, 0 open, 230 let off (37 of it tax)");
  EXPECT_EQ(released.response.invoice_state(), v1::INVOICE_STATE_PAID);
  EXPECT_EQ(Cents(released.response.open()), 0);
  *request.mutable_amount() = Euros(9);
  released = other.story.When(request);
  EXPECT_EQ(other.How(more), "ISSUED, 239 open, 0 let off (0 of it tax)");
  EXPECT_EQ(released.response.invoice_state(), v1::INVOICE_STATE_ISSUED);
  EXPECT_EQ(Cents(released.response.open()), 239);

  // Late money that goes again no longer stands in the way.
  const std::string late = book.Issue();
  const std::string stray = book.Pay(100, 20, {late}).response.payment_id();
  book.Pay(11'662, 3, {late});
  EXPECT_EQ(book.How(late), "ISSUED, 138 open, 0 let off (0 of it tax)");
  v1::ReleaseCreditRequest away;
  away.set_payment_id(stray);
  away.set_invoice_id(late);
  EXPECT_EQ(Cents(book.story.When(away).response.open()), 0);
  EXPECT_EQ(book.How(late), kTaken);
  EXPECT_TRUE(release(1, "nobody").status.code() != absl::StatusCode::kOk);
}

// A dispute that is won, a return that was a mistake: the customer had paid in time.
TEST(EarlyPayment, MoneyThatComesAgainCountsFromTheDayOnWhichItFirstCame) {
  for (const int day : {11, 12}) {
    SCOPED_TRACE(day);
    Book book;
    const std::string id = book.Issue();
    const std::string payment = book.Pay(11'662, day).response.payment_id();
    const std::string of_it = absl::StrCat("payment_id: '", payment, "' ");
    EXPECT_TRUE(book.Do<v1::ChargeBackPaymentRequest>(
                        of_it + Date("effective_date", absl::CivilDay(2026, 4, 20)))
                    .status.ok());
    EXPECT_EQ(book.How(id), "ISSUED, 11900 open, 0 let off (0 of it tax)");
    auto again = book.Do<v1::ReinstatePaymentRequest>(
        of_it + Date("effective_date", absl::CivilDay(2026, 5, 2)));
    ASSERT_TRUE(again.status.ok()) << again.status;
    EXPECT_EQ(again.response.has_discounted(), day == 11);
    EXPECT_EQ(book.invoice(id).discounted_minor(), day == 11 ? 238 : 0);
    // And again, of that one.
    const std::string second = absl::StrCat("payment_id: '", again.response.payment_id(), "' ");
    EXPECT_TRUE(book.Do<v1::ReversePaymentRequest>(
                        second + Date("effective_date", absl::CivilDay(2026, 5, 5)))
                    .status.ok());
    again = book.Do<v1::ReinstatePaymentRequest>(
        second + Date("effective_date", absl::CivilDay(2026, 5, 6)));
    EXPECT_EQ(book.invoice(id).discounted_minor(), day == 11 ? 238 : 0);
  }
}

TEST(EarlyPayment, ACreditNoteTakesItInProportion) {
  for (const auto& kind : {"CREDIT", "REFUND"}) {
    SCOPED_TRACE(kind);
    Book book;
    const std::string id = book.Issue();
    book.Pay(11'662, 5);
    const auto half = book.Note(id, 5'950, kind);
    ASSERT_TRUE(half.status.ok()) << half.status;
    EXPECT_EQ(half.events.at(0).event.write_off_reversed().amount_minor(), 119);
    EXPECT_EQ(half.events.at(0).event.write_off_reversed().tax_minor(), 19);
    EXPECT_EQ(half.response.invoice_state(), v1::INVOICE_STATE_PAID);
    const bool credit = std::string_view(kind) == "CREDIT";
    EXPECT_EQ(Cents(credit ? half.response.credited() : half.response.refunded()), 5'831);
    EXPECT_EQ(book.How(id), "PAID, 0 open, 119 let off (19 of it tax)");
    // And the rest.
    EXPECT_TRUE(book.Note(id, 0, kind).status.ok());
    EXPECT_EQ(book.How(id), "PAID, 0 open, 0 let off (0 of it tax)");
    EXPECT_EQ(credit ? book.account().credited_minor() : book.account().refunded_minor(), 11'662);
  }
}

// Bit by bit, in cents that round: never more money than there was, and none is left.
TEST(EarlyPayment, CreditNotesInBitsSumToTheMoney) {
  Book book;
  const std::string id = book.Issue(Line(333, "19") + Line(100, "7"));
  book.Pay(494, 5);  // of 5.03, 0.10 off
  EXPECT_EQ(book.invoice(id).discounted_minor(), 9);
  for (int i = 0; i < 7; ++i) {
    ASSERT_TRUE(book.Note(id, 50, "CREDIT").status.ok());
    EXPECT_EQ(book.invoice(id).open_minor(), 0);
    EXPECT_LE(book.invoice(id).discounted_minor(), billing::AllowedDiscount(book.invoice(id)));
  }
  ASSERT_TRUE(book.Note(id, 0, "CREDIT").status.ok());
  EXPECT_EQ(book.invoice(id).discounted_minor(), 0);
  EXPECT_EQ(billing::TaxSum(book.invoice(id).discounted_taxes()), 0);
  EXPECT_EQ(book.account().credited_minor(), 494);
}

// The payer deducts what came back and the discount; the credit note comes later.
TEST(EarlyPayment, ACreditNoteMayLeaveNoMoreThanTheDiscount) {
  Book book;
  const std::string id = book.Issue();
  book.Pay(9'996, 11);  // 119.00 − 17.00 = 102.00, less 2 %
  EXPECT_EQ(book.How(id), "ISSUED, 1904 open, 0 let off (0 of it tax)");
  const auto note = book.Note(id, 1'700, "OFFSET");
  ASSERT_TRUE(note.status.ok()) << note.status;
  EXPECT_EQ(note.response.invoice_state(), v1::INVOICE_STATE_PAID);
  EXPECT_EQ(book.invoice(id).discounted_minor(), 204);
  // A cent less of it would not have done.
  Book other;
  const std::string short_of_it = other.Issue();
  other.Pay(9'996, 11);
  other.Note(short_of_it, 1'690, "OFFSET");
  EXPECT_EQ(other.How(short_of_it), "ISSUED, 214 open, 0 let off (0 of it tax)");
}

TEST(EarlyPayment, ACreditNoteThatIsPaidOutKeepsIt) {
  Book book("credit_application: CREDIT_APPLICATION_MANUAL");
  const std::string id = book.Issue();
  book.Pay(11'662, 5);
  const std::string note = book.Note(id, 5'950, "CREDIT").response.credit_note_id();
  const auto out =
      book.Do<v1::RefundCreditNoteRequest>(absl::StrCat("credit_note_id: '", note, "'"));
  ASSERT_TRUE(out.status.ok()) << out.status;
  EXPECT_EQ(book.How(id), "PAID, 0 open, 119 let off (19 of it tax)");
  // Still so when something else happens to the invoice.
  ASSERT_TRUE(book.Note(id, 100, "CREDIT").status.ok());
  EXPECT_EQ(book.invoice(id).discounted_minor(), 117);
}

// It takes the place of the money that it pays back, also of money that came too late.
TEST(EarlyPayment, ACreditNoteThatIsPaidOutIsInTime) {
  Book book("credit_application: CREDIT_APPLICATION_MANUAL");
  const std::string id = book.Issue();
  book.Pay(11'562, 5, {id});
  book.Pay(300, 20, {id});
  EXPECT_EQ(book.How(id), "ISSUED, 38 open, 0 let off (0 of it tax)");
  // Of 3.38 0.38 are open, so 3.00 are money: the late payment's.
  const std::string note = book.Note(id, 338, "CREDIT").response.credit_note_id();
  ASSERT_TRUE(
      book.Do<v1::ReleaseCreditRequest>(
              absl::StrCat("payment_id: '", book.account().payments(0).payment_id(),
                           "' invoice_id: '", id, "' amount { currency_code: 'EUR' units: 1 }"))
          .status.ok());
  EXPECT_EQ(book.How(id), "ISSUED, 100 open, 0 let off (0 of it tax)");
  const auto out =
      book.Do<v1::RefundCreditNoteRequest>(absl::StrCat("credit_note_id: '", note, "'"));
  ASSERT_TRUE(out.status.ok()) << out.status;
  EXPECT_EQ(book.invoice(id).discounted_minor(), 100);
  EXPECT_EQ(book.invoice(id).state(), v1::INVOICE_STATE_PAID);
}

// The residue of who pays the discounted amount a cent short.
TEST(EarlyPayment, AResidueIsWrittenOffBesideIt) {
  Book book;
  const std::string id = book.Issue();
  book.Pay(11'660, 11);
  EXPECT_EQ(book.How(id), "ISSUED, 240 open, 0 let off (0 of it tax)");
  const std::string normal =
      absl::StrCat("invoice_id: '", id, "' reason: WRITE_OFF_REASON_NORMAL correct_tax: true");
  const auto off = book.Do<v1::WriteOffInvoiceRequest>(normal);
  ASSERT_TRUE(off.status.ok()) << off.status;
  ASSERT_EQ(off.events.size(), 2u);
  EXPECT_EQ(off.events[0].event.invoice_written_off().amount_minor(), 238);
  EXPECT_EQ(off.events[1].event.invoice_written_off().amount_minor(), 2);
  EXPECT_EQ(off.events[1].event.invoice_written_off().reason(), v1::WRITE_OFF_REASON_NORMAL);
  EXPECT_EQ(Cents(off.response.amount()), 240);
  EXPECT_EQ(off.response.state(), v1::INVOICE_STATE_PAID);
  EXPECT_EQ(book.How(id), kTaken);
  EXPECT_EQ(book.invoice(id).residue_minor(), 2);
  // Both are undone by one command.
  const auto undone = book.Do<v1::ReverseWriteOffRequest>(absl::StrCat("invoice_id: '", id, "'"));
  EXPECT_EQ(undone.events.size(), 2u);
  EXPECT_EQ(Cents(undone.response.amount()), 240);
  EXPECT_EQ(book.How(id), "ISSUED, 240 open, 0 let off (0 of it tax)");

  // Too late for the discount, or too much beside it, it is no residue.
  for (const auto& [cents, day] : {std::pair(11'660, 12), std::pair(11'500, 11)}) {
    Book other;
    const std::string late = other.Issue();
    other.Pay(cents, day);
    other
        .Do<v1::WriteOffInvoiceRequest>(
            absl::StrCat("invoice_id: '", late, "' reason: WRITE_OFF_REASON_NORMAL"))
        .ThenRefused("WRITE_OFF_ABOVE_TOLERANCE");
  }
}

TEST(EarlyPayment, IsUndoneByACommandAndTakenByOne) {
  Book book;
  const std::string id = book.Issue();
  const std::string of_it = absl::StrCat("invoice_id: '", id, "' ");
  book.Pay(11'662, 11);
  const auto undone = book.Do<v1::ReverseWriteOffRequest>(of_it + "reason: 'not agreed'");
  ASSERT_TRUE(undone.status.ok()) << undone.status;
  EXPECT_EQ(Cents(undone.response.tax()), 38);
  EXPECT_EQ(undone.response.state(), v1::INVOICE_STATE_ISSUED);
  EXPECT_EQ(book.How(id), "ISSUED, 238 open, 0 let off (0 of it tax)");
  const std::string early = of_it + "reason: WRITE_OFF_REASON_EARLY_PAYMENT";
  const auto taken = book.Do<v1::WriteOffInvoiceRequest>(early);
  ASSERT_TRUE(taken.status.ok()) << taken.status;
  EXPECT_EQ(taken.response.state(), v1::INVOICE_STATE_PAID);
  EXPECT_EQ(Cents(taken.response.tax()), 38);
  EXPECT_EQ(book.How(id), kTaken);
  book.Do<v1::WriteOffInvoiceRequest>(early).ThenRefused("ILLEGAL_TRANSITION");
}

TEST(EarlyPayment, ACommandDoesNotTakeWhatIsNotEarned) {
  struct Row {
    const char* what;
    int64_t cents;
    int day;
  };
  for (const Row& row :
       {Row{"nothing paid", 0, 0}, Row{"late", 11'662, 12}, Row{"too little", 11'661, 11}}) {
    SCOPED_TRACE(row.what);
    Book book;
    const std::string id = book.Issue();
    if (row.cents > 0) book.Pay(row.cents, row.day);
    book.Do<v1::WriteOffInvoiceRequest>(
            absl::StrCat("invoice_id: '", id, "' reason: WRITE_OFF_REASON_EARLY_PAYMENT"))
        .ThenRefused("DISCOUNT_NOT_EARNED");
  }
  Story<billing::Billing> none = CustomerWithAccount();
  const std::string id = none.When(InvoiceOf(100)).response.invoice_id();
  none.When(PaymentOf(99));
  none.When(Proto<v1::WriteOffInvoiceRequest>(
                absl::StrCat("invoice_id: '", id, "' reason: WRITE_OFF_REASON_EARLY_PAYMENT")))
      .ThenRefused("DISCOUNT_NOT_EARNED");
}

TEST(EarlyPayment, OfAnInvoiceThatWasGivenUpNothingIsLetOff) {
  Book book;
  const std::string id = book.Issue();
  const std::string of_it = absl::StrCat("invoice_id: '", id, "' ");
  EXPECT_TRUE(
      book.Do<v1::WriteOffInvoiceRequest>(of_it + "reason: WRITE_OFF_REASON_BAD_DEBT").status.ok());
  book.Pay(11'662, 5, {id});
  EXPECT_EQ(book.invoice(id).written_off_minor(), 238);
  EXPECT_EQ(book.invoice(id).discounted_minor(), 0);
}

// All that a payment earned fits the record in which it is taken back, by whatever commands it did.
TEST(EarlyPayment, OnePaymentEarnsNoMoreThanItsReversalCanUndo) {
  constexpr int kInvoices = 1'000;
  for (const bool at_once : {true, false}) {
    SCOPED_TRACE(at_once);
    Book book("credit_application: CREDIT_APPLICATION_MANUAL");
    std::vector<std::string> ids;
    const std::string lines = Line(10'000, "19");
    const std::string early = at_once ? "" : book.Pay(kInvoices * 11'662, 11).response.payment_id();
    for (int i = 0; i < kInvoices; ++i) ids.push_back(book.Issue(lines));
    const std::string payment =
        at_once ? book.Pay(kInvoices * 11'662, 11).response.payment_id() : early;
    for (int from = 0; from < kInvoices && !at_once; from += 200) {
      v1::ApplyCreditRequest request;
      for (int i = from; i < from + 200; ++i) {
        auto& said = *request.add_allocations();
        said.set_invoice_id(ids[static_cast<size_t>(i)]);
        *said.mutable_amount() = Euros(11'662);
      }
      EXPECT_TRUE(book.story.When(request).status.ok());
    }
    int taken = 0, partly = 0;
    for (const std::string& id : ids) {
      const state::Invoice& one = book.invoice(id);
      taken += one.discounted_minor() > 0;
      partly += one.open_minor() > 0 && one.open_minor() < one.total_minor();
    }
    EXPECT_GT(taken, 400);
    EXPECT_LT(taken, kInvoices);
    // By age the others are paid in full as far as the money goes.
    if (at_once) {
      EXPECT_LE(partly, 1);
    }
    const auto back =
        book.Do<v1::ReversePaymentRequest>(absl::StrCat("payment_id: '", payment, "'"));
    ASSERT_TRUE(back.status.ok()) << back.status;
    size_t bytes = 0;
    for (const auto& dated : back.events) {
      if (dated.event.has_write_off_reversed()) bytes += dated.event.ByteSizeLong();
    }
    EXPECT_LE(bytes, billing::kMaxDiscountBytes);
    for (const std::string& id : ids) EXPECT_EQ(book.invoice(id).open_minor(), 11'900);
  }
}

// Late money that goes makes many invoices earn what they offer; that fits the record as well.
TEST(EarlyPayment, OneCommandTakesNoMoreThanFitsItsRecord) {
  constexpr int kInvoices = 900;
  Book book("credit_application: CREDIT_APPLICATION_MANUAL");
  const std::string late = book.Pay(kInvoices, 20).response.payment_id();
  std::vector<std::string> ids;
  for (int i = 0; i < kInvoices; ++i) ids.push_back(book.Issue());
  v1::ApplyCreditRequest request;
  for (const std::string& id : ids) {
    auto& said = *request.add_allocations();
    said.set_invoice_id(id);
    *said.mutable_amount() = Euros(1);
  }
  ASSERT_TRUE(book.story.When(request).status.ok());
  for (const std::string& id : ids) book.Pay(11'662, 5, {id});
  EXPECT_EQ(book.account().open_minor(), kInvoices * 237);
  const auto back = book.Do<v1::ReversePaymentRequest>(absl::StrCat("payment_id: '", late, "'"));
  ASSERT_TRUE(back.status.ok()) << back.status;
  size_t bytes = 0, taken = 0;
  for (const auto& dated : back.events) {
    if (!dated.event.has_invoice_written_off()) continue;
    bytes += dated.event.ByteSizeLong();
    ++taken;
  }
  EXPECT_GT(taken, 400u);
  EXPECT_LE(bytes, billing::kMaxDiscountBytes);
  // One by one the others can be taken by command.
  const auto& open = book.account().open_invoices(0);
  EXPECT_TRUE(
      book.Do<v1::WriteOffInvoiceRequest>(absl::StrCat("invoice_id: '", open.invoice_id(),
                                                       "' reason: WRITE_OFF_REASON_EARLY_PAYMENT"))
          .status.ok());
}

}  // namespace
}  // namespace daybook
