#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/log/chain.h"
#include "common/log/embedded/embedded_log.h"
#include "tests/log/contract.h"
#include "tests/log/image.h"
#include "tests/support/child.h"
#include "tests/support/scratch.h"

namespace daybook::log {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class EmbeddedUnderTest : public LogUnderTest {
 public:
  explicit EmbeddedUnderTest(size_t recent_bytes) : recent_bytes_(recent_bytes) {}

  std::unique_ptr<EventLog> Open(int partitions) override {
    auto log = OpenEmbedded({.directory = scratch_.path() + "/log",
                             .partitions = partitions,
                             .recent_bytes = recent_bytes_});
    EXPECT_TRUE(log.ok()) << log.status();
    return log.ok() ? *std::move(log) : nullptr;
  }

 private:
  const size_t recent_bytes_;
  ScratchDirectory scratch_;
};

Driver Keeping(const char* name, size_t recent_bytes) {
  return {name, [=] { return std::make_unique<EmbeddedUnderTest>(recent_bytes); }};
}

// Readers find records in memory, in tables, or now here and now there.
INSTANTIATE_TEST_SUITE_P(Embedded, LogContract,
                         testing::Values(Keeping("embedded", EmbeddedOptions().recent_bytes),
                                         Keeping("embedded_from_tables", 0),
                                         Keeping("embedded_from_both", 200)),
                         NameOf);

// Every record of every partition.
using Content = std::vector<std::vector<std::string>>;

absl::StatusOr<Content> ReadAll(EventLog& log) {
  Content all(static_cast<size_t>(log.partitions()));
  for (int p = 0; p < log.partitions(); ++p) {
    ASSIGN_OR_RETURN(const auto reader, log.NewReader(p, 0));
    for (bool end = false; !end;) {
      ASSIGN_OR_RETURN(const Batch batch, reader->Read(1000, absl::ZeroDuration()));
      for (const LogRecord& r : batch.records) all[static_cast<size_t>(p)].emplace_back(r.value);
      end = batch.end;
    }
  }
  return all;
}

class Embedded : public testing::Test {
 protected:
  std::string dir() const { return scratch_.path() + "/log"; }
  std::string records() const { return dir() + "/records"; }

  EmbeddedOptions Options() const { return {.directory = dir(), .partitions = 3}; }

  std::unique_ptr<EventLog> Open() {
    auto log = OpenEmbedded(Options());
    EXPECT_TRUE(log.ok()) << log.status();
    return log.ok() ? *std::move(log) : nullptr;
  }

  // `groups` synced writes of a record in each partition.
  static void Fill(EventLog& log, int groups, const std::string& tag = "r") {
    const auto producer = log.NewProducer([] {});
    std::vector<std::unique_ptr<LogWriter>> writers;
    for (int p = 0; p < log.partitions(); ++p) writers.push_back(producer->NewWriter(p));
    for (int g = 0; g < groups; ++g) {
      for (auto& w : writers) w->Append("customer", absl::StrCat(tag, "-", g, "-0123456789"));
      producer->Flush();
    }
  }

  // A log whose records are all in the write-ahead log, or all in a table.
  void MakeLog(bool in_table, const std::string& tag = "r") {
    Fill(*Open(), 20, tag);
    if (in_table) Open();  // recovery makes a table of the write-ahead log
  }

  std::string FileOf(const std::string& extension) const {
    std::string found;
    for (const auto& entry : fs::directory_iterator(records())) {
      if (entry.path().extension() == extension && entry.file_size() > 0) found = entry.path();
    }
    EXPECT_NE(found, "") << "no " << extension;
    return found;
  }

  ScratchDirectory scratch_{ScratchDirectory::Memory()};
};

// What a start makes of a damaged log.
struct Start {
  absl::Status status;
  bool whole = false;  // it started and has every record
};

// Damages one file in many ways. Each start refuses and leaves everything as it was, or serves
// every record.
class Damaged : public Embedded {
 protected:
  struct Tally {
    int refused = 0;
    int harmless = 0;
  };

  void Prepare(bool in_table) {
    MakeLog(in_table);
    pristine_ = TakeImage(dir());
    expected_ = *ReadAll(*Open());
    PutImage(pristine_, dir());
  }

