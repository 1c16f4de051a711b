#include "common/projection/rebuild.h"

#include <atomic>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/projection/dump.h"
#include "projections/balances/balances.h"
#include "projections/balances/queries.h"
#include "projections/balances/rows.h"
#include "tests/projection/serving.h"
#include "tests/projection/story.h"
#include "tests/projection/tasks.h"
#include "tests/support/killed.h"

namespace daybook::projection {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

// The same fold under another version.
struct NewerBalances : balances::Balances {
  static constexpr int kVersion = balances::Balances::kVersion + 1;
};
// Another fold: it has never heard of payments.
struct ForgetfulBalances : balances::Balances {
  static constexpr int kVersion = balances::Balances::kVersion + 1;
  using Listens = Facts<customer::v1::CustomerRegistered, billing::v1::AccountOpened,
                        billing::v1::InvoiceIssued>;
};

class RebuildTest : public testing::Test {
 protected:
  RebuildTest() { story_.Tell(kStorySteps); }

  std::string Dump(const std::string& directory, bool stay = true) {
    Topology alone;  // whatever else there is
    alone.Add<balances::Balances, balances::BalancesQueries>();
    auto models = Models::Open(log_, alone, {.directory = directory, .mend = false});
    if (!models.ok()) return models.status().ToString();
    if (!stay) {
      (*models)->Start();
      EXPECT_TRUE(AwaitAll(**models, log_).ok());
    }
    return ExactDump((*models)->Views("balances"))->sha256;
  }
  std::string Replay() {
    ScratchDirectory fresh;
    return Dump(fresh.path(), false);
  }
  absl::StatusOr<RebuildReport> Run(RebuildOptions options = {}) {
    options.directory = directory();
    return Rebuild(log_, info_, options);
  }
  void Serve() { Dump(directory(), false); }
  std::string directory() const { return scratch_.path(); }
  // What there is of this read model; others are beside it.
  std::vector<std::string> Entries() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory())) {
      const std::string name = entry.path().filename();
      if (name.starts_with(info_.name)) names.push_back(name);
    }
    return names;
  }
  // Changes one row of the store that serves.
  void Tamper() {
    auto store = store::Store::Open(LiveOptions(directory(), info_));
    ASSERT_TRUE(store.ok());
    const auto shard = *(*store)->OpenShard(1);
    const log::Position position = shard->position();
    shard->Edit(balances::kTotals, "EUR").set_invoice_count(1'000'000);
    ASSERT_TRUE(shard->Flush(position).ok());
  }

  const ProjectionInfo info_ = InfoOf<balances::Balances>();
  ScratchDirectory scratch_;
  MemoryLog log_{kStoryPartitions};
  Story story_{log_};
};

TEST_F(RebuildTest, IsByteForByteWhatWasServed) {
  Serve();
  const std::string served = Dump(directory());
  const auto report = Run();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->exact && report->compared.ok() && report->switched);
  EXPECT_FALSE(report->resumed);
  EXPECT_GT(report->events, 0u);
  EXPECT_EQ(Dump(directory()), served);
  EXPECT_EQ(served, Replay());
  EXPECT_EQ(Entries(), std::vector<std::string>{"balances"});
}

TEST_F(RebuildTest, BuildsWhatIsNotThere) {
  const auto report = Run();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(absl::IsNotFound(report->compared));
  EXPECT_EQ(Dump(directory()), Replay());
}

TEST_F(RebuildTest, ThreadsStagesAndCheckpointsChangeNothing) {
  const std::string replay = Replay();
  for (const int threads : {1, 2, 8}) {  // 8: more than partitions, so that reading runs ahead
    for (const uint64_t events : {uint64_t{100}, uint64_t{1'000'000}}) {
      fs::remove_all(directory());
      RebuildOptions options;
      options.threads = threads;
      options.checkpoint_events = events;
      options.max_cached_rows = events == 100 ? 5 : 100'000;
      ASSERT_TRUE(Run(options).ok());
      EXPECT_EQ(Dump(directory()), replay) << threads << " threads, each " << events;
    }
  }
}

