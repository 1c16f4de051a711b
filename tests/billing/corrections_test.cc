// Every state of an invoice × every correction of it: what has happened can be put right, and
// nothing becomes money that was never paid. In currencies of every scale.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "common/base/money.h"
#include "services/billing/currency_scale.h"
#include "services/billing/state.h"
#include "tests/billing/billing_story.h"

namespace daybook {
namespace {

using namespace test;
namespace v1 = billing::v1;
namespace state = billing::state;

// What happened to the invoice of 100 units before. A unit is the largest residue of the currency.
enum class Was {
  kIssued,
  kPartlyPaid,
  kPaid,
  kPaidByCreditNote,  // of another invoice
  kPaidButAResidue,
  kAllResidue,  // of one unit, nothing paid
  kOffset,      // by a credit note of all
  kOfNothing,   // lines of 100 and -100
  kMarked,
  kWrittenOff,
  kWrittenOffPartlyPaid,
  kVoid,
  kBounced,
  kResidueBounced,      // paid but a residue, then the payment bounced
  kRecoveryBounced,     // written off, 30 recovered, and they bounced
  kDiscountTaken,       // 98 paid early, 2 % let off
  kDiscountMissed,      // 98 paid a day late
  kDiscountBounced,     // taken, then the payment bounced
  kDiscountReversed,    // taken, and undone by a command
  kDiscountAndResidue,  // a bit less than 98 paid early, the rest written off beside the discount
};

enum class Correction {
  kVoid,
  kMark,
  kUnmark,
  kWriteOff,  // as BAD_DEBT
  kReverseWriteOff,
  kOffset,  // credit notes of all
  kCredit,
  kRefund,
  kPay,      // by its name
  kRelease,  // of the last money
};
constexpr int kCorrections = static_cast<int>(Correction::kRelease) + 1;

// What each letter of a row stands for; x: accepted.
std::string ReasonOf(char letter) {
  switch (letter) {
    case 'x':
      return "";
    case 'T':
      return "ILLEGAL_TRANSITION";
    case 'm':
      return "INVOICE_HAS_MONEY";
    case 'n':
      return "NOTHING_WRITTEN_OFF";
    case 'w':
      return "INVOICE_WRITTEN_OFF";
    case 'r':
      return "WRITE_OFF_REASON_MIXED";
    case 'i':
      return "CREDIT_NOTE_ABOVE_INVOICE";
    case 'o':
      return "CREDIT_NOTE_ABOVE_OPEN";
    case 'p':
      return "CREDIT_NOTE_ABOVE_PAID";
    case 'c':
      return "INVOICE_NOT_OPEN";
    case 'a':
      return "ALLOCATION_TOO_SMALL";
  }
  return "?";
}

struct Row {
  Was was;
  const char* name;
  std::string_view outcomes;  // in the order of Correction
};
constexpr Row kTable[] = {
    // void mark unmark write-off reverse | offset credit refund | pay release
    {Was::kIssued, "issued",
     "xxTxn"
     "xxx"
     "xa"},
    {Was::kPartlyPaid, "partly paid",
     "mxTxn"
     "oxx"
     "xx"},
    {Was::kPaid, "paid",
     "mTTTn"
     "oxx"
     "cx"},
    {Was::kPaidByCreditNote, "paid by a credit note",
     "mTTTn"
     "oxp"
     "cx"},
    {Was::kPaidButAResidue, "paid but a residue",
     "mTTTx"
     "oxx"
     "cx"},
    {Was::kAllResidue, "all of it a residue",
     "xTTTx"
     "xxx"
     "ca"},
    {Was::kOffset, "offset",
     "mTTTn"
     "iii"
     "ca"},
    {Was::kOfNothing, "of nothing",
     "xTTTn"
     "xxx"
     "ca"},
    {Was::kMarked, "marked",
     "xTxxn"
     "xxx"
     "xa"},
    {Was::kWrittenOff, "written off",
     "xTwcx"
     "xxx"
     "xa"},
    {Was::kWrittenOffPartlyPaid, "written off, partly paid",
     "mTwcx"
     "oxx"
     "xx"},
    {Was::kVoid, "void",
     "TTTTT"
     "TTT"
     "cT"},
    {Was::kBounced, "bounced",
     "xxTxn"
     "xxx"
     "xT"},
    {Was::kResidueBounced, "residue, bounced",
     "xxTxx"
     "xxx"
     "xT"},
    {Was::kRecoveryBounced, "recovery bounced",
     "xTwrx"
     "xxx"
     "xT"},
    {Was::kDiscountTaken, "discount taken",
     "mTTTx"
     "oxx"
     "cx"},
    {Was::kDiscountMissed, "discount missed",
     "mxTxn"
     "oxx"
     "xx"},
    {Was::kDiscountBounced, "discount taken, bounced",
     "xxTxn"
     "xxx"
     "xT"},
    {Was::kDiscountReversed, "discount reversed",
     "mxTxn"
     "oxx"
     "xx"},
    {Was::kDiscountAndResidue, "discount and residue",
     "mTTTx"
     "oxx"
     "cx"},
};

class Scene {
 public:
  explicit Scene(const std::string& currency)
      : currency_(*Currency::Find(currency)),
        unit_(billing::WriteOffTolerance(currency)),
        story_(CustomerWithAccount(absl::StrCat(
            "currency_code: '", currency, "' credit_application: CREDIT_APPLICATION_MANUAL"))) {}

