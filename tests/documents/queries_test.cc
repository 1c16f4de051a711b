// What was said is told back, at any pair of clocks; lookups, filters, pages and refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/timestamp.h"
#include "common/projection/runner.h"
#include "projections/documents/documents.h"
#include "services/billing/billing.h"
#include "tests/documents/asking.h"
#include "tests/support/facts.h"
#include "tests/support/given_when_then.h"
#include "tests/support/scratch.h"

namespace daybook::documents {
namespace {

using test::EqualsProto;
using test::FieldsOf;
using test::Proto;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kPartition = 3;

// Customers of one partition, the billing book, and the read model that is told of it.
class Desk : public testing::Test {
 protected:
  Desk() {
    auto store =
        store::Store::Open({.directory = scratch_.path() + "/documents", .kind = "documents"});
    DAYBOOK_CHECK(store.ok());
    store_ = *std::move(store);
    auto shard = store_->OpenShard(kPartition);
    DAYBOOK_CHECK(shard.ok());
    runner_ =
        std::make_unique<projection::Runner>(info_, *std::move(shard), projection::RunnerLimits{});
    for (const char* customer : {"ada", "bob"}) Open(customer);
  }

  // A command that is accepted, an hour after the one before; returns its answer.
  template <class Request>
  auto Do(const std::string& customer, const std::string& text) {
    now_ += absl::Hours(1);
    test::Story<billing::Billing>& story = stories_.at(customer);
    story.Now(now_);
    story.partition_state() = partition_state_;
    auto outcome = story.When(Proto<Request>(text));
    EXPECT_TRUE(outcome.status.ok()) << outcome.status << " " << text;
    partition_state_ = story.partition_state();
    std::vector<book::v1::Event> events;
    for (const auto& dated : outcome.events) {
      book::v1::Event& event = events.emplace_back();
      *event.mutable_effective_date() = DateOf(dated.effective_date);
      *event.mutable_billing() = dated.event;
    }
    Commit(customer, std::move(events));
    return outcome.response;
  }
  void Open(const std::string& customer) {
    test::Story<billing::Billing>& story =
        stories_.try_emplace(customer, customer, kPartition).first->second;
    story.Registered();
    Commit(customer, {facts::Registered(absl::CivilDay(2026, 1, 1))});
    Do<billing::v1::OpenAccountRequest>(
        customer,
        "account_id: 'main' currency_code: 'EUR' time_zone: 'Europe/Berlin' "
        "terms { net_days: 30 } effective_date { year: 2026 month: 1 day: 1 }");
  }

  std::string Issue(const std::string& customer, int day, int64_t euros,
                    const std::string& more = "") {
    return Do<billing::v1::IssueInvoiceRequest>(
               customer, absl::StrCat("invoice_date { year: 2026 month: 3 day: ", day,
                                      " } lines { description: 'Work' amount { currency_code: "
                                      "'EUR' units: ",
                                      euros, " } } ", more))
        .invoice_id();
  }
  std::string Pay(const std::string& customer, int day, int64_t euros,
                  const std::string& more = "") {
    return Do<billing::v1::RecordPaymentRequest>(
               customer, absl::StrCat("payment_date { year: 2026 month: 3 day: ", day,
                                      " } amount { currency_code: 'EUR' units: ", euros,
                                      " } method: PAYMENT_METHOD_BANK_TRANSFER ", more))
        .payment_id();
  }

  void Commit(const std::string& customer, std::vector<book::v1::Event> events) {
    projection::ParsedBatch batch;
    book::v1::Commit* commit = batch.commits.Add();
    commit->set_customer_id(customer);
    for (auto& event : events) *commit->add_events() = std::move(event);
    batch.at = runner_->applied();
    DAYBOOK_CHECK(batch.Enter(batch.at.next_offset, absl::ToUnixMicros(now_)));
    batch.at.last_offset = batch.at.next_offset++;
    batch.at.recorded_time_us = absl::ToUnixMicros(now_);
    runner_->OnBatch(batch);
    DAYBOOK_CHECK(runner_->Flush(absl::InfinitePast()).ok());
  }

