#include "projections/journal/postings.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"

namespace daybook::postings {
namespace {

namespace v1 = billing::v1;

Event EventOf(const std::string& text) {
  Event event;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &event)) << text;
  return event;
}

std::string Posted(const std::string& event) {
  std::string text;
  int64_t balance = 0;
  for (const Posting& posting : PostingsOf(EventOf(event))) {
    const bool debit = posting.side == Side::kDebit;
    EXPECT_GT(posting.amount_minor, 0);
    balance += debit ? posting.amount_minor : -posting.amount_minor;
    absl::StrAppend(&text, text.empty() ? "" : ", ", debit ? "Dr " : "Cr ", NameOf(posting.ledger),
                    " ", posting.amount_minor);
  }
  EXPECT_EQ(balance, 0) << event;
  return text;
}

TEST(Postings, EveryEventBalances) {
  EXPECT_EQ(Posted("account_opened {}"), "");
  EXPECT_EQ(Posted("invoice_issued { net_minor: 100 tax_minor: 19 total_minor: 119 }"),
            "Dr receivable 119, Cr revenue 100, Cr tax_payable 19");
  EXPECT_EQ(Posted("invoice_issued { net_minor: 100 total_minor: 100 }"),
            "Dr receivable 100, Cr revenue 100");
  EXPECT_EQ(Posted("invoice_issued { net_minor: -20 tax_minor: 20 }"),
            "Dr revenue 20, Cr tax_payable 20");
  EXPECT_EQ(Posted("invoice_issued {}"), "");
  EXPECT_EQ(Posted("payment_recorded { amount_minor: 10 unapplied_minor: 3 "
                   "allocations { amount_minor: 5 } allocations { amount_minor: 2 } }"),
            "Dr cash 10, Cr receivable 7, Cr customer_deposits 3");
  EXPECT_EQ(Posted("credit_applied { allocations { amount_minor: 3 } }"),
            "Dr customer_deposits 3, Cr receivable 3");
  EXPECT_EQ(Posted("credit_released { released { amount_minor: 3 } }"),
            "Dr receivable 3, Cr customer_deposits 3");
  EXPECT_EQ(Posted("payment_announced { amount_minor: 10 }"), "");
  EXPECT_EQ(Posted("payment_failed { amount_minor: 10 }"), "");
  EXPECT_EQ(Posted("payment_confirmed { amount_minor: 10 unapplied_minor: 3 "
                   "allocations { amount_minor: 7 } }"),
            "Dr cash 10, Cr receivable 7, Cr customer_deposits 3");
  EXPECT_EQ(Posted("payment_reversed { amount_minor: 10 unapplied_minor: 3 "
                   "released { amount_minor: 7 } }"),
            "Dr receivable 7, Dr customer_deposits 3, Cr cash 10");
  EXPECT_EQ(Posted("payment_refunded { amount_minor: 3 }"), "Dr customer_deposits 3, Cr cash 3");
  EXPECT_EQ(Posted("credit_note_issued { net_minor: 100 tax_minor: 19 total_minor: 119 "
                   "applied_minor: 119 }"),
            "Dr revenue 100, Dr tax_payable 19, Cr receivable 119");
  EXPECT_EQ(Posted("credit_note_issued { net_minor: 100 tax_minor: 19 total_minor: 119 "
                   "unapplied_minor: 119 }"),
            "Dr revenue 100, Dr tax_payable 19, Cr customer_deposits 119");
  EXPECT_EQ(Posted("invoice_written_off { reason: WRITE_OFF_REASON_NORMAL amount_minor: 2 }"),
            "Dr credit_losses_normal 2, Cr receivable 2");
  EXPECT_EQ(Posted("invoice_written_off { reason: WRITE_OFF_REASON_OVERDUE amount_minor: 2 }"),
            "Dr credit_losses_overdue 2, Cr receivable 2");
  EXPECT_EQ(Posted("invoice_written_off { reason: WRITE_OFF_REASON_BAD_DEBT amount_minor: 2 }"),
            "Dr credit_losses_bad_debt 2, Cr receivable 2");
  EXPECT_EQ(Posted("write_off_recovered { reason: WRITE_OFF_REASON_BAD_DEBT amount_minor: 2 }"),
            "Dr receivable 2, Cr credit_losses_bad_debt 2");
  EXPECT_EQ(Posted("invoice_voided { net_minor: 100 tax_minor: 19 total_minor: 119 open_minor: 100 "
                   "residue_minor: 4 written_off_minor: 15 "
                   "write_off_reason: WRITE_OFF_REASON_OVERDUE }"),
            "Dr revenue 100, Dr tax_payable 19, Cr receivable 100, Cr credit_losses_normal 4, "
            "Cr credit_losses_overdue 15");
  EXPECT_EQ(Posted("invoice_marked_uncollectible { open_minor: 5 }"), "");
  EXPECT_EQ(Posted("invoice_unmarked_uncollectible { open_minor: 5 }"), "");
  EXPECT_EQ(Posted("invoice_written_off { reason: WRITE_OFF_REASON_BAD_DEBT amount_minor: 119 "
                   "taxes { rate_percent: '19' net_minor: 100 tax_minor: 19 } tax_minor: 19 }"),
            "Dr credit_losses_bad_debt 100, Dr tax_payable 19, Cr receivable 119");
  EXPECT_EQ(Posted("invoice_written_off { reason: WRITE_OFF_REASON_NORMAL amount_minor: 7 "
                   "tax_minor: 1 }"),
            "Dr credit_losses_normal 6, Dr tax_payable 1, Cr receivable 7");
  EXPECT_EQ(Posted("write_off_recovered { reason: WRITE_OFF_REASON_OVERDUE amount_minor: 60 "
                   "tax_minor: 10 }"),
            "Dr receivable 60, Cr credit_losses_overdue 50, Cr tax_payable 10");
  EXPECT_EQ(Posted("write_off_reversed { reason: WRITE_OFF_REASON_NORMAL amount_minor: 2 }"),
            "Dr receivable 2, Cr credit_losses_normal 2");
  EXPECT_EQ(Posted("write_off_reversed { reason: WRITE_OFF_REASON_BAD_DEBT amount_minor: 119 "
                   "tax_minor: 19 }"),
            "Dr receivable 119, Cr credit_losses_bad_debt 100, Cr tax_payable 19");
  EXPECT_EQ(Posted("invoice_written_off { reason: WRITE_OFF_REASON_EARLY_PAYMENT amount_minor: 238 "
                   "tax_minor: 38 }"),
            "Dr sales_discounts 200, Dr tax_payable 38, Cr receivable 238");
  EXPECT_EQ(Posted("write_off_reversed { reason: WRITE_OFF_REASON_EARLY_PAYMENT amount_minor: 238 "
                   "tax_minor: 38 }"),
            "Dr receivable 238, Cr sales_discounts 200, Cr tax_payable 38");
  EXPECT_EQ(Posted("credit_note_issued { net_minor: 100 tax_minor: 19 total_minor: 119 "
                   "applied_minor: 20 unapplied_minor: 99 }"),
            "Dr revenue 100, Dr tax_payable 19, Cr receivable 20, Cr customer_deposits 99");
  EXPECT_EQ(Posted("payment_reversed { amount_minor: 10 unapplied_minor: 10 partial: true "
                   "excess_minor: 0 }"),
            "Dr customer_deposits 10, Cr cash 10");
  EXPECT_EQ(Posted("payment_reversed { excess_minor: 60 }"), "");
  EXPECT_EQ(Posted("debit_note_issued { total_minor: 60 }"), "Dr receivable 60, Cr cash 60");
  EXPECT_EQ(Posted("payment_loss_taken { amount_minor: 60 }"), "Dr payment_losses 60, Cr cash 60");
  EXPECT_EQ(Posted("payment_loss_recovered { amount_minor: 60 }"),
            "Dr cash 60, Cr payment_losses 60");
  EXPECT_EQ(Posted("credit_written_off { amount_minor: 1 }"),
            "Dr customer_deposits 1, Cr residue_income 1");
  EXPECT_EQ(Posted("credit_write_off_reversed { amount_minor: 1 }"),
            "Dr residue_income 1, Cr customer_deposits 1");
}

