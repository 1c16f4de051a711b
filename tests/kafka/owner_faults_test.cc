// Owners and brokers that are stopped, resumed and killed under load, on a real broker. The log is
// read by kcat and judged by the history checker.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "daybook/customer/v1/customer_service.pb.h"
#include "tests/support/daybook_process.h"
#include "tests/support/history_checker.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/load.h"
#include "tests/support/read_history.h"
#include "tests/support/scratch.h"

namespace daybook {
namespace {

using testing::AnyOf;
using testing::IsEmpty;

constexpr int kPartitions = 4;

#define ASSERT_IS_OK(expression)             \
  do {                                       \
    const absl::Status is_ok = (expression); \
    ASSERT_TRUE(is_ok.ok()) << is_ok;        \
  } while (false)

class OwnerFaults : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    scratch_ = new ScratchDirectory;
    // A broker that was killed must wait for the end of its former session.
    auto broker = KafkaBroker::Start({.directory = scratch_->path() + "/broker",
                                      .properties = "broker.session.timeout.ms=2000\n"
                                                    "broker.heartbeat.interval.ms=500"});
    if (broker.ok()) {
      broker_ = broker->release();
    } else {
      why_not_ = new std::string("skipped: no broker: " + broker.status().ToString());
    }
  }
  static void TearDownTestSuite() {
    delete broker_;
    delete scratch_;
    delete why_not_;
    broker_ = nullptr;
    scratch_ = nullptr;
    why_not_ = nullptr;
  }

  void SetUp() override {
    if (broker_ != nullptr) return;
    if (BrokerIsRequired()) FAIL() << *why_not_;
    GTEST_SKIP() << *why_not_;
  }

  // A server on this test's topic; each has a directory of its own.
  std::unique_ptr<DaybookProcess> NewServer() {
    return std::make_unique<DaybookProcess>(
        ProcessOptions{.data_dir = absl::StrCat(scratch_->path(), "/", Prefix(), servers_++),
                       .partitions = kPartitions,
                       .arguments = {"--log=kafka", "--kafka-brokers=" + broker_->address(),
                                     "--kafka-topic-prefix=" + Prefix() + "."}});
  }

  void StartLoad(LoadOptions options) {
    options.name = Prefix();
    load_ = std::make_unique<Load>(options);
    for (const std::string& endpoint : options.endpoints) load_->Connect(endpoint);
    load_->Start();
  }

  void ExpectProgress(int64_t commands) {
    ASSERT_TRUE(load_->WaitForAccepted(load_->accepted() + commands, absl::Seconds(40)))
        << load_->Summary();
  }

  // Asks a server that has been superseded for a command of `number`th customer: it must say whose
  // the partition is now. The question is one of the commands that the checker looks for.
  void ExpectRefers(const DaybookProcess& server, const DaybookProcess& owner, int number) {
    customer::v1::RegisterCustomerRequest request;
    request.set_customer_id(absl::StrCat(Prefix(), "-probe-", probes_.size(), "-", number));
    request.set_kind(customer::v1::CUSTOMER_KIND_PERSON);
    request.mutable_profile()->mutable_personal()->set_display_name("Nobody");
    request.set_request_id("probe");
    rpc::Client client(server.address());
    std::string response;
    const absl::Status status =
        client.CallRaw("/daybook.customer.v1.CustomerService/RegisterCustomer",
                       request.SerializeAsString(), &response, absl::Now() + absl::Seconds(10));
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_THAT(ReasonOf(status), AnyOf("NOT_OWNER", "NOT_RECORDED")) << status;
    EXPECT_EQ(MetadataOf(status, "endpoint"), owner.address()) << status;
    IssuedCommand& probe = probes_.emplace_back();
    probe.method = "daybook.customer.v1.CustomerService.RegisterCustomer";
    probe.customer_id = request.customer_id();
    probe.request_id = request.request_id();
    probe.request = request.SerializeAsString();
    probe.response = response;
    probe.outcome =
        status.ok() ? IssuedCommand::Outcome::kAccepted : IssuedCommand::Outcome::kRefused;
    probe.reason = probe.must_be_refused = ReasonOf(status);
  }

  // Ends the load, reads the topic by kcat, compares the commands, then the balances of `server`.
  void Judge(const DaybookProcess& server) {
    EXPECT_TRUE(load_->Finish(absl::Seconds(60)))
        << "some commands never got an outcome: " << load_->Summary();
    const auto records = ReadKafkaHistory(broker_->address(), Prefix() + ".daybook.log.v1");
    ASSERT_TRUE(records.ok()) << records.status();
    std::vector<IssuedCommand> commands = load_->Commands();
    commands.insert(commands.end(), probes_.begin(), probes_.end());
    const Checked checked = CheckHistory(*records, commands);
    std::printf("  %s\n  %s\n", checked.Summary().c_str(), load_->Summary().c_str());
    EXPECT_THAT(checked.violations->all(), IsEmpty());
    EXPECT_THAT(load_->violations().all(), IsEmpty());
    rpc::Client client(server.address());
    EXPECT_THAT(CompareBalances(checked, client), IsEmpty());
  }

  static std::string Prefix() {
    return testing::UnitTest::GetInstance()->current_test_info()->name();
  }

  static ScratchDirectory* scratch_;
  static KafkaBroker* broker_;
  static std::string* why_not_;

  int servers_ = 0;
  std::unique_ptr<Load> load_;
  std::vector<IssuedCommand> probes_;
};

ScratchDirectory* OwnerFaults::scratch_ = nullptr;
KafkaBroker* OwnerFaults::broker_ = nullptr;
std::string* OwnerFaults::why_not_ = nullptr;

