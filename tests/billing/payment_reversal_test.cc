// Money that banks take back, in whatever amounts; money that we give back for a credit note; small
// rests that payers leave.
#include <gtest/gtest.h>

#include "common/base/money.h"
#include "services/billing/currency_scale.h"
#include "services/billing/state.h"
#include "tests/billing/billing_story.h"

namespace daybook {
namespace {

using namespace test;
namespace v1 = billing::v1;
namespace state = billing::state;

struct Book {
  Story<billing::Billing> story =
      CustomerWithAccount("currency_code: 'EUR' credit_application: CREDIT_APPLICATION_MANUAL");

  std::string Issue(int64_t units, const std::string& rest = "") {
    return story.When(InvoiceOf(units, rest)).response.invoice_id();
  }
  std::string Pay(int64_t units, const std::string& rest = "") {
    return story.When(PaymentOf(units, rest)).response.payment_id();
  }
  template <class Request>
  auto Of(const std::string& payment_id, const std::string& rest = "") {
    return story.When(Proto<Request>(absl::StrCat("payment_id: '", payment_id, "' ", rest)));
  }
  auto ChargeBack(const std::string& payment_id, const std::string& rest = "") {
    return Of<v1::ChargeBackPaymentRequest>(payment_id, rest);
  }
  std::string Credit(const std::string& invoice_id) {
    return story
        .When(Proto<v1::IssueCreditNoteRequest>(
            absl::StrCat("invoice_id: '", invoice_id, "' kind: CREDIT_NOTE_KIND_CREDIT")))
        .response.credit_note_id();
  }
  auto PayOut(const std::string& credit_note_id, const std::string& rest = "") {
    return story.When(Proto<v1::RefundCreditNoteRequest>(
        absl::StrCat("credit_note_id: '", credit_note_id, "' ", rest)));
  }
  const state::Account& account() { return story.state().billing().accounts(0); }
  const state::Payment& payment(const std::string& id) {
    for (const auto& one : account().payments()) {
      if (one.payment_id() == id) return one;
    }
    ADD_FAILURE() << "no payment " << id;
    return account().payments(0);
  }
  const state::Invoice& invoice(const std::string& id) {
    for (const auto* list : {&account().open_invoices(), &account().settled_invoices()}) {
      for (const auto& one : *list) {
        if (one.invoice_id() == id) return one;
      }
    }
    ADD_FAILURE() << "no invoice " << id;
    return account().settled_invoices(0);
  }
  int64_t open(const std::string& id) { return invoice(id).open_minor() / 100; }
};

std::string Amount(int64_t units) {
  return absl::StrCat("amount { currency_code: 'EUR' units: ", units, " } ");
}
std::string Instructed(const std::string& invoice_id) {
  return absl::StrCat("allocations { invoice_id: '", invoice_id, "' } ");
}
std::string On(int month, int day) {
  return absl::StrCat("effective_date { year: 2026 month: ", month, " day: ", day, " } ");
}
const absl::CivilDay kToday(2026, 3, 15);
constexpr char kClaim[] = "excess: REVERSAL_EXCESS_CLAIM ";
constexpr char kLoss[] = "excess: REVERSAL_EXCESS_LOSS ";

TEST(PaymentReversal, RefusesBadFields) {
  Book book;
  book.ChargeBack("x", Amount(0) + "excess: 9 external_id: ' ' " + On(13, 1))
      .ThenInvalid({"amount", "external_id", "effective_date", "excess"});
  const std::string paid = book.Pay(10);
  book.ChargeBack(paid, "amount { currency_code: 'USD' units: 1 }")
      .ThenRefused("CURRENCY_MISMATCH");
}

TEST(PaymentReversal, OfMoreThanIsLeftWantsToKnowWhoBearsIt) {
  Book book;
  const std::string paid = book.Pay(100);
  book.Of<v1::RefundPaymentRequest>(paid, Amount(60));
  const auto refused = book.ChargeBack(paid, Amount(100)).ThenRefused("REVERSAL_ABOVE_PAYMENT");
  EXPECT_EQ(MetadataOf(refused.status, "left_minor"), "4000");
  // Without an amount it is what is left; once nothing is, the amount must be said.
  EXPECT_EQ(book.ChargeBack(paid).response.amount().units(), 40);
  EXPECT_EQ(
      MetadataOf(book.ChargeBack(paid).ThenRefused("REVERSAL_ABOVE_PAYMENT").status, "left_minor"),
      "0");
  book.ChargeBack(paid, kClaim).ThenRefused("REVERSAL_ABOVE_PAYMENT");
}

TEST(PaymentReversal, OfAPartLeavesTheRest) {
  Book book;
  const std::string a = book.Issue(50), b = book.Issue(50);
  const std::string paid = book.Pay(120);  // 50 on each, 20 left
  const auto first = book.ChargeBack(paid, Amount(15) + "reason: 'goods'");
  first.Then({absl::StrCat("payment_reversed { account_id: 'acc' payment_id: '", paid,
                           "' currency_code: 'EUR' state: PAYMENT_STATE_CHARGED_BACK "
                           "amount_minor: 1500 unapplied_minor: 1500 reason: 'goods' "
                           "partial: true }")});
  EXPECT_EQ(first.response.state(), v1::PAYMENT_STATE_SUCCEEDED);
  EXPECT_EQ(first.response.left().units(), 105);
  EXPECT_EQ(first.response.invoice_count(), 0);
  // 5 are unapplied: the rest comes off the invoice that got money last.
  const auto second = book.ChargeBack(paid, Amount(45));
  ASSERT_EQ(second.events.size(), 2u);
  EXPECT_EQ(second.events[0].event.credit_released().released(0).invoice_id(), b);
  EXPECT_EQ(second.events[0].event.credit_released().released(0).amount_minor(), 4000);
  EXPECT_EQ(second.events[1].event.payment_reversed().amount_minor(), 4500);
  EXPECT_EQ(second.response.invoice_count(), 1);
  EXPECT_EQ(book.open(a), 0);
  EXPECT_EQ(book.open(b), 40);
  EXPECT_EQ(book.invoice(b).state(), v1::INVOICE_STATE_ISSUED);
  // A bounce of what is left ends it.
  const auto last = book.Of<v1::ReversePaymentRequest>(paid);
  EXPECT_EQ(last.response.amount().units(), 60);
  EXPECT_EQ(last.response.state(), v1::PAYMENT_STATE_REVERSED);
  EXPECT_EQ(book.open(a), 50);
  EXPECT_EQ(book.payment(paid).reversed_minor(), 12'000);
  ASSERT_EQ(book.payment(paid).reversals_size(), 3);
  EXPECT_EQ(book.payment(paid).reversals(1).kind(), v1::PAYMENT_STATE_CHARGED_BACK);
  EXPECT_EQ(book.payment(paid).reversals(2).kind(), v1::PAYMENT_STATE_REVERSED);
  EXPECT_EQ(book.payment(paid).reversals(2).reversed_minor(), 6'000);
}

TEST(PaymentReversal, BeyondWhatIsLeftIsAClaimThatCanBePaid) {
  Book book;
  const std::string paid = book.Pay(100);
  book.Of<v1::RefundPaymentRequest>(paid, Amount(60));
  const auto outcome = book.ChargeBack(paid, Amount(100) + kClaim + "reason: 'fraud' " + On(3, 15));
  const std::string note = outcome.response.debit_note_id();
  outcome.Then(
      {absl::StrCat("payment_reversed { account_id: 'acc' payment_id: '", paid,
                    "' currency_code: 'EUR' state: PAYMENT_STATE_CHARGED_BACK amount_minor: 4000 "
                    "unapplied_minor: 4000 reason: 'fraud' excess_minor: 6000 }"),
       absl::StrCat("debit_note_issued { account_id: 'acc' debit_note_id: '", note,
                    "' number { series: 'DN' year: 2026 partition: 3 sequence: 1 } payment_id: '",
                    paid,
                    "' currency_code: 'EUR' due_date { year: 2026 month: 3 day: 15 } "
                    "total_minor: 6000 reason: 'fraud' }")});
  EXPECT_EQ(outcome.response.amount().units(), 100);
  EXPECT_EQ(outcome.response.excess().units(), 60);
  EXPECT_EQ(outcome.response.debit_note_number(), "DN-2026-03-000001");
  EXPECT_EQ(outcome.response.state(), v1::PAYMENT_STATE_CHARGED_BACK);
  EXPECT_EQ(book.account().open_minor(), 6000);
  // It is paid, given up and recovered as an invoice is; it has no lines to take back.
  const std::string of = absl::StrCat("invoice_id: '", note, "' ");
  book.story.When(Proto<v1::VoidInvoiceRequest>(of)).ThenRefused("NOT_AN_INVOICE");
  book.story.When(Proto<v1::IssueCreditNoteRequest>(of + "kind: CREDIT_NOTE_KIND_OFFSET"))
      .ThenRefused("NOT_AN_INVOICE");
  EXPECT_EQ(book.story
                .When(Proto<v1::WriteOffInvoiceRequest>(
                    of + "reason: WRITE_OFF_REASON_BAD_DEBT correct_tax: true"))
                .response.state(),
            v1::INVOICE_STATE_UNCOLLECTIBLE);
  EXPECT_EQ(book.account().open_minor(), 0);
  book.story.When(Proto<v1::ReverseWriteOffRequest>(of));
  EXPECT_EQ(book.story.When(PaymentOf(60)).response.allocation_count(), 1);
  EXPECT_EQ(book.invoice(note).state(), v1::INVOICE_STATE_PAID);
  // The next one has the next number; an invoice's and a credit note's are others.
  EXPECT_EQ(book.ChargeBack(paid, Amount(1) + kClaim).response.debit_note_number(),
            "DN-2026-03-000002");
  EXPECT_EQ(book.story.When(InvoiceOf(1)).response.number(), "A-2026-03-000001");
}

TEST(PaymentReversal, BeyondWhatIsLeftIsALossThatNobodyOwes) {
  Book book;
  const std::string a = book.Issue(100), paid = book.Pay(100);
  book.story.When(Proto<v1::IssueCreditNoteRequest>(
      absl::StrCat("invoice_id: '", a, "' kind: CREDIT_NOTE_KIND_REFUND")));
  const auto outcome = book.ChargeBack(paid, Amount(70) + kLoss);
  ASSERT_EQ(outcome.events.size(), 2u);
  // Nothing was left of it, and it is charged back all the same.
  EXPECT_EQ(outcome.events[0].event.payment_reversed().amount_minor(), 0);
  EXPECT_EQ(outcome.events[1].event.payment_loss_taken().amount_minor(), 7000);
  EXPECT_EQ(outcome.response.state(), v1::PAYMENT_STATE_CHARGED_BACK);
  EXPECT_EQ(book.account().open_minor(), 0);
  EXPECT_EQ(book.payment(paid).reversals(0).lost_minor(), 7000);
  EXPECT_EQ(book.payment(paid).reversals(0).claimed_minor(), 0);
  // The choice says nothing where nothing is beyond.
  const std::string other = book.Pay(10);
  EXPECT_EQ(book.ChargeBack(other, Amount(10) + kClaim).events.size(), 1u);
}

TEST(PaymentReversal, UnderAKnownExternalIdIsNotTakenTwice) {
  Book book;
  const std::string paid = book.Pay(100), other = book.Pay(100);
  const std::string id = "external_id: 'dp_1' ";
  book.ChargeBack(paid, Amount(130) + kClaim + id);
  const auto again = book.ChargeBack(paid, Amount(130) + kClaim + id);
  EXPECT_TRUE(again.events.empty());
  EXPECT_TRUE(again.status.ok()) << again.status;
  EXPECT_EQ(again.response.amount().units(), 130);
  EXPECT_EQ(again.response.excess().units(), 30);
  EXPECT_EQ(again.response.debit_note_number(), "DN-2026-03-000001");
  EXPECT_TRUE(book.ChargeBack(paid, id).events.empty());
  book.ChargeBack(paid, Amount(131) + kClaim + id).ThenRefused("PAYMENT_EXISTS");
  book.ChargeBack(other, Amount(130) + kClaim + id).ThenRefused("PAYMENT_EXISTS");
  const auto lost = book.ChargeBack(paid, Amount(130) + kLoss + id).ThenRefused("PAYMENT_EXISTS");
  EXPECT_EQ(MetadataOf(lost.status, "different_fields"), "excess");
  book.Of<v1::ReversePaymentRequest>(paid, Amount(130) + kClaim + id).ThenRefused("PAYMENT_EXISTS");
}

// On the bank's day; money comes off an invoice on the day on which it was put there at the
// earliest.
TEST(PaymentReversal, OfAPartIsDatedByTheBank) {
  Book book;
  const std::string paid = book.Pay(100, "payment_date { year: 2026 month: 2 day: 1 }");
  const std::string a = book.Issue(90, "invoice_date { year: 2026 month: 2 day: 20 }");
  book.Of<v1::ApplyCreditRequest>(paid, Instructed(a) + On(2, 25));
  const auto outcome = book.ChargeBack(paid, Amount(50) + On(2, 10));
  ASSERT_EQ(outcome.events.size(), 2u);
  EXPECT_EQ(outcome.events[0].effective_date, absl::CivilDay(2026, 2, 25));
  EXPECT_EQ(outcome.events[1].effective_date, absl::CivilDay(2026, 2, 10));
  EXPECT_EQ(book.open(a), 40);
  book.ChargeBack(paid, Amount(1) + On(1, 31)).ThenInvalid({"effective_date"});
}

TEST(PaymentReversal, ClaimsMoreThanFits64BitsNever) {
  Book book;
  book.Issue(9'000'000'000'000'000, "allow_unusual: true");
  const std::string paid = book.Pay(1);
  book.ChargeBack(paid, Amount(92'000'000'000'000'000) + kClaim).ThenRefused("AMOUNT_OVERFLOW");
}

// --- a small rest

TEST(WriteOffCredit, TakesASmallRestToIncomeAndBack) {
  Book book;
  book.Issue(100);
  const std::string paid = book.Pay(101);
  const auto taken = book.Of<v1::WriteOffCreditRequest>(paid, "reason: 'a cent too much' ");
  taken.Then(
      {absl::StrCat("credit_written_off { account_id: 'acc' payment_id: '", paid,
                    "' currency_code: 'EUR' amount_minor: 100 reason: 'a cent too much' }")});
  EXPECT_EQ(book.account().unapplied_minor(), 0);
  EXPECT_EQ(book.account().credit_written_off_minor(), 100);
  EXPECT_TRUE(book.story.When(Proto<v1::CloseAccountRequest>("validate_only: true")).status.ok());
  book.Of<v1::WriteOffCreditRequest>(paid).ThenRefused("CREDIT_TOO_SMALL");
  book.Of<v1::RefundPaymentRequest>(paid).ThenRefused("CREDIT_TOO_SMALL");
  const auto back = book.Of<v1::ReverseCreditWriteOffRequest>(paid);
  EXPECT_EQ(back.response.amount().units(), 1);
  EXPECT_EQ(back.response.unapplied().units(), 1);
  EXPECT_EQ(book.account().credit_written_off_minor(), 0);
  book.Of<v1::ReverseCreditWriteOffRequest>(paid).ThenRefused("NOTHING_WRITTEN_OFF");
}

TEST(WriteOffCredit, IsBoundedByTheToleranceOfTheCurrency) {
  for (const char* currency : {"EUR", "JPY", "KWD", "HUF", "CLF"}) {
    SCOPED_TRACE(currency);
    Story<billing::Billing> story =
        CustomerWithAccount(absl::StrCat("currency_code: '", currency, "'"));
    const int64_t tolerance = billing::WriteOffTolerance(currency);
    const auto pay = [&](int64_t minor) {
      v1::RecordPaymentRequest request;
      *request.mutable_amount() = MoneyOf(minor, *Currency::Find(currency));
      request.set_method(v1::PAYMENT_METHOD_CARD);
      return absl::StrCat("payment_id: '", story.When(request).response.payment_id(), "'");
    };
    const auto refused = story.When(Proto<v1::WriteOffCreditRequest>(pay(tolerance + 1)))
                             .ThenRefused("CREDIT_ABOVE_TOLERANCE");
    EXPECT_EQ(MetadataOf(refused.status, "tolerance_minor"), absl::StrCat(tolerance));
    EXPECT_EQ(story.When(Proto<v1::WriteOffCreditRequest>(pay(tolerance))).events.size(), 1u);
  }
}

TEST(WriteOffCredit, IsTakenBackWithThePayment) {
  Book book;
  const std::string a = book.Issue(99), paid = book.Pay(100);
  book.Of<v1::WriteOffCreditRequest>(paid);
  // A part: the rest goes first, then the invoice.
  const auto part = book.ChargeBack(paid, Amount(3));
  ASSERT_EQ(part.events.size(), 3u);
  EXPECT_EQ(part.events[0].event.credit_write_off_reversed().amount_minor(), 100);
  EXPECT_EQ(part.events[1].event.credit_released().released(0).amount_minor(), 200);
  EXPECT_EQ(book.open(a), 2);
  // All of another.
  const std::string other = book.Pay(3);  // 2 on the invoice
  book.Of<v1::WriteOffCreditRequest>(other);
  const auto all = book.Of<v1::ReversePaymentRequest>(other);
  ASSERT_EQ(all.events.size(), 2u);
  EXPECT_EQ(all.events[1].event.payment_reversed().unapplied_minor(), 100);
  EXPECT_EQ(all.response.amount().units(), 3);
  EXPECT_EQ(book.account().credit_written_off_minor(), 0);
}

TEST(WriteOffCredit, GoesBackOnItsDayAtTheEarliest) {
  Book book;
  const std::string paid = book.Pay(1, "payment_date { year: 2026 month: 2 day: 1 }");
  book.Of<v1::WriteOffCreditRequest>(paid, On(1, 31)).ThenInvalid({"effective_date"});
  book.Of<v1::WriteOffCreditRequest>(paid, On(2, 10));
  book.Of<v1::ReverseCreditWriteOffRequest>(paid, On(2, 9)).ThenInvalid({"effective_date"});
  const auto bounced = book.Of<v1::ReversePaymentRequest>(paid, On(2, 5));
  ASSERT_EQ(bounced.events.size(), 2u);
  EXPECT_EQ(bounced.events[0].effective_date, absl::CivilDay(2026, 2, 10));
  EXPECT_EQ(bounced.events[1].effective_date, absl::CivilDay(2026, 2, 5));
}

// --- a credit note paid out

TEST(RefundCreditNote, PaysOutInOneCommand) {
  Book book;
  const std::string a = book.Issue(100);
  const std::string first = book.Pay(70), second = book.Pay(30);
  const std::string note = book.Credit(a);
  EXPECT_EQ(book.account().unapplied_minor(), 10'000);
  const auto out = book.PayOut(note, Amount(50) + "external_id: 'rf' reason: 'moved' ");
  ASSERT_EQ(out.events.size(), 5u);
  EXPECT_EQ(out.events[0].event.credit_released().payment_id(), second);
  EXPECT_EQ(out.events[1].event.credit_released().payment_id(), first);
  EXPECT_EQ(out.events[1].event.credit_released().released(0).amount_minor(), 2000);
  EXPECT_EQ(out.events[2].event.credit_applied().payment_id(), note);
  EXPECT_EQ(out.events[2].event.credit_applied().allocations(0).amount_minor(), 5000);
  EXPECT_EQ(out.events[4].event.payment_refunded().amount_minor(), 2000);
  EXPECT_EQ(out.events[4].event.payment_refunded().credit_note_id(), note);
  EXPECT_EQ(out.response.refund_count(), 2);
  EXPECT_NE(out.response.refund_id(), "");
  for (const size_t one : {3u, 4u}) {
    EXPECT_EQ(out.events[one].event.payment_refunded().refund_id(), out.response.refund_id());
  }
  EXPECT_EQ(out.response.unapplied().units(), 50);
  EXPECT_EQ(book.invoice(a).state(), v1::INVOICE_STATE_PAID);
  EXPECT_EQ(book.account().refunded_minor(), 5000);
  EXPECT_EQ(book.account().unapplied_minor(), 5000);
  // Not twice under one id, not for another amount, not as a refund of a payment.
  const auto again = book.PayOut(note, Amount(50) + "external_id: 'rf' ");
  EXPECT_TRUE(again.status.ok() && again.events.empty()) << again.status;
  EXPECT_EQ(again.response.refund_count(), 2);
  book.PayOut(note, Amount(49) + "external_id: 'rf' ").ThenRefused("PAYMENT_EXISTS");
  const std::string extra = book.Pay(30);
  book.Of<v1::RefundPaymentRequest>(extra, Amount(30) + "external_id: 'rf' ")
      .ThenRefused("PAYMENT_EXISTS");
  // The rest.
  EXPECT_EQ(book.PayOut(note).response.amount().units(), 50);
  EXPECT_EQ(book.invoice(a).state(), v1::INVOICE_STATE_PAID);
  book.PayOut(note).ThenRefused("CREDIT_TOO_SMALL");
}

TEST(RefundCreditNote, SaysWhatToDoWhereNoMoneyIs) {
  Book book;
  const std::string a = book.Issue(100), paid = book.Pay(100);
  const std::string note = book.Credit(a);
  book.Of<v1::RefundPaymentRequest>(note).ThenRefused("NOT_A_PAYMENT");
  book.ChargeBack(note).ThenRefused("NOT_A_PAYMENT");
  book.PayOut(paid).ThenRefused("CREDIT_NOTE_NOT_FOUND");
  book.PayOut("nobody").ThenRefused("CREDIT_NOTE_NOT_FOUND");
  book.PayOut(note, Amount(101)).ThenRefused("CREDIT_TOO_SMALL");
  book.PayOut(note, "amount { currency_code: 'USD' units: 1 }").ThenRefused("CURRENCY_MISMATCH");
  // The money went: nothing is behind the note any more.
  book.ChargeBack(paid, Amount(70));
  const auto refused = book.PayOut(note).ThenRefused("CREDIT_NOTE_NOT_PAID");
  EXPECT_EQ(MetadataOf(refused.status, "paid_minor"), "3000");
  EXPECT_EQ(MetadataOf(refused.status, "invoice_id"), a);
  EXPECT_EQ(MetadataOf(refused.status, "open_minor"), "7000");
  // As the refusal says: what money is there, and the rest on what is open.
  EXPECT_TRUE(book.PayOut(note, Amount(30)).status.ok());
  EXPECT_EQ(book.Of<v1::ApplyCreditRequest>(note).response.amount().units(), 70);
  EXPECT_EQ(book.account().open_minor() + book.account().unapplied_minor(), 0);
}

TEST(RefundCreditNote, IsNotDatedBeforeTheMoneyOrTheNote) {
  Book book;
  const std::string a = book.Issue(10, "invoice_date { year: 2026 month: 1 day: 1 }");
  book.Pay(10, "payment_date { year: 2026 month: 2 day: 1 }");
  const std::string note =
      book.story
          .When(Proto<v1::IssueCreditNoteRequest>(
              absl::StrCat("invoice_id: '", a, "' kind: CREDIT_NOTE_KIND_CREDIT ", On(2, 10))))
          .response.credit_note_id();
  book.PayOut(note, On(2, 9)).ThenInvalid({"effective_date"});
  EXPECT_EQ(book.PayOut(note, On(2, 10)).events.back().effective_date, absl::CivilDay(2026, 2, 10));
}

// The invoice, and so its credit notes, may be dated ahead; money is of the day on which it moves.
TEST(RefundCreditNote, GoesTodayAlsoForANoteThatIsDatedAhead) {
  Book book;
  const std::string ahead = book.Issue(100, "invoice_date { year: 2026 month: 6 day: 1 }");
  book.Pay(100);
  const std::string note = book.Credit(ahead);
  const auto out = book.PayOut(note);
  ASSERT_EQ(out.events.size(), 3u);
  EXPECT_EQ(out.events[0].effective_date, kToday);                      // off the invoice
  EXPECT_EQ(out.events[1].effective_date, absl::CivilDay(2026, 6, 1));  // the note in its place
  EXPECT_EQ(out.events[2].effective_date, kToday);
  EXPECT_TRUE(out.events[2].event.has_payment_refunded());
}

TEST(CreditNoteRefund, GoesTodayAlsoForAnInvoiceThatIsDatedAhead) {
  Book book;
  const std::string ahead = book.Issue(100, "invoice_date { year: 2026 month: 6 day: 1 }");
  book.Pay(100);
  const auto note = book.story.When(Proto<v1::IssueCreditNoteRequest>(
      absl::StrCat("invoice_id: '", ahead, "' kind: CREDIT_NOTE_KIND_REFUND")));
  ASSERT_EQ(note.events.size(), 3u);
  EXPECT_EQ(note.events[0].effective_date, kToday);                      // off the invoice
  EXPECT_EQ(note.events[1].effective_date, absl::CivilDay(2026, 6, 1));  // the note
  EXPECT_EQ(note.events[2].effective_date, kToday);
}

// Nor does the note wait for money that is dated ahead.
TEST(CreditNoteRefund, OfMoneyThatIsDatedAheadGoesWhenItHasCome) {
  Book book;
  const std::string invoice = book.Issue(100);
  book.Pay(100, "payment_date { year: 2026 month: 6 day: 5 }");
  const auto note = book.story.When(Proto<v1::IssueCreditNoteRequest>(
      absl::StrCat("invoice_id: '", invoice, "' kind: CREDIT_NOTE_KIND_REFUND")));
  ASSERT_EQ(note.events.size(), 3u);
  EXPECT_EQ(note.events[0].effective_date, absl::CivilDay(2026, 6, 5));  // off the invoice
  EXPECT_EQ(note.events[1].effective_date, kToday);                      // the note
  EXPECT_EQ(note.events[2].effective_date, absl::CivilDay(2026, 6, 5));
}

}  // namespace
}  // namespace daybook