TEST(Postings, LedgerAccountsAreFoundByTheirNames) {
  for (int i = 0; i < kLedgers; ++i) {
    const auto ledger = static_cast<Ledger>(i);
    EXPECT_EQ(FromApi(ToApi(ledger)), ledger);
    EXPECT_NE(NameOf(ledger), "unknown");
  }
  EXPECT_EQ(FromApi(journal::v1::LEDGER_ACCOUNT_UNSPECIFIED), std::nullopt);
  EXPECT_EQ(journal::v1::LedgerAccount_ARRAYSIZE, kLedgers + 1);
  EXPECT_EQ(FromApi(static_cast<journal::v1::LedgerAccount>(kLedgers + 1)), std::nullopt);
}

TEST(Postings, EveryKindOfEventHasRowsOrIsSaidToPostNothing) {
  std::set<int> posting, nothing;
  for (const PostingRule& rule : PostingTable()) posting.insert(rule.event);
  for (const v1::Event::EventCase event : EventsWithoutPostings()) nothing.insert(event);
  const auto* oneof = v1::Event::descriptor()->FindOneofByName("event");
  for (int i = 0; i < oneof->field_count(); ++i) {
    const int number = oneof->field(i)->number();
    EXPECT_EQ(posting.contains(number) + nothing.contains(number), 1)
        << oneof->field(i)->name() << " must have rows, or stand among those that post nothing";
  }
}

}  // namespace
}  // namespace daybook::postings