  // Writes `bytes` in place of the file and starts.
  void Try(const std::string& path, const std::string& bytes, Tally* tally) {
    WriteFile(path, bytes);
    const Image damaged = TakeImage(dir());
    auto log = OpenEmbedded(Options());
    if (log.ok()) {
      const auto content = ReadAll(**log);
      ASSERT_TRUE(content.ok()) << content.status();
      ASSERT_EQ(*content, expected_) << "served less or other records than were acknowledged";
      ++tally->harmless;
      log->reset();
      PutImage(pristine_, dir());
      return;
    }
    ++tally->refused;
    EXPECT_TRUE(absl::IsDataLoss(log.status())) << log.status();
    EXPECT_THAT(std::string(log.status().message()), HasSubstr(dir()));
    Image after = TakeImage(dir());
    after["lock"] = damaged.at("lock");
    EXPECT_TRUE(after == damaged) << "a refused start changed the files";
    messages_.insert(std::string(log.status().message()));
    WriteFile(path, pristine_.at(fs::relative(path, dir())));
  }

  Tally FlipEachByte(const std::string& path, size_t stride) {
    Tally tally;
    const std::string bytes = pristine_.at(fs::relative(path, dir()));
    for (size_t at = 0; at < bytes.size(); at += stride) {
      std::string flipped = bytes;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
      Try(path, flipped, &tally);
      if (HasFatalFailure()) {
        ADD_FAILURE() << path << ", byte " << at;
        return tally;
      }
    }
    return tally;
  }

  Tally CutEverywhere(const std::string& path, size_t stride) {
    Tally tally;
    const std::string bytes = pristine_.at(fs::relative(path, dir()));
    for (size_t length = 0; length < bytes.size(); length += stride) {
      Try(path, bytes.substr(0, length), &tally);
      if (HasFatalFailure()) {
        ADD_FAILURE() << path << ", cut to " << length;
        return tally;
      }
    }
    return tally;
  }

