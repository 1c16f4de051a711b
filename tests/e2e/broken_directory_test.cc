// Directories that are not what they were: refused by name, or built again where that is the rule.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/e2e/embedded_campaign.h"
#include "tests/support/read_history.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;

class BrokenDirectory : public EmbeddedCampaign {
 protected:
  // A copy of the directory to be broken.
  std::string Copy() {
    const std::string copy = absl::StrCat(scratch_.path(), "/copy", copies_++);
    fs::copy(data_dir(), copy, fs::copy_options::recursive);
    return copy;
  }

  // The largest file of a directory with this extension, empty ones left out.
  static std::string Largest(const std::string& directory, const std::string& extension) {
    std::string largest;
    for (const auto& entry : fs::directory_iterator(directory)) {
      if (entry.path().extension() != extension || entry.file_size() == 0) continue;
      if (largest.empty() || entry.file_size() > fs::file_size(largest)) largest = entry.path();
    }
    return largest;
  }

  static void Flip(const std::string& file, uint64_t at) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(at));
    const int byte = stream.get();
    ASSERT_GE(byte, 0) << file << " has no byte " << at;
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put(static_cast<char>(byte ^ 0x10));
  }

  // A server on the directory must refuse to start, and name the place.
  static void ExpectRefusal(const std::string& directory, const std::string& what,
                            const std::string& place) {
    DaybookProcess server({.data_dir = directory});
    const auto said = server.StartInVain();
    ASSERT_TRUE(said.ok()) << what << ": " << said.status();
    EXPECT_THAT(*said, HasSubstr(place)) << what;
  }

  // Flips one bit at `count` places all over a file of the log.
  void ExpectFlipsRefused(const std::string& file_in_log, int count) {
    const std::string file = fs::relative(file_in_log, data_dir());
    const uint64_t size = fs::file_size(file_in_log);
    for (int i = 0; i < count; ++i) {
      const uint64_t at =
          size * static_cast<uint64_t>(2 * i + 1) / static_cast<uint64_t>(2 * count);
      const std::string copy = Copy();
      ASSERT_NO_FATAL_FAILURE(Flip(copy + "/" + file, at));
      ExpectRefusal(copy, absl::StrCat(file, " byte ", at, " of ", size), copy + "/log");
      fs::remove_all(copy);
    }
  }

  // A server on the directory serves what the log says.
  void ExpectServes(const std::string& directory) {
    const auto records = ReadEmbeddedHistory(data_dir() + "/log");
    ASSERT_TRUE(records.ok()) << records.status();
    const Checked checked = CheckHistory(*records, load_->Commands());
    ASSERT_THAT(checked.violations->all(), IsEmpty());
    DaybookProcess server({.data_dir = directory});
    ASSERT_IS_OK(server.StartAndWait());
    rpc::Client client(server.address());
    EXPECT_THAT(CompareBalances(checked, client), IsEmpty());
    EXPECT_THAT(AskAgain(load_->Commands(), 100, client), IsEmpty());
  }

 private:
  int copies_ = 0;
};

TEST_F(BrokenDirectory, RefusesASecondProcess) {
  ASSERT_NO_FATAL_FAILURE(StartLoad({.max_commands = 2000}));
  ASSERT_TRUE(load_->WaitForAccepted(100, absl::Seconds(20)));
  DaybookProcess second({.data_dir = data_dir()});
  const auto said = second.StartInVain();
  ASSERT_TRUE(said.ok()) << said.status();
  EXPECT_THAT(*said, HasSubstr("process")) << *said;
  EXPECT_THAT(*said, HasSubstr(data_dir())) << *said;
  ASSERT_TRUE(load_->WaitForAccepted(load_->accepted() + 100, absl::Seconds(20)));
  Judge();
}

TEST_F(BrokenDirectory, RefusesAFlippedBitInTheWriteAheadLog) {
  ASSERT_NO_FATAL_FAILURE(MakeHistory(600));
  const std::string file = Largest(data_dir() + "/log/records", ".log");
  ASSERT_FALSE(file.empty());
  ExpectFlipsRefused(file, kSanitized ? 3 : 12);
}

TEST_F(BrokenDirectory, RefusesAFlippedBitInATable) {
  ASSERT_NO_FATAL_FAILURE(MakeHistory(600));
  ASSERT_IS_OK(server_.StartAndWait());  // what was in the write-ahead log becomes a table
  server_.Kill();
  const std::string file = Largest(data_dir() + "/log/records", ".sst");
  ASSERT_FALSE(file.empty());
  ExpectFlipsRefused(file, kSanitized ? 3 : 12);
}

TEST_F(BrokenDirectory, RefusesAFlippedBitInTheTail) {
  ASSERT_NO_FATAL_FAILURE(MakeHistory(600));
  ExpectFlipsRefused(data_dir() + "/log/tail", kSanitized ? 3 : 12);
}

