#include <gtest/gtest.h>

#include "tests/billing/billing_story.h"

namespace daybook {
namespace {

using namespace test;
using billing::v1::InvoiceIssued;

InvoiceIssued Issued(const Outcome<billing::Billing, billing::v1::IssueInvoiceResponse>& outcome) {
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  return outcome.events.empty() ? InvoiceIssued() : outcome.events[0].event.invoice_issued();
}

TEST(IssueInvoice, RefusesBadFields) {
  const auto date = [](int year, int month, int day) {
    google::type::Date date;
    date.set_year(year);
    date.set_month(month);
    date.set_day(day);
    return date;
  };
  const auto line = [](auto& r) -> auto& { return *r.mutable_lines(0); };
  ExpectInvalid<IssueInvoiceRequest>(
      InvoiceOf(10),
      {{"no lines", [](auto& r) { r.clear_lines(); }, {"lines"}},
       {"1,001 lines",
        [](auto& r) {
          while (r.lines_size() < 1001) *r.add_lines() = r.lines(0);
        },
        {"lines"}},
       {"a line without price", [&](auto& r) { line(r).clear_price(); }, {"lines[0]"}},
       {"series in lower case", [](auto& r) { r.set_series("a"); }, {"series"}},
       {"series of 9", [](auto& r) { r.set_series("ABCDEFGHI"); }, {"series"}},
       {"series with a dash", [](auto& r) { r.set_series("A-1"); }, {"series"}},
       {"30 February",
        [&](auto& r) { *r.mutable_invoice_date() = date(2024, 2, 30); },
        {"invoice_date"}},
       {"29 February of a common year",
        [&](auto& r) { *r.mutable_invoice_date() = date(2026, 2, 29); },
        {"invoice_date"}},
       {"date zero", [](auto& r) { r.mutable_invoice_date(); }, {"invoice_date"}},
       {"only a year", [&](auto& r) { *r.mutable_due_date() = date(2026, 0, 0); }, {"due_date"}},
       {"due before issued",
        [&](auto& r) {
          *r.mutable_invoice_date() = date(2026, 3, 2);
          *r.mutable_due_date() = date(2026, 3, 1);
        },
        {"due_date"}},
       {"due before today",
        [&](auto& r) { *r.mutable_due_date() = date(2026, 3, 14); },
        {"due_date"}},
       {"description of 501 characters",
        [&](auto& r) { line(r).set_description(std::string(501, 'a')); },
        {"lines[0].description"}},
       {"bidi override",
        [&](auto& r) {
          line(r).set_description(
              "\xe2\x80\xae"
              "abc");
        },
        {"lines[0].description"}},
       {"NUL in product",
        [&](auto& r) { line(r).set_product(std::string("a\0b", 3)); },
        {"lines[0].product"}},
       {"invalid UTF-8 in reference", [](auto& r) { r.set_reference("\xc3\x28"); }, {"reference"}},
       {"1 MB reference",
        [](auto& r) { r.set_reference(std::string(1 << 20, 'x')); },
        {"reference"}},
       {"empty quantity", [&](auto& r) { line(r).mutable_quantity(); }, {"lines[0].quantity"}},
       {"quantity with exponent",
        [&](auto& r) { line(r).mutable_quantity()->set_value("1e18"); },
        {"lines[0].quantity"}},
       {"price too fine",
        [&](auto& r) { line(r).mutable_unit_price()->set_value("0.0000000001"); },
        {"lines[0].unit_price"}},
       {"amount too fine",
        [&](auto& r) { line(r).mutable_amount()->set_nanos(1'000'000); },
        {"lines[0].amount"}},
       {"nanos out of range",
        [&](auto& r) { line(r).mutable_amount()->set_nanos(INT32_MAX); },
        {"lines[0].amount"}},
       {"mixed signs",
        [&](auto& r) { line(r).mutable_amount()->set_nanos(-10'000'000); },
        {"lines[0].amount"}},
       {"unknown currency",
        [&](auto& r) { line(r).mutable_amount()->set_currency_code("AAA"); },
        {"lines[0].amount"}},
       {"amount of INT64_MAX",
        [&](auto& r) { line(r).mutable_amount()->set_units(INT64_MAX); },
        {"lines[0].amount"}},
       {"amount of INT64_MIN",
        [&](auto& r) { line(r).mutable_amount()->set_units(INT64_MIN); },
        {"lines[0].amount"}},
       {"negative rate",
        [&](auto& r) { line(r).mutable_tax_rate_percent()->set_value("-1"); },
        {"lines[0].tax_rate_percent"}},
       {"rate above 100",
        [&](auto& r) { line(r).mutable_tax_rate_percent()->set_value("100.000000001"); },
        {"lines[0].tax_rate_percent"}},
       {"gross price too fine",
        [&](auto& r) { line(r).mutable_gross_unit_price()->set_value("0.0000000001"); },
        {"lines[0].gross_unit_price"}},
       {"gross amount too fine",
        [&](auto& r) {
          line(r).mutable_gross_amount()->set_currency_code("EUR");
          line(r).mutable_gross_amount()->set_nanos(1'000'000);
        },
        {"lines[0].gross_amount"}},
       {"negative total", [&](auto& r) { line(r).mutable_amount()->set_units(-1); }, {"lines"}},
       {"everything at once",
        [](auto& r) {
          r.set_series("-");
          r.set_reference("\n");
          r.add_lines();
        },
        {"series", "reference", "lines[1]"}}});
  CustomerWithAccount()
      .Ask(IssueInvoiceRequest())
      .ThenInvalid({"request_id", "customer_id", "lines"});
}

TEST(IssueInvoice, RefusesTaxCodesAgainstTheRulesOfEn16931) {
  struct Row {
    const char* code;
    const char* rate;  // empty = none
    std::vector<std::string> fields;
  };
  const std::string reason = "exemption_reason: 'because' ";
  const std::string rate_field = "lines[0].tax_rate_percent", code_field = "lines[0].tax_code",
                    text_field = "lines[0].tax_code.exemption_reason_code";
  const Row rows[] = {
      {"", "19", {"lines[0].tax_code.category"}},
      {"category: 10", "19", {"lines[0].tax_code.category"}},
      {"category: TAX_CATEGORY_S", "0", {rate_field}},
      {"category: TAX_CATEGORY_S", "", {rate_field}},
      {"category: TAX_CATEGORY_S exemption_reason: 'x'", "19", {code_field}},
      {"category: TAX_CATEGORY_S", "19", {}},
      {"category: TAX_CATEGORY_Z", "0.1", {rate_field}},
      {"category: TAX_CATEGORY_Z exemption_reason_code: 'VATEX-EU-G'",
       "0",
       {code_field, text_field}},
      {"category: TAX_CATEGORY_Z", "", {}},
      {"category: TAX_CATEGORY_E", "0", {code_field}},
      {"category: TAX_CATEGORY_E exemption_reason: ' '", "0", {code_field}},
      {"category: TAX_CATEGORY_E exemption_reason: 'art. 132'", "19", {rate_field}},
      {"category: TAX_CATEGORY_E exemption_reason_code: 'VATEX-EU-132-1A'", "0.000", {}},
      {"category: TAX_CATEGORY_E exemption_reason_code: 'VATEX-EU-AE'", "0", {text_field}},
      {"category: TAX_CATEGORY_AE exemption_reason_code: 'VATEX-EU-AE'", "", {}},
      {"category: TAX_CATEGORY_AE exemption_reason_code: 'VATEX-EU-IC'", "", {text_field}},
      {"category: TAX_CATEGORY_K exemption_reason_code: 'vatex-eu-ic'", "", {text_field}},
      {"category: TAX_CATEGORY_K exemption_reason_code: 'VATEX-EU-'", "", {text_field}},
      {"category: TAX_CATEGORY_K exemption_reason_code: 'IC'", "", {text_field}},
      {"category: TAX_CATEGORY_K exemption_reason_code: 'VATEX-EU-IC'", "7", {rate_field}},
      {"category: TAX_CATEGORY_G exemption_reason: 'export'", "0", {}},
      {"category: TAX_CATEGORY_G", "1", {rate_field, code_field}},
      {"category: TAX_CATEGORY_O exemption_reason_code: 'VATEX-EU-O'", "", {}},
      {"category: TAX_CATEGORY_O", "", {code_field}},
      {"category: TAX_CATEGORY_L", "0", {}},
      {"category: TAX_CATEGORY_L", "7", {}},
      {"category: TAX_CATEGORY_L", "", {rate_field}},
      {"category: TAX_CATEGORY_M exemption_reason: 'x'", "4", {code_field}},
      {"category: TAX_CATEGORY_E exemption_reason: '\\000'",
       "0",
       {"lines[0].tax_code.exemption_reason"}},
  };
  for (const Row& row : rows) {
    const std::string rate =
        *row.rate == '\0' ? "" : absl::StrCat("tax_rate_percent { value: '", row.rate, "' }");
    const auto outcome = CustomerWithAccount().When(Invoice(absl::StrCat(
        "lines { unit_price { value: '1' } ", rate, " tax_code { ", row.code, " } }")));
    SCOPED_TRACE(absl::StrCat(row.code, " at ", row.rate));
    if (row.fields.empty()) {
      EXPECT_TRUE(outcome.status.ok()) << outcome.status;
    } else {
      outcome.ThenInvalid(row.fields);
    }
  }
}

TEST(IssueInvoice, RefusesWithoutItsPreconditions) {
  Story<billing::Billing>().When(InvoiceOf(1)).ThenRefused("CUSTOMER_NOT_FOUND");
  const auto none = RegisteredCustomer().When(InvoiceOf(1)).ThenRefused("ACCOUNT_REQUIRED");
  EXPECT_EQ(MetadataOf(none.status, "account_count"), "0");
  EXPECT_EQ(none.status.message(), "the customer has no account yet; OpenAccount first");
  CustomerWithAccount().When(InvoiceOf(1, "account_id: 'other'")).ThenRefused("ACCOUNT_NOT_FOUND");
  CustomerWithAccount("currency_code: 'USD'").When(InvoiceOf(1)).ThenRefused("CURRENCY_MISMATCH");
  CustomerWithAccount()
      .When(Invoice("lines { amount { currency_code: 'EUR' units: 1 } } "
                    "lines { amount { currency_code: 'USD' units: 1 } }"))
      .ThenRefused("CURRENCY_MISMATCH");
  Story<billing::Billing> two = CustomerWithAccount();
  two.Given(kNewYear, "account_opened { account_id: 'b' currency_code: 'EUR' }");
  const auto outcome = two.When(InvoiceOf(1)).ThenRefused("ACCOUNT_REQUIRED");
  EXPECT_EQ(MetadataOf(outcome.status, "account_count"), "2");
  EXPECT_EQ(outcome.status.message(),
            "account_id is left out and the customer has 2 accounts, such as acc, b; name one");
}

TEST(IssueInvoice, RefusesSumsThatOverflow) {
  const std::string meant = "allow_unusual: true ";
  const std::string huge = "lines { quantity { value: '9000000000000000000' } unit_price { value: ";
  CustomerWithAccount().When(Invoice(meant + huge + "'1' } }")).ThenRefused("AMOUNT_OVERFLOW");
  CustomerWithAccount()
      .When(Invoice(meant + huge + "'9000000000000000000' } }"))
      .ThenRefused("AMOUNT_OVERFLOW");
  const std::string half = "lines { amount { currency_code: 'EUR' units: 46116860184273880 } } ";
  CustomerWithAccount().When(Invoice(meant + half + half)).ThenRefused("AMOUNT_OVERFLOW");
  const std::string most = "lines { amount { currency_code: 'EUR' units: 92233720368547758 } ";
  CustomerWithAccount()
      .When(Invoice(meant + most + "tax_rate_percent { value: '1' } }"))
      .ThenRefused("AMOUNT_OVERFLOW");
  // What discounts bring back into range can be taken back line by line: no part may overflow.
  const std::string most_of_it =
      "lines { amount { currency_code: 'EUR' units: 62000000000000000 } } ";
  const std::string discount =
      "lines { amount { currency_code: 'EUR' units: -62000000000000000 } } ";
  CustomerWithAccount()
      .When(Invoice(meant + most_of_it + most_of_it + most_of_it + discount + discount))
      .ThenRefused("AMOUNT_OVERFLOW");
  // Also over all invoices of the account, settled ones included.
  Story<billing::Billing> story = CustomerWithAccount();
  EXPECT_TRUE(story.When(Invoice(meant + most + "}")).status.ok());
  story.When(InvoiceOf(1)).ThenRefused("AMOUNT_OVERFLOW");
  EXPECT_TRUE(story.When(PaymentOf(92233720368547758, meant)).status.ok());
  story.When(InvoiceOf(1)).ThenRefused("AMOUNT_OVERFLOW");
}

TEST(IssueInvoice, TakesAnUnusualAmountOnlyIfItIsMeant) {
  struct Row {
    const char* currency;
    const char* usual;  // the largest amount that is
    const char* more;   // one minor unit more
  };
  const Row rows[] = {
      {"EUR", "1000000000", "1000000000.01"},      {"JPY", "100000000000", "100000000001"},
      {"KWD", "200000000", "200000000.001"},       {"CLF", "20000000", "20000000.0001"},
      {"VND", "20000000000000", "20000000000001"}, {"ISK", "100000000000", "100000000001"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.currency);
    const std::string account = absl::StrCat("currency_code: '", row.currency, "'");
    const auto line = [](std::string_view price) {
      return absl::StrCat("lines { unit_price { value: '", std::string(price), "' } } ");
    };
    const auto draft = [&](std::string_view price, const std::string& rest) {
      return Proto<billing::v1::CreateDraftInvoiceRequest>(
          absl::StrCat("draft { ", line(price), " } ", rest));
    };
    const auto back = [&](std::string_view price) {
      return line("-" + std::string(price)) + line("1");
    };
    EXPECT_TRUE(CustomerWithAccount(account).When(Invoice(line(row.usual))).status.ok());
    EXPECT_TRUE(CustomerWithAccount(account).When(draft(row.usual, "")).status.ok());
    Story<billing::Billing> story = CustomerWithAccount(account);
    const auto refused = story.When(Invoice(line(row.more))).ThenRefused("AMOUNT_UNUSUAL");
    EXPECT_EQ(MetadataOf(refused.status, "currency_code"), row.currency);
    EXPECT_NE(MetadataOf(refused.status, "limit_minor"), "");
    // Of a line as well that another one takes back; and of a draft when it is written.
    story.When(Invoice(line(row.more) + back(row.more))).ThenRefused("AMOUNT_UNUSUAL");
    story.When(draft(row.more, "")).ThenRefused("AMOUNT_UNUSUAL");
    const auto meant = story.When(draft(row.more, "allow_unusual: true"));
    ASSERT_TRUE(meant.status.ok()) << meant.status;
    auto edit = Proto<billing::v1::UpdateDraftInvoiceRequest>(
        absl::StrCat("invoice_id: '", meant.response.invoice_id(), "' draft { reference: 'x' ",
                     line(row.more), " }"));
    story.When(edit).ThenRefused("AMOUNT_UNUSUAL");
    edit.set_allow_unusual(true);
    EXPECT_TRUE(story.When(edit).status.ok());
    const auto issued =
        story.When(Invoice(absl::StrCat("draft_id: '", meant.response.invoice_id(), "'")));
    EXPECT_TRUE(issued.status.ok()) << issued.status;
    EXPECT_TRUE(story.When(Invoice("allow_unusual: true " + line(row.more))).status.ok());
  }
  const auto refused = CustomerWithAccount().When(InvoiceOf(2'000'000'000));
  EXPECT_EQ(MetadataOf(refused.status, "limit_minor"), "100000000000");
  EXPECT_EQ(MetadataOf(refused.status, "amount_minor"), "200000000000");
}

TEST(IssueInvoice, RefusesADueDateAfterTheLastYear) {
  CustomerWithAccount("currency_code: 'EUR' terms { net_days: 1 }")
      .When(InvoiceOf(1, "invoice_date { year: 9999 month: 12 day: 31 }"))
      .ThenInvalid({"due_date"});
  const auto last =
      CustomerWithAccount().When(InvoiceOf(1, "invoice_date { year: 9999 month: 12 day: 31 }"));
  EXPECT_EQ(last.response.number(), "A-9999-03-000001");
}

TEST(IssueInvoice, FreezesLinesTaxesAndTotals) {
  Story<billing::Billing> story =
      CustomerWithAccount("currency_code: 'EUR' terms { net_days: 30 }");
  const auto outcome = story.When(Invoice(R"pb(
    invoice_date { year: 2024 month: 1 day: 30 }
    reference: "order 7"
    lines {
      description: "Consulting"
      quantity { value: "2.50" }
      unit_price { value: "19.990" }
      tax_rate_percent { value: "19.0" }
      product: "hours"
    }
    lines {
      description: "Book"
      unit_price { value: "12" }
      tax_rate_percent { value: "7" }
    }
    lines {
      description: "Discount"
      amount { currency_code: "EUR" units: -5 }
      tax_rate_percent { value: "19" }
    }
    lines {
      description: "Stamp"
      quantity { value: "3" }
      amount { currency_code: "EUR" units: 1 }
    }
  )pb"));
  const std::string id = outcome.response.invoice_id();
  // 2.5 × 19.99 = 49.975 -> 49.98; 19 % of 49.98 - 5.00 = 44.98 is 8.5462 -> 8.55, of which the
  // line has 9.4962 and the discount -0.95: 9.50 and -0.95.
  outcome.Then({absl::StrCat(
      R"pb(invoice_issued {
             account_id: "acc"
             number { series: "A" year: 2024 partition: 3 sequence: 1 }
             due_date { year: 2024 month: 2 day: 29 }
             currency_code: "EUR"
             lines {
               description: "Consulting"
               quantity: "2.5"
               unit_price: "19.99"
               net_minor: 4998
               tax_rate_percent: "19"
               tax_minor: 950
               product: "hours"
             }
             lines {
               description: "Book"
               unit_price: "12"
               net_minor: 1200
               tax_rate_percent: "7"
               tax_minor: 84
             }
             lines { description: "Discount" net_minor: -500 tax_rate_percent: "19" tax_minor: -95 }
             lines { description: "Stamp" quantity: "3" net_minor: 100 }
             taxes { rate_percent: "19" net_minor: 4498 tax_minor: 855 }
             taxes { rate_percent: "7" net_minor: 1200 tax_minor: 84 }
             net_minor: 5798
             tax_minor: 939
             total_minor: 6737
             reference: "order 7"
             invoice_id: ")pb",
      id, "\" }")});
  outcome.ThenAnswers(absl::StrCat(R"pb(
                                     number: "A-2024-03-000001"
                                     net { currency_code: "EUR" units: 57 nanos: 980000000 }
                                     tax { currency_code: "EUR" units: 9 nanos: 390000000 }
                                     total { currency_code: "EUR" units: 67 nanos: 370000000 }
                                     due_date { year: 2024 month: 2 day: 29 }
                                     credit_applied { currency_code: "EUR" }
                                     state: INVOICE_STATE_ISSUED
                                     account_id: "acc"
                                     invoice_id: ")pb",
                                   id, "\""));
  EXPECT_EQ(outcome.events[0].effective_date, absl::CivilDay(2024, 1, 30));
}

// Amounts of one line in a currency: quantity, price, net in minor units.
TEST(IssueInvoice, RoundsLinesHalfAwayFromZero) {
  const std::tuple<const char*, const char*, const char*, int64_t> rows[] = {
      {"EUR", "1000000000000000000", "0.000000001", 100'000'000'000},
      {"EUR", "1", "0.005", 1},
      {"EUR", "1", "0.004999999", 0},
      {"EUR", "0.5", "0.009999999", 0},  // 0.0049999995, rounded once
      {"EUR", "3", "0.333333333", 100},
      {"JPY", "0.5", "1", 1},
      {"KWD", "1", "0.0005", 1},
      {"CLF", "1", "0.00005", 1},
      {"EUR", "0", "5", 0},
      {"EUR", "-1", "-5", 500},
  };
  for (const auto& [currency, quantity, price, net] : rows) {
    Story<billing::Billing> story =
        CustomerWithAccount(absl::StrCat("currency_code: '", currency, "'"));
    const auto invoice = Issued(story.When(Invoice(absl::StrCat(
        "lines { quantity { value: '", quantity, "' } unit_price { value: '", price, "' } }"))));
    EXPECT_EQ(invoice.lines(0).net_minor(), net) << quantity << " x " << price << " " << currency;
    EXPECT_EQ(invoice.total_minor(), net);
  }
}

TEST(IssueInvoice, RoundsADiscountAsTheChargeItTakesBack) {
  const auto invoice = Issued(CustomerWithAccount().When(
      Invoice("lines { unit_price { value: '0.005' } tax_rate_percent { value: '50' } } "
              "lines { unit_price { value: '-0.005' } tax_rate_percent { value: '50' } }")));
  EXPECT_EQ(invoice.lines(0).net_minor(), 1);
  EXPECT_EQ(invoice.lines(1).net_minor(), -1);
  EXPECT_EQ(invoice.total_minor(), 0);
  EXPECT_EQ(invoice.lines(0).tax_minor() + invoice.lines(1).tax_minor(), 0);
}

TEST(IssueInvoice, BringsTheTaxOfARateBackToItsLines) {
  std::string lines;
  for (int i = 0; i < 3; ++i) {
    lines += "lines { unit_price { value: '0.33' } tax_rate_percent { value: '19' } } ";
  }
  const auto invoice = Issued(CustomerWithAccount().When(Invoice(lines)));
  // 19 % of 0.99 = 0.1881 -> 0.19; of each line 0.0627 -> 0.06, 0.06, 0.06 and one cent to the
  // first.
  EXPECT_EQ(invoice.tax_minor(), 19);
  EXPECT_EQ(invoice.lines(0).tax_minor(), 7);
  EXPECT_EQ(invoice.lines(1).tax_minor(), 6);
  EXPECT_EQ(invoice.lines(2).tax_minor(), 6);
}

TEST(IssueInvoice, TakesTheTaxOutOfAPriceThatHasIt) {
  const std::tuple<const char*, const char*, int64_t, int64_t> rows[] = {
      // rate, price with tax, net, tax
      {"19", "15.00", 1261, 239},  // 2.394958
      {"19", "0.01", 1, 0},        // 0.0016
      {"7", "9.99", 934, 65},      // 0.6536
      {"20", "9.99", 832, 167},    // 1.665
      {"0", "9.99", 999, 0},
      {"100", "0.01", 0, 1},            // 0.005
      {"8.25", "-15.00", -1386, -114},  // 1.1432
  };
  for (const auto& [rate, price, net, tax] : rows) {
    // With a line that costs more, so that the total is not negative.
    const auto invoice = Issued(CustomerWithAccount().When(Invoice(absl::StrCat(
        "lines { gross_unit_price { value: '", price, "' } tax_rate_percent { value: '", rate,
        "' } } lines { unit_price { value: '20' } }"))));
    EXPECT_EQ(invoice.lines(0).net_minor(), net) << price << " at " << rate;
    EXPECT_EQ(invoice.lines(0).tax_minor(), tax) << price << " at " << rate;
    EXPECT_EQ(invoice.taxes(0).net_minor(), net);
    EXPECT_EQ(invoice.taxes(0).tax_minor(), tax);
    EXPECT_EQ(invoice.total_minor(), 2000 + net + tax);
  }
  // Without a rate there is nothing in it.
  const auto untaxed = Issued(CustomerWithAccount().When(
      Invoice("lines { gross_amount { currency_code: 'EUR' units: 15 } }")));
  EXPECT_EQ(untaxed.net_minor(), 1500);
  EXPECT_EQ(untaxed.taxes_size(), 0);
  CustomerWithAccount()
      .When(Invoice("lines { gross_amount { currency_code: 'USD' units: 15 } }"))
      .ThenRefused("CURRENCY_MISMATCH");
}

TEST(IssueInvoice, TakesTheTaxOutOfTheSumOfTheRateAndComesToEachGrossAmount) {
  std::string lines;
  for (int i = 0; i < 3; ++i) {
    lines += "lines { gross_unit_price { value: '0.99' } tax_rate_percent { value: '19' } } ";
  }
  const auto invoice = Issued(CustomerWithAccount().When(Invoice(lines)));
  // 2.97 × 19 / 119 = 0.4742 -> 0.47; of each line 0.1581: 0.16, 0.16, 0.15.
  EXPECT_EQ(invoice.tax_minor(), 47);
  EXPECT_EQ(invoice.total_minor(), 297);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(invoice.lines(i).net_minor() + invoice.lines(i).tax_minor(), 99);
    EXPECT_EQ(invoice.lines(i).tax_minor(), i < 2 ? 16 : 15);
    EXPECT_TRUE(invoice.lines(i).tax_included());
    EXPECT_EQ(invoice.lines(i).gross_unit_price(), "0.99");
    EXPECT_EQ(invoice.lines(i).unit_price(), "");
  }
}

TEST(IssueInvoice, PricesBeforeAndWithTaxStandOnOneInvoice) {
  const auto outcome = CustomerWithAccount().When(
      Invoice("lines { unit_price { value: '10' } tax_rate_percent { value: '19' } } "
              "lines { quantity { value: '3' } gross_unit_price { value: '5' } "
              "        tax_rate_percent { value: '19' } } "
              "lines { gross_amount { currency_code: 'EUR' units: 2 } "
              "        tax_rate_percent { value: '7' } } "));
  const auto invoice = Issued(outcome);
  // 1.90 on 10.00; 2.39 in 15.00; 0.13 in 2.00.
  ASSERT_EQ(invoice.taxes_size(), 2);
  EXPECT_EQ(invoice.taxes(0).net_minor(), 1000 + 1261);
  EXPECT_EQ(invoice.taxes(0).tax_minor(), 190 + 239);
  EXPECT_EQ(invoice.taxes(1).net_minor(), 187);
  EXPECT_EQ(invoice.taxes(1).tax_minor(), 13);
  EXPECT_EQ(invoice.total_minor(), 1190 + 1500 + 200);
  EXPECT_EQ(outcome.response.total().units(), 28);
  EXPECT_EQ(outcome.response.total().nanos(), 900'000'000);
}

TEST(IssueInvoice, KeepsTaxesOfOneRateApartByTheirCode) {
  Story<billing::Billing> story = CustomerWithAccount();
  const std::string exempt =
      "lines { unit_price { value: '10' } tax_code { category: TAX_CATEGORY_E "
      "        exemption_reason_code: 'VATEX-EU-132-1A' exemption_reason: 'e\xcc\x81' } } ";
  const auto outcome = story.When(Invoice(
      "lines { unit_price { value: '1' } tax_rate_percent { value: '19' } } "
      "lines { unit_price { value: '2' } tax_rate_percent { value: '19' } "
      "        tax_code { category: TAX_CATEGORY_S } } " +
      exempt +
      "lines { unit_price { value: '20' } tax_rate_percent { value: '0' } "
      "        tax_code { category: TAX_CATEGORY_AE exemption_reason_code: 'VATEX-EU-AE' } } " +
      exempt + "lines { unit_price { value: '5' } tax_rate_percent { value: '0' } }"));
  const auto invoice = Issued(outcome);
  const std::string code =
      "tax_code { category: TAX_CATEGORY_E exemption_reason_code: 'VATEX-EU-132-1A' "
      "exemption_reason: '\xc3\xa9' } ";
  const char* const expected[] = {
      "rate_percent: '19' net_minor: 100 tax_minor: 19",
      "rate_percent: '19' net_minor: 200 tax_minor: 38 tax_code { category: TAX_CATEGORY_S }",
      nullptr,
      "rate_percent: '0' net_minor: 2000 tax_code { category: TAX_CATEGORY_AE "
      "exemption_reason_code: 'VATEX-EU-AE' }",
      "rate_percent: '0' net_minor: 500"};
  ASSERT_EQ(invoice.taxes_size(), 5);
  for (int i = 0; i < 5; ++i) {
    const std::string text =
        expected[i] == nullptr ? "rate_percent: '0' net_minor: 2000 " + code : expected[i];
    EXPECT_THAT(invoice.taxes(i), EqualsProto(Proto<billing::v1::TaxTotal>(text)));
  }
  EXPECT_EQ(invoice.lines(2).tax_rate_percent(), "0");

  // What takes it back says the same, and the next invoice finds its codes.
  const auto note = story.When(Proto<billing::v1::IssueCreditNoteRequest>(absl::StrCat(
      "invoice_id: '", outcome.response.invoice_id(),
      "' kind: CREDIT_NOTE_KIND_OFFSET lines { line_index: 1 } lines { line_index: 4 }")));
  ASSERT_TRUE(note.status.ok()) << note.status;
  const auto& credited = note.events[0].event.credit_note_issued();
  EXPECT_THAT(credited.taxes(0), EqualsProto(Proto<billing::v1::TaxTotal>(expected[1])));
  EXPECT_THAT(
      credited.taxes(1),
      EqualsProto(Proto<billing::v1::TaxTotal>("rate_percent: '0' net_minor: 1000 " + code)));
  EXPECT_EQ(credited.lines(1).tax_code().exemption_reason_code(), "VATEX-EU-132-1A");
  const std::string second = story.When(Invoice(exempt)).response.invoice_id();
  EXPECT_EQ(story.state().billing().accounts(0).tax_codes_size(), 3);
  const auto voided = story.When(
      Proto<billing::v1::VoidInvoiceRequest>(absl::StrCat("invoice_id: '", second, "'")));
  EXPECT_THAT(
      voided.events[0].event.invoice_voided().taxes(0),
      EqualsProto(Proto<billing::v1::TaxTotal>("rate_percent: '0' net_minor: 1000 " + code)));
}

TEST(IssueInvoice, CountsARateOnceHoweverItIsWritten) {
  const auto invoice = Issued(CustomerWithAccount().When(
      Invoice("lines { unit_price { value: '1' } tax_rate_percent { value: '19' } } "
              "lines { unit_price { value: '1' } tax_rate_percent { value: '19.000' } } "
              "lines { unit_price { value: '1' } tax_rate_percent { value: '0' } }")));
  ASSERT_EQ(invoice.taxes_size(), 2);
  EXPECT_EQ(invoice.taxes(0).tax_minor(), 38);
  EXPECT_EQ(invoice.taxes(1).rate_percent(), "0");
}

TEST(IssueInvoice, IsPaidAtOnceWhenTheTotalIsZero) {
  Story<billing::Billing> story = CustomerWithAccount();
  const auto outcome = story.When(InvoiceOf(0));
  EXPECT_EQ(outcome.response.state(), billing::v1::INVOICE_STATE_PAID);
  EXPECT_EQ(outcome.response.number(), "A-2026-03-000001");
  const auto& account = story.state().billing().accounts(0);
  EXPECT_EQ(account.open_invoices_size(), 0);
  EXPECT_EQ(account.settled_invoices_size(), 1);
  const auto refused = story.When(PaymentOf(
      1, absl::StrCat("allocations { invoice_id: '", outcome.response.invoice_id(), "' }")));
  refused.ThenRefused("INVOICE_NOT_OPEN");
  EXPECT_EQ(MetadataOf(refused.status, "state"), "PAID");
}

TEST(IssueInvoice, DatesByTheAccountsZoneAndTerms) {
  Story<billing::Billing> story =
      CustomerWithAccount("currency_code: 'EUR' terms { net_days: 10 }");
  story.Given(
      kNewYear,
      "account_opened { account_id: 'tokyo' currency_code: 'EUR' time_zone: 'Asia/Tokyo' }");
  story.Now(absl::FromCivil(absl::CivilSecond(2026, 12, 31, 15, 30, 0), absl::UTCTimeZone()));
  const auto utc = story.When(InvoiceOf(1, "account_id: 'acc'"));
  EXPECT_EQ(utc.events[0].effective_date, absl::CivilDay(2026, 12, 31));
  EXPECT_THAT(utc.response.due_date(),
              EqualsProto(Proto<google::type::Date>("year: 2027 month: 1 day: 10")));
  EXPECT_EQ(utc.response.number(), "A-2026-03-000001");
  const auto tokyo = story.When(InvoiceOf(1, "account_id: 'tokyo'"));
  EXPECT_EQ(tokyo.events[0].effective_date, absl::CivilDay(2027, 1, 1));
  EXPECT_EQ(tokyo.response.number(), "A-2027-03-000001");
}

TEST(IssueInvoice, NumbersWithoutGaps) {
  Story<billing::Billing> story = CustomerWithAccount();
  EXPECT_EQ(story.When(InvoiceOf(1)).response.number(), "A-2026-03-000001");
  EXPECT_EQ(story.When(InvoiceOf(1, "series: 'B9'")).response.number(), "B9-2026-03-000001");
  EXPECT_EQ(story.When(InvoiceOf(1, "validate_only: true")).response.number(), "");
  story.When(InvoiceOf(-1)).ThenInvalid({"lines"});
  EXPECT_EQ(story.When(InvoiceOf(1)).response.number(), "A-2026-03-000002");
  EXPECT_EQ(story.When(InvoiceOf(1, "invoice_date { year: 1 month: 1 day: 1 }")).response.number(),
            "A-1-03-000001");
  story.partition_state().mutable_series()->mutable_last(0)->set_sequence(999'999);
  EXPECT_EQ(story.When(InvoiceOf(1)).response.number(), "A-2026-03-1000000");
}

TEST(IssueInvoice, TakesUnappliedCreditOldestPaymentFirst) {
  Story<billing::Billing> story = CustomerWithAccount();
  const auto younger = story.When(PaymentOf(10, "payment_date { year: 2026 month: 2 day: 2 }"))
                           .response.payment_id();
  const auto older =
      story.When(PaymentOf(4, "payment_date { year: 2026 month: 2 day: 1 }")).response.payment_id();
  const auto future =
      story.When(PaymentOf(5, "payment_date { year: 2026 month: 9 day: 9 }")).response.payment_id();

  const auto outcome = story.When(InvoiceOf(16, "invoice_date { year: 2026 month: 3 day: 1 }"));
  const std::string invoice = outcome.response.invoice_id();
  const auto credit = [&](const std::string& payment, int minor) {
    return absl::StrCat("credit_applied { account_id: 'acc' payment_id: '", payment,
                        "' currency_code: 'EUR' allocations { invoice_id: '", invoice,
                        "' amount_minor: ", minor, " } }");
  };
  ASSERT_EQ(outcome.events.size(), 4u);
  EXPECT_THAT(outcome.events[1].event,
              EqualsProto(Proto<billing::Billing::Event>(credit(older, 400))));
  EXPECT_THAT(outcome.events[2].event,
              EqualsProto(Proto<billing::Billing::Event>(credit(younger, 1000))));
  EXPECT_THAT(outcome.events[3].event,
              EqualsProto(Proto<billing::Billing::Event>(credit(future, 200))));
  EXPECT_EQ(outcome.events[1].effective_date, absl::CivilDay(2026, 3, 1));
  EXPECT_EQ(outcome.events[3].effective_date, absl::CivilDay(2026, 9, 9));
  EXPECT_EQ(outcome.response.state(), billing::v1::INVOICE_STATE_PAID);
  EXPECT_EQ(outcome.response.credit_applied().units(), 16);
  const auto& account = story.state().billing().accounts(0);
  EXPECT_EQ(account.unapplied_minor(), 300);
  ASSERT_EQ(account.open_payments_size(), 1);
  EXPECT_EQ(CreditOf(account, 0).payment_id(), future);

  const auto next = story.When(InvoiceOf(4));
  EXPECT_EQ(next.response.state(), billing::v1::INVOICE_STATE_ISSUED);
  EXPECT_EQ(next.response.credit_applied().units(), 3);
  EXPECT_EQ(story.state().billing().accounts(0).open_minor(), 100);
}

TEST(IssueInvoice, LeavesCreditAloneWhereTheAccountSaysSo) {
  Story<billing::Billing> story =
      CustomerWithAccount("currency_code: 'EUR' credit_application: CREDIT_APPLICATION_MANUAL");
  story.When(PaymentOf(10));
  const auto outcome = story.When(InvoiceOf(4));
  EXPECT_EQ(outcome.events.size(), 1u);
  EXPECT_EQ(outcome.response.state(), billing::v1::INVOICE_STATE_ISSUED);
}

}  // namespace
}  // namespace daybook