  Image pristine_;
  Content expected_;
  std::set<std::string> messages_;
};

TEST_F(Damaged, WriteAheadLogWithAFlippedByteIsRefused) {
  Prepare(false);
  const Tally tally = FlipEachByte(FileOf(".log"), 3);
  // The description of the log is the first record and stands in every header's checksum.
  EXPECT_GT(tally.refused, 700);
  EXPECT_EQ(tally.harmless, 0);
  for (const std::string& m : messages_) {
    EXPECT_THAT(m, AnyOf(HasSubstr("partition"), HasSubstr("description"))) << m;
    EXPECT_THAT(m, HasSubstr(".log")) << m;
  }
}

TEST_F(Damaged, WriteAheadLogThatWasCutIsRefused) {
  Prepare(false);
  const Tally tally = CutEverywhere(FileOf(".log"), 5);
  EXPECT_GT(tally.refused, 400);
  EXPECT_EQ(tally.harmless, 0);
}

TEST_F(Damaged, TableWithAFlippedByteIsRefused) {
  Prepare(true);
  const std::string table = FileOf(".sst");
  const Tally tally = FlipEachByte(table, 3);
  EXPECT_GT(tally.refused, 500);
  EXPECT_EQ(tally.harmless, 0);
  for (const std::string& m : messages_) EXPECT_THAT(m, HasSubstr(".sst")) << m;
}

TEST_F(Damaged, TableThatWasCutIsRefused) {
  Prepare(true);
  const Tally tally = CutEverywhere(FileOf(".sst"), 11);
  EXPECT_GT(tally.refused, 100);
  EXPECT_EQ(tally.harmless, 0);
}

TEST_F(Damaged, TailWithAFlippedByteIsRefused) {
  Prepare(false);
  const Tally tally = FlipEachByte(dir() + "/tail", 1);
  EXPECT_EQ(tally.refused, 4 * 32);
  for (const std::string& m : messages_) EXPECT_THAT(m, HasSubstr("/tail"));
}

TEST_F(Damaged, TailThatWasCutIsRefused) {
  Prepare(false);
  const Tally tally = CutEverywhere(dir() + "/tail", 1);
  EXPECT_EQ(tally.refused, 4 * 32);
}

TEST_F(Damaged, ManifestWithAFlippedByteIsNeverServedShort) {
  Prepare(true);
  for (const auto& [name, bytes] : pristine_) {
    if (!absl::StrContains(name, "MANIFEST") && !absl::StrContains(name, "CURRENT")) continue;
    const Tally tally = FlipEachByte(dir() + "/" + name, 3);
    EXPECT_GT(tally.refused, 0) << name;
  }
}

TEST_F(Damaged, NamesPartitionAndOffsetOfTheFirstLoss) {
  Prepare(false);
  const std::string path = FileOf(".log");
  std::string bytes = pristine_.at(fs::relative(path, dir()));
  const size_t at = bytes.find("r-7-");
  ASSERT_NE(at, std::string::npos);
  bytes[at] ^= 1;
  Tally tally;
  Try(path, bytes, &tally);
  ASSERT_EQ(tally.refused, 1);
  EXPECT_THAT(*messages_.begin(), HasSubstr("partition 0 is cut after offset 6"));
  EXPECT_THAT(*messages_.begin(), HasSubstr("offset 19: 13 records are lost"));
  EXPECT_THAT(*messages_.begin(), HasSubstr(path));
}

TEST_F(Damaged, AFileThatIsMissingIsRefused) {
  for (const bool in_table : {false, true}) {
    fs::remove_all(dir());
    Prepare(in_table);
    for (const auto& [name, bytes] : pristine_) {
      const bool essential = name == "tail" || absl::StrContains(name, "CURRENT") ||
                             absl::StrContains(name, "MANIFEST") ||
                             absl::StrContains(name, in_table ? ".sst" : ".log");
      if (!essential || bytes.empty()) continue;
      fs::remove(dir() + "/" + name);
      const auto log = OpenEmbedded(Options());
      EXPECT_TRUE(absl::IsDataLoss(log.status())) << name << ": " << log.status();
      PutImage(pristine_, dir());
    }
  }
}

TEST_F(Damaged, TablesThatWereExchangedAreRefused) {
  Fill(*Open(), 20, "a");
  Fill(*Open(), 20, "b");
  Open();
  std::vector<std::string> tables;
  for (const auto& entry : fs::directory_iterator(records())) {
    if (entry.path().extension() == ".sst") tables.push_back(entry.path());
  }
  ASSERT_GE(tables.size(), 2u);
  fs::rename(tables[0], dir() + "/x");
  fs::rename(tables[1], tables[0]);
  fs::rename(dir() + "/x", tables[1]);
  const auto log = OpenEmbedded(Options());
  EXPECT_TRUE(absl::IsDataLoss(log.status())) << log.status();
  EXPECT_THAT(std::string(log.status().message()), HasSubstr(".sst"));
}

TEST_F(Damaged, FilesOfAnotherLogAreRefused) {
  for (const bool in_table : {false, true}) {
    fs::remove_all(dir());
    MakeLog(in_table, "other");
    const Image other = TakeImage(dir());
    fs::remove_all(dir());
    Prepare(in_table);
    const std::string file = fs::relative(FileOf(in_table ? ".sst" : ".log"), dir());
    for (const std::string& name : {std::string("tail"), file}) {
      ASSERT_TRUE(other.contains(name)) << name;
      Tally tally;
      Try(dir() + "/" + name, other.at(name), &tally);
      EXPECT_EQ(tally.refused, 1) << name;
    }
    Image records_of_the_other = other;
    records_of_the_other["tail"] = pristine_.at("tail");
    PutImage(records_of_the_other, dir());
    const auto log = OpenEmbedded(Options());
    EXPECT_TRUE(absl::IsDataLoss(log.status())) << log.status();
  }
}

TEST_F(Damaged, AnOlderStateOfTheRecordsIsRefused) {
  Fill(*Open(), 20);
  const Image older = TakeImage(dir());
  Fill(*Open(), 5);
  Image mixed = older;
  mixed["tail"] = TakeImage(dir()).at("tail");
  PutImage(mixed, dir());
  const auto log = OpenEmbedded(Options());
  ASSERT_TRUE(absl::IsDataLoss(log.status())) << log.status();
  EXPECT_THAT(std::string(log.status().message()), HasSubstr("5 records are lost"));
}

TEST_F(Damaged, RecordsThatWentAnotherWayAreRefused) {
  Fill(*Open(), 20);
  const Image common = TakeImage(dir());
  Fill(*Open(), 1, "x");
  const std::string tail = TakeImage(dir()).at("tail");
  PutImage(common, dir());
  Fill(*Open(), 1, "y");
  WriteFile(dir() + "/tail", tail);
  const auto log = OpenEmbedded(Options());
  ASSERT_TRUE(absl::IsDataLoss(log.status())) << log.status();
  EXPECT_THAT(std::string(log.status().message()), HasSubstr("partition 0, offset 20"));
}

TEST_F(Damaged, BigLogsAreCheckedInTheBackground) {
  Fill(*Open(), 3000);
  Prepare(true);
  const std::string table = FileOf(".sst");
  std::string bytes = pristine_.at(fs::relative(table, dir()));
  // Of a record in the middle of a partition, which a start has no reason to read.
  bytes[bytes.find("r-1000-")] ^= 1;
  WriteFile(table, bytes);
  EmbeddedOptions options = Options();
  options.checked_at_start_bytes = 0;
  std::mutex mutex;
  std::condition_variable changed;
  absl::Status found;
  options.on_corruption = [&](const absl::Status& status) {
    const std::lock_guard lock(mutex);
    found = status;
    changed.notify_one();
  };
  const auto log = OpenEmbedded(options);
  ASSERT_TRUE(log.ok()) << log.status();
  std::unique_lock lock(mutex);
  ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(30), [&] { return !found.ok(); }));
  EXPECT_TRUE(absl::IsDataLoss(found));
  EXPECT_THAT(std::string(found.message()), HasSubstr(table));
}