TEST_F(RebuildTest, StopsWhereTheServedOneStands) {
  Serve();
  const std::string before = Dump(directory());
  story_.Tell(300);
  const auto report = Run();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->exact && report->compared.ok());
  EXPECT_EQ(Dump(directory()), before);
  EXPECT_EQ(Dump(directory(), false), Replay());  // and goes on from there
}

TEST_F(RebuildTest, RefusesToReplaceWhatDiffers) {
  Serve();
  Tamper();
  const std::string tampered = Dump(directory());
  const auto report = Run();
  EXPECT_TRUE(absl::IsFailedPrecondition(report.status())) << report.status();
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("partition 1 differs: table 4"));
  EXPECT_EQ(Dump(directory()), tampered);

  RebuildOptions options;
  options.dry_run = true;
  EXPECT_TRUE(absl::IsFailedPrecondition(Run(options).status()));
  options = {};
  options.accept_difference = true;
  const auto accepted = Run(options);
  ASSERT_TRUE(accepted.ok()) << accepted.status();
  EXPECT_TRUE(accepted->switched && !accepted->compared.ok());
  EXPECT_EQ(Dump(directory()), Replay());
}

TEST_F(RebuildTest, ADryRunLeavesEverything) {
  Serve();
  RebuildOptions options;
  options.dry_run = true;
  const auto report = Run(options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->compared.ok() && !report->switched);
  EXPECT_EQ(Entries(), std::vector<std::string>{"balances"});
}

TEST_F(RebuildTest, MendsADamagedStore) {
  Serve();
  for (const auto& entry : fs::directory_iterator(directory() + "/balances")) {
    if (entry.path().extension() == ".sst") fs::resize_file(entry.path(), 100);
  }
  EXPECT_THAT(Dump(directory()), HasSubstr("`daybook rebuild --projection"));
  EXPECT_THAT(Dump(directory()), HasSubstr(".sst"));
  const auto report = Run();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(absl::IsDataLoss(report->compared));
  EXPECT_EQ(Dump(directory()), Replay());
}

TEST_F(RebuildTest, ReplacesAStoreOfAnotherLogOnlyIfTold) {
  {
    MemoryLog other(kStoryPartitions);
    Story(other, 99).Tell(100);
    auto models = Started(other, directory());
    ASSERT_TRUE(AwaitAll(*models, other).ok());
  }
  for (const bool dry_run : {true, false}) {
    RebuildOptions options;
    options.dry_run = dry_run;
    const absl::Status refused = Run(options).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
    EXPECT_THAT(std::string(refused.message()), HasSubstr("--accept-difference"));
  }
  RebuildOptions options;
  options.accept_difference = true;
  const auto report = Run(options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->switched && absl::IsFailedPrecondition(report->compared));
  EXPECT_EQ(Dump(directory()), Replay());
}

TEST_F(RebuildTest, ComparesAnotherVersionByItsControlTotals) {
  Serve();
  const ProjectionInfo forgetful = InfoOf<ForgetfulBalances>();
  const auto differs = Rebuild(log_, forgetful, {.directory = directory()});
  EXPECT_TRUE(absl::IsFailedPrecondition(differs.status())) << differs.status();
  EXPECT_THAT(std::string(differs.status().message()), HasSubstr("EUR allocated is"));

  const ProjectionInfo newer = InfoOf<NewerBalances>();
  const auto report = Rebuild(log_, newer, {.directory = directory()});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->compared.ok() && !report->exact && report->switched);
  EXPECT_THAT(Dump(directory()),
              HasSubstr(absl::StrCat("balances ",
                                     NewerBalances::kVersion)));  // the older program refuses it
}