  // A step of the way; must be accepted.
  template <class Request>
  auto Do(const Request& request) {
    const auto outcome = story_.When(request);
    EXPECT_TRUE(outcome.status.ok()) << outcome.status;
    return outcome.response;
  }
  // Minor units.
  std::string Issue(const std::vector<int64_t>& lines, const std::string& rest = "") {
    auto request = Proto<v1::IssueInvoiceRequest>(rest);
    for (const int64_t amount : lines) {
      *request.add_lines()->mutable_amount() = MoneyOf(amount, currency_);
    }
    return Do(request).invoice_id();
  }
  void Pay(int64_t amount, const std::string& invoice_id, const std::string& rest = "") {
    auto request = Proto<v1::RecordPaymentRequest>(rest);
    *request.mutable_amount() = MoneyOf(amount, currency_);
    request.set_method(v1::PAYMENT_METHOD_CARD);
    request.add_allocations()->set_invoice_id(invoice_id);
    source_ = Do(request).payment_id();
  }
  void Bounce() {
    v1::ReversePaymentRequest request;
    request.set_payment_id(source_);
    Do(request);
  }
  void WriteOff(v1::WriteOffReason reason) {
    v1::WriteOffInvoiceRequest request;
    request.set_invoice_id(invoice_);
    request.set_reason(reason);
    Do(request);
  }
  std::string Note(const std::string& invoice_id, v1::CreditNoteKind kind) {
    v1::IssueCreditNoteRequest request;
    request.set_invoice_id(invoice_id);
    request.set_kind(kind);
    return Do(request).credit_note_id();
  }

  void Make(Was was) {
    const int64_t all = 100 * unit_, residue = std::max<int64_t>(unit_ / 2, 1);
    if (was == Was::kAllResidue) {
      invoice_ = Issue({unit_});
      return WriteOff(v1::WRITE_OFF_REASON_NORMAL);
    }
    if (was == Was::kOfNothing) {
      invoice_ = Issue({all, -all});
      return;
    }
    if (was >= Was::kDiscountTaken) return MakeDiscount(was, all);
    invoice_ = Issue({all});
    switch (was) {
      case Was::kPartlyPaid:
        return Pay(40 * unit_, invoice_);
      case Was::kPaid:
        return Pay(all, invoice_);
      case Was::kPaidByCreditNote: {
        const std::string other = Issue({all});
        Pay(all, other);
        source_ = Note(other, v1::CREDIT_NOTE_KIND_CREDIT);
        v1::ApplyCreditRequest request;
        request.set_payment_id(source_);
        request.add_allocations()->set_invoice_id(invoice_);
        Do(request);
        return;
      }
      case Was::kPaidButAResidue:
      case Was::kResidueBounced:
        Pay(all - residue, invoice_);
        WriteOff(v1::WRITE_OFF_REASON_NORMAL);
        if (was == Was::kResidueBounced) Bounce();
        return;
      case Was::kOffset:
        Note(invoice_, v1::CREDIT_NOTE_KIND_OFFSET);
        return;
      case Was::kMarked: {
        v1::MarkInvoiceUncollectibleRequest request;
        request.set_invoice_id(invoice_);
        Do(request);
        return;
      }
      case Was::kWrittenOff:
        return WriteOff(v1::WRITE_OFF_REASON_BAD_DEBT);
      case Was::kWrittenOffPartlyPaid:
        Pay(40 * unit_, invoice_);
        return WriteOff(v1::WRITE_OFF_REASON_BAD_DEBT);
      case Was::kVoid: {
        v1::VoidInvoiceRequest request;
        request.set_invoice_id(invoice_);
        Do(request);
        return;
      }
      case Was::kBounced:
        Pay(all, invoice_);
        return Bounce();
      case Was::kRecoveryBounced:
        WriteOff(v1::WRITE_OFF_REASON_OVERDUE);
        Pay(30 * unit_, invoice_);
        return Bounce();
      default:
        return;
    }
  }

