// Read models that are damaged, old, or on a disk that fails: the others serve, and they are made
// anew beside them.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/projection/dump.h"
#include "common/projection/models.h"
#include "common/projection/rebuild.h"
#include "tests/projection/serving.h"
#include "tests/projection/story.h"

namespace daybook::projection {
namespace {

using testing::Contains;
using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr int kPartitions = 3;

class MendingTest : public testing::Test {
 protected:
  MendingTest() { story_.Tell(1500); }

  std::unique_ptr<Models> Serve() {
    ModelsOptions options;
    // All that is read is read from the disk.
    options.memory = std::make_shared<store::Memory>(store::MemoryLimits{.block_cache_bytes = 1});
    options.say = [this](std::string_view message) {
      const std::lock_guard lock(mutex_);
      said_.emplace_back(message);
    };
    options.fault = [this](std::string_view projection) -> store::FileFault {
      if (projection != "balances") return nullptr;
      return [this](std::string_view operation, const std::string&) {
        const std::lock_guard lock(mutex_);
        return fault_.find(operation) == fault_.npos ? absl::OkStatus()
                                                     : absl::UnavailableError("the disk is gone");
      };
    };
    return Started(log_, scratch_.path(), options);
  }
  // Serves once and stops, so that all rows are in files.
  void Settle() {
    const auto models = Serve();
    ASSERT_TRUE(AwaitAll(*models, log_).ok());
  }
  std::string Replayed(const std::string& projection) {
    ScratchDirectory fresh;
    const auto models = Started(log_, fresh.path());
    EXPECT_TRUE(AwaitAll(*models, log_).ok());
    return ExactDump(models->Views(projection))->sha256;
  }
  static void WaitUntilReady(Models& models) {
    const absl::Time patience = absl::Now() + absl::Seconds(60);
    while (!models.Ready().ok() && absl::Now() < patience) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_TRUE(models.Ready().ok()) << models.Ready();
  }
  void WaitUntilSaid(const std::string& text) {
    const absl::Time patience = absl::Now() + absl::Seconds(60);
    while (!testing::Matches(Contains(HasSubstr(text)))(said()) && absl::Now() < patience) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_THAT(said(), Contains(HasSubstr(text)));
  }
  void Fail(std::string operations) {
    const std::lock_guard lock(mutex_);
    fault_ = std::move(operations);
  }
  std::vector<std::string> said() {
    const std::lock_guard lock(mutex_);
    return said_;
  }
  std::string directory() const { return scratch_.path() + "/balances"; }
  std::vector<fs::path> Files(const std::string& containing) const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(directory())) {
      const bool named = entry.path().filename().string().find(containing) != std::string::npos;
      if (named && entry.file_size() > 0) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
      return fs::file_size(a) < fs::file_size(b);
    });
    return files;
  }

  ScratchDirectory scratch_;
  MemoryLog log_{kPartitions};
  Story story_{log_};
  std::mutex mutex_;
  std::vector<std::string> said_;
  std::string fault_;
};

struct Damage {
  const char* name;
  void (*make)(const fs::path& table, const fs::path& manifest, const fs::path& directory);
};

class DamagedTest : public MendingTest, public testing::WithParamInterface<Damage> {};

TEST_P(DamagedTest, IsSetAsideAndMadeAnewWhileTheOthersServe) {
  Settle();
  GetParam().make(Files(".sst").back(), Files("MANIFEST").back(), directory());
  ModelsOptions look;
  look.directory = scratch_.path();
  look.mend = false;
  EXPECT_FALSE(Models::Open(log_, TheTopology(), look).ok()) << "not damaged";

  // Nothing is read yet: the others stand where they stood.
  look.mend = true;
  {
    const auto models = Models::Open(log_, TheTopology(), look);
    ASSERT_TRUE(models.ok()) << models.status();
    EXPECT_EQ(ReasonOf((*models)->Serves("balances")), "REBUILDING");
    EXPECT_THAT(std::string((*models)->Ready().message()), HasSubstr("made anew"));
    EXPECT_TRUE((*models)->Serves("journal").ok()) << (*models)->Serves("journal");
    EXPECT_TRUE((*models)->Serves("directory").ok());
    EXPECT_EQ((*models)->FiguresOf("balances").set_aside, 1u);
    EXPECT_EQ((*models)->FiguresOf("journal").set_aside, 0u);
  }
  EXPECT_TRUE(fs::exists(directory() + ".aside"));
  const auto models = Serve();
  ASSERT_NO_FATAL_FAILURE(WaitUntilReady(*models));
  ASSERT_TRUE(AwaitAll(*models, log_).ok());
  EXPECT_EQ(ExactDump(models->Views("balances"))->sha256, Replayed("balances"));
}