// Partition 1 cannot be read; partition 0 is not read on before that is known.
class HalfBrokenLog : public MemoryLog {
 public:
  using MemoryLog::MemoryLog;
  absl::StatusOr<std::unique_ptr<log::LogReader>> NewReader(int partition, int64_t from) override {
    auto reader = MemoryLog::NewReader(partition, from);
    return std::make_unique<Reader>(*this, partition, *std::move(reader));
  }
  void Break() { broken_ = true; }

 private:
  class Reader : public log::LogReader {
   public:
    Reader(HalfBrokenLog& log, int partition, std::unique_ptr<log::LogReader> inner)
        : log_(log), partition_(partition), inner_(std::move(inner)) {}
    absl::StatusOr<log::Batch> Read(size_t max, absl::Duration wait) override {
      if (!log_.broken_) return inner_->Read(max, wait);
      if (partition_ == 1) {
        log_.failed_.Notify();
        return absl::DataLossError("partition 1 is torn");
      }
      log_.failed_.WaitForNotification();
      absl::SleepFor(absl::Milliseconds(50));  // that it may be noted
      return inner_->Read(1, wait);
    }

   private:
    HalfBrokenLog& log_;
    const int partition_;
    const std::unique_ptr<log::LogReader> inner_;
  };
  std::atomic<bool> broken_ = false;
  absl::Notification failed_;
};

TEST_F(RebuildTest, SaysWhatFailedFirst) {
  HalfBrokenLog log(2);
  Story(log).Tell(100);
  log.Break();
  const auto report = Rebuild(log, info_, {.directory = directory(), .threads = 2});
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("partition 1 is torn"));
}

TEST_F(RebuildTest, RefusesWhileTheStoreIsOpenElsewhere) {
  const auto models = Started(log_, directory());
  EXPECT_TRUE(absl::IsFailedPrecondition(Run().status()));
}

TEST_F(RebuildTest, ASwitchCutBetweenItsTwoStepsIsEnded) {
  Serve();
  const std::string served = Dump(directory());
  // What a kill leaves between the renames where directories cannot be exchanged.
  fs::rename(directory() + "/balances", directory() + "/balances.old");
  fs::copy(directory() + "/balances.old", directory() + "/balances.next",
           fs::copy_options::recursive);
  EXPECT_EQ(Dump(directory()), served);
  EXPECT_EQ(Entries(), std::vector<std::string>{"balances"});
  // The same before the new one was finished.
  fs::rename(directory() + "/balances", directory() + "/balances.old");
  EXPECT_EQ(Dump(directory()), served);
}

class KilledRebuildTest : public RebuildTest, public testing::WithParamInterface<const char*> {};

TEST_P(KilledRebuildTest, GoesOnAndEndsTheSame) {
  Serve();
  const std::string served = Dump(directory());
  const bool repeats = std::string_view(GetParam()) == "rebuild.after_checkpoint" ||
                       std::string_view(GetParam()) == "store.before_ingest";
  for (int nth = 1; nth <= (repeats ? 9 : 1); nth += 4) {
    const Ending ending = RunKilledAt(GetParam(), nth, "rebuild", {directory()});
    EXPECT_EQ(ending, Ending::kKilled) << nth;
    EXPECT_EQ(Dump(directory()), served);  // what serves is whole at every moment
  }
  RebuildOptions options;
  options.checkpoint_events = 50;
  const auto report = Run(options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->compared.ok());
  EXPECT_EQ(report->resumed, report->resumed || repeats);
  EXPECT_EQ(Dump(directory()), served);
  EXPECT_EQ(Entries(), std::vector<std::string>{"balances"});
}

INSTANTIATE_TEST_SUITE_P(AtEveryPoint, KilledRebuildTest,
                         testing::Values("store.before_flush", "store.before_ingest",
                                         "rebuild.after_checkpoint", "rebuild.after_partition",
                                         "rebuild.before_compare", "rebuild.before_switch",
                                         "rebuild.after_switch"));

class KilledModelsTest : public RebuildTest, public testing::WithParamInterface<const char*> {};