  // 2/10 net 30 of 2026-03-01.
  void MakeDiscount(Was was, int64_t all) {
    invoice_ = Issue({all},
                     "invoice_date { year: 2026 month: 3 day: 1 } terms { net_days: 30 "
                     "early_payment_discount { days: 10 percent { value: '2' } } }");
    const int64_t residue = was == Was::kDiscountAndResidue ? std::max<int64_t>(unit_ / 2, 1) : 0;
    Pay(98 * unit_ - residue, invoice_,
        absl::StrCat("payment_date { year: 2026 month: 3 day: ",
                     was == Was::kDiscountMissed ? 12 : 11, " }"));
    if (was == Was::kDiscountMissed) return;
    if (was == Was::kDiscountAndResidue) WriteOff(v1::WRITE_OFF_REASON_NORMAL);
    EXPECT_EQ(invoice().discounted_minor(), 2 * unit_);
    if (was == Was::kDiscountBounced) Bounce();
    if (was == Was::kDiscountReversed) {
      EXPECT_TRUE(OfInvoice(v1::ReverseWriteOffRequest()).ok());
    }
  }

  absl::Status Correct(Correction correction) {
    switch (correction) {
      case Correction::kVoid:
        return OfInvoice(v1::VoidInvoiceRequest());
      case Correction::kMark:
        return OfInvoice(v1::MarkInvoiceUncollectibleRequest());
      case Correction::kUnmark:
        return OfInvoice(v1::UnmarkInvoiceUncollectibleRequest());
      case Correction::kWriteOff: {
        v1::WriteOffInvoiceRequest request;
        request.set_reason(v1::WRITE_OFF_REASON_BAD_DEBT);
        return OfInvoice(request);
      }
      case Correction::kReverseWriteOff:
        return OfInvoice(v1::ReverseWriteOffRequest());
      case Correction::kOffset:
        return Credit(v1::CREDIT_NOTE_KIND_OFFSET);
      case Correction::kCredit:
        return Credit(v1::CREDIT_NOTE_KIND_CREDIT);
      case Correction::kRefund:
        return Credit(v1::CREDIT_NOTE_KIND_REFUND);
      case Correction::kPay: {
        v1::RecordPaymentRequest request;
        *request.mutable_amount() = MoneyOf(unit_, currency_);
        request.set_method(v1::PAYMENT_METHOD_CARD);
        request.add_allocations()->set_invoice_id(invoice_);
        return story_.When(request).status;
      }
      case Correction::kRelease: {
        v1::ReleaseCreditRequest request;
        // Where nothing was ever paid, of a payment that has nothing to do with it.
        if (source_.empty()) Pay(unit_, Issue({unit_}));
        request.set_payment_id(source_);
        return OfInvoice(request);
      }
    }
    return absl::OkStatus();
  }

  const state::Account& account() { return story_.state().billing().accounts(0); }
  const state::Invoice& invoice() {
    for (const auto* list : {&account().open_invoices(), &account().settled_invoices()}) {
      for (const state::Invoice& one : *list) {
        if (one.invoice_id() == invoice_) return one;
      }
    }
    ADD_FAILURE() << "no invoice";
    return account().settled_invoices(0);
  }
  int64_t MoneyOn() {
    int64_t sum = 0;
    const state::Allocations& rows = account().allocations();
    for (int i = 0; i < rows.payment_size(); ++i) {
      if (rows.invoice(i) == invoice().ordinal()) sum += rows.amount_minor(i);
    }
    return sum;
  }