TEST_F(Embedded, KeepsItsNumberOfPartitions) {
  Fill(*Open(), 1);
  EXPECT_EQ((*OpenEmbedded({.directory = dir()}))->partitions(), 3);
  const auto other = OpenEmbedded({.directory = dir(), .partitions = 4});
  EXPECT_TRUE(absl::IsFailedPrecondition(other.status())) << other.status();
  EXPECT_THAT(std::string(other.status().message()), HasSubstr("has 3 partitions, not 4"));
}

TEST_F(Embedded, HasSixteenPartitionsByDefault) {
  EXPECT_EQ((*OpenEmbedded({.directory = dir()}))->partitions(), 16);
}

TEST_F(Embedded, RefusesOptionsThatMakeNoSense) {
  EXPECT_TRUE(absl::IsInvalidArgument(OpenEmbedded({.directory = ""}).status()));
  for (const int partitions : {0, -1, 4097}) {
    const auto log = OpenEmbedded({.directory = dir(), .partitions = partitions});
    EXPECT_TRUE(absl::IsInvalidArgument(log.status())) << log.status();
  }
}

TEST_F(Embedded, IsNotMadeWhenThatIsNotWanted) {
  EXPECT_TRUE(
      absl::IsNotFound(OpenEmbedded({.directory = dir(), .create_if_missing = false}).status()));
  EXPECT_TRUE(absl::IsNotFound(OpenEmbedded({.directory = dir(), .read_only = true}).status()));
  EXPECT_FALSE(fs::exists(dir()));
  fs::create_directories(dir());
  EXPECT_TRUE(
      absl::IsNotFound(OpenEmbedded({.directory = dir(), .create_if_missing = false}).status()));
}

TEST_F(Embedded, CreationThatWasInterruptedGoesOn) {
  Open();
  const Image image = TakeImage(dir());
  fs::remove_all(records());
  EXPECT_NE(Open(), nullptr);
  PutImage(image, dir());
  EXPECT_NE(Open(), nullptr);
}

TEST_F(Embedded, ATornEndOfAKilledProcessIsNoDamage) {
  MakeLog(false);
  // The tail is from before the last write, whose record the disk has only half of.
  Image image = TakeImage(dir());
  const std::string tail = image.at("tail");
  Fill(*Open(), 1);
  const std::string path = FileOf(".log");
  Image later = TakeImage(dir());
  std::string& log = later[fs::relative(path, dir())];
  log.resize(log.size() - 3);
  later["tail"] = tail;
  PutImage(later, dir());
  const auto reopened = Open();
  ASSERT_NE(reopened, nullptr);
  EXPECT_EQ(reopened->GetExtent(0)->end, 20);
}

TEST_F(Embedded, ASecondOpeningOfTheSameProcessIsRefused) {
  const auto log = Open();
  const auto second = OpenEmbedded(Options());
  EXPECT_TRUE(absl::IsFailedPrecondition(second.status())) << second.status();
}

TEST_F(Embedded, ASecondProcessIsRefusedAndToldWhoHasIt) {
  auto log = Open();
  Child child({DAYBOOK_EMBEDDED_WRITER, dir(), "open"});
  const int status = child.Wait();
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_THAT(child.output(), HasSubstr(absl::StrCat("in use by process ", ::getpid())));
  EXPECT_THAT(child.output(), HasSubstr("stop it"));
}

