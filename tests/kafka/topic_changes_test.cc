// Somebody changes the topic of a log while it is served: partitions are added, retention is set,
// records or the whole topic are deleted. The server names it, decides nothing, and ends when it is
// told to; so does every subcommand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "tests/kafka/server_on_kafka.h"
#include "tests/support/load.h"

namespace daybook {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Enough that each of four partitions has some.
constexpr int kCustomers = 20;
// A change is noticed within a minute by a machine that has time.
constexpr absl::Duration kNotice = absl::Minutes(3);

class TopicChanges : public ServerOnKafka {
 protected:
  // A server with customers in all partitions.
  void Serve() {
    ASSERT_NO_FATAL_FAILURE(CreateTopic());
    server_ = NewServer();
    ASSERT_IS_OK(server_->StartAndWait());
    ASSERT_NO_FATAL_FAILURE(RegisterSome(*server_, kCustomers));
  }

  // The server says so, and takes no command, neither of a customer that it has nor of a new one.
  void ExpectNoticed(const std::string& what) {
    ASSERT_TRUE(server_->WaitUntilSays(what, kNotice)) << server_->words();
    EXPECT_THAT(server_->words(), HasSubstr("not ready"));
    for (const std::string& customer : {std::string("c-1"), std::string("new-1")}) {
      const absl::Status status = Register(*server_, customer);
      EXPECT_EQ(ReasonOf(status), "LOG_UNAVAILABLE") << status;
      EXPECT_THAT(std::string(status.message()), HasSubstr(what));
    }
    const absl::Status query = Query(*server_, "c-1");
    EXPECT_TRUE(query.ok()) << "queries go on: " << query;
  }

  void ExpectEndsWhenTold() {
    server_->Terminate();
    const auto code = server_->WaitUntilEnded(absl::Seconds(30));
    ASSERT_TRUE(code.has_value()) << "it does not end: " << server_->words();
    EXPECT_EQ(*code, 0) << server_->words();
  }

  // Every subcommand that reads the log ends, and says so.
  void ExpectToolsSay(const std::string& what) {
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
             {"doctor"},
             {"history"},
             {"verify"},
             {"rebuild", "--quiet"},
             {"copy", "--quiet", "--to=embedded:" + Directory("carried")}}) {
      const Ran ran = Run(words);
      EXPECT_EQ(ran.code, 1) << words[0] << ": " << ran.out << ran.err;
      EXPECT_THAT(ran.out + ran.err, HasSubstr(what)) << words[0];
    }
  }

  void ExpectStartsInVain(const std::string& what) {
    const auto said = server_->StartInVain();
    ASSERT_IS_OK(said.status());
    EXPECT_THAT(*said, HasSubstr(what));
  }

  std::unique_ptr<DaybookProcess> server_;
};

TEST_F(TopicChanges, PartitionsAreAdded) {
  ASSERT_NO_FATAL_FAILURE(Serve());
  ASSERT_IS_OK(stranger_->AddPartitions(Topic(), kPartitions + 2));
  const std::string what = "has 6 partitions";
  ASSERT_NO_FATAL_FAILURE(ExpectNoticed(what));
  ExpectEndsWhenTold();
  ExpectToolsSay(what);
  ExpectStartsInVain(what);
}

TEST_F(TopicChanges, PartitionsAreAddedWhileNobodyServes) {
  ASSERT_NO_FATAL_FAILURE(Serve());
  ExpectEndsWhenTold();
  ASSERT_IS_OK(stranger_->AddPartitions(Topic(), kPartitions * 2));
  ExpectStartsInVain("has 8 partitions");
  ExpectToolsSay("has 8 partitions");
}

TEST_F(TopicChanges, RetentionIsSetAndTakenBack) {
  ASSERT_NO_FATAL_FAILURE(Serve());
  ASSERT_IS_OK(stranger_->SetProperties(Topic(), Properties({{"retention.ms", "86400000"}})));
  const std::string what = "retention.ms is 86400000";
  ASSERT_NO_FATAL_FAILURE(ExpectNoticed(what));
  ExpectToolsSay(what);
  const size_t before = server_->words().size();
  ASSERT_IS_OK(stranger_->SetProperties(Topic(), Properties()));
  for (const absl::Time deadline = absl::Now() + kNotice; absl::Now() < deadline;) {
    if (server_->words().find("\"ready\"", before) != std::string::npos) break;
    absl::SleepFor(absl::Milliseconds(50));
  }
  EXPECT_TRUE(Register(*server_, "new-1").ok());
  EXPECT_EQ(ReasonOf(Register(*server_, "c-1")), "CUSTOMER_EXISTS");
  ExpectEndsWhenTold();
}

TEST_F(TopicChanges, CompactionIsSet) {
  ASSERT_NO_FATAL_FAILURE(Serve());
  ASSERT_IS_OK(stranger_->SetProperties(Topic(), Properties({{"cleanup.policy", "compact"}})));
  const std::string what = "cleanup.policy is compact";
  ASSERT_NO_FATAL_FAILURE(ExpectNoticed(what));
  ExpectEndsWhenTold();
  ExpectToolsSay(what);
  ExpectStartsInVain(what);
}

TEST_F(TopicChanges, TheBeginningIsDeleted) {
  ASSERT_NO_FATAL_FAILURE(Serve());
  ASSERT_IS_OK(stranger_->DeleteRecords(Topic(), 2, 2));
  const std::string what = "partition 2 begins at offset 2";
  ASSERT_NO_FATAL_FAILURE(ExpectNoticed(what));
  ExpectEndsWhenTold();
  ExpectToolsSay(what);
  ExpectStartsInVain(what);
}