TEST_P(KilledModelsTest, ADumpEqualsTheReplayAfterAnyKill) {
  for (const int nth : {1, 2, 5, 20}) {
    EXPECT_EQ(RunKilledAt(GetParam(), nth, "serve", {directory()}), Ending::kKilled) << nth;
  }
  EXPECT_EQ(Dump(directory(), false), Replay());
}

INSTANTIATE_TEST_SUITE_P(AtEveryPoint, KilledModelsTest,
                         testing::Values("store.before_flush", "store.after_flush"));

TEST_F(RebuildTest, TheDumpDoesNotDependOnHowItWasFolded) {
  const std::string replay = Replay();
  ModelsOptions options;
  options.threads = 3;
  options.flush_events = 1;
  options.flush_bytes = 1;
  {
    const auto models = Started(log_, directory(), options);
    ASSERT_TRUE(AwaitAll(*models, log_).ok());
  }
  EXPECT_EQ(Dump(directory()), replay);
  // Told while it serves.
  ScratchDirectory live;
  MemoryLog growing(kStoryPartitions);
  {
    const auto models = Started(growing, live.path());
    Story(growing).Tell(kStorySteps);
    ASSERT_TRUE(AwaitAll(*models, growing).ok());
  }
  EXPECT_EQ(Dump(live.path()), replay);
}

TEST_F(RebuildTest, ABusinessDumpKnowsNoTimesAndNoOffsets) {
  const auto business = [&](MemoryLog& log) {
    ScratchDirectory fresh;
    const auto models = Started(log, fresh.path());
    EXPECT_TRUE(AwaitAll(*models, log).ok());
    const auto views = models->Views("balances");
    return std::pair(ExactDump(views)->sha256, BusinessDump(views, info_)->sha256);
  };
  // The same story an hour later, with records that do not count between.
  const auto tell = [](LogPen& pen, int64_t time_us, bool garbage) {
    for (int i = 0; i < 400; ++i) {
      const std::string id = absl::StrCat("c-", i % 10);
      pen.SetTime(time_us + i * (garbage ? 17 : 1000));
      if (garbage && i > 20) pen.Garbage(i % 2);
      const absl::CivilDay day = absl::CivilDay(2026, 1, 1) + i;
      if (i < 10) {
        pen.Commit(id, {facts::Registered(day), facts::Opened(day, "main", "EUR")});
      } else {
        pen.Commit(id, {facts::Issued(day, {.account = "main",
                                            .id = absl::StrCat("i-", i),
                                            .due = day,
                                            .total_minor = i,
                                            .sequence = i})});
      }
    }
  };
  MemoryLog first(2), second(2), third(2);
  LogPen first_pen(first), second_pen(second, "log-2"), third_pen(third);
  tell(first_pen, 1'750'000'000'000'000, false);
  tell(second_pen, 1'750'003'600'000'000, true);
  tell(third_pen, 1'750'000'000'000'000, false);
  third_pen.Commit("c-1", {facts::Paid(absl::CivilDay(2026, 1, 1), "main", "p", 1, {})});
  const auto a = business(first), b = business(second), c = business(third);
  EXPECT_NE(a.first, b.first);
  EXPECT_EQ(a.second, b.second);
  EXPECT_NE(a.second, c.second);
}

}  // namespace

bool RebuildTask(const std::vector<std::string>& arguments) {
  MemoryLog log(kStoryPartitions);
  Story(log).Tell(kStorySteps);
  RebuildOptions options;
  options.directory = arguments[0];
  options.checkpoint_events = 50;
  options.threads = 1;
  return Rebuild(log, InfoOf<balances::Balances>(), options).ok();
}

bool ServeTask(const std::vector<std::string>& arguments) {
  MemoryLog log(kStoryPartitions);
  Story(log).Tell(kStorySteps);
  ModelsOptions options;
  options.flush_events = 20;
  const auto models = Started(log, arguments[0], options);
  return models != nullptr && AwaitAll(*models, log).ok();
}

}  // namespace daybook::projection
