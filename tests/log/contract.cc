#include "tests/log/contract.h"

#include <gmock/gmock.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace daybook::log {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

namespace {

// Only so that a broken driver ends a test instead of hanging it.
constexpr absl::Duration kPatience = absl::Seconds(30);
constexpr absl::Duration kWait = absl::Milliseconds(50);

std::vector<KeyValue> Numbered(const std::string& name, int count) {
  std::vector<KeyValue> all;
  for (int i = 0; i < count; ++i) {
    all.emplace_back(absl::StrCat("k", i % 7), absl::StrCat(name, "-", i));
  }
  return all;
}

std::vector<int64_t> UpTo(int64_t end) {
  std::vector<int64_t> all;
  for (int64_t i = 0; i < end; ++i) all.push_back(i);
  return all;
}

}  // namespace

void LogContract::SetUp() {
  under_test_ = GetParam().make();
  if (!under_test_) GTEST_SKIP() << "skipped: this machine has no " << GetParam().name;
  log_ = under_test_->Open(kPartitions);
  ASSERT_NE(log_, nullptr);
}

void LogContract::TearDown() { log_.reset(); }

void LogContract::Reopen() {
  log_.reset();
  log_ = under_test_->Open(kPartitions);
  ASSERT_NE(log_, nullptr);
}

bool LogContract::Await(const std::function<bool()>& done) {
  for (const absl::Time deadline = absl::Now() + kPatience; absl::Now() < deadline;) {
    if (done()) return true;
    under_test_->Pass();
  }
  return done();
}

std::vector<Report> LogContract::TakeReports(LogProducer& producer, LogWriter& writer,
                                             size_t count) {
  std::vector<Report> reports;
  EXPECT_TRUE(Await([&] {
    writer.TakeReports(&reports);
    return reports.size() >= count;
  })) << reports.size()
      << " of " << count << " reports";
  return reports;
}

std::vector<int64_t> LogContract::Put(LogProducer& producer, LogWriter& writer,
                                      const std::vector<KeyValue>& records) {
  for (const auto& [key, value] : records) writer.Append(key, value);
  producer.Send();
  std::vector<int64_t> offsets;
  for (const Report& r : TakeReports(producer, writer, records.size())) {
    EXPECT_TRUE(r.status.ok()) << r.status;
    offsets.push_back(r.offset.value_or(-1));
  }
  return offsets;
}

std::vector<int64_t> LogContract::Put(int partition, const std::vector<KeyValue>& records) {
  const auto producer = log_->NewProducer([] {});
  const auto writer = producer->NewWriter(partition);
  return Put(*producer, *writer, records);
}

std::vector<KeyValue> LogContract::ReadToEnd(int partition, int64_t from) {
  std::vector<KeyValue> all;
  auto reader = log_->NewReader(partition, from);
  EXPECT_TRUE(reader.ok()) << reader.status();
  if (!reader.ok()) return all;
  bool end = false;
  EXPECT_TRUE(Await([&] {
    const auto batch = (*reader)->Read(100, kWait);
    EXPECT_TRUE(batch.ok()) << batch.status();
    if (!batch.ok()) return end = true;
    for (const LogRecord& r : batch->records) {
      EXPECT_EQ(r.offset, from++);
      all.emplace_back(r.key, r.value);
    }
    EXPECT_EQ(batch->next_offset, from);
    return end = batch->end;
  })) << "the end was never reached";
  return all;
}

std::vector<KeyValue> LogContract::ReadCount(LogReader& reader, size_t count) {
  std::vector<KeyValue> all;
  EXPECT_TRUE(Await([&] {
    const auto batch = reader.Read(count - all.size(), kWait);
    EXPECT_TRUE(batch.ok()) << batch.status();
    if (!batch.ok()) return true;
    for (const LogRecord& r : batch->records) all.emplace_back(r.key, r.value);
    return all.size() >= count;
  })) << all.size()
      << " of " << count << " records";
  return all;
}

TEST_P(LogContract, IsEmptyAtFirst) {
  EXPECT_EQ(log_->partitions(), kPartitions);
  EXPECT_FALSE(log_->name().empty());
  for (int p = 0; p < kPartitions; ++p) {
    const auto extent = log_->GetExtent(p);
    ASSERT_TRUE(extent.ok()) << extent.status();
    EXPECT_EQ(extent->first, 0);
    EXPECT_EQ(extent->end, 0);
    EXPECT_THAT(ReadToEnd(p, 0), IsEmpty());
  }
}