TEST_F(BrokenDirectory, RefusesAFileThatWasCutOrIsGone) {
  ASSERT_NO_FATAL_FAILURE(MakeHistory(600));
  const std::string wal = fs::relative(Largest(data_dir() + "/log/records", ".log"), data_dir());
  for (const std::string& file : {wal, std::string("log/tail")}) {
    for (const double kept : {0.0, 0.5, 0.99}) {
      const std::string copy = Copy();
      const std::string path = copy + "/" + file;
      fs::resize_file(path,
                      static_cast<uintmax_t>(kept * static_cast<double>(fs::file_size(path))));
      ExpectRefusal(copy, absl::StrCat(file, " cut to ", kept), copy + "/log");
    }
    const std::string copy = Copy();
    fs::remove(copy + "/" + file);
    ExpectRefusal(copy, file + " removed", copy + "/log");
  }
}

TEST_F(BrokenDirectory, RefusesALogThatIsOlderThanItWas) {
  ASSERT_NO_FATAL_FAILURE(MakeHistory(300, "before"));
  const std::string old = Copy();
  ASSERT_NO_FATAL_FAILURE(MakeHistory(300, "after"));
  const std::string mixed = Copy();
  fs::remove_all(mixed + "/log/records");
  fs::copy(old + "/log/records", mixed + "/log/records", fs::copy_options::recursive);
  ExpectRefusal(mixed, "records of an older copy", mixed + "/log");
  // All of the log older, and so whole in itself: then the read models are ahead of it.
  const std::string older = Copy();
  fs::remove_all(older + "/log");
  fs::copy(old + "/log", older + "/log", fs::copy_options::recursive);
  ExpectRefusal(older, "an older log", older + "/models/balances");
}

TEST_F(BrokenDirectory, RefusesReadModelsOfAnotherLog) {
  ASSERT_NO_FATAL_FAILURE(MakeHistory(300));
  const std::string other = scratch_.path() + "/other";
  {
    DaybookProcess server({.data_dir = other});
    ASSERT_IS_OK(server.StartAndWait());
    server.Terminate();
    ASSERT_EQ(server.WaitUntilEnded(absl::Seconds(20)), 0);
  }
  fs::remove_all(other + "/models");
  fs::copy(data_dir() + "/models", other + "/models", fs::copy_options::recursive);
  ExpectRefusal(other, "models of another log", other + "/models/balances");
}

TEST_F(BrokenDirectory, BuildsAgainWhatCanBeBuiltAgain) {
  ASSERT_NO_FATAL_FAILURE(MakeHistory(1000));
  for (const char* gone : {"/models", "/command-cache", "/models/balances"}) {
    const std::string copy = Copy();
    fs::remove_all(copy + gone);
    SCOPED_TRACE(gone);
    ExpectServes(copy);
  }
}

TEST_F(BrokenDirectory, BuildsTheCommandCacheOfAnotherLogAgain) {
  ASSERT_NO_FATAL_FAILURE(MakeHistory(1000));
  const std::string other = scratch_.path() + "/other";
  {
    DaybookProcess server({.data_dir = other});
    ASSERT_IS_OK(server.StartAndWait());
    server.Terminate();
    ASSERT_EQ(server.WaitUntilEnded(absl::Seconds(20)), 0);
  }
  const std::string copy = Copy();
  fs::remove_all(copy + "/command-cache");
  fs::copy(other + "/command-cache", copy + "/command-cache", fs::copy_options::recursive);
  ExpectServes(copy);
}

TEST_F(BrokenDirectory, BuildsADamagedCommandCacheAgain) {
  ASSERT_NO_FATAL_FAILURE(MakeHistory(1000));
  std::string file = Largest(data_dir() + "/command-cache", ".sst");
  if (file.empty()) file = Largest(data_dir() + "/command-cache", ".log");
  ASSERT_FALSE(file.empty());
  const std::string copy = Copy();
  ASSERT_NO_FATAL_FAILURE(
      Flip(copy + "/" + std::string(fs::relative(file, data_dir())), fs::file_size(file) / 2));
  ExpectServes(copy);
}

// RocksDB writes and removes by path: a server whose directory is gone must not do it to the one
// that took its place.
TEST_F(BrokenDirectory, OneThatIsMovedWhileItIsServedEndsTheServerAtOnce) {
  ASSERT_NO_FATAL_FAILURE(MakeHistory(200));
  ASSERT_IS_OK(server_.StartAndWait());
  const std::string moved = data_dir() + ".moved";
  fs::rename(data_dir(), moved);
  fs::copy(moved, data_dir(), fs::copy_options::recursive);
  const std::optional<int> ended = server_.WaitUntilEnded(absl::Seconds(20));
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(*ended, 70);
  EXPECT_THAT(server_.words(), HasSubstr("was moved or removed"));
  // Its successor has all there is.
  ASSERT_IS_OK(server_.StartAndWait());
  server_.Terminate();
  EXPECT_EQ(server_.WaitUntilEnded(absl::Seconds(60)), 0);
  EXPECT_EQ(RunDaybook({"verify", "--data-dir", data_dir()}).code, 0);
}

TEST_F(BrokenDirectory, OneThatIsRemovedWhileItIsServedTakesNoCommandAnyMore) {
  ASSERT_NO_FATAL_FAILURE(StartLoad({}));
  fs::rename(data_dir() + "/log", data_dir() + "/gone");
  ASSERT_EQ(server_.WaitUntilEnded(absl::Seconds(20)), 70);
  // What was acknowledged stands in what was moved.
  fs::rename(data_dir() + "/gone", data_dir() + "/log");
  StartAgain();
  Judge();
}

}  // namespace
}  // namespace daybook