  // What holds whatever happened.
  void ExpectSums() {
    const state::Account& a = account();
    EXPECT_EQ(a.received_minor() + a.credited_minor(), a.allocated_minor() + a.unapplied_minor() +
                                                           a.refunded_minor() + a.reversed_minor() +
                                                           a.credit_written_off_minor());
    const state::Invoice& i = invoice();
    if (i.state() == v1::INVOICE_STATE_VOID) {
      EXPECT_EQ(i.open_minor() + i.written_off_minor() + i.residue_minor() + i.discounted_minor() +
                    MoneyOn(),
                0);
      return;
    }
    EXPECT_EQ(i.total_minor(), i.open_minor() + i.credited_minor() + i.written_off_minor() +
                                   i.residue_minor() + i.discounted_minor() + MoneyOn());
    EXPECT_TRUE(i.discounted_minor() == 0 || i.open_minor() == 0);
    EXPECT_EQ(i.state() == v1::INVOICE_STATE_PAID,
              i.open_minor() == 0 && i.written_off_minor() == 0);
  }

  const Currency& currency() const { return currency_; }
  int64_t unit() const { return unit_; }
  const std::string& invoice_id() const { return invoice_; }
  void set_invoice(std::string id) { invoice_ = std::move(id); }
  Story<billing::Billing>& story() { return story_; }

 private:
  template <class Request>
  absl::Status OfInvoice(Request request) {
    request.set_invoice_id(invoice_);
    return story_.When(request).status;
  }
  // A credit note of all never makes more money of the invoice than stands on it.
  absl::Status Credit(v1::CreditNoteKind kind) {
    v1::IssueCreditNoteRequest request;
    request.set_invoice_id(invoice_);
    request.set_kind(kind);
    const int64_t money = MoneyOn();
    const auto outcome = story_.When(request);
    if (!outcome.status.ok()) return outcome.status;
    const int64_t made =
        *MinorOf(outcome.response.credited()) + *MinorOf(outcome.response.refunded());
    EXPECT_EQ(made, kind == v1::CREDIT_NOTE_KIND_OFFSET ? 0 : money);
    EXPECT_EQ(outcome.response.invoice_state(), v1::INVOICE_STATE_PAID);
    EXPECT_EQ(invoice().state(), v1::INVOICE_STATE_PAID);
    return absl::OkStatus();
  }