TEST_F(Embedded, IsReadBesideALiveWriter) {
  const auto log = Open();
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      Fill(*log, 5, absl::StrCat("w", i));
      absl::SleepFor(absl::Milliseconds(1));
    }
  });
  int64_t before = 0;
  for (int i = 0; i < 30; ++i) {
    const auto reader = OpenEmbedded({.directory = dir(), .read_only = true});
    EXPECT_TRUE(reader.ok()) << reader.status();
    if (!reader.ok()) break;
    EXPECT_FALSE((*reader)->exclusive());
    const auto content = ReadAll(**reader);
    EXPECT_TRUE(content.ok()) << content.status();
    const auto end = static_cast<int64_t>((*content)[0].size());
    EXPECT_GE(end, before);
    before = end;
  }
  stop = true;
  writer.join();
  EXPECT_GT(before, 0);
}

TEST_F(Embedded, CannotBeWrittenWhenOpenedReadOnly) {
  MakeLog(false);
  const Image before = TakeImage(dir());
  {
    const auto log = *OpenEmbedded({.directory = dir(), .read_only = true});
    const auto producer = log->NewProducer([] {});
    const auto writer = producer->NewWriter(0);
    writer->Append("k", "v");
    producer->Flush();
    std::vector<Report> reports;
    writer->TakeReports(&reports);
    ASSERT_THAT(reports, SizeIs(1));
    EXPECT_TRUE(absl::IsFailedPrecondition(reports[0].status));
    EXPECT_EQ(log->GetExtent(0)->end, 20);
  }
  EXPECT_TRUE(TakeImage(dir()) == before) << "reading changed the files";
}

TEST_F(Embedded, AFullDiskRefusesAppendsUntilThereIsRoomAgain) {
  EmbeddedOptions options = Options();
  std::atomic<uint64_t> room = 1 << 30;
  options.free_bytes = [&] { return room.load(); };
  const auto log = *OpenEmbedded(options);
  Fill(*log, 3);
  room = 1 << 20;
  {
    const auto producer = log->NewProducer([] {});
    const auto writer = producer->NewWriter(0);
    writer->Append("k", "v");
    producer->Flush();
    std::vector<Report> reports;
    writer->TakeReports(&reports);
    ASSERT_THAT(reports, SizeIs(1));
    EXPECT_TRUE(absl::IsResourceExhausted(reports[0].status)) << reports[0].status;
    EXPECT_THAT(std::string(reports[0].status.message()), HasSubstr(dir()));
    EXPECT_FALSE(reports[0].offset.has_value());
  }
  EXPECT_EQ(log->GetExtent(0)->end, 3);
  room = 1 << 30;
  Fill(*log, 2);
  EXPECT_EQ(log->GetExtent(0)->end, 5);
}

// What a writer acknowledged before its end, and whether the log has it.
class Killed : public Embedded {
 protected:
  // Takes the acknowledgements of a child and looks that every one ever given is in the log, once.
  void Check(const Child& child) {
    for (const absl::string_view line : absl::StrSplit(child.output(), '\n')) {
      const std::vector<std::string> words = absl::StrSplit(line, ' ');
      if (words.size() != 4 || words[0] != "ack") continue;
      int partition = 0;
      int64_t offset = 0;
      ASSERT_TRUE(absl::SimpleAtoi(words[1], &partition) && absl::SimpleAtoi(words[2], &offset));
      ASSERT_TRUE(acked_.emplace(std::pair(partition, offset), words[3]).second) << line;
    }
    // As many as the writer makes, which may have been killed before it had made any.
    const auto log = OpenEmbedded({.directory = dir(), .partitions = 8});
    ASSERT_TRUE(log.ok()) << log.status();
    const auto content = ReadAll(**log);
    ASSERT_TRUE(content.ok()) << content.status();
    std::set<std::string> seen;
    for (const auto& partition : *content) {
      for (const auto& value : partition) ASSERT_TRUE(seen.insert(value).second) << value;
    }
    for (const auto& [place, value] : acked_) {
      const auto& partition = (*content)[static_cast<size_t>(place.first)];
      ASSERT_LT(place.second, static_cast<int64_t>(partition.size())) << value << " is lost";
      ASSERT_EQ(partition[static_cast<size_t>(place.second)], value);
    }
  }

  std::map<std::pair<int, int64_t>, std::string> acked_;
};