INSTANTIATE_TEST_SUITE_P(
    InEveryWay, DamagedTest,
    testing::Values(Damage{"AFlippedByte",
                           [](const fs::path& table, const fs::path&, const fs::path&) {
                             std::fstream file(table,
                                               std::ios::in | std::ios::out | std::ios::binary);
                             file.seekg(100);
                             const char byte = static_cast<char>(file.get() ^ 1);
                             file.seekp(100);
                             file.put(byte);
                           }},
                    Damage{"AMissingTable", [](const fs::path& table, const fs::path&,
                                               const fs::path&) { fs::remove(table); }},
                    Damage{"ATableCutShort", [](const fs::path& table, const fs::path&,
                                                const fs::path&) { fs::resize_file(table, 100); }},
                    Damage{"AnEmptyManifest",
                           [](const fs::path&, const fs::path& manifest, const fs::path&) {
                             fs::resize_file(manifest, 0);
                           }},
                    Damage{"AMissingManifest", [](const fs::path&, const fs::path& manifest,
                                                  const fs::path&) { fs::remove(manifest); }},
                    Damage{"AnEmptyCurrent",
                           [](const fs::path&, const fs::path&, const fs::path& directory) {
                             fs::resize_file(directory / "CURRENT", 0);
                           }}),
    [](const auto& info) { return info.param.name; });

// A manifest cut between two records is a state of before: then the rest is folded again.
TEST_F(MendingTest, AManifestCutAnywhereIsMendedOrHarmless) {
  Settle();
  const std::string whole = scratch_.path() + "/whole";
  fs::copy(directory(), whole, fs::copy_options::recursive);
  const std::string replayed = Replayed("balances");
  const uint64_t size = fs::file_size(Files("MANIFEST").back());
  for (uint64_t cut = 1; cut < size; cut += size / 8) {
    fs::remove_all(directory());
    fs::copy(whole, directory(), fs::copy_options::recursive);
    fs::resize_file(Files("MANIFEST").back(), size - cut);
    const auto models = Serve();
    ASSERT_NO_FATAL_FAILURE(WaitUntilReady(*models));
    ASSERT_TRUE(AwaitAll(*models, log_).ok());
    EXPECT_EQ(ExactDump(models->Views("balances"))->sha256, replayed) << "cut by " << cut;
  }
}

TEST_F(MendingTest, OneOfAnotherVersionIsMadeAnew) {
  Settle();
  {
    store::Options options =
        LiveOptions(scratch_.path(), TheTopology().Find("balances")->projection);
    fs::remove_all(directory());
    options.version = 1'000;
    ASSERT_TRUE(store::Store::Open(options).ok());
  }
  const auto models = Serve();
  ASSERT_NO_FATAL_FAILURE(WaitUntilReady(*models));
  EXPECT_THAT(said(), Contains(HasSubstr("balances 1000")));
  WaitUntilSaid("is whole again");
  EXPECT_EQ(ExactDump(models->Views("balances"))->sha256, Replayed("balances"));
}