  const Currency& currency_;
  const int64_t unit_;
  Story<billing::Billing> story_;
  std::string invoice_, source_;
};

// Two digits, none, three, four; and those whose residue is worth hundreds and thousands.
constexpr const char* kCurrencies[] = {"EUR", "JPY", "KWD", "CLF", "HUF", "VND"};

TEST(Corrections, OfEveryStateOfAnInvoice) {
  for (const char* currency : kCurrencies) {
    for (const Row& row : kTable) {
      ASSERT_EQ(row.outcomes.size(), size_t{kCorrections}) << row.name;
      for (int i = 0; i < kCorrections; ++i) {
        SCOPED_TRACE(absl::StrCat(currency, ", ", row.name, ", correction ", i));
        Scene scene(currency);
        scene.Make(row.was);
        scene.ExpectSums();
        const absl::Status status = scene.Correct(static_cast<Correction>(i));
        EXPECT_EQ(daybook::ReasonOf(status), ReasonOf(row.outcomes[static_cast<size_t>(i)]))
            << status;
        scene.ExpectSums();
      }
    }
  }
}

// Whatever was owed can be taken back whole, unless it is void or taken back already.
TEST(Corrections, NoStateIsWithoutAWayOut) {
  for (const Row& row : kTable) {
    if (row.was == Was::kVoid || row.was == Was::kOffset) continue;
    SCOPED_TRACE(row.name);
    EXPECT_TRUE(row.outcomes[static_cast<size_t>(Correction::kCredit)] == 'x');
  }
}

TEST(Corrections, WhatWasWrittenOffIsNoMoney) {
  for (const char* currency : kCurrencies) {
    SCOPED_TRACE(currency);
    Scene scene(currency);
    scene.Make(Was::kAllResidue);
    EXPECT_TRUE(scene.Correct(Correction::kCredit).ok());
    EXPECT_EQ(scene.account().credited_minor(), 0);
    EXPECT_EQ(scene.account().unapplied_minor(), 0);
    // The next invoice is owed in full.
    scene.set_invoice(scene.Issue({scene.unit()}));
    EXPECT_EQ(scene.invoice().state(), v1::INVOICE_STATE_ISSUED);
    EXPECT_EQ(scene.account().received_minor(), 0);
  }
}

// 42.41 paid of 42.42, the cent written off.
TEST(Corrections, ACreditNoteUndoesTheResidueBeforeItTouchesMoney) {
  for (const auto kind : {v1::CREDIT_NOTE_KIND_CREDIT, v1::CREDIT_NOTE_KIND_REFUND}) {
    Scene scene("EUR");
    scene.set_invoice(scene.Issue({4242}));
    scene.Pay(4241, scene.invoice_id());
    scene.WriteOff(v1::WRITE_OFF_REASON_NORMAL);
    v1::IssueCreditNoteRequest request;
    request.set_invoice_id(scene.invoice_id());
    request.set_kind(kind);
    const auto note = scene.story().When(request);
    ASSERT_TRUE(note.status.ok()) << note.status;
    const v1::WriteOffReversed& undone = note.events.at(0).event.write_off_reversed();
    EXPECT_EQ(undone.amount_minor(), 1);
    EXPECT_EQ(undone.reason(), v1::WRITE_OFF_REASON_NORMAL);
    const bool credit = kind == v1::CREDIT_NOTE_KIND_CREDIT;
    EXPECT_EQ(*MinorOf(note.response.credited()), credit ? 4241 : 0);
    EXPECT_EQ(*MinorOf(note.response.refunded()), credit ? 0 : 4241);
    EXPECT_EQ(scene.account().credited_minor(), credit ? 4241 : 0);
    EXPECT_EQ(scene.account().refunded_minor(), credit ? 0 : 4241);
    scene.ExpectSums();
  }
}

// A part of an invoice that was given up in part: the loss first, then what is open, then money.
TEST(Corrections, ACreditNoteTakesTheLossThenWhatIsOpenThenMoney) {
  Scene scene("EUR");
  scene.set_invoice(scene.Issue({10'000}));
  scene.WriteOff(v1::WRITE_OFF_REASON_OVERDUE);
  scene.Pay(3'000, scene.invoice_id());
  scene.Bounce();                        // 70.00 written off, 30.00 open
  scene.Pay(1'000, scene.invoice_id());  // 20.00 open
  const auto note = [&](int64_t cents) {
    v1::IssueCreditNoteRequest request;
    request.set_invoice_id(scene.invoice_id());
    request.set_kind(v1::CREDIT_NOTE_KIND_CREDIT);
    auto& line = *request.add_lines();
    *line.mutable_net() = MoneyOf(cents, scene.currency());
    return scene.story().When(request);
  };
  EXPECT_EQ(note(4'000).response.invoice_state(), v1::INVOICE_STATE_UNCOLLECTIBLE);
  EXPECT_EQ(scene.invoice().written_off_minor(), 3'000);
  EXPECT_EQ(scene.invoice().open_minor(), 2'000);
  EXPECT_EQ(note(4'000).response.invoice_state(), v1::INVOICE_STATE_ISSUED);
  EXPECT_EQ(scene.invoice().open_minor(), 1'000);
  const auto last = note(2'000);
  EXPECT_EQ(last.response.invoice_state(), v1::INVOICE_STATE_PAID);
  EXPECT_EQ(*MinorOf(last.response.credited()), 1'000);
  EXPECT_EQ(scene.account().unapplied_minor(), 1'000);
  scene.ExpectSums();
}

// Money that came for a void or credited invoice of nothing would have nowhere to go.
TEST(Corrections, AnInvoiceOfNothingIsTakenBackOnce) {
  for (const auto way : {Correction::kVoid, Correction::kOffset}) {
    Scene scene("EUR");
    scene.Make(Was::kOfNothing);
    EXPECT_TRUE(scene.Correct(way).ok());
    const bool voided = way == Correction::kVoid;
    EXPECT_EQ(daybook::ReasonOf(scene.Correct(Correction::kVoid)),
              voided ? "ILLEGAL_TRANSITION" : "INVOICE_HAS_MONEY");
    EXPECT_EQ(daybook::ReasonOf(scene.Correct(Correction::kOffset)),
              voided ? "ILLEGAL_TRANSITION" : "CREDIT_NOTE_ABOVE_INVOICE");
  }
}

TEST(Corrections, AMarkIsTakenOffAndMoneyGoesByAgeAgain) {
  Scene scene("EUR");
  scene.Make(Was::kMarked);
  const auto unmarked = scene.story().When(Proto<v1::UnmarkInvoiceUncollectibleRequest>(
      absl::StrCat("invoice_id: '", scene.invoice_id(), "' reason: 'they called'")));
  unmarked.Then({absl::StrCat("invoice_unmarked_uncollectible { account_id: 'acc' invoice_id: '",
                              scene.invoice_id(),
                              "' currency_code: 'EUR' open_minor: 10000 reason: 'they called' }")});
  EXPECT_EQ(unmarked.response.state(), v1::INVOICE_STATE_ISSUED);
  EXPECT_EQ(scene.story().When(PaymentOf(100)).response.allocation_count(), 1);
  EXPECT_EQ(scene.invoice().state(), v1::INVOICE_STATE_PAID);
}

TEST(Corrections, AWriteOffIsReversedOnItsDayAtTheEarliest) {
  Scene scene("EUR");
  scene.set_invoice(scene.story()
                        .When(InvoiceOf(100, "invoice_date { year: 2026 month: 1 day: 5 }"))
                        .response.invoice_id());
  const std::string of = absl::StrCat("invoice_id: '", scene.invoice_id(), "' ");
  scene.story().When(Proto<v1::WriteOffInvoiceRequest>(
      of + "reason: WRITE_OFF_REASON_BAD_DEBT effective_date { year: 2026 month: 3 day: 1 }"));
  scene.story()
      .When(
          Proto<v1::ReverseWriteOffRequest>(of + "effective_date { year: 2026 month: 2 day: 28 }"))
      .ThenInvalid({"effective_date"});
  const auto reversed = scene.story().When(Proto<v1::ReverseWriteOffRequest>(
      of + "reason: 'wrong customer' effective_date { year: 2026 month: 3 day: 1 }"));
  reversed.Then({absl::StrCat("write_off_reversed { account_id: 'acc' ", of,
                              "currency_code: 'EUR' reason: WRITE_OFF_REASON_BAD_DEBT "
                              "amount_minor: 10000 comment: 'wrong customer' }")});
  EXPECT_EQ(*MinorOf(reversed.response.amount()), 10'000);
  EXPECT_EQ(reversed.response.state(), v1::INVOICE_STATE_ISSUED);
  // As if it had never been: for another reason now.
  scene.WriteOff(v1::WRITE_OFF_REASON_OVERDUE);
  EXPECT_EQ(scene.invoice().write_off_reason(), v1::WRITE_OFF_REASON_OVERDUE);
}

TEST(Corrections, AReversalLeavesWhatMoneyRecovered) {
  Scene scene("EUR");
  scene.Make(Was::kWrittenOff);
  scene.Pay(3'000, scene.invoice_id());
  EXPECT_TRUE(scene.Correct(Correction::kReverseWriteOff).ok());
  EXPECT_EQ(scene.invoice().open_minor(), 7'000);
  EXPECT_EQ(scene.invoice().state(), v1::INVOICE_STATE_ISSUED);
  scene.ExpectSums();
}

TEST(Corrections, AClosedAccountIsReopenedFirst) {
  Scene scene("EUR");
  scene.Make(Was::kWrittenOff);
  EXPECT_TRUE(scene.story().When(v1::CloseAccountRequest()).status.ok());
  EXPECT_EQ(daybook::ReasonOf(scene.Correct(Correction::kReverseWriteOff)), "ILLEGAL_TRANSITION");
  EXPECT_TRUE(scene.story().When(v1::ReopenAccountRequest()).status.ok());
  EXPECT_TRUE(scene.Correct(Correction::kReverseWriteOff).ok());
}

TEST(Corrections, RefuseBadFields) {
  Story<billing::Billing> story = CustomerWithAccount();
  story.When(v1::UnmarkInvoiceUncollectibleRequest()).ThenInvalid({"invoice_id"});
  story
      .When(Proto<v1::ReverseWriteOffRequest>(
          "invoice_id: 'x' reason: '\\n' effective_date { day: 1 }"))
      .ThenInvalid({"reason", "effective_date"});
  story.When(Proto<v1::ReverseWriteOffRequest>("invoice_id: 'x'")).ThenRefused("INVOICE_NOT_FOUND");
  story.When(Proto<v1::WriteOffCreditRequest>("payment_id: 'x' effective_date { day: 1 }"))
      .ThenInvalid({"effective_date"});
  story.When(Proto<v1::ReverseCreditWriteOffRequest>("payment_id: 'x'"))
      .ThenRefused("PAYMENT_NOT_FOUND");
  story
      .When(Proto<v1::RefundCreditNoteRequest>(
          "credit_note_id: ' ' amount { currency_code: 'EUR' } external_id: ' '"))
      .ThenInvalid({"credit_note_id", "amount", "external_id"});
}

}  // namespace
}  // namespace daybook
