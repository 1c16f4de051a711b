// Drafts, voids, uncollectible ones, write-offs and their recovery; and what an account's state
// does.
#include <gtest/gtest.h>

#include "common/base/money.h"
#include "services/billing/currency_scale.h"
#include "services/billing/limits.h"
#include "services/billing/state.h"
#include "tests/billing/billing_story.h"

namespace daybook {
namespace {

using namespace test;
namespace v1 = billing::v1;
namespace state = billing::state;

struct Book {
  Story<billing::Billing> story =
      CustomerWithAccount("currency_code: 'EUR' terms { net_days: 14 }");

  std::string Issue(int64_t units) { return story.When(InvoiceOf(units)).response.invoice_id(); }
  template <class Request>
  auto Of(const std::string& invoice_id, const std::string& rest = "") {
    return story.When(Proto<Request>(absl::StrCat("invoice_id: '", invoice_id, "' ", rest)));
  }
  auto Draft(const std::string& content) {
    return story.When(
        Proto<v1::CreateDraftInvoiceRequest>(absl::StrCat("draft { ", content, " }")));
  }
  auto Pay(int64_t units, const std::string& invoice_id = "") {
    return story.When(PaymentOf(
        units,
        invoice_id.empty() ? "" : absl::StrCat("allocations { invoice_id: '", invoice_id, "' }")));
  }
  const state::Account& account() { return story.state().billing().accounts(0); }
  const state::Invoice& invoice(const std::string& id) {
    for (const auto* list : {&account().open_invoices(), &account().settled_invoices()}) {
      for (const auto& one : *list) {
        if (one.invoice_id() == id) return one;
      }
    }
    ADD_FAILURE() << "no invoice " << id;
    return state::Invoice::default_instance();
  }
};

constexpr char kLine[] = "lines { description: 'a' amount { currency_code: 'EUR' units: 10 } } ";
constexpr char kBadDebt[] = "reason: WRITE_OFF_REASON_BAD_DEBT ";
constexpr char kOverdue[] = "reason: WRITE_OFF_REASON_OVERDUE ";
constexpr char kNormal[] = "reason: WRITE_OFF_REASON_NORMAL ";

TEST(Drafts, RefuseBadFields) {
  Book book;
  book.story.When(v1::CreateDraftInvoiceRequest()).ThenInvalid({"draft"});
  book.Draft("series: 'a'").ThenInvalid({"draft.series", "draft.lines"});
  book.Draft("lines { } due_date { year: 1 }").ThenInvalid({"draft.due_date", "draft.lines[0]"});
  book.Draft("lines { amount { currency_code: 'EUR' units: -1 } }").ThenInvalid({"draft.lines"});
  book.Draft("lines { amount { currency_code: 'USD' units: 1 } }").ThenRefused("CURRENCY_MISMATCH");
  book.Of<v1::UpdateDraftInvoiceRequest>("x").ThenInvalid({"draft"});
  book.Of<v1::DeleteDraftInvoiceRequest>("").ThenInvalid({"invoice_id"});
  book.Of<v1::DeleteDraftInvoiceRequest>("x").ThenRefused("INVOICE_NOT_FOUND");
  book.story.When(InvoiceOf(1, "draft_id: 'x' series: 'B' reference: 'r'"))
      .ThenInvalid({"series", "lines", "reference"});
  book.story.When(Invoice("draft_id: 'x'")).ThenRefused("INVOICE_NOT_FOUND");
}

TEST(Drafts, AreEditedIssuedAndGone) {
  Book book;
  const auto made = book.Draft(kLine);
  const std::string id = made.response.invoice_id();
  EXPECT_EQ(made.response.total().units(), 10);
  EXPECT_EQ(book.account().drafts_size(), 1);
  EXPECT_EQ(book.account().open_minor(), 0);
  book.Of<v1::UpdateDraftInvoiceRequest>(id, absl::StrCat("draft { ", kLine, "}")).Then({});
  EXPECT_EQ(book.Of<v1::UpdateDraftInvoiceRequest>(
                    id, absl::StrCat("draft { ", kLine, kLine, " series: 'B' }"))
                .response.total()
                .units(),
            20);
  const auto issued = book.story.When(Invoice(absl::StrCat("draft_id: '", id, "'")));
  EXPECT_EQ(issued.response.invoice_id(), id);
  EXPECT_EQ(issued.response.number(), "B-2026-03-000001");
  EXPECT_EQ(book.account().drafts_size(), 0);
  EXPECT_EQ(book.account().open_minor(), 2000);
}

TEST(Drafts, HaveAVersionOfTheirOwn) {
  Book book;
  const auto made = book.Draft(kLine);
  const std::string id = made.response.invoice_id();
  EXPECT_EQ(made.response.etag(), "1");
  const std::string two_lines = absl::StrCat("draft { ", kLine, kLine, "} ");
  EXPECT_EQ(book.Of<v1::UpdateDraftInvoiceRequest>(id, two_lines + "etag: '1'").response.etag(),
            "2");
  EXPECT_EQ(
      book.Of<v1::UpdateDraftInvoiceRequest>(id, two_lines + "etag: '2'").Then({}).response.etag(),
      "2")
      << "nothing changed";
  book.Issue(5);  // is nobody's business here
  book.Draft(kLine);

  const std::string one_line = absl::StrCat("draft { ", kLine, "} ");
  EXPECT_EQ(MetadataOf(book.Of<v1::UpdateDraftInvoiceRequest>(id, one_line + "etag: '1'")
                           .ThenRefused("ETAG_MISMATCH")
                           .status,
                       "etag"),
            "2");
  book.Of<v1::DeleteDraftInvoiceRequest>(id, "etag: '1'").ThenRefused("ETAG_MISMATCH");
  book.story.When(Invoice(absl::StrCat("draft_id: '", id, "' draft_etag: '1'")))
      .ThenRefused("ETAG_MISMATCH");
  EXPECT_EQ(book.account().drafts_size(), 2);
  book.story.When(InvoiceOf(1, "draft_etag: '1'")).ThenInvalid({"draft_etag"});
  const std::string too_long(65, '1');
  book.Of<v1::UpdateDraftInvoiceRequest>(id, one_line + "etag: '" + too_long + "'")
      .ThenInvalid({"etag"});
  book.Of<v1::DeleteDraftInvoiceRequest>(id, "etag: '" + too_long + "'").ThenInvalid({"etag"});

  const auto issued =
      book.story.When(Invoice(absl::StrCat("draft_id: '", id, "' draft_etag: '2'")));
  EXPECT_EQ(issued.response.total().units(), 20);
  const std::string other = book.account().drafts(0).invoice_id();
  book.Of<v1::DeleteDraftInvoiceRequest>(other, "etag: '1'");
  EXPECT_EQ(book.account().drafts_size(), 0);
}

TEST(Drafts, UseNoNumberWhenDeleted) {
  Book book;
  const std::string id = book.Draft(kLine).response.invoice_id();
  book.Of<v1::DeleteDraftInvoiceRequest>(id);
  book.Of<v1::DeleteDraftInvoiceRequest>(id).ThenRefused("INVOICE_NOT_FOUND");
  EXPECT_EQ(book.story.When(InvoiceOf(1)).response.number(), "A-2026-03-000001");
}

TEST(Drafts, AreLimited) {
  Book book;
  for (int i = 0; i < billing::kMaxDrafts; ++i) EXPECT_TRUE(book.Draft(kLine).status.ok());
  EXPECT_EQ(MetadataOf(book.Draft(kLine).ThenRefused("DRAFTS_FULL").status, "draft_limit"), "200");
}

TEST(VoidInvoice, TakesBackTheWholeInvoice) {
  Book book;
  const std::string id = book.story
                             .When(Invoice("lines { amount { currency_code: 'EUR' units: 100 } "
                                           "tax_rate_percent { value: '19' } }"))
                             .response.invoice_id();
  const auto outcome = book.Of<v1::VoidInvoiceRequest>(id, "reason: 'wrong customer'");
  outcome.Then({absl::StrCat(
      "invoice_voided { account_id: 'acc' invoice_id: '", id,
      "' currency_code: 'EUR' number { series: 'A' year: 2026 partition: 3 sequence: 1 } "
      "taxes { rate_percent: '19' net_minor: 10000 tax_minor: 1900 } net_minor: 10000 "
      "tax_minor: 1900 total_minor: 11900 open_minor: 11900 reason: 'wrong customer' }")});
  EXPECT_EQ(outcome.response.number(), "A-2026-03-000001");
  EXPECT_EQ(book.account().open_minor(), 0);
  EXPECT_EQ(book.story.When(InvoiceOf(1)).response.number(), "A-2026-03-000002");
}

TEST(VoidInvoice, RefusesOneWithMoneyOrACreditNoteOnIt) {
  Book book;
  const std::string paid = book.Issue(100), credited = book.Issue(100);
  book.Pay(1, paid);
  const auto refused = book.Of<v1::VoidInvoiceRequest>(paid).ThenRefused("INVOICE_HAS_MONEY");
  EXPECT_EQ(MetadataOf(refused.status, "allocated_minor"), "100");
  book.Of<v1::IssueCreditNoteRequest>(credited,
                                      "kind: CREDIT_NOTE_KIND_CREDIT lines { net { "
                                      "currency_code: 'EUR' units: 1 } }");
  EXPECT_EQ(
      MetadataOf(book.Of<v1::VoidInvoiceRequest>(credited).ThenRefused("INVOICE_HAS_MONEY").status,
                 "credited_minor"),
      "100");
}

TEST(Uncollectible, GetsMoneyOnlyByName) {
  Book book;
  const std::string given_up = book.Issue(100), other = book.Issue(10);
  EXPECT_EQ(book.Of<v1::MarkInvoiceUncollectibleRequest>(given_up).response.open().units(), 100);
  EXPECT_EQ(book.account().open_minor(), 11000);
  EXPECT_EQ(book.Pay(20).response.unapplied().units(), 10);
  EXPECT_EQ(book.invoice(given_up).open_minor(), 10000);
  EXPECT_EQ(book.Pay(90, given_up).events.size(), 1u);
  EXPECT_EQ(book.invoice(given_up).state(), v1::INVOICE_STATE_UNCOLLECTIBLE);
  book.Pay(10, given_up);
  EXPECT_EQ(book.invoice(given_up).state(), v1::INVOICE_STATE_PAID);
}

TEST(WriteOff, RefusesBadFieldsAndWhatIsNoResidue) {
  Book book;
  book.Of<v1::WriteOffInvoiceRequest>("x").ThenInvalid({"reason"});
  const std::string id = book.Issue(100);
  const auto refused =
      book.Of<v1::WriteOffInvoiceRequest>(id, kNormal).ThenRefused("WRITE_OFF_ABOVE_TOLERANCE");
  EXPECT_EQ(MetadataOf(refused.status, "tolerance_minor"), "100");
  book.Of<v1::WriteOffInvoiceRequest>(id, kBadDebt);
  book.Of<v1::WriteOffInvoiceRequest>(id, kBadDebt).ThenRefused("INVOICE_NOT_OPEN");
  book.Of<v1::WriteOffInvoiceRequest>(id, absl::StrCat(kNormal,
                                                       "effective_date { year: 2026 "
                                                       "month: 4 day: 1 }"))
      .ThenRefused("INVOICE_NOT_OPEN");
}

TEST(WriteOff, ToleratesAResidueOfTheCurrency) {
  const std::pair<const char*, int64_t> rows[] = {
      {"EUR", 1'00},     {"GBP", 1'00},    {"USD", 1'00},      {"CHF", 1'00},
      {"JPY", 100},      {"ISK", 100},     {"ARS", 1'000'00},  {"HUF", 300'00},
      {"VND", 20'000},   {"KRW", 1'000},   {"INR", 50'00},     {"LBP", 50'000'00},
      {"NGN", 1'000'00}, {"TRY", 20'00},   {"SEK", 5'00},      {"IRR", 500'000'00},
      {"KWD", 200},      {"BHD", 200},     {"IQD", 1'000'000}, {"XOF", 500},
      {"CLF", 200},      {"UYW", 20'0000}, {"PYG", 5'000},     {"UGX", 2'000},
  };
  for (const auto& [code, tolerance] : rows) {
    EXPECT_EQ(billing::WriteOffTolerance(code), tolerance) << code;
  }
  // Every currency has one, and without a minor unit none has less than five major ones.
  int currencies = 0;
  for (int i = 0; i < 26 * 26 * 26; ++i) {
    const char code[] = {static_cast<char>('A' + i / 676), static_cast<char>('A' + i / 26 % 26),
                         static_cast<char>('A' + i % 26), 0};
    const Currency* currency = Currency::Find(code);
    if (currency == nullptr) continue;
    ++currencies;
    EXPECT_GE(billing::WriteOffTolerance(code), currency->digits() == 0 ? 5 : 1) << code;
  }
  EXPECT_GT(currencies, 150);
  Book book;
  const std::string id = book.Issue(100);
  book.Pay(99);
  EXPECT_EQ(book.Of<v1::WriteOffInvoiceRequest>(id, kNormal).response.state(),
            v1::INVOICE_STATE_PAID);
  EXPECT_EQ(book.account().open_minor(), 0);
  EXPECT_EQ(book.invoice(id).residue_minor(), 100);
}

TEST(WriteOff, TakesTheResidueOfASmallCurrencyAndOneMinorUnitMoreIsNone) {
  const std::tuple<const char*, const char*, bool> rows[] = {
      {"ISK", "2", true},       {"ISK", "100", true},      {"ISK", "101", false},
      {"ARS", "2", true},       {"ARS", "1000.01", false}, {"HUF", "300", true},
      {"HUF", "300.01", false}, {"KWD", "0.200", true},    {"KWD", "0.201", false},
      {"CLF", "0.02", true},    {"CLF", "0.0201", false},  {"EUR", "1.01", false},
  };
  for (const auto& [currency, amount, residue] : rows) {
    Story<billing::Billing> story =
        CustomerWithAccount(absl::StrCat("currency_code: '", currency, "'"));
    const std::string id =
        story.When(Invoice(absl::StrCat("lines { unit_price { value: '", amount, "' } }")))
            .response.invoice_id();
    const auto outcome = story.When(
        Proto<v1::WriteOffInvoiceRequest>(absl::StrCat("invoice_id: '", id, "' ", kNormal)));
    SCOPED_TRACE(absl::StrCat(amount, " ", currency));
    if (residue) {
      EXPECT_EQ(outcome.response.state(), v1::INVOICE_STATE_PAID) << outcome.status;
    } else {
      outcome.ThenRefused("WRITE_OFF_ABOVE_TOLERANCE");
    }
  }
}

TEST(WriteOff, IsRecoveredByMoneyThatNamesTheInvoice) {
  Book book;
  const std::string id = book.Issue(100);
  EXPECT_EQ(book.Of<v1::WriteOffInvoiceRequest>(id, kOverdue).response.state(),
            v1::INVOICE_STATE_UNCOLLECTIBLE);
  EXPECT_EQ(book.account().open_minor(), 0);
  const auto part = book.Pay(30, id);
  ASSERT_EQ(part.events.size(), 2u);
  EXPECT_THAT(part.events[0].event, EqualsProto(Proto<v1::Event>(absl::StrCat(
                                        "write_off_recovered { account_id: 'acc' invoice_id: '", id,
                                        "' currency_code: 'EUR' reason: WRITE_OFF_REASON_OVERDUE "
                                        "amount_minor: 3000 }"))));
  EXPECT_EQ(part.events[1].event.payment_recorded().allocations(0).amount_minor(), 3000);
  EXPECT_EQ(book.invoice(id).state(), v1::INVOICE_STATE_UNCOLLECTIBLE);
  EXPECT_EQ(book.invoice(id).written_off_minor(), 7000);
  // What bounces is open again and can be given up again, for the same reason.
  book.story.When(Proto<v1::ReversePaymentRequest>(
      absl::StrCat("payment_id: '", part.response.payment_id(), "'")));
  EXPECT_EQ(book.invoice(id).open_minor(), 3000);
  book.Of<v1::WriteOffInvoiceRequest>(id, kBadDebt).ThenRefused("WRITE_OFF_REASON_MIXED");
  book.Of<v1::WriteOffInvoiceRequest>(id, kOverdue);
  EXPECT_EQ(book.Pay(150, id).response.unapplied().units(), 50);
  EXPECT_EQ(book.invoice(id).state(), v1::INVOICE_STATE_PAID);
}

// The money was there before the invoice was given up, and keeps its day; there was nothing to
// recover before that.
TEST(WriteOff, IsRecoveredOnItsOwnDayByMoneyOfADayBefore) {
  Book book;
  const std::string id =
      book.story.When(InvoiceOf(100, "invoice_date { year: 2026 month: 1 day: 5 }"))
          .response.invoice_id();
  const std::string said = absl::StrCat("allocations { invoice_id: '", id, "' } ");
  const std::string early = said + "payment_date { year: 2026 month: 2 day: 3 }";
  book.Of<v1::WriteOffInvoiceRequest>(
      id, absl::StrCat(kOverdue, "effective_date { year: 2026 month: 3 day: 2 }"));
  const auto recorded = book.story.When(PaymentOf(30, early));
  ASSERT_EQ(recorded.events.size(), 2u);
  EXPECT_TRUE(recorded.events[0].event.has_write_off_recovered());
  EXPECT_EQ(recorded.events[0].effective_date, absl::CivilDay(2026, 3, 2));
  EXPECT_EQ(recorded.events[1].effective_date, absl::CivilDay(2026, 2, 3));

  // Given up again as of an earlier day: so much stands written off from the later one only.
  book.story.When(Proto<v1::ReversePaymentRequest>(
      absl::StrCat("payment_id: '", recorded.response.payment_id(), "'")));
  book.Of<v1::WriteOffInvoiceRequest>(
      id, absl::StrCat(kOverdue, "effective_date { year: 2026 month: 2 day: 20 }"));
  const auto late =
      book.story.When(PaymentOf(10, said + "payment_date { year: 2026 month: 3 day: 9 }"));
  EXPECT_EQ(late.events.at(0).effective_date, absl::CivilDay(2026, 3, 9));
  const auto announced =
      book.story.When(PaymentOf(20, said + "initial_state: PAYMENT_STATE_PENDING"));
  const auto confirmed = book.story.When(Proto<v1::ConfirmPaymentRequest>(
      absl::StrCat("payment_id: '", announced.response.payment_id(),
                   "' payment_date { year: 2026 month: 2 day: 21 }")));
  EXPECT_EQ(confirmed.events.at(0).effective_date, absl::CivilDay(2026, 3, 2));
  EXPECT_EQ(confirmed.events.at(1).effective_date, absl::CivilDay(2026, 2, 21));

  // The latest day stays, also of what is wholly recovered: a void or a recovery before it would
  // undo on days on which the first write-off had not been.
  const auto rest = book.story.When(PaymentOf(70, early));
  EXPECT_EQ(rest.events.at(0).effective_date, absl::CivilDay(2026, 3, 2));
  EXPECT_EQ(book.invoice(id).write_off_date(), 20260302);
  book.story.When(Proto<v1::ReversePaymentRequest>(
      absl::StrCat("payment_id: '", rest.response.payment_id(), "'")));
  book.Of<v1::WriteOffInvoiceRequest>(
      id, absl::StrCat(kBadDebt, "effective_date { year: 2026 month: 2 day: 10 }"));
  // Credit as well, whatever day it is asked for.
  const auto credit = book.story.When(PaymentOf(5, "payment_date { year: 2026 month: 1 day: 2 }"));
  EXPECT_EQ(credit.response.unapplied().units(), 5);
  const auto applied = book.story.When(Proto<v1::ApplyCreditRequest>(
      absl::StrCat(said, "effective_date { year: 2026 month: 1 day: 6 }")));
  ASSERT_EQ(applied.events.size(), 2u);
  EXPECT_EQ(applied.events[0].effective_date, absl::CivilDay(2026, 3, 2));
  EXPECT_EQ(applied.events[1].effective_date, absl::CivilDay(2026, 1, 6));
}

TEST(WriteOff, IsUndoneByAVoid) {
  Book book;
  const std::string id = book.Issue(100);
  book.Of<v1::WriteOffInvoiceRequest>(id, kBadDebt);
  const auto outcome = book.Of<v1::VoidInvoiceRequest>(id);
  ASSERT_EQ(outcome.events.size(), 2u);
  EXPECT_EQ(outcome.events[0].event.write_off_reversed().amount_minor(), 10000);
  EXPECT_EQ(outcome.events[1].event.invoice_voided().open_minor(), 10000);
  EXPECT_EQ(book.account().open_minor(), 0);
}

constexpr char kFirstOfMarch[] = "effective_date { year: 2026 month: 3 day: 1 } ";

TEST(WriteOff, IsNotUndoneBeforeItsDay) {
  for (const char* reason : {kBadDebt, kOverdue, kNormal}) {
    Book book;
    const std::string id =
        book.story.When(InvoiceOf(1, "invoice_date { year: 2026 month: 1 day: 5 }"))
            .response.invoice_id();
    book.Of<v1::WriteOffInvoiceRequest>(id, absl::StrCat(reason, kFirstOfMarch));
    if (reason == kNormal) continue;
    book.Of<v1::VoidInvoiceRequest>(id, "effective_date { year: 2026 month: 2 day: 28 }")
        .ThenInvalid({"effective_date"});
    EXPECT_TRUE(book.Of<v1::VoidInvoiceRequest>(id, kFirstOfMarch).status.ok());
  }
}

TEST(WriteOff, IsRecoveredOnItsDayByMoneyThatCameBefore) {
  Book book;
  const std::string id =
      book.story.When(InvoiceOf(100, "invoice_date { year: 2026 month: 1 day: 5 }"))
          .response.invoice_id();
  book.Of<v1::WriteOffInvoiceRequest>(id, absl::StrCat(kBadDebt, kFirstOfMarch));
  const std::string to = absl::StrCat("allocations { invoice_id: '", id, "' } ");
  const auto early = book.story.When(
      PaymentOf(30, absl::StrCat(to, "payment_date { year: 2026 month: 2 day: 1 }")));
  ASSERT_EQ(early.events.size(), 2u);
  EXPECT_TRUE(early.events[0].event.has_write_off_recovered());
  EXPECT_EQ(early.events[0].effective_date, absl::CivilDay(2026, 3, 1));
  EXPECT_EQ(early.events[1].effective_date, absl::CivilDay(2026, 2, 1));
  const auto late = book.story.When(
      PaymentOf(30, absl::StrCat(to, "payment_date { year: 2026 month: 3 day: 9 }")));
  ASSERT_EQ(late.events.size(), 2u);
  EXPECT_EQ(late.events[0].effective_date, absl::CivilDay(2026, 3, 9));
}

TEST(AccountLife, ChangesItsTerms) {
  Book book;
  book.story.When(Proto<v1::ChangeAccountTermsRequest>("terms { net_days: -1 }"))
      .ThenInvalid({"terms.net_days"});
  book.story.When(Proto<v1::ChangeAccountTermsRequest>("terms { net_days: 14 }")).Then({});
  book.story
      .When(Proto<v1::ChangeAccountTermsRequest>(
          "terms { net_days: 30 } credit_application: CREDIT_APPLICATION_MANUAL"))
      .Then({"account_terms_changed { account_id: 'acc' terms { net_days: 30 } "
             "credit_application: CREDIT_APPLICATION_MANUAL }"});
  EXPECT_EQ(book.story.When(InvoiceOf(1)).response.due_date().day(), 14);
}

TEST(AccountLife, ChangesInTheOrderOfItsDays) {
  Book book;  // opened on the first of January
  const auto on = [](int month, int day) {
    return absl::StrCat("effective_date { year: 2026 month: ", month, " day: ", day, " } ");
  };
  book.story
      .When(Proto<v1::SuspendAccountRequest>("effective_date { year: 2025 month: 12 day: 31 }"))
      .ThenInvalid({"effective_date"});
  book.story
      .When(Proto<v1::ChangeAccountTermsRequest>(
          "terms { net_days: 3 } effective_date { year: 2025 month: 12 day: 31 }"))
      .ThenInvalid({"effective_date"});
  EXPECT_TRUE(book.story.When(Proto<v1::SuspendAccountRequest>(on(2, 5))).status.ok());
  book.story.When(Proto<v1::ReopenAccountRequest>(on(2, 4))).ThenInvalid({"effective_date"});
  EXPECT_TRUE(book.story.When(Proto<v1::ReopenAccountRequest>(on(2, 5))).status.ok());
  book.story.When(Proto<v1::CloseAccountRequest>(on(2, 4))).ThenInvalid({"effective_date"});
  EXPECT_TRUE(book.story.When(Proto<v1::CloseAccountRequest>(on(3, 1))).status.ok());
}

TEST(AccountLife, ClosesOnlyWhenNothingIsLeft) {
  Book book;
  const std::string id = book.Issue(10);
  EXPECT_EQ(
      MetadataOf(
          book.story.When(v1::CloseAccountRequest()).ThenRefused("ACCOUNT_NOT_SETTLED").status,
          "open_minor"),
      "1000");
  book.Pay(15);
  book.story.When(v1::CloseAccountRequest()).ThenRefused("ACCOUNT_NOT_SETTLED");
  book.Pay(1);
  for (const uint32_t ordinal : std::vector<uint32_t>{0, 1}) {
    book.story.When(Proto<v1::RefundPaymentRequest>(
        absl::StrCat("payment_id: '", book.account().payments(int(ordinal)).payment_id(), "'")));
  }
  EXPECT_EQ(book.story.When(Proto<v1::CloseAccountRequest>("reason: 'moved'")).response.state(),
            v1::ACCOUNT_STATE_CLOSED);
  book.story.When(InvoiceOf(1)).ThenRefused("ILLEGAL_TRANSITION");
  // Money that comes all the same is a fact.
  EXPECT_EQ(book.Pay(5).response.unapplied().units(), 5);
  EXPECT_EQ(book.story.When(v1::ReopenAccountRequest()).response.state(), v1::ACCOUNT_STATE_ACTIVE);
  EXPECT_EQ(book.story.When(InvoiceOf(1)).response.credit_applied().units(), 1);
}

}  // namespace
}  // namespace daybook