  projection::Reading Reading() {
    reading_ = {{runner_->shard().view(), now_}};
    return {now_ + absl::Minutes(1), absl::InfiniteFuture(), reading_};
  }
  template <class Response, class Request>
  absl::StatusOr<Response> Ask(const Request& request) {
    return documents::Ask<DocumentsQueries, Response>(request, Reading());
  }
  absl::StatusOr<v1::Invoice> Invoice(const std::string& text) {
    auto response = Ask<v1::GetInvoiceResponse>(Proto<v1::GetInvoiceRequest>(text));
    if (!response.ok()) return response.status();
    return response->invoice();
  }
  absl::StatusOr<v1::Payment> Payment(const std::string& text) {
    auto response = Ask<v1::GetPaymentResponse>(Proto<v1::GetPaymentRequest>(text));
    if (!response.ok()) return response.status();
    return response->payment();
  }
  // Ids of the invoices of a list, over all pages.
  std::vector<std::string> Invoices(const std::string& text) {
    std::vector<std::string> ids;
    for (const auto& invoice :
         All<v1::ListInvoicesResponse>(Proto<v1::ListInvoicesRequest>(text), Reading())) {
      ids.push_back(invoice.invoice_id());
    }
    return ids;
  }
  std::vector<std::string> Payments(const std::string& text) {
    std::vector<std::string> ids;
    for (const auto& payment :
         All<v1::ListPaymentsResponse>(Proto<v1::ListPaymentsRequest>(text), Reading())) {
      ids.push_back(payment.payment_id());
    }
    return ids;
  }
  // Of a request that reads what is known now.
  std::string ReadTime() const {
    google::protobuf::Timestamp time;
    SetMicros(absl::ToUnixMicros(now_), &time);
    return absl::StrCat("read_time { seconds: ", time.seconds(), " nanos: ", time.nanos(), " } ");
  }

  ScratchDirectory scratch_;
  const projection::ProjectionInfo info_ = projection::InfoOf<Documents>();
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<projection::Runner> runner_;
  std::map<std::string, test::Story<billing::Billing>> stories_;
  internal::book::v1::PartitionState partition_state_;  // numbers are counted in it
  std::vector<projection::PartitionReading> reading_;
  absl::Time now_ = absl::FromCivil(absl::CivilSecond(2026, 4, 1, 9, 0, 0), absl::UTCTimeZone());
};

TEST_F(Desk, AnInvoiceIsToldAsItWasSaid) {
  const auto said = Do<billing::v1::IssueInvoiceRequest>(
      "ada",
      "invoice_date { year: 2026 month: 3 day: 2 } reference: 'order 7' "
      "terms { net_days: 14 early_payment_discount { days: 7 percent { value: '2' } } } "
      "lines { description: 'Paint' quantity { value: '2.5' } unit_price { value: '19.99' } "
      "        tax_rate_percent { value: '20' } product: 'paint' } "
      "lines { description: 'Cup' gross_unit_price { value: '12' } "
      "        tax_rate_percent { value: '20' } tax_code { category: TAX_CATEGORY_S } }");
  const auto invoice =
      Invoice(absl::StrCat("customer_id: 'ada' invoice_id: '", said.invoice_id(), "'"));
  ASSERT_TRUE(invoice.ok()) << invoice.status();
  v1::Invoice told = *invoice;
  EXPECT_THAT(told.issued_time(), EqualsProto(told.changed_time()));
  told.clear_issued_time();
  told.clear_changed_time();
  EXPECT_THAT(
      told,
      EqualsProto(Proto<v1::Invoice>(absl::StrCat(
          "customer_id: 'ada' account_id: 'main' kind: INVOICE_KIND_INVOICE "
          "invoice_id: '",
          said.invoice_id(),
          "' number: 'A-2026-03-000001' "
          "state: INVOICE_STATE_ISSUED currency_code: 'EUR' reference: 'order 7' "
          "invoice_date { year: 2026 month: 3 day: 2 } due_date { year: 2026 month: 3 day: 16 } "
          "lines { description: 'Paint' quantity { value: '2.5' } unit_price { value: '19.99' } "
          "        net { currency_code: 'EUR' units: 49 nanos: 980000000 } "
          "        tax { currency_code: 'EUR' units: 10 } tax_rate_percent { value: '20' } "
          "        product: 'paint' } "
          "lines { description: 'Cup' gross_unit_price { value: '12' } tax_included: true "
          "        net { currency_code: 'EUR' units: 10 } tax { currency_code: 'EUR' units: 2 } "
          "        tax_rate_percent { value: '20' } tax_code { category: TAX_CATEGORY_S } } "
          "taxes { rate_percent { value: '20' } "
          "        net { currency_code: 'EUR' units: 49 nanos: 980000000 } "
          "        tax { currency_code: 'EUR' units: 10 } } "
          "taxes { rate_percent { value: '20' } net { currency_code: 'EUR' units: 10 } "
          "        tax { currency_code: 'EUR' units: 2 } tax_code { category: TAX_CATEGORY_S } } "
          "net { currency_code: 'EUR' units: 59 nanos: 980000000 } "
          "tax { currency_code: 'EUR' units: 12 } "
          "total { currency_code: 'EUR' units: 71 nanos: 980000000 } "
          "open { currency_code: 'EUR' units: 71 nanos: 980000000 } "
          "discount { last_date { year: 2026 month: 3 day: 9 } percent { value: '2' } "
          "           amount { currency_code: 'EUR' units: 1 nanos: 440000000 } } "
          "allocated { currency_code: 'EUR' } credited { currency_code: 'EUR' } "
          "written_off { currency_code: 'EUR' } discounted { currency_code: 'EUR' } "
          "changed_date { year: 2026 month: 3 day: 2 }"))));
}

TEST_F(Desk, AnInvoiceIsFoundByItsNumber) {
  const std::string first = Issue("ada", 2, 100), second = Issue("bob", 3, 50);
  for (const char* customer : {"", "customer_id: 'bob' "}) {
    const auto found = Invoice(absl::StrCat(customer, "number: 'A-2026-03-000002'"));
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->invoice_id(), second);
    EXPECT_EQ(found->customer_id(), "bob");
  }
  EXPECT_EQ(ReasonOf(Invoice("number: 'A-2026-03-000003'").status()), "INVOICE_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Invoice("number: 'A-2026-04-000002'").status()), "INVOICE_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Invoice("customer_id: 'ada' number: 'A-2026-03-000002'").status()),
            "INVOICE_NOT_FOUND");
  EXPECT_THAT(Invoices("filter: 'number = \"A-2026-03-000001\"'"), ElementsAre(first));
  EXPECT_THAT(Invoices("filter: 'number = \"A-2026-03-1\"'"), IsEmpty());
}

