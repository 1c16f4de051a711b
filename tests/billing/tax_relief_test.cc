// Bad debt relief: the tax in what is given up, and what of it is payable again.
#include "services/billing/tax_relief.h"

#include <gtest/gtest.h>

#include <random>

#include "common/base/money.h"
#include "services/billing/state.h"
#include "tests/billing/billing_story.h"

namespace daybook {
namespace {

using namespace test;
namespace v1 = billing::v1;
namespace state = billing::state;

std::string Line(int64_t cents, const std::string& rate = "") {
  v1::LineItem line;
  *line.mutable_amount() = MoneyOf(cents, *Currency::Find("EUR"));
  if (!rate.empty()) line.mutable_tax_rate_percent()->set_value(rate);
  return absl::StrCat("lines { ", Text(line), " } ");
}

struct Book {
  explicit Book(const std::string& lines) : id(story.When(Invoice(lines)).response.invoice_id()) {}

  Story<billing::Billing> story = CustomerWithAccount();
  std::string id;

  // Of so much of the invoice, if it is given up.
  billing::Taxes Relief(int64_t written_off_minor) {
    return billing::ReliefOf(story.state().billing().accounts(0), invoice(), written_off_minor);
  }
  auto WriteOff(const std::string& rest) {
    return story.When(Proto<v1::WriteOffInvoiceRequest>(
        absl::StrCat("invoice_id: '", id, "' reason: WRITE_OFF_REASON_BAD_DEBT ", rest)));
  }
  auto Pay(int64_t cents) {
    v1::RecordPaymentRequest request;
    *request.mutable_amount() = MoneyOf(cents, *Currency::Find("EUR"));
    request.set_method(v1::PAYMENT_METHOD_CARD);
    request.add_allocations()->set_invoice_id(id);
    return story.When(request);
  }
  auto Note(int line, int64_t cents, const std::string& kind = "OFFSET") {
    v1::IssueCreditNoteRequest request;
    request.set_invoice_id(id);
    v1::CreditNoteKind value = v1::CREDIT_NOTE_KIND_OFFSET;
    EXPECT_TRUE(v1::CreditNoteKind_Parse("CREDIT_NOTE_KIND_" + kind, &value));
    request.set_kind(value);
    auto& item = *request.add_lines();
    item.set_line_index(line);
    if (cents != 0) *item.mutable_net() = MoneyOf(cents, *Currency::Find("EUR"));
    return story.When(request);
  }
  const state::Invoice& invoice() {
    const state::Account& account = story.state().billing().accounts(0);
    for (const auto* list : {&account.open_invoices(), &account.settled_invoices()}) {
      for (const auto& one : *list) {
        if (one.invoice_id() == id) return one;
      }
    }
    ADD_FAILURE();
    return account.open_invoices(0);
  }
  int64_t corrected() { return billing::TaxSum(invoice().written_off_taxes()); }
};

constexpr char kCorrect[] = "correct_tax: true ";

TEST(TaxRelief, OnlyWhereTheWriteOffSaysSo) {
  Book book(Line(10'000, "19"));
  const auto outcome = book.WriteOff("");
  EXPECT_EQ(outcome.events.at(0).event.invoice_written_off().taxes_size(), 0);
  EXPECT_EQ(outcome.events[0].event.invoice_written_off().tax_minor(), 0);
  EXPECT_EQ(outcome.response.tax().units(), 0);
  EXPECT_EQ(book.Pay(5'000).events.at(0).event.write_off_recovered().tax_minor(), 0);
}

TEST(TaxRelief, CorrectsTheTaxOfEachRateInProportion) {
  // 100.00 + 19.00, 200.00 + 14.00, 50.00 untaxed: 383.00, of which 183.00 are paid.
  Book book(Line(10'000, "19") + Line(20'000, "7") + Line(5'000));
  book.Pay(18'300);
  const auto outcome = book.WriteOff(kCorrect);
  const v1::InvoiceWrittenOff& event = outcome.events.at(0).event.invoice_written_off();
  // 200/383 of 33.00 are 17.2324, of 19.00 9.9217, of 14.00 7.3107.
  EXPECT_THAT(event, EqualsProto(Proto<v1::InvoiceWrittenOff>(absl::StrCat(
                         "account_id: 'acc' invoice_id: '", book.id,
                         "' currency_code: 'EUR' reason: WRITE_OFF_REASON_BAD_DEBT "
                         "amount_minor: 20000 tax_minor: 1723 "
                         "taxes { rate_percent: '19' net_minor: 5222 tax_minor: 992 } "
                         "taxes { rate_percent: '7' net_minor: 10444 tax_minor: 731 }"))));
  EXPECT_EQ(*MinorOf(outcome.response.tax()), 1723);
}

TEST(TaxRelief, ARecoveryMakesItsShareOfTheTaxPayableAgain) {
  Book book(Line(10'000, "19"));
  book.WriteOff(kCorrect);
  EXPECT_EQ(book.corrected(), 1900);
  const auto third = book.Pay(3'966);  // a third of 119.00, less a bit
  EXPECT_EQ(third.events.at(0).event.write_off_recovered().tax_minor(), 633);
  EXPECT_EQ(third.events[0].event.write_off_recovered().taxes(0).rate_percent(), "19");
  EXPECT_EQ(book.corrected(), 1267);
  const auto rest = book.Pay(7'934);
  EXPECT_EQ(rest.events.at(0).event.write_off_recovered().tax_minor(), 1267);
  EXPECT_EQ(book.corrected(), 0);
  EXPECT_EQ(book.invoice().state(), v1::INVOICE_STATE_PAID);
}

TEST(TaxRelief, AReversalAndAVoidMakeAllOfItPayableAgain) {
  Book book(Line(10'000, "19"));
  book.WriteOff(kCorrect);
  const auto reversed = book.story.When(
      Proto<v1::ReverseWriteOffRequest>(absl::StrCat("invoice_id: '", book.id, "'")));
  EXPECT_EQ(*MinorOf(reversed.response.tax()), 1900);
  EXPECT_EQ(book.corrected(), 0);
  book.WriteOff(kCorrect);
  const auto voided =
      book.story.When(Proto<v1::VoidInvoiceRequest>(absl::StrCat("invoice_id: '", book.id, "'")));
  ASSERT_EQ(voided.events.size(), 2u);
  EXPECT_EQ(voided.events[0].event.write_off_reversed().tax_minor(), 1900);
  EXPECT_EQ(voided.events[1].event.invoice_voided().open_minor(), 11'900);
  EXPECT_EQ(voided.events[1].event.invoice_voided().written_off_minor(), 0);
}

// The credit note takes back the taxed line: of what is left no tax was ever due, so none may stay
// corrected beside the note's own.
TEST(TaxRelief, ACreditNoteLeavesTheTaxOfWhatStandsWrittenOff) {
  Book book(Line(10'000, "19") + Line(10'000));
  book.WriteOff(kCorrect);
  EXPECT_EQ(book.corrected(), 1900);
  const auto taxed = book.Note(0, 0);
  EXPECT_EQ(taxed.events.at(0).event.write_off_reversed().amount_minor(), 11'900);
  EXPECT_EQ(taxed.events[0].event.write_off_reversed().tax_minor(), 1900);
  EXPECT_EQ(book.corrected(), 0);
  EXPECT_EQ(book.invoice().written_off_minor(), 10'000);

  Book other(Line(10'000, "19") + Line(10'000));
  other.WriteOff(kCorrect);
  const auto untaxed = other.Note(1, 0);
  EXPECT_EQ(untaxed.events.at(0).event.write_off_reversed().tax_minor(), 0);
  EXPECT_EQ(other.corrected(), 1900);
}

TEST(TaxRelief, OfOneInvoiceAllWriteOffsCorrectOrNoneDoes) {
  for (const bool first : {true, false}) {
    Book book(Line(10'000, "19"));
    book.WriteOff(first ? kCorrect : "");
    const std::string paid = book.Pay(5'000).response.payment_id();
    book.story.When(Proto<v1::ReversePaymentRequest>(absl::StrCat("payment_id: '", paid, "'")));
    const auto refused = book.WriteOff(first ? "" : kCorrect).ThenRefused("WRITE_OFF_TAX_MIXED");
    EXPECT_EQ(MetadataOf(refused.status, "correct_tax"), first ? "true" : "false");
    EXPECT_TRUE(book.WriteOff(first ? kCorrect : "").status.ok());
    EXPECT_EQ(book.corrected(), first ? 1900 : 0);
  }
}

TEST(TaxRelief, AResidueMayCorrectItsTaxAsWell) {
  Book book(Line(10'000, "19"));
  book.Pay(11'850);
  const auto outcome = book.story.When(Proto<v1::WriteOffInvoiceRequest>(
      absl::StrCat("invoice_id: '", book.id, "' reason: WRITE_OFF_REASON_NORMAL ", kCorrect)));
  EXPECT_EQ(*MinorOf(outcome.response.tax()), 8);  // 0.50 × 19/119 = 0.0798
  EXPECT_EQ(billing::TaxSum(book.invoice().residue_taxes()), 8);
}

// Nor where there is more tax than total.
TEST(TaxRelief, OfAnInvoiceWithoutTaxIsNone) {
  for (const std::string& lines :
       {Line(10'000), Line(30'000) + Line(-10'000, "19"), Line(100'000, "19") + Line(-118'000)}) {
    Book book(lines);
    EXPECT_EQ(book.WriteOff(kCorrect).events.at(0).event.invoice_written_off().taxes_size(), 0);
  }
}

// Whatever happens in whatever bits: what stands corrected is that of what stands given up, and in
// the end nothing stays.
TEST(TaxRelief, BitsSumToTheWhole) {
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto below = [&](int64_t n) { return static_cast<int64_t>(random()) % n; };
    Book book(Line(1 + below(9'999), "19") + Line(1 + below(9'999), "7.25") +
              Line(1 + below(999), "0") + Line(1 + below(9'999)));
    const int64_t tax = billing::TaxSum(book.Relief(INT64_MAX));
    book.WriteOff(kCorrect);
    EXPECT_EQ(book.corrected(), tax);
    int64_t payable = 0;
    while (book.invoice().written_off_minor() > 0) {
      const auto paid = book.Pay(1 + below(4'000));
      ASSERT_TRUE(paid.status.ok()) << paid.status;
      payable += paid.events.at(0).event.write_off_recovered().tax_minor();
      EXPECT_EQ(book.corrected(), tax - payable);
      EXPECT_EQ(book.corrected(), billing::TaxSum(book.Relief(book.invoice().written_off_minor())));
      if (below(3) == 0) {  // it bounces and is given up again
        book.story.When(Proto<v1::ReversePaymentRequest>(
            absl::StrCat("payment_id: '", paid.response.payment_id(), "'")));
        const auto again = book.WriteOff(kCorrect);
        ASSERT_TRUE(again.status.ok()) << again.status;
        payable -= again.events.at(0).event.invoice_written_off().tax_minor();
      }
    }
    EXPECT_EQ(payable, tax);
    EXPECT_TRUE(book.invoice().written_off_taxes().empty());
  }
}

}  // namespace
}  // namespace daybook