TEST_P(LogContract, OffsetsAreDenseAndInOrderOfAppend) {
  const auto records = Numbered("r", 250);
  EXPECT_EQ(Put(1, records), UpTo(250));
  EXPECT_EQ(ReadToEnd(1, 0), records);
  EXPECT_EQ(log_->GetExtent(1)->end, 250);
}

TEST_P(LogContract, KeepsEveryByteOfKeyAndValue) {
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes += static_cast<char>(i);
  const std::vector<KeyValue> records = {
      {"", "without a key"},
      {all_bytes, all_bytes},
      {"k", std::string(kMaxRecordBytes, '\xff')},
      {"k", std::string(1, '\0')},
      {std::string(200, 'k'), "long key"},
  };
  EXPECT_EQ(Put(0, records), UpTo(5));
  EXPECT_EQ(ReadToEnd(0, 0), records);
}

TEST_P(LogContract, PartitionsAreApart) {
  for (int p = 0; p < kPartitions; ++p) Put(p, Numbered(absl::StrCat("p", p), 3 + p));
  for (int p = 0; p < kPartitions; ++p) {
    EXPECT_EQ(ReadToEnd(p, 0), Numbered(absl::StrCat("p", p), 3 + p));
    EXPECT_EQ(log_->GetExtent(p)->end, 3 + p);
  }
}

TEST_P(LogContract, OneFlushServesAllWritersOfAProducer) {
  const auto producer = log_->NewProducer([] {});
  std::vector<std::unique_ptr<LogWriter>> writers;
  for (int p = 0; p < kPartitions; ++p) writers.push_back(producer->NewWriter(p));
  for (int i = 0; i < 10; ++i) {
    for (auto& w : writers) w->Append("k", absl::StrCat(i));
  }
  producer->Send();
  for (int p = 0; p < kPartitions; ++p) {
    const auto reports = TakeReports(*producer, *writers[p], 10);
    ASSERT_THAT(reports, SizeIs(10));
    EXPECT_EQ(reports[9].offset, 9);
  }
}

TEST_P(LogContract, EveryAppendIsReportedOnceByItsNumber) {
  const auto producer = log_->NewProducer([] {});
  const auto writer = producer->NewWriter(2);
  uint64_t next = 0;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 20; ++i) writer->Append("k", "v");
    producer->Send();
    for (const Report& r : TakeReports(*producer, *writer, 20)) {
      EXPECT_EQ(r.append, next);
      EXPECT_EQ(r.offset, static_cast<int64_t>(next));
      ++next;
    }
  }
  std::vector<Report> more;
  writer->TakeReports(&more);
  EXPECT_THAT(more, IsEmpty());
}

TEST_P(LogContract, AFlushOfNothingDoesNothing) {
  const auto producer = log_->NewProducer([] {});
  const auto writer = producer->NewWriter(0);
  producer->Send();
  producer->Send();
  EXPECT_EQ(log_->GetExtent(0)->end, 0);
  EXPECT_TRUE(producer->health().ok());
}

TEST_P(LogContract, WakesTheProducersOwnerForReports) {
  std::atomic<int> woken = 0;
  const auto producer = log_->NewProducer([&] { ++woken; });
  const auto writer = producer->NewWriter(0);
  writer->Append("k", "v");
  producer->Send();
  EXPECT_TRUE(Await([&] { return woken > 0; }));
  TakeReports(*producer, *writer, 1);
}

TEST_P(LogContract, AReaderStartsAnywhere) {
  const auto records = Numbered("r", 30);
  Put(0, records);
  EXPECT_EQ(ReadToEnd(0, 29), std::vector<KeyValue>(records.begin() + 29, records.end()));
  EXPECT_EQ(ReadToEnd(0, 7), std::vector<KeyValue>(records.begin() + 7, records.end()));
  EXPECT_THAT(ReadToEnd(0, 30), IsEmpty());
}

TEST_P(LogContract, AReaderOutsideOfTheLogIsOutOfRange) {
  Put(0, Numbered("r", 5));
  for (const int64_t from : {int64_t{6}, int64_t{1000}, int64_t{-1}}) {
    absl::Status seen;
    ASSERT_TRUE(Await([&] {
      auto reader = log_->NewReader(0, from);
      if (!reader.ok()) return seen = reader.status(), true;
      const auto batch = (*reader)->Read(10, kWait);
      return seen = batch.status(), !batch.ok();
    })) << from;
    EXPECT_TRUE(absl::IsOutOfRange(seen)) << from << ": " << seen;
  }
}