TEST_F(Desk, WhatIsWrongWithARequestIsSaidAtOnce) {
  EXPECT_THAT(FieldsOf(Invoice("").status()), ElementsAre("customer_id", "invoice_id"));
  EXPECT_THAT(FieldsOf(Invoice("number: 'A-26-1' invoice_id: 'x'").status()),
              ElementsAre("invoice_id", "number"));
  EXPECT_THAT(FieldsOf(Invoice("customer_id: 'ada' invoice_id: 'x' as_of_date { year: 2026 }"
                               "read_time { nanos: -1 }")
                           .status()),
              ElementsAre("as_of_date", "read_time"));
  const auto list = [&](const std::string& text) {
    return Ask<v1::ListInvoicesResponse>(Proto<v1::ListInvoicesRequest>(text)).status();
  };
  EXPECT_THAT(FieldsOf(list("page_size: -1 filter: 'colour = 1' order_by: 'colour'")),
              ElementsAre("page_size", "filter", "order_by"));
  EXPECT_EQ(ReasonOf(list("customer_id: 'nobody'")), "CUSTOMER_NOT_FOUND");
  EXPECT_EQ(ReasonOf(list("page_token: 'abc'")), "PAGE_TOKEN_MALFORMED");
  EXPECT_EQ(ReasonOf(list("read_time { seconds: 2000000000 }")), "READ_TIME_IN_FUTURE");
  EXPECT_EQ(ReasonOf(Invoice("customer_id: 'nobody' invoice_id: 'x'").status()),
            "CUSTOMER_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Invoice("customer_id: 'ada' invoice_id: 'x'").status()), "INVOICE_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Payment("customer_id: 'ada' payment_id: 'x'").status()), "PAYMENT_NOT_FOUND");
}

