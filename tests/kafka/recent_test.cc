// Readers beside the producers of their own process, and others that write in between.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/log/kafka/reported_offsets.h"
#include "tests/kafka/kafka_under_test.h"

namespace daybook::log {
namespace {

using testing::ElementsAre;

std::vector<bool> Believed(const std::vector<int64_t>& offsets) {
  ReportedOffsets reported;
  std::vector<bool> all;
  for (const int64_t offset : offsets) all.push_back(reported.Believe(true, offset));
  return all;
}

TEST(ReportedOffsets, AreBelievedAsTheyCome) {
  EXPECT_THAT(Believed({0, 1, 2, 7, 8}), ElementsAre(true, true, true, true, true));
}

TEST(ReportedOffsets, OfABatchThatBeginsAtMinusOneAreNot) {
  EXPECT_THAT(Believed({2, -1, 0, 1, 2, 3, 8, 9}),
              ElementsAre(true, false, false, false, false, false, true, true));
}

TEST(ReportedOffsets, OfTwoSuchBatchesAreNot) {
  EXPECT_THAT(Believed({-1, 0, -1, -1, 0, 5}),
              ElementsAre(false, false, false, false, false, true));
}

TEST(ReportedOffsets, WithoutARecordAreNot) {
  ReportedOffsets reported;
  EXPECT_FALSE(reported.Believe(false, 5));
  EXPECT_TRUE(reported.Believe(true, 5));
}

bool Await(const std::function<bool()>& done) {
  for (const absl::Time deadline = absl::Now() + absl::Minutes(1); absl::Now() < deadline;) {
    if (done()) return true;
  }
  return false;
}

// Writes to partition 0 of a log and remembers what stands where.
class Hand {
 public:
  Hand(EventLog& log, std::string name)
      : name_(std::move(name)),
        producer_(log.NewProducer([] {})),
        writer_(producer_->NewWriter(0)) {}

  void Write(int count, std::map<int64_t, std::string>* stored) {
    const uint64_t first = written_;
    for (int i = 0; i < count; ++i) writer_->Append("k", absl::StrCat(name_, written_++));
    std::vector<Report> reports;
    ASSERT_TRUE(Await([&] {
      writer_->TakeReports(&reports);
      producer_->Announce();
      return reports.size() == static_cast<size_t>(count);
    }));
    for (const Report& r : reports) {
      ASSERT_TRUE(r.status.ok()) << r.status;
      ASSERT_TRUE(stored->emplace(*r.offset, absl::StrCat(name_, r.append)).second) << *r.offset;
    }
    ASSERT_EQ(first + static_cast<uint64_t>(count), written_);
  }

 private:
  const std::string name_;
  const std::unique_ptr<LogProducer> producer_;
  const std::unique_ptr<LogWriter> writer_;
  uint64_t written_ = 0;
};

void ReadThrough(LogReader& reader, int64_t* next, const std::map<int64_t, std::string>& stored) {
  ASSERT_TRUE(Await([&] {
    const auto batch = reader.Read(100, absl::Milliseconds(2));
    EXPECT_TRUE(batch.ok()) << batch.status();
    if (!batch.ok()) return true;
    for (const LogRecord& r : batch->records) {
      EXPECT_EQ(r.offset, (*next)++);
      const auto it = stored.find(r.offset);
      EXPECT_NE(it, stored.end()) << r.offset;
      EXPECT_TRUE(it == stored.end() || r.value == it->second) << r.offset << ": " << r.value;
    }
    EXPECT_EQ(batch->next_offset, *next);
    return *next == static_cast<int64_t>(stored.size());
  })) << "read up to "
      << *next << " of " << stored.size();
}

TEST(KafkaRecent, SomebodyElseMayWriteInBetween) {
  NEEDS_BROKER();
  for (const size_t recent_bytes : {size_t{16} << 20, size_t{300}}) {
    KafkaOptions options = FreshOptions(1);
    options.recent_bytes = recent_bytes;
    const auto ours = *OpenKafka(options);
    const auto theirs = *OpenKafka(options);
    Hand we(*ours, "we-"), we_too(*ours, "we-too-"), they(*theirs, "they-");
    const auto reader = *ours->NewReader(0, 0);
    std::map<int64_t, std::string> stored;
    int64_t next = 0;
    std::mt19937 random(11);  // NOLINT: the same each time
    for (int round = 0; round < 400; ++round) {
      const int count = 1 + static_cast<int>(random() % 8);
      // Mostly one of ours for long, so that it is remembered; then another.
      Hand& hand = random() % 12 == 0 ? they : random() % 20 == 0 ? we_too : we;
      hand.Write(count, &stored);
      if (random() % 3 != 0) ReadThrough(*reader, &next, stored);
    }
    ReadThrough(*reader, &next, stored);
  }
}

TEST(KafkaRecent, AReaderThatRememberedLearnsOfOthersThoughWeAreSilent) {
  NEEDS_BROKER();
  const KafkaOptions options = FreshOptions(1);
  const auto ours = *OpenKafka(options);
  const auto theirs = *OpenKafka(options);
  Hand we(*ours, "we-"), they(*theirs, "they-");
  const auto reader = *ours->NewReader(0, 0);
  std::map<int64_t, std::string> stored;
  int64_t next = 0;
  for (int turn = 0; turn < 5; ++turn) {
    for (int i = 0; i < 50; ++i) {
      we.Write(2, &stored);
      ReadThrough(*reader, &next, stored);
    }
    they.Write(3, &stored);
    ReadThrough(*reader, &next, stored);
  }
}

TEST(KafkaRecent, TheEndIsKnownFromOneRecordToTheNextAndInSilence) {
  NEEDS_BROKER();
  const auto log = *OpenKafka(FreshOptions(1));
  Hand we(*log, "we-");
  const auto reader = *log->NewReader(0, 0);
  std::map<int64_t, std::string> stored;
  int64_t next = 0;
  for (int i = 0; i < 50; ++i) {
    we.Write(2, &stored);
    ReadThrough(*reader, &next, stored);
  }
  ASSERT_TRUE(Await([&] { return reader->Read(1, absl::ZeroDuration())->end; }));
  // Through the time in which the reader goes back to the broker.
  for (const absl::Time until = absl::Now() + absl::Milliseconds(500); absl::Now() < until;) {
    const auto batch = *reader->Read(1, absl::Milliseconds(1));
    EXPECT_TRUE(batch.end);
    EXPECT_EQ(batch.next_offset, next);
  }
}

TEST(KafkaRecent, NothingIsReadBeforeItWasReported) {
  NEEDS_BROKER();
  KafkaBroker& broker = *TheBroker().broker;
  const auto log = *OpenKafka(FreshOptions(1));
  Hand we(*log, "we-");
  const auto reader = *log->NewReader(0, 0);
  std::map<int64_t, std::string> stored;
  int64_t next = 0;
  for (int i = 0; i < 50; ++i) {
    we.Write(2, &stored);
    ReadThrough(*reader, &next, stored);
  }
  const auto producer = log->NewProducer([] {});
  const auto writer = producer->NewWriter(0);
  broker.Stop();
  writer->Append("k", "under way");
  for (int i = 0; i < 20; ++i) {
    const auto batch = *reader->Read(10, absl::Milliseconds(10));
    EXPECT_TRUE(batch.records.empty());
    producer->Announce();
  }
  broker.Continue();
  stored[next] = "under way";
  ReadThrough(*reader, &next, stored);
}

}  // namespace
}  // namespace daybook::log
