#include "services/billing/postings.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/billing/billing_story.h"

namespace daybook::billing {
namespace {

using test::Proto;

std::string Posted(const std::string& event) {
  std::string text;
  int64_t balance = 0;
  for (const Posting& posting : PostingsOf(Proto<v1::Event>(event))) {
    const bool debit = posting.side == Side::kDebit;
    EXPECT_GT(posting.amount_minor, 0);
    balance += debit ? posting.amount_minor : -posting.amount_minor;
    absl::StrAppend(&text, text.empty() ? "" : ", ", debit ? "Dr " : "Cr ",
                    std::string(NameOf(posting.ledger)), " ", posting.amount_minor);
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
}

TEST(Postings, TheTableKnowsEveryEventButTheOpening) {
  std::set<int> known;
  for (const PostingRule& rule : PostingTable()) known.insert(rule.event);
  const auto* oneof = v1::Event::descriptor()->FindOneofByName("event");
  for (int i = 0; i < oneof->field_count(); ++i) {
    const int number = oneof->field(i)->number();
    EXPECT_EQ(known.contains(number), number != v1::Event::kAccountOpened)
        << oneof->field(i)->name() << " has no rows in the posting table";
  }
}

}  // namespace
}  // namespace daybook::billing