TEST_F(Desk, MoneyIsToldOnBothSidesAndAtBothClocks) {
  const std::string bill = Issue("ada", 2, 100);
  const std::string before = ReadTime();
  const std::string part = Pay("ada", 5, 60, "payer_reference: 'thanks'");
  const std::string rest = Pay("ada", 9, 60);
  const std::string that = absl::StrCat("customer_id: 'ada' invoice_id: '", bill, "' ");

  auto now = Invoice(that);
  ASSERT_TRUE(now.ok()) << now.status();
  EXPECT_EQ(now->state(), billing::v1::INVOICE_STATE_PAID);
  EXPECT_EQ(now->settled_date().day(), 9);
  ASSERT_EQ(now->money_size(), 2);
  EXPECT_EQ(now->money(0).payment_id(), part);
  EXPECT_EQ(Minor(now->money(0).amount()), 60'00);
  EXPECT_EQ(now->money(1).payment_id(), rest);
  EXPECT_EQ(Minor(now->money(1).amount()), 40'00);

  const auto eighth = Invoice(that + "as_of_date { year: 2026 month: 3 day: 8 }");
  EXPECT_EQ(Minor(eighth->open()), 40'00);
  EXPECT_EQ(eighth->state(), billing::v1::INVOICE_STATE_ISSUED);
  EXPECT_FALSE(eighth->has_settled_date());
  EXPECT_EQ(Minor(Invoice(that + before)->open()), 100'00);
  EXPECT_EQ(ReasonOf(Invoice(that + "as_of_date { year: 2026 month: 3 day: 1 }").status()),
            "INVOICE_NOT_FOUND");

  const auto payment = Payment(absl::StrCat("customer_id: 'ada' payment_id: '", rest, "'"));
  ASSERT_TRUE(payment.ok()) << payment.status();
  EXPECT_EQ(Minor(payment->unapplied()), 20'00);
  ASSERT_EQ(payment->money_size(), 1);
  EXPECT_EQ(payment->money(0).invoice_id(), bill);
  EXPECT_EQ(payment->money(0).number(), "A-2026-03-000001");
  EXPECT_EQ(Minor(payment->money(0).amount()), 40'00);
  EXPECT_EQ(
      ReasonOf(
          Payment(absl::StrCat("customer_id: 'ada' payment_id: '", rest, "' ", before)).status()),
      "PAYMENT_NOT_FOUND");
}

TEST_F(Desk, AnAnnouncedPaymentHasTheDayOfItsMoneyOnceItCame) {
  const std::string bill = Issue("ada", 2, 100);
  const std::string payment =
      Pay("ada", 5, 100,
          absl::StrCat("initial_state: PAYMENT_STATE_PENDING external_id: 'p-1' "
                       "allocations { invoice_id: '",
                       bill, "' }"));
  const std::string before = ReadTime();
  Do<billing::v1::ConfirmPaymentRequest>(
      "ada",
      absl::StrCat("payment_id: '", payment, "' payment_date { year: 2026 month: 3 day: 20 }"));
  const std::string that = absl::StrCat("customer_id: 'ada' payment_id: '", payment, "' ");

  const auto then = Payment(that + before);
  ASSERT_TRUE(then.ok()) << then.status();
  EXPECT_EQ(then->state(), billing::v1::PAYMENT_STATE_PENDING);
  EXPECT_FALSE(then->has_unapplied());
  ASSERT_EQ(then->announced_size(), 1);
  EXPECT_EQ(then->announced(0).invoice_id(), bill);
  EXPECT_FALSE(then->announced(0).has_amount());
  const auto now = Payment(that);
  EXPECT_EQ(now->state(), billing::v1::PAYMENT_STATE_SUCCEEDED);
  EXPECT_EQ(now->payment_date().day(), 20);
  EXPECT_EQ(now->announced_size(), 0);

  // It stands once in a list of all customers, on the day that it has at the clocks.
  EXPECT_THAT(Payments("filter: 'payment_date = 2026-03-20'"), ElementsAre(payment));
  EXPECT_THAT(Payments(""), ElementsAre(payment));
  EXPECT_THAT(Payments("filter: 'payment_date = 2026-03-20' " + before), IsEmpty());
  EXPECT_THAT(Payments("filter: 'state = PENDING' " + before), ElementsAre(payment));
  EXPECT_THAT(Payments("filter: 'external_id = \"p-1\"'"), ElementsAre(payment));
  EXPECT_THAT(Payments("filter: 'external_id = \"p-2\"'"), IsEmpty());
}

TEST_F(Desk, WhatABankTakesBackIsToldOfThePaymentAndOfTheInvoice) {
  const std::string bill = Issue("ada", 2, 100);
  const std::string payment = Pay("ada", 5, 100);
  Do<billing::v1::RefundPaymentRequest>(
      "ada", absl::StrCat("payment_id: '", Pay("ada", 6, 30),
                          "' effective_date { year: 2026 month: 3 day: 7 } external_id: 'rf-1' "
                          "reason: 'too much'"));
  Do<billing::v1::ChargeBackPaymentRequest>(
      "ada", absl::StrCat("payment_id: '", payment,
                          "' reason: 'dispute' external_id: 'cb-1' "
                          "effective_date { year: 2026 month: 3 day: 20 }"));
  const auto told = Payment(absl::StrCat("customer_id: 'ada' payment_id: '", payment, "'"));
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_EQ(told->state(), billing::v1::PAYMENT_STATE_CHARGED_BACK);
  EXPECT_EQ(Minor(told->reversed()), 100'00);
  EXPECT_EQ(Minor(told->unapplied()), 0);
  EXPECT_EQ(told->money_size(), 0);
  ASSERT_EQ(told->reversals_size(), 1);
  EXPECT_EQ(told->reversals(0).external_id(), "cb-1");
  EXPECT_EQ(told->reversals(0).reason(), "dispute");
  const auto open = Invoice(absl::StrCat("customer_id: 'ada' invoice_id: '", bill, "'"));
  EXPECT_EQ(Minor(open->open()), 100'00);
  EXPECT_EQ(open->state(), billing::v1::INVOICE_STATE_ISSUED);
  EXPECT_EQ(open->money_size(), 0);

  const auto refunded = All<v1::ListPaymentsResponse>(
      Proto<v1::ListPaymentsRequest>("filter: 'amount_minor = 3000' view: DOCUMENT_VIEW_FULL"),
      Reading());
  ASSERT_EQ(refunded.size(), 1u);
  ASSERT_EQ(refunded[0].refunds_size(), 1);
  EXPECT_EQ(refunded[0].refunds(0).external_id(), "rf-1");
  EXPECT_EQ(refunded[0].refunds(0).reason(), "too much");
}

TEST_F(Desk, ACreditNoteIsToldWithWhereItsCreditStands) {
  const std::string bill = Issue("ada", 2, 100);
  Pay("ada", 3, 100);
  const auto note = Do<billing::v1::IssueCreditNoteRequest>(
      "ada", absl::StrCat("invoice_id: '", bill,
                          "' kind: CREDIT_NOTE_KIND_CREDIT reason: 'late' "
                          "lines { line_index: 0 net { currency_code: 'EUR' units: 40 } } "
                          "effective_date { year: 2026 month: 3 day: 8 }"));
  const std::string next = Issue("ada", 10, 25);  // takes the credit by itself
  const auto told = Ask<v1::GetCreditNoteResponse>(
      Proto<v1::GetCreditNoteRequest>(absl::StrCat("number: '", note.number(), "'")));
  ASSERT_TRUE(told.ok()) << told.status();
  const v1::CreditNote& credit_note = told->credit_note();
  EXPECT_EQ(credit_note.credit_note_id(), note.credit_note_id());
  EXPECT_EQ(credit_note.invoice_id(), bill);
  EXPECT_EQ(credit_note.invoice_number(), "A-2026-03-000001");
  EXPECT_EQ(credit_note.reason(), "late");
  EXPECT_EQ(Minor(credit_note.credited()), 40'00);
  EXPECT_EQ(Minor(credit_note.unapplied()), 15'00);
  ASSERT_EQ(credit_note.lines_size(), 1);
  EXPECT_EQ(Minor(credit_note.lines(0).net()), 40'00);
  ASSERT_EQ(credit_note.money_size(), 1);
  EXPECT_EQ(credit_note.money(0).invoice_id(), next);
  EXPECT_EQ(Minor(credit_note.money(0).amount()), 25'00);
  const auto paid = Invoice(absl::StrCat("customer_id: 'ada' invoice_id: '", next, "'"));
  ASSERT_EQ(paid->money_size(), 1);
  EXPECT_EQ(paid->money(0).source(), v1::SOURCE_KIND_CREDIT_NOTE);
  EXPECT_EQ(paid->money(0).credit_note_id(), note.credit_note_id());
}

TEST_F(Desk, ARefundIsToldByItsIdOnBothSides) {
  const std::string bill = Issue("ada", 2, 100);
  const std::string paid = Pay("ada", 3, 100);
  const auto note = Do<billing::v1::IssueCreditNoteRequest>(
      "ada", absl::StrCat("invoice_id: '", bill,
                          "' kind: CREDIT_NOTE_KIND_CREDIT "
                          "lines { line_index: 0 net { currency_code: 'EUR' units: 40 } }"));
  const auto refund = Do<billing::v1::RefundCreditNoteRequest>(
      "ada", absl::StrCat("credit_note_id: '", note.credit_note_id(), "' external_id: 're-1'"));
  ASSERT_NE(refund.refund_id(), "");
  const auto told = Ask<v1::GetCreditNoteResponse>(
      Proto<v1::GetCreditNoteRequest>(absl::StrCat("number: '", note.number(), "'")));
  ASSERT_TRUE(told.ok()) << told.status();
  ASSERT_EQ(told->credit_note().payouts_size(), 1);
  EXPECT_EQ(told->credit_note().payouts(0).payment_id(), paid);
  EXPECT_EQ(told->credit_note().payouts(0).refund_id(), refund.refund_id());
  EXPECT_EQ(told->credit_note().payouts(0).external_id(), "re-1");
  const auto payment = Ask<v1::GetPaymentResponse>(
      Proto<v1::GetPaymentRequest>(absl::StrCat("customer_id: 'ada' payment_id: '", paid, "'")));
  ASSERT_TRUE(payment.ok()) << payment.status();
  ASSERT_EQ(payment->payment().refunds_size(), 1);
  EXPECT_EQ(payment->payment().refunds(0).refund_id(), refund.refund_id());
}

TEST_F(Desk, ADraftIsToldAsItWasAndWhatBecameOfIt) {
  const auto made = Do<billing::v1::CreateDraftInvoiceRequest>(
      "ada",
      "draft { reference: 'one' lines { description: 'Work' amount { currency_code: 'EUR' "
      "units: 5 } } }");
  const std::string first = ReadTime();
  const auto edited = Do<billing::v1::UpdateDraftInvoiceRequest>(
      "ada", absl::StrCat("invoice_id: '", made.invoice_id(),
                          "' draft { reference: 'two' lines { description: 'Work' amount { "
                          "currency_code: 'EUR' units: 6 } } }"));
  const std::string second = ReadTime();
  Do<billing::v1::IssueInvoiceRequest>("ada", absl::StrCat("draft_id: '", made.invoice_id(), "'"));
  const auto draft = [&](const std::string& more) {
    const auto response = Ask<v1::GetDraftResponse>(Proto<v1::GetDraftRequest>(
        absl::StrCat("customer_id: 'ada' invoice_id: '", made.invoice_id(), "' ", more)));
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->draft() : v1::Draft();
  };
  EXPECT_EQ(draft(first).draft().reference(), "one");
  EXPECT_EQ(draft(first).etag(), made.etag());
  EXPECT_EQ(draft(second).draft().reference(), "two");
  EXPECT_EQ(draft(second).etag(), edited.etag());
  EXPECT_EQ(draft(second).state(), v1::DRAFT_STATE_OPEN);
  EXPECT_EQ(draft("").state(), v1::DRAFT_STATE_ISSUED);
  const auto list = [&](const std::string& text) {
    return All<v1::ListDraftsResponse>(Proto<v1::ListDraftsRequest>(text), Reading()).size();
  };
  EXPECT_EQ(list(""), 0u);
  EXPECT_EQ(list("show_ended: true"), 1u);
  EXPECT_EQ(list(second), 1u);
  EXPECT_EQ(list("filter: 'reference = one' " + second), 0u);
}

TEST_F(Desk, AnAccountIsToldWithTheTermsAndTheStateOfItsDay) {
  const std::string before = ReadTime();
  Do<billing::v1::ChangeAccountTermsRequest>(
      "ada",
      "terms { net_days: 14 } credit_application: CREDIT_APPLICATION_MANUAL "
      "effective_date { year: 2026 month: 2 day: 1 }");
  Do<billing::v1::SuspendAccountRequest>(
      "ada", "reason: 'dispute' effective_date { year: 2026 month: 3 day: 1 }");
  const auto account = [&](const std::string& more) {
    const auto response = Ask<v1::GetAccountResponse>(
        Proto<v1::GetAccountRequest>(absl::StrCat("customer_id: 'ada' ", more)));
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->account() : v1::Account();
  };
  EXPECT_EQ(account("").state(), billing::v1::ACCOUNT_STATE_SUSPENDED);
  EXPECT_EQ(account("").state_reason(), "dispute");
  EXPECT_EQ(account("").terms().net_days(), 14);
  EXPECT_EQ(account("").time_zone(), "Europe/Berlin");
  const v1::Account february = account("as_of_date { year: 2026 month: 2 day: 15 }");
  EXPECT_EQ(february.state(), billing::v1::ACCOUNT_STATE_ACTIVE);
  EXPECT_EQ(february.terms().net_days(), 14);
  EXPECT_EQ(february.credit_application(), billing::v1::CREDIT_APPLICATION_MANUAL);
  EXPECT_EQ(account(before).terms().net_days(), 30);
  const auto all = All<v1::ListAccountsResponse>(
      Proto<v1::ListAccountsRequest>("page_size: 1 order_by: 'customer_id desc'"), Reading());
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].customer_id(), "bob");
}

TEST_F(Desk, ListsGoOverAllCustomersInOrderAndByFilter) {
  const std::string a = Issue("ada", 2, 100, "reference: 'x'"), b = Issue("bob", 1, 300),
                    c = Issue("ada", 9, 50, "reference: 'x'"), d = Issue("bob", 20, 100);
  Pay("bob", 21, 150);
  EXPECT_THAT(Invoices(""), ElementsAre(d, c, a, b));
  EXPECT_THAT(Invoices("page_size: 1"), ElementsAre(d, c, a, b));
  EXPECT_THAT(Invoices("order_by: 'number'"), ElementsAre(a, b, c, d));
  EXPECT_THAT(Invoices("order_by: 'open desc' page_size: 1 filter: 'open_minor > 5000'"),
              ElementsAre(b, testing::AnyOf(a, d), testing::AnyOf(a, d)));
  EXPECT_THAT(Invoices("filter: 'reference = x' order_by: 'due_date'"), ElementsAre(a, c));
  EXPECT_THAT(Invoices("filter: 'reference = x AND open_minor = 5000'"), ElementsAre(c));
  EXPECT_THAT(Invoices("filter: 'reference = x OR open_minor = 15000'"), ElementsAre(c, a, b));
  EXPECT_THAT(Invoices("customer_id: 'bob' order_by: 'total'"), ElementsAre(d, b));
  EXPECT_THAT(Invoices("filter: 'due_date < 2026-04-05' as_of_date { year: 2026 month: 3 day: 5 }"),
              ElementsAre(a, b));
}

TEST_F(Desk, AllPagesKnowWhatTheFirstDid) {
  const std::string a = Issue("ada", 2, 100), b = Issue("ada", 5, 100);
  auto request = Proto<v1::ListInvoicesRequest>("page_size: 1 order_by: 'open desc'");
  auto page = Ask<v1::ListInvoicesResponse>(request);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_NE(page->next_page_token(), "");
  const std::string first = page->invoices(0).invoice_id();
  Issue("bob", 1, 500);
  Pay("ada", 6, 200);
  request.set_page_token(page->next_page_token());
  page = Ask<v1::ListInvoicesResponse>(request);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->invoices_size(), 1);
  EXPECT_EQ(page->invoices(0).invoice_id(), first == a ? b : a);
  EXPECT_EQ(Minor(page->invoices(0).open()), 100'00);
  EXPECT_EQ(page->next_page_token(), "");
  request.set_filter("open_minor > 0");
  EXPECT_EQ(ReasonOf(Ask<v1::ListInvoicesResponse>(request).status()), "PAGE_TOKEN_MALFORMED");
}

}  // namespace
}  // namespace daybook::documents