TEST_F(TopicChanges, TheTopicIsDeleted) {
  ASSERT_NO_FATAL_FAILURE(Serve());
  ASSERT_IS_OK(stranger_->DeleteTopic(Topic()));
  ASSERT_NO_FATAL_FAILURE(ExpectNoticed("is gone"));
  ExpectIdle(*server_);
  ExpectEndsWhenTold();
  // There is none: that is an error where something was computed from it, and elsewhere a start.
  ExpectToolsSay("there is no topic");
  ExpectStartsInVain("another log");
}

TEST_F(TopicChanges, TheTopicIsDeletedAndMadeAgain) {
  ASSERT_NO_FATAL_FAILURE(Serve());
  ASSERT_IS_OK(stranger_->DeleteTopic(Topic()));
  for (int i = 0; i < 100 && !stranger_->CreateTopic(Topic(), kPartitions, Properties()).ok();
       ++i) {
    absl::SleepFor(absl::Milliseconds(100));
  }
  ASSERT_NO_FATAL_FAILURE(ExpectNoticed("but it reached"));
  ExpectEndsWhenTold();
  const Ran doctor = Run({"doctor"});
  EXPECT_EQ(doctor.code, 1) << doctor.out;
  EXPECT_THAT(doctor.out, HasSubstr("another log"));
  EXPECT_EQ(Run({"verify"}).code, 1);
  ExpectStartsInVain("another log");
}

TEST_F(TopicChanges, AServerThatStillWaitsForItsBrokersEndsWhenTold) {
  server_ = std::make_unique<DaybookProcess>(ProcessOptions{
      .data_dir = Directory("data"), .arguments = {"--log=kafka", "--kafka-brokers=127.0.0.1:1"}});
  ASSERT_IS_OK(server_->Start());
  absl::SleepFor(absl::Seconds(2));
  ASSERT_TRUE(server_->running()) << server_->words();
  ExpectEndsWhenTold();
  EXPECT_THAT(server_->words(), HasSubstr("stopped"));
}

// Brokers that take connections and do not answer are the worst: nothing is refused.
TEST_F(TopicChanges, AServerEndsWhenToldWhateverItIsAt) {
  ASSERT_NO_FATAL_FAILURE(Serve());
  ExpectEndsWhenTold();
  const auto with_a_silent_broker = [&](const char* phase, const std::function<void()>& reach) {
    SCOPED_TRACE(phase);
    ASSERT_IS_OK(server_->Start());
    ASSERT_NO_FATAL_FAILURE(reach());
    broker_->Stop();
    absl::SleepFor(absl::Milliseconds(200));
    ExpectEndsWhenTold();
    broker_->Continue();
  };
  with_a_silent_broker("starting", [] {});
  for (int i = 1; i < 4; ++i) {
    with_a_silent_broker("opening", [i] { absl::SleepFor(absl::Milliseconds(70 * i)); });
  }
  with_a_silent_broker("catching up, or claiming",
                       [&] { ASSERT_TRUE(server_->WaitUntilSays("serving", kNotice)); });
  with_a_silent_broker("serving", [&] { ASSERT_IS_OK(server_->WaitUntilReady()); });

  Load load({.endpoints = {server_->address()}, .name = "load", .commands_per_second = 500});
  with_a_silent_broker("draining", [&] {
    ASSERT_IS_OK(server_->WaitUntilReady());
    load.Connect(server_->address());
    load.Start();
    ASSERT_TRUE(load.WaitForAccepted(20, kNotice)) << load.Summary();
  });
  ASSERT_IS_OK(server_->StartAndWait());
  load.Connect(server_->address());
  EXPECT_TRUE(load.Finish(kNotice)) << load.Summary();
  EXPECT_THAT(load.violations().all(), testing::IsEmpty());
}

// Before anybody has noticed.
TEST_F(TopicChanges, AServerEndsWhenToldWhileItsTopicGoes) {
  ASSERT_NO_FATAL_FAILURE(Serve());
  Load load({.endpoints = {server_->address()}, .name = "load", .commands_per_second = 500});
  load.Connect(server_->address());
  load.Start();
  ASSERT_TRUE(load.WaitForAccepted(20, kNotice)) << load.Summary();
  ASSERT_IS_OK(stranger_->DeleteTopic(Topic()));
  ExpectEndsWhenTold();
  load.Finish(absl::Seconds(1));

  ASSERT_IS_OK(stranger_->CreateTopic("2." + Topic(), kPartitions, Properties()));
  server_ = NewServer("second", "2." + Prefix());
  ASSERT_IS_OK(server_->Start());
  ASSERT_TRUE(server_->WaitUntilSays("serving", kNotice)) << server_->words();
  ASSERT_IS_OK(stranger_->DeleteTopic("2." + Topic()));
  ExpectEndsWhenTold();
}

// Made again, and another log has begun in it which is longer already.
TEST_F(TopicChanges, AnotherLogStandsInItsPlace) {
  ASSERT_NO_FATAL_FAILURE(Serve());
  ASSERT_IS_OK(stranger_->DeleteTopic(Topic()));
  for (int i = 0; i < 100 && !stranger_->CreateTopic(Topic(), kPartitions, Properties()).ok();
       ++i) {
    absl::SleepFor(absl::Milliseconds(100));
  }
  const auto other = NewServer("other");
  ASSERT_IS_OK(other->StartAndWait());
  ASSERT_NO_FATAL_FAILURE(RegisterSome(*other, 3 * kCustomers));
  ASSERT_NO_FATAL_FAILURE(ExpectNoticed("another"));
  ExpectEndsWhenTold();
  const Ran doctor = Run({"doctor"});
  EXPECT_EQ(doctor.code, 1) << doctor.out;
  EXPECT_THAT(doctor.out, HasSubstr("another log"));
  ExpectStartsInVain("another log");
}

}  // namespace
}  // namespace daybook