TEST_F(Killed, EveryAcknowledgedRecordIsThereOnceAfterAHundredKills) {
  size_t acknowledged = 0;
  for (int round = 0; round < 100; ++round) {
    // A new log now and then: creation is killed as well, and every check reads the whole log.
    if (round % 20 == 0) {
      acknowledged += acked_.size();
      acked_.clear();
      fs::remove_all(dir());
    }
    Child child({DAYBOOK_EMBEDDED_WRITER, dir(), "write", absl::StrCat("round", round)});
    while (round % 5 != 0 && child.output().empty() && child.Read(absl::Milliseconds(1))) {
    }
    child.Read(absl::Milliseconds(round % 11));
    child.Kill();
    Check(child);
    if (HasFatalFailure()) {
      FAIL() << "in round " << round << ": " << child.output().substr(0, 500);
    }
  }
  EXPECT_GT(acknowledged + acked_.size(), 1000u);
}

TEST_F(Killed, AFailedSyncStopsTheProcessAndTheNextStartReplays) {
  for (const std::string operation : {"sync", "append", "full"}) {
    int stopped = 0;
    for (int k = 1; k <= 12; ++k) {
      Child child({DAYBOOK_EMBEDDED_WRITER, dir(), "fail", operation, absl::StrCat(k),
                   absl::StrCat(operation, k)});
      const int status = child.Wait();
      ASSERT_TRUE(WIFEXITED(status)) << child.output();
      // The first may fail while the log is opened, which is an error like any other.
      ASSERT_THAT(WEXITSTATUS(status), AnyOf(70, 1)) << child.output();
      if (WEXITSTATUS(status) == 70) {
        ++stopped;
        EXPECT_THAT(child.output(), HasSubstr("daybook stops: "));
        EXPECT_THAT(child.output(), HasSubstr("unknown until the next start"));
        if (operation == "full") {
          EXPECT_THAT(child.output(), HasSubstr("the disk is full"));
        }
      }
      Check(child);
      if (HasFatalFailure()) FAIL() << operation << " " << k;
    }
    EXPECT_GE(stopped, 10) << operation;
  }
  EXPECT_GT(acked_.size(), 20u);
}

// A partition's records as an owner writes them.
class Owner {
 public:
  std::string Claim() {
    v1::Frame frame;
    frame.set_epoch(chain_.at().epoch + 1);
    frame.mutable_owner_started()->set_owner("test");
    return Take(frame);
  }
  std::string Commit(const std::string& bytes) {
    v1::Frame frame;
    frame.set_epoch(chain_.at().epoch);
    frame.set_sequence(chain_.at().sequence + 1);
    frame.set_previous_hash(chain_.at().hash.data(), chain_.at().hash.size());
    frame.set_commit(bytes);
    return Take(frame);
  }
  const Position& at() const { return chain_.at(); }

 private:
  std::string Take(const v1::Frame& frame) {
    std::string bytes = frame.SerializeAsString();
    EXPECT_TRUE(chain_.Apply(chain_.at().next_offset, &frame, bytes).ok());
    return bytes;
  }
  Chain chain_;
};

TEST_F(Embedded, VerifyFoldsEveryPartitionThroughItsChain) {
  Owner owner;
  {
    const auto log = Open();
    const auto producer = log->NewProducer([] {});
    const auto writer = producer->NewWriter(1);
    writer->Append("", owner.Claim());
    for (int i = 0; i < 50; ++i) writer->Append("c", owner.Commit(absl::StrCat(i)));
    producer->Flush();
  }
  const auto ends = VerifyEmbedded(dir());
  ASSERT_TRUE(ends.ok()) << ends.status();
  ASSERT_THAT(*ends, SizeIs(3));
  EXPECT_EQ((*ends)[0], Position());
  EXPECT_EQ((*ends)[1], owner.at());
}

TEST_F(Embedded, VerifyNamesTheFirstRecordOfAnotherHistory) {
  Owner owner, forger;
  {
    const auto log = Open();
    const auto producer = log->NewProducer([] {});
    const auto writer = producer->NewWriter(2);
    writer->Append("", owner.Claim());
    (void)forger.Claim();
    writer->Append("c", owner.Commit("1"));
    (void)forger.Commit("another 1");
    writer->Append("c", forger.Commit("2"));
    producer->Flush();
  }
  const auto ends = VerifyEmbedded(dir());
  EXPECT_TRUE(absl::IsDataLoss(ends.status())) << ends.status();
  EXPECT_THAT(std::string(ends.status().message()), HasSubstr("partition 2, offset 2"));
}

}  // namespace
}  // namespace daybook::log