TEST_P(LogContract, ReadGivesAtMostAsManyAsAskedFor) {
  Put(0, Numbered("r", 10));
  const auto reader = *log_->NewReader(0, 0);
  int64_t next = 0;
  ASSERT_TRUE(Await([&] {
    const auto batch = *reader->Read(3, kWait);
    EXPECT_LE(batch.records.size(), 3u);
    next += static_cast<int64_t>(batch.records.size());
    EXPECT_EQ(batch.next_offset, next);
    EXPECT_TRUE(!batch.end || next == 10);
    return batch.end;
  }));
  EXPECT_EQ(next, 10);
}

TEST_P(LogContract, AFollowerSeesWhatIsAddedAndOnlyThat) {
  Put(0, Numbered("old", 5));
  const auto reader = *log_->NewReader(0, 5);
  for (int round = 0; round < 5; ++round) {
    const auto records = Numbered(absl::StrCat("new", round), 4);
    Put(0, records);
    EXPECT_EQ(ReadCount(*reader, 4), records);
  }
  ASSERT_TRUE(Await([&] { return reader->Read(10, kWait)->end; }));
}

TEST_P(LogContract, AReaderSaysAgainAndAgainThatItIsAtTheEnd) {
  Put(0, Numbered("r", 2));
  const auto reader = *log_->NewReader(0, 0);
  ReadCount(*reader, 2);
  ASSERT_TRUE(Await([&] { return reader->Read(10, kWait)->end; }));
  for (int i = 0; i < 3; ++i) {
    const auto batch = *reader->Read(10, absl::ZeroDuration());
    EXPECT_THAT(batch.records, IsEmpty());
    EXPECT_TRUE(batch.end);
    EXPECT_EQ(batch.next_offset, 2);
  }
}

TEST_P(LogContract, ReadersOfOnePartitionDoNotDisturbEachOther) {
  const auto records = Numbered("r", 40);
  Put(0, records);
  const auto first = *log_->NewReader(0, 0);
  const auto half = ReadCount(*first, 20);
  const auto second = *log_->NewReader(0, 10);
  EXPECT_EQ(ReadCount(*second, 30), std::vector<KeyValue>(records.begin() + 10, records.end()));
  EXPECT_EQ(half, std::vector<KeyValue>(records.begin(), records.begin() + 20));
  EXPECT_EQ(ReadCount(*first, 20), std::vector<KeyValue>(records.begin() + 20, records.end()));
}

TEST_P(LogContract, AReaderMayBeMadeAgainAtAnotherPlace) {
  const auto records = Numbered("r", 50);
  Put(0, records);
  for (const int from : {0, 49, 10, 0, 25}) {
    const auto reader = *log_->NewReader(0, from);
    EXPECT_EQ(ReadCount(*reader, 1), std::vector<KeyValue>({records[from]}));
  }
}

TEST_P(LogContract, ABatchOutlivesItsReader) {
  Put(0, Numbered("r", 10));
  auto reader = *log_->NewReader(0, 0);
  Batch kept;
  ASSERT_TRUE(Await([&] {
    kept = *reader->Read(10, kWait);
    return !kept.records.empty();
  }));
  (void)reader->Read(10, kWait);
  reader.reset();
  const auto expected = Numbered("r", 10);
  for (size_t i = 0; i < kept.records.size(); ++i) {
    EXPECT_EQ(kept.records[i].key, expected[i].first);
    EXPECT_EQ(kept.records[i].value, expected[i].second);
  }
}

TEST_P(LogContract, ADroppedWriterLeavesTheOthersAlone) {
  const auto producer = log_->NewProducer([] {});
  auto dropped = producer->NewWriter(0);
  const auto other = producer->NewWriter(1);
  for (int i = 0; i < 100; ++i) dropped->Append("k", "of the dropped one");
  producer->Send();
  dropped.reset();
  auto next = producer->NewWriter(0);
  next->Append("k", "of the next one");
  other->Append("k", "of another");
  producer->Send();
  const auto reports = TakeReports(*producer, *next, 1);
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_EQ(reports[0].append, 0u);
  EXPECT_EQ(reports[0].offset, 100);
  EXPECT_EQ(TakeReports(*producer, *other, 1)[0].offset, 0);
}

