// What only a real broker shows: verification of the topic, foreign bytes, brokers that die.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/log/chain.h"
#include "tests/kafka/kafka_under_test.h"
#include "tests/support/child.h"
#include "tests/support/kafka_stranger.h"

namespace daybook::log {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

std::string TopicOf(const KafkaOptions& options) {
  return absl::StrCat(options.topic_prefix, "daybook.log.v1");
}

// Runs one of the broker's own command line tools.
std::string Tool(const std::string& main_class, std::vector<std::string> arguments) {
  std::vector<std::string> command = {"java",
                                      "-Xmx128m",
                                      "-XX:TieredStopAtLevel=1",
                                      "-cp",
                                      TheBroker().broker->jars() + "/*",
                                      main_class,
                                      "--bootstrap-server",
                                      TheBroker().broker->address()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  Child child(command);
  EXPECT_EQ(child.Wait(), 0) << child.output();
  return child.output();
}

void CreateTopic(const std::string& topic, const std::vector<std::string>& configs) {
  std::vector<std::string> arguments = {
      "--create", "--topic", topic, "--partitions", "2", "--replication-factor", "1"};
  for (const std::string& c : configs) arguments.insert(arguments.end(), {"--config", c});
  Tool("org.apache.kafka.tools.TopicCommand", arguments);
}

// Reads a partition with code that is not ours: offset -> value.
std::map<int64_t, std::string> ReadWithKcat(const std::string& topic, int partition) {
  Child kcat({"kcat", "-q", "-C", "-b", TheBroker().broker->address(), "-t", topic, "-p",
              absl::StrCat(partition), "-o", "beginning", "-e", "-f", "%o %s\n"});
  EXPECT_EQ(kcat.Wait(), 0) << kcat.output().substr(0, 500);
  std::map<int64_t, std::string> all;
  for (const absl::string_view line : absl::StrSplit(kcat.output(), '\n', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> record =
        absl::StrSplit(line, absl::MaxSplits(' ', 1));
    int64_t offset = -1;
    EXPECT_TRUE(absl::SimpleAtoi(record.first, &offset)) << line;
    all[offset] = record.second;
  }
  return all;
}

bool Await(const std::function<bool()>& done) {
  for (const absl::Time deadline = absl::Now() + absl::Minutes(1); absl::Now() < deadline;) {
    if (done()) return true;
    absl::SleepFor(absl::Milliseconds(1));
  }
  return false;
}

std::string Claim(int partitions) {
  v1::Frame frame;
  frame.set_epoch(1);
  frame.mutable_owner_started()->set_owner("test");
  frame.mutable_owner_started()->set_partition_count(partitions);
  return frame.SerializeAsString();
}

void Put(EventLog& log, int partition, const std::string& value) {
  const auto producer = log.NewProducer([] {});
  const auto writer = producer->NewWriter(partition);
  writer->Append("", value);
  std::vector<Report> reports;
  ASSERT_TRUE(Await([&] { return writer->TakeReports(&reports), !reports.empty(); }));
  ASSERT_TRUE(reports[0].status.ok()) << reports[0].status;
}

TEST(KafkaTopic, IsCreatedSoThatHistoryIsKept) {
  NEEDS_BROKER();
  const KafkaOptions options = FreshOptions(3);
  ASSERT_EQ((*OpenKafka(options))->partitions(), 3);
  const std::string described =
      Tool("org.apache.kafka.tools.TopicCommand", {"--describe", "--topic", TopicOf(options)});
  for (const char* wanted :
       {"PartitionCount: 3", "cleanup.policy=delete", "retention.ms=-1", "retention.bytes=-1",
        "unclean.leader.election.enable=false", "message.timestamp.type=LogAppendTime"}) {
    EXPECT_THAT(described, HasSubstr(wanted));
  }
  const auto other = [&](int partitions) {
    KafkaOptions o = options;
    o.partitions = partitions;
    return OpenKafka(o).status();
  };
  EXPECT_TRUE(other(3).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(other(4)));
  EXPECT_THAT(MessageOf(other(4)), HasSubstr("has 3 partitions, not 4"));
}

TEST(KafkaTopic, WithSettingsThatLoseHistoryIsRefusedByName) {
  NEEDS_BROKER();
  const KafkaOptions options = FreshOptions(2);
  CreateTopic(TopicOf(options), {"retention.ms=604800000", "cleanup.policy=compact"});
  const absl::Status status = OpenKafka(options).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(MessageOf(status), HasSubstr("retention.ms is 604800000, must be -1"));
  EXPECT_THAT(MessageOf(status), HasSubstr("cleanup.policy is compact, must be delete"));
  EXPECT_THAT(MessageOf(status), HasSubstr("message.timestamp.type is CreateTime"));
  EXPECT_THAT(MessageOf(status), HasSubstr("kafka-configs.sh"));
}

TEST(KafkaTopic, IsNotCreatedWhenThatIsNotWanted) {
  NEEDS_BROKER();
  KafkaOptions options = FreshOptions(2);
  options.create_topic = false;
  EXPECT_TRUE(absl::IsNotFound(OpenKafka(options).status()));
}

TEST(KafkaTopic, CannotHaveMoreReplicasThanThereAreBrokers) {
  NEEDS_BROKER();
  KafkaOptions options = FreshOptions(2);
  options.replication_factor = 3;
  const absl::Status status = OpenKafka(options).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
}

TEST(KafkaTopic, WithLessThanThreeReplicasIsWarnedOf) {
  NEEDS_BROKER();
  KafkaOptions options = FreshOptions(1);
  std::string warned;
  options.warn = [&](std::string_view line) { warned += line; };
  ASSERT_TRUE(OpenKafka(options).ok());
  EXPECT_THAT(warned, HasSubstr("replication factor 1"));
}

TEST(KafkaTopic, ThatBeginsWithSomethingElseIsRefused) {
  NEEDS_BROKER();
  KafkaOptions options = FreshOptions(2);
  Put(**OpenKafka(options), 1, "hello");
  options.check_beginnings = true;
  const absl::Status status = OpenKafka(options).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(MessageOf(status), HasSubstr("partition 1: the first record is not the claim"));
  options.check_beginnings = false;
  Put(**OpenKafka(options), 0, Claim(2));
  Put(**OpenKafka(options), 1, Claim(2));
  options.check_beginnings = true;
  EXPECT_TRUE(OpenKafka(options).ok()) << "what stands in front of a claim does no harm";
}

TEST(KafkaTopic, WhoseBeginningWasDeletedIsRefused) {
  NEEDS_BROKER();
  const KafkaOptions options = FreshOptions(1);
  {
    const auto log = *OpenKafka(options);
    for (int i = 0; i < 5; ++i) Put(*log, 0, absl::StrCat(i));
  }
  ScratchDirectory scratch;
  const std::string file = scratch.path() + "/offsets.json";
  std::ofstream(file) << "{\"partitions\":[{\"topic\":\"" << TopicOf(options)
                      << "\",\"partition\":0,\"offset\":3}],\"version\":1}";
  Tool("org.apache.kafka.tools.DeleteRecordsCommand", {"--offset-json-file", file});
  const absl::Status status = OpenKafka(options).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(MessageOf(status), HasSubstr("begins at offset 3"));
}

TEST(Kafka, ForeignBytesAreReadAsTheyAre) {
  NEEDS_BROKER();
  const KafkaOptions options = FreshOptions(1);
  const auto log = *OpenKafka(options);
  Put(*log, 0, "ours");
  Child kcat({"sh", "-c",
              absl::StrCat("printf 'foreign\\n\\377\\376\\n' | kcat -P -b ", options.brokers,
                           " -t ", TopicOf(options), " -p 0")});
  ASSERT_EQ(kcat.Wait(), 0) << kcat.output();
  Put(*log, 0, "ours again");
  const auto reader = *log->NewReader(0, 0);
  std::vector<std::string> values;
  ASSERT_TRUE(Await([&] {
    const auto batch = *reader->Read(10, absl::Milliseconds(100));
    for (const LogRecord& r : batch.records) values.emplace_back(r.value);
    return batch.end && values.size() >= 4;
  }));
  EXPECT_THAT(values, ElementsAre("ours", "foreign", "\377\376", "ours again"));
}

// Transactions of others leave control records, which no reader is given, at the end and in
// between. One that stays open does not hold back what stands behind it.
TEST(Kafka, WhatTransactionsLeaveIsReadThrough) {
  NEEDS_BROKER();
  using End = KafkaStranger::End;
  const KafkaOptions options = FreshOptions(1);
  const std::string topic = TopicOf(options);
  const auto log = *OpenKafka(options);
  KafkaStranger stranger(options.brokers);
  const auto reader = *log->NewReader(0, 0);
  std::map<int64_t, std::string> seen;
  int64_t next = 0;
  const auto reaches = [&](int64_t end) {
    return Await([&] {
      const auto batch = reader->Read(10, absl::Milliseconds(50));
      EXPECT_TRUE(batch.ok()) << batch.status();
      for (const LogRecord& r : batch->records) {
        EXPECT_GE(r.offset, next);
        seen[r.offset] = r.value;
      }
      EXPECT_GE(batch->next_offset, next);
      next = batch->next_offset;
      return batch->end && next == end;
    });
  };
  ASSERT_TRUE(stranger.Transaction(topic, 0, {{.value = "a"}}, End::kAbort).ok());
  ASSERT_TRUE(reaches(2)) << next;
  Put(*log, 0, "ours");
  ASSERT_TRUE(reaches(3)) << next;
  for (const End end : {End::kCommit, End::kAbort}) {
    ASSERT_TRUE(stranger.Transaction(topic, 0, {{.value = "b"}, {.value = "c"}}, end).ok());
  }
  ASSERT_TRUE(reaches(9)) << next;
  ASSERT_TRUE(stranger.Transaction(topic, 0, {{.value = "d"}}, End::kOpen).ok());
  Put(*log, 0, "ours behind it");
  ASSERT_TRUE(reaches(11)) << next;
  EXPECT_EQ(log->GetExtent(0)->end, 11);
  EXPECT_EQ(seen, (std::map<int64_t, std::string>{{0, "a"},
                                                  {2, "ours"},
                                                  {3, "b"},
                                                  {4, "c"},
                                                  {6, "b"},
                                                  {7, "c"},
                                                  {9, "d"},
                                                  {10, "ours behind it"}}));
  // From within a hole, and from the end.
  for (const int64_t from : {int64_t{1}, int64_t{5}, int64_t{11}}) {
    const auto other = *log->NewReader(0, from);
    int64_t first = -1;
    ASSERT_TRUE(Await([&] {
      const auto batch = other->Read(1, absl::Milliseconds(50));
      EXPECT_TRUE(batch.ok()) << batch.status();
      if (!batch->records.empty()) first = batch->records[0].offset;
      return batch->end || first >= 0;
    }));
    EXPECT_EQ(first, from == 11 ? -1 : from + 1);
  }
}

TEST(Kafka, ReportsTheBrokersTime) {
  NEEDS_BROKER();
  const auto log = *OpenKafka(FreshOptions(1));
  const auto producer = log->NewProducer([] {});
  const auto writer = producer->NewWriter(0);
  writer->Append("k", "v");
  std::vector<Report> reports;
  ASSERT_TRUE(Await([&] { return writer->TakeReports(&reports), !reports.empty(); }));
  EXPECT_GT(reports[0].stored_time, absl::Now() - absl::Minutes(5));
  EXPECT_LT(reports[0].stored_time, absl::Now() + absl::Minutes(5));
}

// The guarantee at the level of the driver: while a broker is killed again and again under load,
// every record that was reported as stored stands at the offset that was reported, by the word of
// kcat.
TEST(KafkaKilled, WhatWasReportedAsStoredIsThereAtItsOffset) {
  NEEDS_BROKER();
  constexpr int kPartitions = 4, kKills = 4, kInFlight = 500;
  const KafkaOptions options = FreshOptions(kPartitions);
  KafkaBroker& broker = *TheBroker().broker;
  const auto log = *OpenKafka(options);
  const auto producer = log->NewProducer([] {});
  std::vector<std::unique_ptr<LogWriter>> writers;
  std::vector<std::vector<std::string>> sent(kPartitions);
  std::vector<std::map<int64_t, std::string>> stored(kPartitions);
  for (int p = 0; p < kPartitions; ++p) writers.push_back(producer->NewWriter(p));
  std::vector<int64_t> last(kPartitions, -1);
  size_t reported = 0, appended = 0, good = 0;
  std::vector<Report> reports;
  const auto take = [&](int p) {
    reports.clear();
    writers[p]->TakeReports(&reports);
    for (const Report& r : reports) {
      ++reported;
      // An offset that is not beyond the last one proves nothing: librdkafka numbers a batch that
      // the broker had already -1, 0, 1, ...
      if (!r.status.ok() || r.offset.value_or(-1) <= last[p]) continue;
      last[p] = *r.offset;
      ++good;
      stored[p][*r.offset] = sent[p][r.append];
    }
  };
  const auto pump = [&] {
    for (int p = 0; p < kPartitions; ++p) {
      for (int i = 0; i < 50 && appended - reported < kInFlight; ++i) {
        sent[p].push_back(absl::StrCat("p", p, "-", appended++));
        writers[p]->Append("k", sent[p].back());
      }
      take(p);
    }
  };
  const auto progress = [&](size_t more) {
    const size_t goal = good + more;
    return Await([&] { return pump(), good >= goal; });
  };
  ASSERT_TRUE(progress(5000));
  for (int kill = 0; kill < kKills; ++kill) {
    broker.Kill();
    pump();
    ASSERT_TRUE(broker.StartAgain().ok());
    ASSERT_TRUE(progress(5000)) << "nothing is stored after kill " << kill;
  }
  ASSERT_TRUE(Await([&] {
    for (int p = 0; p < kPartitions; ++p) take(p);
    return reported == appended;
  })) << reported
      << " of " << appended << " reports";
  EXPECT_TRUE(producer->health().ok()) << producer->health();
  for (int p = 0; p < kPartitions; ++p) {
    const auto there = ReadWithKcat(TopicOf(options), p);
    ASSERT_GE(there.size(), stored[p].size());
    for (const auto& [offset, value] : stored[p]) {
      const auto it = there.find(offset);
      ASSERT_NE(it, there.end()) << "partition " << p << ", offset " << offset << " is lost";
      ASSERT_EQ(it->second, value) << "partition " << p << ", offset " << offset;
    }
  }
}

TEST(KafkaKilled, AReaderWaitsForTheBrokerAndGoesOn) {
  NEEDS_BROKER();
  KafkaBroker& broker = *TheBroker().broker;
  const auto log = *OpenKafka(FreshOptions(2));
  Put(*log, 0, "before");
  const auto reader = *log->NewReader(0, 0);
  const auto next = [&](const std::string& wanted) {
    return Await([&] {
      const auto batch = reader->Read(10, absl::Milliseconds(50));
      EXPECT_TRUE(batch.ok()) << batch.status();
      return batch.ok() && !batch->records.empty() && batch->records.back().value == wanted;
    });
  };
  ASSERT_TRUE(next("before"));
  broker.Kill();
  // The end is not known any more, and says so before long.
  EXPECT_TRUE(Await([&] {
    const auto batch = reader->Read(10, absl::ZeroDuration());
    EXPECT_TRUE(batch.ok()) << batch.status();
    return batch.ok() && !batch->end;
  }));
  EXPECT_TRUE(absl::IsUnavailable(log->GetExtent(0).status()));
  ASSERT_TRUE(broker.StartAgain().ok());
  // And is known again without anything new being written.
  EXPECT_TRUE(Await([&] {
    const auto batch = reader->Read(10, absl::ZeroDuration());
    EXPECT_TRUE(batch.ok()) << batch.status();
    return batch.ok() && batch->end;
  }));
  Put(*log, 0, "after");
  EXPECT_TRUE(next("after"));
}

TEST(KafkaKilled, AWriterThatIsDroppedWithRecordsUnderWayDisturbsNobody) {
  NEEDS_BROKER();
  KafkaBroker& broker = *TheBroker().broker;
  const KafkaOptions options = FreshOptions(1);
  const auto log = *OpenKafka(options);
  const auto producer = log->NewProducer([] {});
  auto dropped = producer->NewWriter(0);
  dropped->Append("k", "first");
  std::vector<Report> reports;
  ASSERT_TRUE(Await([&] { return dropped->TakeReports(&reports), !reports.empty(); }));
  broker.Stop();
  for (int i = 0; i < 100; ++i) dropped->Append("k", "under way");
  dropped.reset();
  const auto writer = producer->NewWriter(0);
  writer->Append("k", "last");
  broker.Continue();
  reports.clear();
  ASSERT_TRUE(Await([&] { return writer->TakeReports(&reports), !reports.empty(); }));
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_EQ(reports[0].append, 0u);
  ASSERT_TRUE(reports[0].offset.has_value());
  EXPECT_EQ(ReadWithKcat(TopicOf(options), 0)[*reports[0].offset], "last");
}

TEST(KafkaKilled, AProducerIsThrownAwayWhileTheBrokerIsGone) {
  NEEDS_BROKER();
  KafkaBroker& broker = *TheBroker().broker;
  const auto log = *OpenKafka(FreshOptions(1));
  {
    const auto producer = log->NewProducer([] {});
    const auto writer = producer->NewWriter(0);
    broker.Kill();
    for (int i = 0; i < 1000; ++i) writer->Append("k", "v");
  }
  const auto reader = *log->NewReader(0, 0);
  const auto batch = reader->Read(1, absl::Milliseconds(10));
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_FALSE(batch->end);
  ASSERT_TRUE(broker.StartAgain().ok());
}

}  // namespace
}  // namespace daybook::log