TEST_F(MendingTest, ADiskThatFailsWhileItServesFailsThatReadModelAlone) {
  Settle();
  const auto models = Serve();
  ASSERT_NO_FATAL_FAILURE(WaitUntilReady(*models));
  Fail("read,open,make");
  // Until a query meets it.
  const std::string customer = "customer-1";
  absl::Status status;
  do {
    status = AskBalance(*models, BalanceOf(customer)).status();
  } while (status.ok());
  EXPECT_EQ(ReasonOf(status), "READ_MODEL_STOPPED") << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("the disk is gone"));
  while (models->FiguresOf("balances").failures == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_FALSE(models->Serves("balances").ok());
  EXPECT_FALSE(models->Ready().ok());
  EXPECT_EQ(models->FiguresOf("balances").failures, 1u);
  // The others see what is written now.
  const int64_t offset =
      story_.pen().Commit("eve", {facts::Registered(absl::CivilDay(2026, 3, 1))});
  const int partition = log::PartitionOf("eve", kPartitions);
  for (const char* other : {"directory", "documents", "journal"}) {
    const absl::Time patience = absl::Now() + absl::Seconds(30);
    while (models->Views(other)[static_cast<size_t>(partition)]->position().next_offset <= offset &&
           absl::Now() < patience) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_GT(models->Views(other)[static_cast<size_t>(partition)]->position().next_offset, offset);
    EXPECT_TRUE(models->Serves(other).ok()) << models->Serves(other);
  }
  EXPECT_EQ(models->Views("balances").size(), 0u);

  Fail("");
  ASSERT_NO_FATAL_FAILURE(WaitUntilReady(*models));
  ASSERT_TRUE(AwaitAll(*models, log_).ok());
  EXPECT_TRUE(AskBalance(*models, BalanceOf(customer)).ok());
  EXPECT_EQ(ExactDump(models->Views("balances"))->sha256, Replayed("balances"));
  EXPECT_THAT(said(), Contains(HasSubstr("has failed and is opened anew")));
}

// Good checksums, rows that cannot be: a query finds it.
TEST_F(MendingTest, RowsThatCannotBeAreMadeAnew) {
  Settle();
  const std::string customer = "customer-1";
  {
    const auto store = store::Store::Open(
        LiveOptions(scratch_.path(), TheTopology().Find("balances")->projection));
    ASSERT_TRUE(store.ok()) << store.status();
    const auto shard = *(*store)->OpenShard(log::PartitionOf(customer, kPartitions));
    std::vector<store::SortedRow> rows;
    std::vector<std::string> keys;
    const auto view = shard->view();
    for (const auto at = view->NewCursor(); at->valid(); at->Next()) {
      keys.push_back(std::string(1, static_cast<char>(at->table())) + std::string(at->key()));
    }
    for (const std::string& key : keys) {
      rows.push_back({static_cast<uint8_t>(key[0]), std::string_view(key).substr(1), "\xff"});
    }
    ASSERT_TRUE(shard->Ingest(rows, shard->position()).ok());
  }
  const auto models = Serve();
  ASSERT_NO_FATAL_FAILURE(WaitUntilReady(*models));
  EXPECT_EQ(ReasonOf(AskBalance(*models, BalanceOf(customer)).status()), "READ_MODEL_STOPPED");
  while (models->FiguresOf("balances").set_aside == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ASSERT_NO_FATAL_FAILURE(WaitUntilReady(*models));
  EXPECT_TRUE(AskBalance(*models, BalanceOf(customer)).ok());
  EXPECT_EQ(ExactDump(models->Views("balances"))->sha256, Replayed("balances"));
}

// Who waits for a token does not wait for a store that is gone.
TEST_F(MendingTest, WaitersOfAFailedReadModelAreAnswered) {
  Settle();
  const auto models = Serve();
  ASSERT_NO_FATAL_FAILURE(WaitUntilReady(*models));
  const int partition = log::PartitionOf("customer-1", kPartitions);
  const int64_t end = log_.GetExtent(partition)->end;
  std::promise<absl::Status> promise;
  auto waiting = promise.get_future();
  log_.FailReads(absl::UnavailableError("the log is away"));
  story_.pen().Barrier(partition);
  models->WaitFor(partition, end + 1, absl::InfiniteFuture(),
                  [&](const absl::Status& status) { promise.set_value(status); });
  Fail("read,open,make");
  while (models->FiguresOf("balances").failures == 0) {
    AskBalance(*models, BalanceOf("customer-1")).status().IgnoreError();
  }
  EXPECT_EQ(ReasonOf(waiting.get()), "REBUILDING");
  Fail("");
}

}  // namespace
}  // namespace daybook::projection