TEST_P(LogContract, TwoProducersOnOnePartitionShareTheOffsets) {
  const auto a = log_->NewProducer([] {});
  const auto b = log_->NewProducer([] {});
  const auto to_a = a->NewWriter(0);
  const auto to_b = b->NewWriter(0);
  std::map<int64_t, std::string> expected;
  for (int round = 0; round < 10; ++round) {
    for (const auto& [offset, value] :
         {std::pair(Put(*a, *to_a, {{"", absl::StrCat("a", round)}})[0], absl::StrCat("a", round)),
          std::pair(Put(*b, *to_b, {{"", absl::StrCat("b", round)}})[0],
                    absl::StrCat("b", round))}) {
      EXPECT_TRUE(expected.emplace(offset, value).second);
    }
  }
  const auto all = ReadToEnd(0, 0);
  ASSERT_THAT(all, SizeIs(20));
  for (const auto& [offset, value] : expected) EXPECT_EQ(all[offset].second, value);
}

TEST_P(LogContract, RefusesARecordThatIsTooLarge) {
  const auto producer = log_->NewProducer([] {});
  const auto writer = producer->NewWriter(0);
  writer->Append("k", std::string(2 << 20, 'x'));
  producer->Send();
  const auto reports = TakeReports(*producer, *writer, 1);
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_FALSE(reports[0].status.ok());
  EXPECT_EQ(log_->GetExtent(0)->end, 0);
  const auto fresh = producer->NewWriter(0);
  EXPECT_THAT(Put(*producer, *fresh, {{"k", "v"}}), ElementsAre(0));
}

TEST_P(LogContract, HoldsWhatItHeldWhenOpenedAgain) {
  if (!under_test_->keeps()) GTEST_SKIP() << "lives in memory";
  const auto first = Numbered("first", 20);
  Put(3, first);
  Reopen();
  EXPECT_EQ(ReadToEnd(3, 0), first);
  EXPECT_THAT(Put(3, {{"k", "second"}}), ElementsAre(20));
  Reopen();
  EXPECT_EQ(log_->GetExtent(3)->end, 21);
  EXPECT_EQ(ReadToEnd(3, 20), std::vector<KeyValue>({{"k", "second"}}));
}

TEST_P(LogContract, CallsWatchersUntilTheyGo) {
  if (!under_test_->watches()) GTEST_SKIP() << "does not know of new records";
  const auto reader = *log_->NewReader(0, 0);
  ASSERT_TRUE(Await([&] { return reader->Read(10, kWait)->end; }));
  std::atomic<int> calls = 0;
  auto handle = log_->Watch([&] { ++calls; });
  Put(0, {{"k", "v"}});
  EXPECT_TRUE(Await([&] { return calls > 0; }));
  ReadCount(*reader, 1);
  handle.reset();
  const int before = calls;
  Put(0, {{"k", "v"}});
  ReadCount(*reader, 1);
  EXPECT_EQ(calls, before);
}

TEST_P(LogContract, ThreadsWriteAndFollowAtTheSameTime) {
  if (!under_test_->threads()) GTEST_SKIP() << "lives in one thread";
  constexpr int kRounds = 100, kGroup = 25;
  std::vector<std::thread> threads;
  // Two producers with two partitions each, one follower a partition.
  for (int w = 0; w < 2; ++w) {
    threads.emplace_back([&, w] {
      const auto producer = log_->NewProducer([] {});
      const auto a = producer->NewWriter(2 * w);
      const auto b = producer->NewWriter(2 * w + 1);
      for (int i = 0; i < kRounds; ++i) {
        for (int k = 0; k < kGroup; ++k) {
          a->Append("k", absl::StrCat(i * kGroup + k));
          b->Append("k", absl::StrCat(i * kGroup + k));
        }
        producer->Send();
        TakeReports(*producer, *a, kGroup);
        TakeReports(*producer, *b, kGroup);
      }
    });
  }
  std::vector<std::vector<KeyValue>> read(kPartitions);
  for (int p = 0; p < kPartitions; ++p) {
    threads.emplace_back([&, p] {
      const auto reader = *log_->NewReader(p, 0);
      read[p] = ReadCount(*reader, kRounds * kGroup);
    });
  }
  for (auto& t : threads) t.join();
  for (int p = 0; p < kPartitions; ++p) {
    ASSERT_THAT(read[p], SizeIs(kRounds * kGroup));
    for (int i = 0; i < kRounds * kGroup; ++i) ASSERT_EQ(read[p][i].second, absl::StrCat(i));
  }
}

}  // namespace daybook::log
