// What bounds the state of a customer and the record of a command.
#include "services/billing/limits.h"

#include <gtest/gtest.h>

#include "services/billing/day_number.h"
#include "tests/billing/billing_story.h"

namespace daybook {
namespace {

using namespace test;

constexpr size_t kRecordBytes = 900'000;

internal::billing::v1::Account& Account(Story<billing::Billing>& story) {
  return *story.state().mutable_billing()->mutable_accounts(0);
}

std::string Id(int i) {
  const std::string digits = absl::StrCat(i);
  return std::string(36 - digits.size(), '0') + digits;
}

// `count` invoices, put into the state as Evolve would.
void AddOpenInvoices(int count, internal::billing::v1::Account& account, int64_t minor = 1) {
  for (int i = 0; i < count; ++i) {
    auto& invoice = *account.add_open_invoices();
    invoice.set_invoice_id(Id(i));
    invoice.set_ordinal(static_cast<uint32_t>(i));
    invoice.set_state(billing::v1::INVOICE_STATE_ISSUED);
    invoice.set_due_date(billing::DayNumber(kNewYear));
    invoice.set_invoice_date(billing::DayNumber(kNewYear));
    invoice.set_sequence(i + 1);
    invoice.set_total_minor(minor);
    invoice.set_open_minor(minor);
  }
  account.set_open_minor(account.open_minor() + count * minor);
}

void AddCredit(int count, internal::billing::v1::Account& account) {
  for (int i = 0; i < count; ++i) {
    auto& payment = *account.add_payments();
    payment.set_payment_id(Id(i));
    payment.set_state(billing::v1::PAYMENT_STATE_SUCCEEDED);
    payment.set_payment_date(billing::DayNumber(kNewYear));
    payment.set_amount_minor(1);
    payment.set_unapplied_minor(1);
    account.add_external_keys(0);
    account.add_open_payments(static_cast<uint32_t>(i));
  }
  account.set_received_minor(count);
  account.set_unapplied_minor(count);
}

template <class Outcome>
size_t BytesOf(const Outcome& outcome) {
  size_t bytes = 0;
  for (const auto& dated : outcome.events) bytes += dated.event.ByteSizeLong() + 20;
  return bytes;
}

// Everything that may happen to what is there.
TEST(Limits, AFullCustomerIsChargedNothingAndTakesAllFacts) {
  Story<billing::Billing> story =
      CustomerWithAccount("currency_code: 'EUR' credit_application: CREDIT_APPLICATION_MANUAL");
  for (int i = 0; i < billing::kMaxDocuments - 3; ++i) {
    Account(story).add_settled_invoices()->set_invoice_id(Id(i));
  }
  EXPECT_TRUE(story.When(PaymentOf(1, "external_id: 'x'")).status.ok());
  const std::string last = story.When(InvoiceOf(1)).response.invoice_id();
  const auto full = story.When(InvoiceOf(1)).ThenRefused("CUSTOMER_FULL");
  EXPECT_EQ(MetadataOf(full.status, "document_limit"), "15000");
  story
      .When(Proto<billing::v1::CreateDraftInvoiceRequest>(
          "draft { lines { amount { currency_code: 'EUR' units: 1 } } }"))
      .ThenRefused("CUSTOMER_FULL");
  story.When(Proto<OpenAccountRequest>("currency_code: 'EUR'")).ThenRefused("CUSTOMER_FULL");
  // Whatever happens to what is there.
  EXPECT_TRUE(story.When(PaymentOf(1, "external_id: 'x'")).response.repeated());
  const std::string on_last = absl::StrCat("invoice_id: '", last, "' ");
  const auto note = story.When(Proto<billing::v1::IssueCreditNoteRequest>(
      on_last +
      "kind: CREDIT_NOTE_KIND_OFFSET lines { net { currency_code: 'EUR' nanos: 500000000 "
      "} }"));
  EXPECT_TRUE(note.status.ok()) << note.status;
  const auto announced =
      story.When(PaymentOf(1, "initial_state: PAYMENT_STATE_PENDING external_id: 'y'"));
  ASSERT_TRUE(announced.status.ok()) << announced.status;
  EXPECT_TRUE(story.When(PaymentOf(1, "external_id: 'y'")).status.ok());
  for (const auto& payment_id : {announced.response.payment_id()}) {
    EXPECT_TRUE(story
                    .When(Proto<billing::v1::ReversePaymentRequest>(
                        absl::StrCat("payment_id: '", payment_id, "'")))
                    .status.ok());
  }
}

TEST(Limits, FactsEndFarBeyondCharges) {
  Story<billing::Billing> story =
      CustomerWithAccount("currency_code: 'EUR' credit_application: CREDIT_APPLICATION_MANUAL");
  Account(story).set_credit_note_count(static_cast<uint32_t>(billing::kMaxDocumentsWithFacts - 2));
  EXPECT_TRUE(story.When(PaymentOf(1)).status.ok());
  const auto full = story.When(PaymentOf(1)).ThenRefused("CUSTOMER_FULL");
  EXPECT_EQ(MetadataOf(full.status, "document_limit"), "200000");
}

TEST(Limits, APaymentGoesOnSoManyInvoicesAndFitsARecord) {
  Story<billing::Billing> story = CustomerWithAccount();
  AddOpenInvoices(15'000, Account(story));
  const auto outcome = story.When(PaymentOf(150));
  EXPECT_EQ(outcome.response.allocation_count(), billing::kMaxAllocations);
  EXPECT_EQ(outcome.response.unapplied().units(), 50);
  EXPECT_LT(BytesOf(outcome), kRecordBytes);
  EXPECT_EQ(Account(story).open_invoices_size(), 5'000);
  EXPECT_EQ(Account(story).open_invoices(0).invoice_id(), Id(10'000));
}

TEST(Limits, AnInvoiceTakesSoManyCreditsAndFitsARecord) {
  Story<billing::Billing> story = CustomerWithAccount();
  AddCredit(3'000, Account(story));
  IssueInvoiceRequest request = InvoiceOf(30);
  while (request.lines_size() < 450) {  // about as much as a command may carry
    auto& line = *request.add_lines();
    line.set_description(std::string(500, 'x'));
    line.mutable_amount()->set_currency_code("EUR");
  }
  const auto outcome = story.When(request);
  EXPECT_EQ(outcome.events.size(), 1u + billing::kMaxCredits);
  EXPECT_EQ(outcome.response.state(), billing::v1::INVOICE_STATE_ISSUED);
  EXPECT_LT(BytesOf(outcome), kRecordBytes);
  EXPECT_EQ(Account(story).unapplied_minor(), 1'000);
}

TEST(Limits, APartitionCountsSoManySeries) {
  Story<billing::Billing> story = CustomerWithAccount();
  auto& series = *story.partition_state().mutable_series();
  for (int i = 0; i < billing::kMaxSeries; ++i) {
    auto& last = *series.add_last();
    last.set_series(absl::StrCat("S", i));
    last.set_year(2026);
    last.set_sequence(7);
  }
  story.When(InvoiceOf(1, "series: 'NEW'")).ThenRefused("SERIES_FULL");
  EXPECT_EQ(story.When(InvoiceOf(1, "series: 'S0'")).response.number(), "S0-2026-03-000008");
  // The default series has room, and so have credit notes of its kind.
  const auto invoice = story.When(InvoiceOf(1));
  EXPECT_EQ(invoice.response.number(), "A-2026-03-000001");
  for (int i = 0; i < billing::kMaxSeries; ++i) {
    auto& last = *series.add_credit_notes();
    last.set_series(absl::StrCat("N", i));
    last.set_year(2026);
  }
  const std::string note = absl::StrCat("kind: CREDIT_NOTE_KIND_OFFSET invoice_id: '",
                                        invoice.response.invoice_id(), "' ");
  story.When(Proto<billing::v1::IssueCreditNoteRequest>(note + "series: 'NEW'"))
      .ThenRefused("SERIES_FULL");
  EXPECT_EQ(story.When(Proto<billing::v1::IssueCreditNoteRequest>(note)).response.number(),
            "CN-2026-03-000001");
}

TEST(Limits, InvoicesOfAnAccountBearSoManyTaxCodes) {
  Story<billing::Billing> story = CustomerWithAccount();
  const auto exempt = [](int from, int to) {
    IssueInvoiceRequest request;
    for (int i = from; i < to; ++i) {
      auto& line = *request.add_lines();
      line.mutable_unit_price()->set_value("1");
      line.mutable_tax_code()->set_category(billing::v1::TAX_CATEGORY_E);
      line.mutable_tax_code()->set_exemption_reason(absl::StrCat("reason ", i));
    }
    return request;
  };
  EXPECT_TRUE(story.When(exempt(0, billing::kMaxTaxCodes - 1)).status.ok());
  const auto full = story.When(exempt(billing::kMaxTaxCodes - 1, billing::kMaxTaxCodes + 1))
                        .ThenRefused("TAX_CODES_FULL");
  EXPECT_EQ(MetadataOf(full.status, "tax_code_limit"), "200");
  EXPECT_TRUE(story.When(exempt(100, billing::kMaxTaxCodes)).status.ok());
  EXPECT_EQ(Account(story).tax_codes_size(), billing::kMaxTaxCodes);
  EXPECT_TRUE(story.When(exempt(0, billing::kMaxTaxCodes)).status.ok());
}

TEST(Limits, InvoicesHaveSoManyLinesTogether) {
  Story<billing::Billing> story = CustomerWithAccount();
  Account(story).set_line_count(billing::kMaxInvoiceLines - 1);
  EXPECT_TRUE(story.When(InvoiceOf(1)).status.ok());
  const auto full = story.When(InvoiceOf(1)).ThenRefused("CUSTOMER_FULL");
  EXPECT_EQ(MetadataOf(full.status, "line_limit"), "200000");
  EXPECT_TRUE(story.When(PaymentOf(1)).status.ok());
}

TEST(Limits, WhatExceedsTheAllocationsStaysUnapplied) {
  Story<billing::Billing> story = CustomerWithAccount();
  AddOpenInvoices(10, Account(story));
  auto& rows = *Account(story).mutable_allocations();
  for (int i = 0; i < billing::kMaxAllocationRows - 3; ++i) rows.add_payment(0);
  const auto outcome = story.Ask(Proto<RecordPaymentRequest>(
      "customer_id: 'c-1' request_id: 'r' method: 1 amount { currency_code: 'EUR' units: 1 }"));
  EXPECT_EQ(outcome.response.allocation_count(), 3);
  EXPECT_EQ(outcome.response.unapplied().nanos(), 970'000'000);
}

TEST(Limits, AReversalOfTheLargestPaymentFitsARecord) {
  Story<billing::Billing> story = CustomerWithAccount();
  AddOpenInvoices(10'000, Account(story));
  const auto paid = story.When(PaymentOf(100));
  EXPECT_EQ(paid.response.allocation_count(), billing::kMaxAllocations);
  const auto back = story.When(Proto<billing::v1::ReversePaymentRequest>(
      absl::StrCat("payment_id: '", paid.response.payment_id(), "'")));
  EXPECT_EQ(back.response.invoice_count(), 10'000);
  EXPECT_LT(BytesOf(back), kRecordBytes);
  EXPECT_EQ(Account(story).open_invoices_size(), 10'000);
  EXPECT_EQ(Account(story).open_invoices(0).invoice_id(), Id(0));
  EXPECT_EQ(Account(story).allocations().payment_size(), 0);
}

// All invoices that a customer may have, put there by several commands, with the longest amounts.
TEST(Limits, AReversalOfAPaymentOnEveryInvoiceFitsARecord) {
  constexpr int64_t kLarge = 600'000'000'000'000;
  Story<billing::Billing> story = CustomerWithAccount();
  const int count = static_cast<int>(billing::kMaxDocuments) - 2;
  AddOpenInvoices(count, Account(story), kLarge);
  const auto paid = story.When(PaymentOf(count * (kLarge / 100), "allow_unusual: true"));
  ASSERT_TRUE(paid.status.ok()) << paid.status;
  while (Account(story).unapplied_minor() > 0) {
    ASSERT_TRUE(story.When(billing::v1::ApplyCreditRequest()).status.ok());
  }
  const auto back = story.When(Proto<billing::v1::ReversePaymentRequest>(
      absl::StrCat("payment_id: '", paid.response.payment_id(), "'")));
  ASSERT_TRUE(back.status.ok()) << back.status;
  EXPECT_EQ(back.response.invoice_count(), count);
  EXPECT_LT(BytesOf(back), kRecordBytes);
}

// The same with as many discounts as one payment can earn.
TEST(Limits, AReversalThatUndoesDiscountsOnEveryInvoiceFitsARecord) {
  constexpr int64_t kLarge = 600'000'000'000'000, kDiscount = kLarge / 50;
  Story<billing::Billing> story = CustomerWithAccount();
  const int count = static_cast<int>(billing::kMaxDocuments) - 2;
  internal::billing::v1::Account& account = Account(story);
  AddOpenInvoices(count, account, kLarge);
  for (internal::billing::v1::Invoice& invoice : *account.mutable_open_invoices()) {
    for (const int64_t number : {kLarge - kLarge / 10, kLarge / 10, int64_t{19'000'000'000}}) {
      invoice.add_lines(number);
    }
    invoice.set_discount_minor(kDiscount);
    invoice.set_discount_date(billing::DayNumber(kNewYear + 10));
  }
  account.set_discount_offer_count(static_cast<uint32_t>(count));
  constexpr int kTaken = 300;
  const auto paid =
      story.When(PaymentOf((count * kLarge - kTaken * kDiscount) / 100,
                           "allow_unusual: true payment_date { year: 2026 month: 1 day: 11 }"));
  ASSERT_TRUE(paid.status.ok()) << paid.status;
  EXPECT_LT(BytesOf(paid), kRecordBytes);
  while (Account(story).unapplied_minor() > 0) {
    ASSERT_TRUE(story.When(billing::v1::ApplyCreditRequest()).status.ok());
  }
  EXPECT_EQ(Account(story).open_minor(), 0);
  const auto back = story.When(Proto<billing::v1::ReversePaymentRequest>(
      absl::StrCat("payment_id: '", paid.response.payment_id(), "'")));
  ASSERT_TRUE(back.status.ok()) << back.status;
  EXPECT_EQ(back.response.invoice_count(), count);
  EXPECT_EQ(back.events.size(), 1u + kTaken);
  EXPECT_LT(BytesOf(back), kRecordBytes);
}

TEST(Limits, ARefundGoesBackToSoManyPayments) {
  Story<billing::Billing> story = CustomerWithAccount();
  const std::string id = story.When(InvoiceOf(30)).response.invoice_id();
  AddCredit(3'000, Account(story));
  EXPECT_TRUE(story.When(billing::v1::ApplyCreditRequest()).status.ok());
  EXPECT_TRUE(story.When(billing::v1::ApplyCreditRequest()).status.ok());
  EXPECT_EQ(Account(story).open_minor(), 0);
  const std::string refund = absl::StrCat("invoice_id: '", id, "' kind: CREDIT_NOTE_KIND_REFUND ");
  story.When(Proto<billing::v1::IssueCreditNoteRequest>(refund)).ThenRefused("RECORD_TOO_LARGE");
  const auto note = story.When(Proto<billing::v1::IssueCreditNoteRequest>(
      refund + "lines { net { currency_code: 'EUR' units: 20 } }"));
  EXPECT_EQ(note.response.refund_count(), billing::kMaxCredits);
  EXPECT_LT(BytesOf(note), kRecordBytes);
}

}  // namespace
}  // namespace daybook
