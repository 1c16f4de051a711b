// The ways out that deploy/kafka.md describes, walked: a topic that was given more partitions, and
// a partition that has stopped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/log/event_log.h"
#include "daybook/book/v1/record.pb.h"
#include "tests/kafka/server_on_kafka.h"
#include "tests/support/read_history.h"

namespace daybook {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int kCustomers = 20;

class WaysOut : public ServerOnKafka {
 protected:
  void ServeAndStop() {
    ASSERT_NO_FATAL_FAILURE(CreateTopic());
    server_ = NewServer();
    ASSERT_IS_OK(server_->StartAndWait());
    ASSERT_NO_FATAL_FAILURE(RegisterSome(*server_, kCustomers));
    Stop();
  }
  void Stop() {
    server_->Terminate();
    ASSERT_EQ(server_->WaitUntilEnded(absl::Seconds(20)), 0) << server_->words();
  }
  // The last record of a partition.
  StoredRecord LastOf(int partition) const {
    StoredRecord last;
    const auto records = ReadKafkaHistory(broker_->address(), Topic());
    EXPECT_TRUE(records.ok()) << records.status();
    if (!records.ok()) return last;
    for (const StoredRecord& record : *records) {
      if (record.partition == partition) last = record;
    }
    return last;
  }
  std::string Kafka(const std::string& prefix) const {
    return absl::StrCat("kafka:", broker_->address(), "/", prefix);
  }
  Ran Copy(std::vector<std::string> more) const {
    more.insert(more.begin(), {"copy", "--quiet", "--from=" + Kafka(Prefix()),
                               "--to=" + Kafka("new-" + Prefix())});
    return RunDaybook(std::move(more), absl::Minutes(1));
  }

  std::unique_ptr<DaybookProcess> server_;
};

TEST_F(WaysOut, OfATopicThatWasGivenMorePartitions) {
  ASSERT_NO_FATAL_FAILURE(ServeAndStop());
  ASSERT_IS_OK(stranger_->AddPartitions(Topic(), kPartitions + 3));
  ASSERT_IS_OK(stranger_->Write(Topic(), kPartitions + 1, {{.value = "somebody's"}}));
  const Ran refused = Copy({});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr(absl::StrCat("copy --partitions ", kPartitions)));
  const Ran copied = Copy({absl::StrCat("--partitions=", kPartitions)});
  ASSERT_EQ(copied.code, 0) << copied.err;
  EXPECT_THAT(copied.err, HasSubstr("1 records in partition 4 and after are left out"));

  // On the same data directory: its positions are those of the copy.
  server_ = NewServer("data", "new-" + Prefix());
  ASSERT_IS_OK(server_->StartAndWait());
  for (int i = 0; i < kCustomers; ++i) {
    EXPECT_EQ(ReasonOf(Register(*server_, absl::StrCat("c-", i))), "CUSTOMER_EXISTS");
    EXPECT_TRUE(Query(*server_, absl::StrCat("c-", i)).ok());
  }
  EXPECT_TRUE(Register(*server_, "another").ok());
}

// Somebody who knows the chain has written what cannot be skipped.
TEST_F(WaysOut, OfAPartitionThatHasStopped) {
  ASSERT_NO_FATAL_FAILURE(ServeAndStop());
  const int partition = log::PartitionOf("c-1", kPartitions);
  book::v1::Record last;
  ASSERT_TRUE(last.ParseFromString(LastOf(partition).value));
  last.set_sequence(last.sequence() + 1);
  last.set_previous_hash("of a history....");
  last.mutable_commit()->set_customer_id("forged");
  last.mutable_commit()->set_request_id("forged");
  ASSERT_IS_OK(stranger_->Transaction(Topic(), partition, {{.value = "a hole behind it"}},
                                      KafkaStranger::End::kAbort));
  ASSERT_IS_OK(stranger_->Write(Topic(), partition, {{.value = last.SerializeAsString()}}));
  const int64_t place = LastOf(partition).offset;

  const std::string what = absl::StrCat("offset ", place, ": the record continues another history");
  const auto said = server_->StartInVain();
  ASSERT_IS_OK(said.status());
  EXPECT_THAT(*said, HasSubstr(absl::StrCat("partition ", partition, " has stopped: ", what)));
  const Ran doctor = Run({"doctor"});
  EXPECT_EQ(doctor.code, 1);
  EXPECT_THAT(doctor.out, HasSubstr(absl::StrCat("partition ", partition, ": ", what)));
  EXPECT_THAT(Run({"history"}).err, HasSubstr(what));
  EXPECT_THAT(Run({"verify"}).err, HasSubstr(what));
  const Ran refused = Copy({});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr(what));
  const Ran behind = Run({"history", "--unjudged", absl::StrCat("--partition=", partition),
                          absl::StrCat("--from-offset=", place)});
  EXPECT_EQ(behind.code, 0) << behind.err;
  EXPECT_THAT(behind.out, HasSubstr("\"customer_id\":\"forged\""));
  EXPECT_THAT(behind.out, Not(HasSubstr("\"customer_id\":\"c-")));

  // What the refused copy has carried must go first.
  ASSERT_IS_OK(stranger_->DeleteTopic("new-" + Topic()));
  absl::SleepFor(absl::Seconds(1));
  const Ran copied = Copy({absl::StrCat("--cut=", partition, ":", place)});
  ASSERT_EQ(copied.code, 0) << copied.err;
  EXPECT_THAT(copied.out,
              HasSubstr(absl::StrCat("left out of partition ", partition, " from offset ", place,
                                     " on: 1 records, 1 of them commands")));
  server_ = NewServer("data", "new-" + Prefix());
  ASSERT_IS_OK(server_->StartAndWait());
  for (int i = 0; i < kCustomers; ++i) {
    EXPECT_EQ(ReasonOf(Register(*server_, absl::StrCat("c-", i))), "CUSTOMER_EXISTS");
    EXPECT_TRUE(Query(*server_, absl::StrCat("c-", i)).ok());
  }
  EXPECT_TRUE(Register(*server_, "another").ok());
}

TEST_F(WaysOut, ThatAreWrittenWrongAreRefused) {
  for (const char* cut : {"3", "a:1", "3:", "-1:5", "3:-5", ":"}) {
    const Ran ran = Copy({absl::StrCat("--cut=", cut)});
    EXPECT_EQ(ran.code, 2) << cut;
    EXPECT_THAT(ran.err, HasSubstr("--cut"));
  }
}

}  // namespace
}  // namespace daybook