TEST_F(OwnerFaults, OwnersStoppedAndResumedUnderLoad) {
  auto owner = NewServer();
  auto other = NewServer();
  ASSERT_IS_OK(owner->StartAndWait());
  ASSERT_NO_FATAL_FAILURE(StartLoad({.endpoints = {owner->address(), other->address()},
                                     .commands_per_second = 3000,
                                     .call_timeout = absl::Milliseconds(1500)}));
  for (int change = 0; change < 12; ++change) {
    SCOPED_TRACE(absl::StrCat("change ", change));
    ASSERT_NO_FATAL_FAILURE(ExpectProgress(300));
    owner->Stop();
    // Who has been superseded claims again only when it is started again.
    if (other->running()) {
      other->Terminate();
      ASSERT_EQ(other->WaitUntilEnded(absl::Seconds(20)), 0) << other->words();
    }
    load_->Disconnect(other->address());
    ASSERT_IS_OK(other->StartAndWait());
    load_->Connect(other->address());
    ASSERT_NO_FATAL_FAILURE(ExpectProgress(300));
    owner->Continue();
    for (int i = 0; i < 8; ++i) ExpectRefers(*owner, *other, i);
    ASSERT_NO_FATAL_FAILURE(ExpectProgress(100));
    std::swap(owner, other);
  }
  Judge(*owner);
}

TEST_F(OwnerFaults, OwnersTakenOverWhileTheyWork) {
  auto owner = NewServer();
  auto other = NewServer();
  ASSERT_IS_OK(owner->StartAndWait());
  ASSERT_NO_FATAL_FAILURE(StartLoad({.endpoints = {owner->address(), other->address()},
                                     .commands_per_second = 3000,
                                     .call_timeout = absl::Milliseconds(1500)}));
  for (int change = 0; change < 8; ++change) {
    SCOPED_TRACE(absl::StrCat("change ", change));
    ASSERT_NO_FATAL_FAILURE(ExpectProgress(200));
    load_->Disconnect(other->address());
    other->Kill();
    // Nobody is stopped: both are alive and meet in the log.
    ASSERT_IS_OK(other->StartAndWait());
    load_->Connect(other->address());
    for (int i = 0; i < 4; ++i) ExpectRefers(*owner, *other, i);
    std::swap(owner, other);
  }
  Judge(*owner);
}

TEST_F(OwnerFaults, OwnerKilledUnderLoad) {
  std::mt19937_64 random(5);
  const auto owner = NewServer();
  ASSERT_IS_OK(owner->StartAndWait());
  ASSERT_NO_FATAL_FAILURE(
      StartLoad({.endpoints = {owner->address()}, .seed = 5, .commands_per_second = 3000}));
  std::vector<absl::Duration> restarts;
  for (int kills = 0; kills < 24; ++kills) {
    SCOPED_TRACE(absl::StrCat("kill ", kills));
    ASSERT_NO_FATAL_FAILURE(ExpectProgress(std::uniform_int_distribution<int>(1, 300)(random)));
    owner->Kill();
    load_->Disconnect(owner->address());
    const absl::Time begin = absl::Now();
    ASSERT_IS_OK(owner->StartAndWait());
    load_->Connect(owner->address());
    ASSERT_NO_FATAL_FAILURE(ExpectProgress(1));
    restarts.push_back(absl::Now() - begin);
  }
  std::sort(restarts.begin(), restarts.end());
  std::printf("  from kill to the next answer: median %s, longest %s\n",
              absl::FormatDuration(restarts[restarts.size() / 2]).c_str(),
              absl::FormatDuration(restarts.back()).c_str());
  Judge(*owner);
}

TEST_F(OwnerFaults, BrokerKilledUnderLoad) {
  const auto owner = NewServer();
  ASSERT_IS_OK(owner->StartAndWait());
  ASSERT_NO_FATAL_FAILURE(
      StartLoad({.endpoints = {owner->address()}, .seed = 6, .commands_per_second = 3000}));
  for (int kills = 0; kills < 4; ++kills) {
    SCOPED_TRACE(absl::StrCat("kill ", kills));
    ASSERT_NO_FATAL_FAILURE(ExpectProgress(500));
    broker_->Kill();
    if (kills % 2 == 1) absl::SleepFor(absl::Seconds(1));
    ASSERT_IS_OK(broker_->StartAgain());
    const absl::Time begin = absl::Now();
    ASSERT_NO_FATAL_FAILURE(ExpectProgress(500));
    std::printf("  500 more answers %s after the broker was back\n",
                absl::FormatDuration(absl::Now() - begin).c_str());
  }
  EXPECT_TRUE(owner->running()) << owner->words();
  Judge(*owner);
}

TEST_F(OwnerFaults, OwnerAndBrokerKilledTogether) {
  const auto owner = NewServer();
  ASSERT_IS_OK(owner->StartAndWait());
  ASSERT_NO_FATAL_FAILURE(
      StartLoad({.endpoints = {owner->address()}, .seed = 7, .commands_per_second = 3000}));
  for (int kills = 0; kills < 2; ++kills) {
    ASSERT_NO_FATAL_FAILURE(ExpectProgress(500));
    broker_->Kill();
    owner->Kill();
    load_->Disconnect(owner->address());
    ASSERT_IS_OK(broker_->StartAgain());
    ASSERT_IS_OK(owner->StartAndWait());
    load_->Connect(owner->address());
  }
  ASSERT_NO_FATAL_FAILURE(ExpectProgress(500));
  Judge(*owner);
}

}  // namespace
}  // namespace daybook
