// Credit notes: lines of an invoice taken back.
#include <gtest/gtest.h>

#include "common/base/money.h"
#include "services/billing/state.h"
#include "tests/billing/billing_story.h"

namespace daybook {
namespace {

using namespace test;
namespace v1 = billing::v1;
namespace state = billing::state;

struct Book {
  Story<billing::Billing> story = CustomerWithAccount();
  // 100.00 and 33.33 at 19 %, 10.00 without tax: 100 + 33.33 + 10 + 25.33 = 168.66.
  std::string id =
      story
          .When(Invoice("lines { amount { currency_code: 'EUR' units: 100 } "
                        "tax_rate_percent { value: '19' } } "
                        "lines { amount { currency_code: 'EUR' units: 33 nanos: 330000000 } "
                        "tax_rate_percent { value: '19' } } "
                        "lines { amount { currency_code: 'EUR' units: 10 } }"))
          .response.invoice_id();

  auto Note(const std::string& rest) {
    return story.When(
        Proto<v1::IssueCreditNoteRequest>(absl::StrCat("invoice_id: '", id, "' ", rest)));
  }
  std::string Pay(int64_t units) { return story.When(PaymentOf(units)).response.payment_id(); }
  const state::Account& account() { return story.state().billing().accounts(0); }
};

std::string Line(int index, int64_t cents = 0) {
  if (cents == 0) return absl::StrCat("lines { line_index: ", index, " } ");
  return absl::StrCat("lines { line_index: ", index,
                      " net { currency_code: 'EUR' units: ", cents / 100,
                      " nanos: ", cents % 100 * 10'000'000, " } } ");
}
constexpr char kOffset[] = "kind: CREDIT_NOTE_KIND_OFFSET ";
constexpr char kCredit[] = "kind: CREDIT_NOTE_KIND_CREDIT ";
constexpr char kRefund[] = "kind: CREDIT_NOTE_KIND_REFUND ";

TEST(CreditNote, RefusesBadFields) {
  Book book;
  book.Note("").ThenInvalid({"kind"});
  book.Note("kind: 9 series: 'x' reason: '\\n'").ThenInvalid({"kind", "series", "reason"});
  book.Note(std::string(kOffset) + "lines { line_index: -1 } lines {} lines {}")
      .ThenInvalid({"lines[0].line_index", "lines[2].line_index"});
  book.Note(kOffset + Line(3)).ThenInvalid({"lines[0].line_index"});
  book.Note(kOffset + Line(0, -100)).ThenInvalid({"lines[0].net"});
  book.Note(std::string(kOffset) + "lines { net { currency_code: 'USD' units: 1 } }")
      .ThenRefused("CURRENCY_MISMATCH");
  book.Note(std::string(kOffset) + "effective_date { year: 2026 month: 1 day: 1 }")
      .ThenInvalid({"effective_date"});
}

// A number names one document: a series is of invoices or of credit notes.
TEST(CreditNote, HasASeriesOfItsOwn) {
  Book book;
  for (const char* taken : {"A", "DN"}) {
    book.Note(absl::StrCat(kCredit, "series: '", taken, "'")).ThenInvalid({"series"});
  }
  for (const char* taken : {"CN", "DN"}) {
    book.story.When(InvoiceOf(1, absl::StrCat("series: '", taken, "'"))).ThenInvalid({"series"});
  }
  book.story.When(InvoiceOf(1, "series: 'S1'"));
  book.Note(absl::StrCat(kCredit, "series: 'S1'")).ThenInvalid({"series"});
  EXPECT_EQ(book.Note(absl::StrCat(kCredit, Line(0), "series: 'S2'")).response.number(),
            "S2-2026-03-000001");
  book.story.When(InvoiceOf(1, "series: 'S2'")).ThenInvalid({"series"});
  EXPECT_EQ(book.Note(absl::StrCat(kCredit, Line(1), "series: 'S2'")).response.number(),
            "S2-2026-03-000002");
}

TEST(CreditNote, TakesNoMoreThanIsLeftOfALine) {
  Book book;
  const auto refused =
      book.Note(kOffset + Line(0, 10'001)).ThenRefused("CREDIT_NOTE_ABOVE_INVOICE");
  EXPECT_EQ(MetadataOf(refused.status, "left_minor"), "10000");
  book.Note(kOffset + Line(0, 4'000));
  book.Note(kOffset + Line(0, 6'001)).ThenRefused("CREDIT_NOTE_ABOVE_INVOICE");
  book.Note(kOffset + Line(0));
  book.Note(kOffset + Line(0)).ThenRefused("CREDIT_NOTE_ABOVE_INVOICE");
}

TEST(CreditNote, OffsetLowersItsInvoice) {
  Book book;
  const auto note = book.Note(kOffset + Line(0, 4'000) + "reason: 'late'");
  note.Then({absl::StrCat(
      "credit_note_issued { account_id: 'acc' credit_note_id: '", note.response.credit_note_id(),
      "' number { series: 'CN' year: 2026 partition: 3 sequence: 1 } invoice_id: '", book.id,
      "' kind: CREDIT_NOTE_KIND_OFFSET currency_code: 'EUR' "
      "lines { net_minor: 4000 tax_minor: 760 tax_rate_percent: '19' } "
      "taxes { rate_percent: '19' net_minor: 4000 tax_minor: 760 } "
      "net_minor: 4000 tax_minor: 760 total_minor: 4760 applied_minor: 4760 reason: 'late' }")});
  EXPECT_EQ(note.response.number(), "CN-2026-03-000001");
  EXPECT_EQ(book.account().open_minor(), 16866 - 4760);
  // All the rest, to the last cent of tax.
  const auto rest = book.Note(kOffset);
  EXPECT_EQ(rest.response.number(), "CN-2026-03-000002");
  EXPECT_EQ(rest.response.invoice_state(), v1::INVOICE_STATE_PAID);
  EXPECT_EQ(book.account().open_minor(), 0);
  book.Note(kOffset).ThenRefused("CREDIT_NOTE_ABOVE_INVOICE");
}

TEST(CreditNote, OffsetTakesNoMoreThanIsOpen) {
  Book book;
  book.Pay(100);
  const auto refused = book.Note(kOffset).ThenRefused("CREDIT_NOTE_ABOVE_OPEN");
  EXPECT_EQ(MetadataOf(refused.status, "open_minor"), "6866");
}

TEST(CreditNote, CreditIsASourceLikeAPayment) {
  Book book;
  book.Pay(200);  // 31.34 left
  const auto note = book.Note(kCredit + Line(2));
  EXPECT_EQ(book.account().credited_minor(), 1000);
  EXPECT_EQ(book.account().unapplied_minor(), 4134);
  EXPECT_EQ(book.account().open_minor(), 0);
  // No money came by it, so none goes back.
  book.story
      .When(Proto<v1::RefundPaymentRequest>(
          absl::StrCat("payment_id: '", note.response.credit_note_id(), "'")))
      .ThenRefused("NOT_A_PAYMENT");
  const auto next = book.story.When(InvoiceOf(40));
  EXPECT_EQ(next.response.state(), v1::INVOICE_STATE_PAID);
  EXPECT_EQ(next.events.at(2).event.credit_applied().payment_id(), note.response.credit_note_id());
}

TEST(CreditNote, RefundReleasesTheNewestPaymentsInTheSameRecord) {
  Book book;
  const std::string first = book.Pay(100), second = book.Pay(50);
  // 65.68 + 12.48: 18.66 are open, the rest is money.
  const auto note = book.Note(kRefund + Line(0, 6'568));
  ASSERT_EQ(note.events.size(), 5u);
  EXPECT_EQ(note.events[0].event.credit_released().payment_id(), second);
  EXPECT_EQ(note.events[0].event.credit_released().released(0).amount_minor(), 5000);
  EXPECT_EQ(note.events[1].event.credit_released().payment_id(), first);
  EXPECT_EQ(note.events[1].event.credit_released().released(0).amount_minor(), 950);
  EXPECT_EQ(note.events[2].event.credit_note_issued().applied_minor(), 7816);
  EXPECT_EQ(note.events[3].event.payment_refunded().amount_minor(), 5000);
  EXPECT_EQ(note.events[4].event.payment_refunded().credit_note_id(),
            note.response.credit_note_id());
  EXPECT_NE(note.response.refund_id(), note.response.credit_note_id());
  for (const size_t one : {3u, 4u}) {
    EXPECT_EQ(note.events[one].event.payment_refunded().refund_id(), note.response.refund_id());
  }
  EXPECT_EQ(book.account().refunded_minor(), 5950);
  EXPECT_EQ(book.account().unapplied_minor(), 0);
  EXPECT_EQ(book.account().open_minor(), 0);
  EXPECT_EQ(*MinorOf(note.response.refunded()), 5950);
}

TEST(CreditNote, RefundOfAPaidInvoiceLeavesItPaid) {
  Book book;
  book.Pay(200);
  EXPECT_EQ(book.Note(kRefund).response.invoice_state(), v1::INVOICE_STATE_PAID);
  EXPECT_EQ(book.account().open_minor(), 0);
  EXPECT_EQ(book.account().refunded_minor(), 16866);
}

TEST(CreditNote, RefundGivesBackNoMoreThanWasPaid) {
  Book book;
  book.Pay(10);
  // Of 119.00 nothing was paid: 158.66 were open.
  const auto unpaid = book.Note(kRefund + Line(0));
  EXPECT_EQ(unpaid.events.size(), 1u);
  EXPECT_EQ(*MinorOf(unpaid.response.refunded()), 0);
  const auto rest = book.Note(kRefund);
  EXPECT_EQ(*MinorOf(rest.response.refunded()), 1000);
  EXPECT_EQ(book.account().refunded_minor(), 1000);
}

// Credit of another credit note stands on the invoice: no payment to give back.
TEST(CreditNote, RefundTakesMoneyOfPaymentsOnly) {
  Book book;
  book.Pay(200);
  const std::string source = book.Note(kCredit).response.credit_note_id();
  const std::string next = book.story.When(InvoiceOf(150)).response.invoice_id();  // 31.34 of money
  const auto refused = book.story
                           .When(Proto<v1::IssueCreditNoteRequest>(
                               absl::StrCat("invoice_id: '", next, "' ", kRefund)))
                           .ThenRefused("CREDIT_NOTE_ABOVE_PAID");
  EXPECT_EQ(MetadataOf(refused.status, "paid_minor"), "3134");
  EXPECT_EQ(MetadataOf(refused.status, "money_minor"), "15000");
}

TEST(CreditNote, CreditTakesWhatIsOpenFirst) {
  Book book;
  book.Pay(100);  // 68.66 open
  const auto note = book.Note(kCredit + Line(0));
  const auto& event = note.events.at(0).event.credit_note_issued();
  EXPECT_EQ(event.applied_minor(), 6866);
  EXPECT_EQ(event.unapplied_minor(), 11900 - 6866);
  EXPECT_EQ(*MinorOf(note.response.credited()), 11900 - 6866);
  EXPECT_EQ(note.response.invoice_state(), v1::INVOICE_STATE_PAID);
  EXPECT_EQ(book.account().open_minor(), 0);
}

TEST(CreditNote, TakesNoMoreThanTheInvoiceThoughALineIsMore) {
  Story<billing::Billing> story = CustomerWithAccount();
  const std::string id = story
                             .When(Invoice("lines { amount { currency_code: 'EUR' units: 100 } } "
                                           "lines { amount { currency_code: 'EUR' units: -60 } }"))
                             .response.invoice_id();
  const std::string of = absl::StrCat("invoice_id: '", id, "' ", kCredit);
  story.When(Proto<v1::IssueCreditNoteRequest>(of + Line(0)))
      .ThenRefused("CREDIT_NOTE_ABOVE_INVOICE");
  story.When(Proto<v1::IssueCreditNoteRequest>(of + Line(1))).ThenInvalid({"lines"});
  EXPECT_EQ(story.When(Proto<v1::IssueCreditNoteRequest>(of)).response.total().units(), 40);
}

TEST(CreditNote, BitsOfAGrossAmountSumToTheLine) {
  Story<billing::Billing> story = CustomerWithAccount();
  const std::string id =
      story
          .When(Invoice("lines { gross_amount { currency_code: 'EUR' units: 15 } "
                        "        tax_rate_percent { value: '19' } }"))
          .response.invoice_id();
  const auto take = [&](const std::string& what) {
    return story.When(Proto<v1::IssueCreditNoteRequest>(
        absl::StrCat("invoice_id: '", id, "' ", kOffset, " lines { ", what, " }")));
  };
  take("gross { currency_code: 'EUR' nanos: 1 }").ThenInvalid({"lines[0].gross"});
  take("gross { currency_code: 'EUR' units: -1 }").ThenInvalid({"lines[0].gross"});
  take("gross { currency_code: 'USD' units: 1 }").ThenRefused("CURRENCY_MISMATCH");
  const auto above = take("gross { currency_code: 'EUR' units: 15 nanos: 10000000 }")
                         .ThenRefused("CREDIT_NOTE_ABOVE_INVOICE");
  EXPECT_EQ(MetadataOf(above.status, "left_minor"), "1500");
  // 12.61 and 2.39: of 5.00 a tax of 0.7967, of 10.00 of 1.5933.
  const int64_t taxes[] = {80, 79, 80};
  for (const int64_t tax : taxes) {
    const auto note = take("gross { currency_code: 'EUR' units: 5 }");
    ASSERT_TRUE(note.status.ok()) << note.status;
    const auto& credited = note.events[0].event.credit_note_issued();
    EXPECT_EQ(credited.tax_minor(), tax);
    EXPECT_EQ(credited.total_minor(), 500);
  }
  take("").ThenRefused("CREDIT_NOTE_ABOVE_INVOICE");
}

TEST(CreditNote, TaxOfManyBitsSumsToTheTaxOfTheLine) {
  Book book;
  int64_t tax = 0;
  for (int i = 0; i < 33; ++i) {
    const auto note = book.Note(kOffset + Line(1, 101));
    ASSERT_TRUE(note.status.ok()) << note.status;
    tax += note.events[0].event.credit_note_issued().tax_minor();
  }
  tax += book.Note(kOffset).events.at(0).event.credit_note_issued().tax_minor();
  EXPECT_EQ(tax, 2533);  // of the whole invoice
}

}  // namespace
}  // namespace daybook
