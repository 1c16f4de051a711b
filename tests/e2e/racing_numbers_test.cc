// Numbers of invoices and credit notes while two command services race for the same topic: every
// command goes to both at once, and who may write changes hands again and again, by a pause, by a
// take-over of the living, by the superseded who is asked to take back, by a kill, and by both
// starting at the same moment, when each may get some of the partitions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "tests/e2e/embedded_campaign.h"
#include "tests/support/daybook_process.h"
#include "tests/support/history_checker.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/load.h"
#include "tests/support/read_history.h"
#include "tests/support/reference_chain.h"
#include "tests/support/scratch.h"

namespace daybook {
namespace {

using testing::IsEmpty;

constexpr int kPartitions = 4;
constexpr int kRounds = kSanitized ? 1 : 3;  // of five changes each
constexpr int64_t kCommandsAChange = kSanitized ? 60 : 200;

// One counter: what it numbers, series, year, partition.
using Counter = std::tuple<std::string, std::string, int, int>;

std::string Name(const Counter& counter) {
  const auto& [what, series, year, partition] = counter;
  return absl::StrCat(what, " ", series, "-", year, "-", partition);
}

constexpr char kInvoices[] = "IssueInvoice";
constexpr char kCreditNotes[] = "IssueCreditNote";

class RacingNumbers : public testing::Test {
 protected:
  void SetUp() override {
    auto broker = KafkaBroker::Start({.directory = scratch_.path() + "/broker"});
    if (broker.ok()) {
      broker_ = *std::move(broker);
      owner_ = NewServer();
      other_ = NewServer();
      return;
    }
    if (BrokerIsRequired()) FAIL() << broker.status();
    GTEST_SKIP() << "skipped: no broker: " << broker.status();
  }

  // Each has a directory of its own.
  std::unique_ptr<DaybookProcess> NewServer() {
    return std::make_unique<DaybookProcess>(
        ProcessOptions{.data_dir = absl::StrCat(scratch_.path(), "/server", servers_++),
                       .partitions = kPartitions,
                       .arguments = {"--log=kafka", "--kafka-brokers=" + broker_->address(),
                                     "--kafka-topic-prefix=race."}});
  }

  void ExpectProgress() {
    ASSERT_TRUE(load_->WaitForAccepted(load_->accepted() + kCommandsAChange, absl::Seconds(40)))
        << load_->Summary() << owner_->words() << other_->words();
  }

  void Kill(DaybookProcess& server) {
    server.Kill();
    load_->Disconnect(server.address());
  }
  // Who has been superseded claims again when it is started again,
  void StartOther() {
    Kill(*other_);
    ASSERT_IS_OK(other_->Start());
    load_->Connect(other_->address());
  }

  // The ways in which the partitions change hands. After each, `owner_` owns or did so last.
  void PauseTheOwner() {
    owner_->Stop();
    ASSERT_NO_FATAL_FAILURE(StartOther());
    ASSERT_NO_FATAL_FAILURE(ExpectProgress());
    owner_->Continue();  // and finds what it was sent while it slept
    std::swap(owner_, other_);
  }
  void TakeOverFromTheLiving() {
    ASSERT_NO_FATAL_FAILURE(StartOther());
    std::swap(owner_, other_);
  }
  // or when it is asked, once it knows.
  void TakeBack() {
    ASSERT_NO_FATAL_FAILURE(AwaitStepDown(*other_, *owner_));
    other_->AskToClaim();
    std::swap(owner_, other_);
    ASSERT_NO_FATAL_FAILURE(AwaitStepDown(*other_, *owner_));
  }
  static void AwaitStepDown(DaybookProcess& loser, const DaybookProcess& winner) {
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    for (int p = 0; p < kPartitions;) {
      const std::string words =
          absl::StrCat("partition ", p, ": stepped down for ", winner.address());
      if (absl::StrContains(loser.words(), words)) {
        ++p;
        continue;
      }
      ASSERT_LT(absl::Now(), deadline) << loser.words();
      absl::SleepFor(absl::Milliseconds(20));
    }
  }
  void KillTheOwner() {
    ASSERT_NO_FATAL_FAILURE(StartOther());
    Kill(*owner_);
    std::swap(owner_, other_);
  }
  void StartBothAtOnce() {
    Kill(*owner_);
    Kill(*other_);
    ASSERT_IS_OK(owner_->Start());
    ASSERT_IS_OK(other_->Start());
    load_->Connect(owner_->address());
    load_->Connect(other_->address());
  }

