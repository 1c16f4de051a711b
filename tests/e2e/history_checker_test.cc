// The checker is checked: a true story passes, and each planted fault is found and named.
#include "tests/support/history_checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "tests/e2e/hand_made_history.h"

namespace daybook {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> Wrong(const std::vector<StoredRecord>& records,
                               const std::vector<IssuedCommand>& commands) {
  return CheckHistory(records, commands).violations->all();
}
std::vector<std::string> Wrong(const HandMadeHistory& story) {
  return Wrong(story.Linked(), story.commands);
}

void Renumber(std::vector<StoredRecord>& records) {
  for (size_t i = 0; i < records.size(); ++i) records[i].offset = static_cast<int64_t>(i);
}

billing::v1::InvoiceIssued& InvoiceOf(HandMadeHistory& story, const std::string& id) {
  return *story.CommitOf(id).mutable_events(0)->mutable_billing()->mutable_invoice_issued();
}
billing::v1::PaymentRecorded& PaymentOf(HandMadeHistory& story) {
  return *story.CommitOf("payment")
              .mutable_events(0)
              ->mutable_billing()
              ->mutable_payment_recorded();
}

TEST(HistoryChecker, PassesATrueStory) {
  const HandMadeHistory story;
  const Checked checked = CheckHistory(story.Linked(), story.commands);
  EXPECT_THAT(checked.violations->all(), IsEmpty());
  EXPECT_EQ(checked.figures.commits, 5);
  EXPECT_EQ(checked.figures.claims, 2);
  EXPECT_EQ(checked.accepted, 5);
  EXPECT_EQ(checked.refused, 1);
  const ReferenceAccount& account = checked.book->customers().at("c-1").accounts.at("main");
  EXPECT_EQ(WideText(account.TotalOpen()), "2850");
  EXPECT_EQ(WideText(account.received), "15000");
}

TEST(HistoryChecker, FindsARecordThatIsMissing) {
  const HandMadeHistory story;
  auto records = story.Linked();
  records.erase(records.begin() + 5);
  EXPECT_THAT(Wrong(records, story.commands), Contains(HasSubstr("when it was written")));
}

TEST(HistoryChecker, FindsALossThatTheOffsetsHide) {
  const HandMadeHistory story;
  auto records = story.Linked();
  records.erase(records.begin() + 5);
  Renumber(records);
  EXPECT_THAT(Wrong(records, story.commands),
              Contains(HasSubstr("invoice-2 of c-1: was accepted and is lost")));
}

TEST(HistoryChecker, FindsALossAtTheEnd) {
  const HandMadeHistory story;
  auto records = story.Linked();
  records.pop_back();
  EXPECT_THAT(Wrong(records, story.commands),
              Contains(HasSubstr("payment of c-1: was accepted and is lost")));
}

TEST(HistoryChecker, FindsALossThatTheWholeChainHides) {
  HandMadeHistory story;
  story.records.erase(story.records.begin() + static_cast<int>(story.OffsetOf("invoice-2")));
  EXPECT_THAT(Wrong(story), Contains(HasSubstr("invoice-2 of c-1: was accepted and is lost")));
}

TEST(HistoryChecker, FindsACommandAppliedTwice) {
  HandMadeHistory story;
  story.records.push_back(story.records[story.OffsetOf("payment")]);
  EXPECT_THAT(Wrong(story), Contains(HasSubstr("command payment of c-1 had effect twice")));
}

TEST(HistoryChecker, PassesABatchThatTheBrokerStoredTwice) {
  const HandMadeHistory story;
  auto records = story.Linked();
  records.push_back(records[7]);
  Renumber(records);
  const Checked checked = CheckHistory(records, story.commands);
  EXPECT_THAT(checked.violations->all(), IsEmpty());
  EXPECT_EQ(checked.figures.voids, 1);
}

TEST(HistoryChecker, PassesWhatAnOldOwnerWroteTooLate) {
  const HandMadeHistory story;
  auto records = story.Linked();
  book::v1::Record late;
  late.set_epoch(1);
  late.set_sequence(3);
  late.mutable_commit()->set_request_id("late");
  records.push_back({3, static_cast<int64_t>(records.size()), "c-1", late.SerializeAsString()});
  EXPECT_THAT(Wrong(records, story.commands), IsEmpty());
}

TEST(HistoryChecker, FindsTwoRecordsExchanged) {
  const HandMadeHistory story;
  auto records = story.Linked();
  std::swap(records[4].value, records[5].value);
  EXPECT_THAT(Wrong(records, story.commands),
              Contains(HasSubstr("invoice-2 of c-1: was accepted and is lost")));
}

TEST(HistoryChecker, FindsTwoRecordsExchangedInAWholeChain) {
  HandMadeHistory story;
  std::swap(story.records[4], story.records[5]);
  const auto wrong = Wrong(story);
  EXPECT_THAT(wrong, Contains(HasSubstr("revision 4 follows 2")));
  EXPECT_THAT(wrong, Contains(HasSubstr("its token says partition 3 offset 4")));
  EXPECT_THAT(wrong, Contains(HasSubstr("invoice number 2 of series A 2026 follows 0")));
  EXPECT_THAT(wrong, Contains(HasSubstr("stands behind it")));
}

TEST(HistoryChecker, FindsAnAlteredByte) {
  HandMadeHistory story;
  auto records = story.Linked();
  book::v1::Record altered;
  altered.ParseFromString(records[4].value);
  altered.mutable_commit()->set_actor("somebody else");
  records[4].value = altered.SerializeAsString();
  EXPECT_THAT(Wrong(records, story.commands), Contains(HasSubstr("has another history")));
}

TEST(HistoryChecker, FindsAnInvoiceOfAnotherAmount) {
  HandMadeHistory story;
  auto& invoice = InvoiceOf(story, "invoice-2");
  invoice.set_net_minor(50'01);
  invoice.mutable_lines(0)->set_net_minor(50'01);
  invoice.set_total_minor(59'51);
  EXPECT_THAT(Wrong(story), Contains(HasSubstr("the invoice is of 5951, asked for was 5950")));
}

TEST(HistoryChecker, FindsAPaymentOfAnotherAmount) {
  HandMadeHistory story;
  PaymentOf(story).set_amount_minor(149'99);
  EXPECT_THAT(Wrong(story), Contains(HasSubstr("the payment is of 14999")));
}

TEST(HistoryChecker, FindsAnInvoiceThatDoesNotAddUp) {
  HandMadeHistory story;
  InvoiceOf(story, "invoice-2").mutable_lines(0)->set_tax_minor(9'49);
  EXPECT_THAT(Wrong(story), Contains(HasSubstr("tax is not the sum of its lines")));
}

TEST(HistoryChecker, FindsMoneyPutOnAnInvoiceTwice) {
  HandMadeHistory story;
  PaymentOf(story).mutable_allocations(1)->set_invoice_id("i-invoice-1");
  EXPECT_THAT(Wrong(story), Contains(HasSubstr("3100 is put on an invoice with 0 open")));
}

TEST(HistoryChecker, FindsMoneyThatDisappears) {
  HandMadeHistory story;
  PaymentOf(story).mutable_allocations(1)->set_amount_minor(30'99);
  EXPECT_THAT(Wrong(story), Contains(HasSubstr("what is allocated of it and what is left")));
}

TEST(HistoryChecker, FindsAGapInTheNumbers) {
  HandMadeHistory story;
  InvoiceOf(story, "invoice-2").mutable_number()->set_sequence(3);
  EXPECT_THAT(Wrong(story), Contains(HasSubstr("invoice number 3 of series A 2026 follows 1")));
}

TEST(HistoryChecker, FindsAnAcknowledgementOfNothing) {
  HandMadeHistory story;
  IssuedCommand claimed = story.CommandOf("payment");
  claimed.request_id = "never";
  story.commands.push_back(claimed);
  EXPECT_THAT(Wrong(story), Contains(HasSubstr("never of c-1: was accepted and is lost")));
}

TEST(HistoryChecker, FindsATokenOfAnotherPlace) {
  HandMadeHistory story;
  story.CommandOf("invoice-1").response = story.CommandOf("invoice-2").response;
  const auto wrong = Wrong(story);
  EXPECT_THAT(wrong, Contains(HasSubstr("its token says partition 3 offset 5")));
  EXPECT_THAT(wrong, Contains(HasSubstr("answered otherwise than the log says")));
}

TEST(HistoryChecker, FindsARefusedCommandInTheLog) {
  HandMadeHistory story;
  story.CommandOf("payment").outcome = IssuedCommand::Outcome::kRefused;
  EXPECT_THAT(Wrong(story), Contains(HasSubstr("was refused and stands in the log")));
}

TEST(HistoryChecker, FindsARefusalWithoutCause) {
  HandMadeHistory story;
  story.CommandOf("refused").must_be_refused = "";
  EXPECT_THAT(Wrong(story), Contains(HasSubstr("was refused with CURRENCY_MISMATCH")));
}

TEST(HistoryChecker, FindsARecordThatNobodyAskedFor) {
  HandMadeHistory story;
  story.commands.erase(story.commands.begin());
  EXPECT_THAT(Wrong(story), Contains(HasSubstr("nobody asked for register")));
}

TEST(HistoryChecker, BearsCommandsThatWereNeverAnswered) {
  HandMadeHistory story;
  story.CommandOf("payment").outcome = IssuedCommand::Outcome::kUnknown;
  IssuedCommand lost = story.CommandOf("payment");
  lost.request_id = "lost";
  story.commands.push_back(lost);
  const Checked checked = CheckHistory(story.Linked(), story.commands);
  EXPECT_THAT(checked.violations->all(), IsEmpty());
  EXPECT_EQ(checked.unknown_in, 1);
  EXPECT_EQ(checked.unknown_out, 1);
}

TEST(HistoryChecker, FindsAnswersInAnotherOrderThanTheLog) {
  HandMadeHistory story;
  std::swap(story.CommandOf("invoice-1").begun, story.CommandOf("payment").begun);
  std::swap(story.CommandOf("invoice-1").ended, story.CommandOf("payment").ended);
  EXPECT_THAT(Wrong(story), Contains(HasSubstr("stands behind it")));
}

TEST(HistoryChecker, FindsAnEpochFromTheFuture) {
  const HandMadeHistory story;
  auto records = story.Linked();
  book::v1::Record future;
  future.set_epoch(9);
  future.mutable_barrier();
  records.push_back({3, static_cast<int64_t>(records.size()), "", future.SerializeAsString()});
  EXPECT_THAT(Wrong(records, story.commands), Contains(HasSubstr("it is of epoch 9")));
}

TEST(HistoryChecker, FindsATimeThatGoesBack) {
  HandMadeHistory story;
  story.records[4].mutable_recorded_time()->set_seconds(9'000'000);
  EXPECT_THAT(Wrong(story), Contains(HasSubstr("offset 5: its time is before")));
}

TEST(HistoryChecker, FindsAClaimOfAnotherLog) {
  HandMadeHistory story;
  story.records[3].mutable_owner_started()->set_log_id("another");
  EXPECT_THAT(Wrong(story), Contains(HasSubstr("names another log")));
}

TEST(HistoryChecker, FindsARecordUnderAnotherKey) {
  const HandMadeHistory story;
  auto records = story.Linked();
  records[4].key = "c-2";
  EXPECT_THAT(Wrong(records, story.commands), Contains(HasSubstr("key is not the customer")));
}

}  // namespace
}  // namespace daybook