  // Every counter of the log, by a loop of its own, holds 1, 2, ..., n. Returns how many there are.
  static std::map<Counter, int64_t> ExpectGapless(const std::vector<CountingRecord>& records) {
    std::map<Counter, int64_t> last;
    for (const CountingRecord& record : records) {
      for (const book::v1::Event& event : record.record.commit().events()) {
        const bool invoice = event.billing().has_invoice_issued();
        if (!invoice && !event.billing().has_credit_note_issued()) continue;
        const auto& number = invoice ? event.billing().invoice_issued().number()
                                     : event.billing().credit_note_issued().number();
        const Counter counter(invoice ? kInvoices : kCreditNotes, number.series(), number.year(),
                              number.partition());
        EXPECT_EQ(number.partition(), record.partition);
        EXPECT_EQ(number.sequence(), ++last[counter])
            << Name(counter) << " at offset " << record.offset;
      }
    }
    return last;
  }

  ScratchDirectory scratch_;
  std::unique_ptr<KafkaBroker> broker_;
  std::unique_ptr<DaybookProcess> owner_;
  std::unique_ptr<DaybookProcess> other_;
  std::unique_ptr<Load> load_;
  int servers_ = 0;
};

TEST_F(RacingNumbers, HaveNoGapAndNoTwinWhoeverIssues) {
  ASSERT_IS_OK(owner_->StartAndWait());
  load_ = std::make_unique<Load>(LoadOptions{.endpoints = {owner_->address(), other_->address()},
                                             .name = "race",
                                             .in_flight = 256,
                                             .in_flight_per_customer = 3,
                                             .commands_per_second = 2000,
                                             .max_commands = 30'000,
                                             .call_timeout = absl::Milliseconds(700),
                                             .to_all = true});
  load_->Connect(owner_->address());
  load_->Start();
  ASSERT_NO_FATAL_FAILURE(ExpectProgress());
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    ASSERT_NO_FATAL_FAILURE(PauseTheOwner());
    ASSERT_NO_FATAL_FAILURE(ExpectProgress());
    ASSERT_NO_FATAL_FAILURE(TakeOverFromTheLiving());
    ASSERT_NO_FATAL_FAILURE(ExpectProgress());
    ASSERT_NO_FATAL_FAILURE(TakeBack());
    ASSERT_NO_FATAL_FAILURE(ExpectProgress());
    ASSERT_NO_FATAL_FAILURE(KillTheOwner());
    ASSERT_NO_FATAL_FAILURE(ExpectProgress());
    ASSERT_NO_FATAL_FAILURE(StartBothAtOnce());
    ASSERT_NO_FATAL_FAILURE(ExpectProgress());
  }
  EXPECT_TRUE(load_->Finish(absl::Seconds(40)))
      << "some commands never got an outcome: " << load_->Summary();
  EXPECT_THAT(load_->violations().all(), IsEmpty());

  // What stands in the log, read by kcat: each accepted command once, with the number it was
  // answered.
  const auto records = ReadKafkaHistory(broker_->address(), "race.daybook.log.v1");
  ASSERT_TRUE(records.ok()) << records.status();
  const std::vector<IssuedCommand> commands = load_->Commands();
  const Checked checked = CheckHistory(*records, commands);
  std::printf("  %s\n  %s\n", checked.Summary().c_str(), load_->Summary().c_str());
  EXPECT_THAT(checked.violations->all(), IsEmpty());
  EXPECT_GE(checked.figures.claims, kPartitions * (5 * kRounds + 1));
  ChainFigures figures;
  Violations violations;
  const auto last = ExpectGapless(CountingRecords(*records, &figures, &violations));
  EXPECT_THAT(violations.all(), IsEmpty());
  for (const std::string what : {kInvoices, kCreditNotes}) {
    int64_t answered = 0, numbered = 0;
    size_t counters = 0;
    for (const IssuedCommand& command : commands) {
      answered += command.method == "daybook.billing.v1.BillingService." + what &&
                  command.outcome == IssuedCommand::Outcome::kAccepted;
    }
    for (const auto& [counter, count] : last) {
      if (std::get<0>(counter) != what) continue;
      ++counters;
      numbered += count;
    }
    EXPECT_EQ(numbered, answered) << what;
    if (!kSanitized) {
      EXPECT_EQ(counters, kPartitions * 2u * 2u) << what;  // two series, two years
    }
    std::printf("  %s: %ld numbers in %zu counters\n", what.c_str(), numbered, counters);
  }

  // A third one that has only the log gives every request the answer of the first time, and counts
  // on where they stopped.
  const auto third = NewServer();
  ASSERT_IS_OK(third->StartAndWait());
  rpc::Client client(third->address());
  EXPECT_THAT(AskAgain(commands, static_cast<int>(commands.size()) + 1, client), IsEmpty());
  EXPECT_THAT(CompareBalances(checked, client), IsEmpty());
}

}  // namespace
}  // namespace daybook
