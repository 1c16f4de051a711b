// The machines without their threads: time and batches are given by hand.
#include "common/projection/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <limits>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/projection/feed.h"
#include "common/projection/source.h"
#include "projections/balances/balances.h"
#include "tests/support/facts.h"
#include "tests/support/memory_log.h"
#include "tests/support/scratch.h"

namespace daybook::projection {
namespace {

using testing::HasSubstr;

const absl::CivilDay kDay(2026, 3, 1);
const absl::Time kNow = absl::FromUnixSeconds(1'750'000'000);
constexpr int64_t kAll = std::numeric_limits<int64_t>::max();

// Listens to what is no fact of any book.
struct Stray {
  static constexpr std::string_view kName = "stray";
  static constexpr int kVersion = 1;
  static constexpr std::tuple<> kTables{};
  using Listens = Facts<google::type::Date>;
  static void On(const google::type::Date&, const Meta&, Shard&) {}
};
TEST(ProjectionDeathTest, StopsTheProgramIfNoBookHasTheFactThatItListensTo) {
  EXPECT_DEATH(InfoOf<Stray>(),
               "the projection stray listens to google.type.Date, which no book's event holds");
}

class RunnerTest : public testing::Test {
 protected:
  RunnerTest() {
    auto store = store::Store::Open({.directory = scratch_.path(), .kind = "balances"});
    DAYBOOK_CHECK(store.ok());
    store_ = *std::move(store);
  }
  std::unique_ptr<Runner> NewRunner(RunnerLimits limits = {}) {
    auto shard = store_->OpenShard(0);
    DAYBOOK_CHECK(shard.ok());
    return std::make_unique<Runner>(info_, *std::move(shard), limits);
  }
  void Customer(const std::string& id) {
    pen_.Commit(id, {facts::Registered(kDay), facts::Opened(kDay, "main", "EUR")});
  }
  // Reads what there is into the runner.
  ParsedBatch Feed(Runner& runner, size_t max = 1000) {
    Source source(log_, 0, runner.applied(), max);
    ParsedBatch batch;
    EXPECT_TRUE(source.Next(max, kAll, absl::ZeroDuration(), &batch).ok());
    runner.OnBatch(batch);
    return batch;
  }
  // Where the waiter's answer will stand.
  std::shared_ptr<std::string> Wait(Runner& runner, int64_t next_offset, absl::Time deadline) {
    auto answer = std::make_shared<std::string>("none");
    runner.Wait(
        {next_offset, deadline,
         [answer](const absl::Status& status) { *answer = status.ok() ? "OK" : ReasonOf(status); }},
        kNow);
    return answer;
  }

  const ProjectionInfo info_ = InfoOf<balances::Balances>();
  ScratchDirectory scratch_;
  std::unique_ptr<store::Store> store_;
  MemoryLog log_{1};
  LogPen pen_{log_};
};

TEST_F(RunnerTest, FlushesAtTheEnd) {
  Customer("ada");
  const auto runner = NewRunner();
  Feed(*runner);
  EXPECT_FALSE(runner->WantsFlush(kNow));
  runner->OnEnd(kNow);
  EXPECT_TRUE(runner->WantsFlush(kNow));
  EXPECT_EQ(runner->shard().position(), log::Position{});
  ASSERT_TRUE(runner->Flush(kNow).ok());
  EXPECT_EQ(runner->shard().position(), pen_.at(0));
  EXPECT_FALSE(runner->WantsFlush(kNow));
  EXPECT_EQ(runner->complete_at(), kNow);
  EXPECT_EQ(runner->shard().log_id(), "log-1");
}

TEST_F(RunnerTest, FlushesAfterSoManyEvents) {
  RunnerLimits limits;
  limits.flush_events = 4;  // two customers
  const auto runner = NewRunner(limits);
  Customer("ada");
  Feed(*runner);
  EXPECT_FALSE(runner->WantsFlush(kNow));
  Customer("eve");
  Feed(*runner);
  EXPECT_TRUE(runner->WantsFlush(kNow));
}

TEST_F(RunnerTest, FlushesFiveMillisecondsAfterSomebodyWaits) {
  Customer("ada");
  const auto runner = NewRunner();
  const auto answer = Wait(*runner, 2, kNow + absl::Seconds(1));
  EXPECT_EQ(runner->NextDeadline(), kNow + absl::Seconds(1));
  Feed(*runner);
  EXPECT_FALSE(runner->WantsFlush(kNow + absl::Milliseconds(4)));
  EXPECT_EQ(runner->NextDeadline(), kNow + absl::Milliseconds(5));
  EXPECT_TRUE(runner->WantsFlush(kNow + absl::Milliseconds(5)));
  EXPECT_EQ(*answer, "none");
  ASSERT_TRUE(runner->Flush(kNow).ok());
  EXPECT_EQ(*answer, "OK");
}

TEST_F(RunnerTest, LetsAPositionThatOnlyMovedRest) {
  Customer("ada");
  const auto runner = NewRunner();
  Feed(*runner);
  runner->OnEnd(kNow);
  ASSERT_TRUE(runner->Flush(kNow).ok());
  pen_.Barrier(0);
  Feed(*runner);
  runner->OnEnd(kNow);
  EXPECT_FALSE(runner->WantsFlush(kNow + absl::Milliseconds(999)));
  EXPECT_TRUE(runner->WantsFlush(kNow + absl::Seconds(1)));
  Wait(*runner, 3, absl::InfiniteFuture());
  EXPECT_TRUE(runner->WantsFlush(kNow));  // but not if somebody asks for it
}

TEST_F(RunnerTest, APaceLetsRowsWaitUntilSomebodyWaitsForThem) {
  ProjectionInfo slow = info_;
  slow.pace = {.delay = absl::Milliseconds(250), .events = 5};
  Runner runner(slow, *store_->OpenShard(0), {});
  Customer("ada");
  Feed(runner);
  runner.OnEnd(kNow);
  EXPECT_TRUE(runner.WantsFlush(kNow));  // nothing was flushed before
  ASSERT_TRUE(runner.Flush(kNow).ok());
  EXPECT_EQ(runner.NextFlush(), absl::InfiniteFuture());

  Customer("eve");
  Feed(runner);
  runner.OnEnd(kNow);
  EXPECT_FALSE(runner.WantsFlush(kNow + absl::Milliseconds(249)));
  EXPECT_TRUE(runner.WantsFlush(kNow + absl::Milliseconds(250)));
  EXPECT_EQ(runner.NextFlush(), kNow + absl::Milliseconds(250));
  EXPECT_EQ(runner.NextDeadline(), absl::InfiniteFuture());  // nobody waits
  const auto answer = Wait(runner, runner.applied().next_offset, kNow + absl::Seconds(1));
  EXPECT_TRUE(runner.WantsFlush(kNow));  // at once
  ASSERT_TRUE(runner.Flush(kNow).ok());
  EXPECT_EQ(*answer, "OK");

  for (const char* id : {"f", "g", "h"}) Customer(id);
  Feed(runner);
  runner.OnEnd(kNow);
  EXPECT_TRUE(runner.WantsFlush(kNow));  // six events
}

TEST_F(RunnerTest, AnswersEachWaiterAtItsOffsetOrItsDeadline) {
  const auto runner = NewRunner();
  const auto first = Wait(*runner, 2, kNow + absl::Seconds(9));
  const auto second = Wait(*runner, 3, kNow + absl::Seconds(9));
  const auto late = Wait(*runner, 99, kNow + absl::Seconds(3));
  Customer("ada");
  Feed(*runner);
  runner->OnEnd(kNow);
  ASSERT_TRUE(runner->Flush(kNow).ok());
  EXPECT_EQ(*first, "OK");
  EXPECT_EQ(*second, "none");
  runner->Expire(kNow + absl::Milliseconds(2999));
  EXPECT_EQ(*late, "none");
  runner->Expire(kNow + absl::Seconds(3));
  EXPECT_EQ(*late, "POSITION_NOT_REACHED");
  EXPECT_EQ(*second, "none");
  EXPECT_EQ(runner->waiters(), 1u);
  EXPECT_EQ(*Wait(*runner, 1, kNow), "OK");  // nothing to wait for
}

TEST_F(RunnerTest, LimitsItsWaiters) {
  RunnerLimits limits;
  limits.max_waiters = 2;
  const auto runner = NewRunner(limits);
  Wait(*runner, 5, kNow);
  Wait(*runner, 5, kNow);
  EXPECT_EQ(*Wait(*runner, 5, kNow), "OVERLOADED");
}

TEST_F(RunnerTest, IsCompleteOnlyAsOfTheEndThatItFlushed) {
  Customer("ada");
  const auto runner = NewRunner();
  Feed(*runner);
  runner->OnEnd(kNow);
  ASSERT_TRUE(runner->Flush(kNow).ok());
  Customer("eve");
  Feed(*runner);
  runner->OnEnd(kNow + absl::Seconds(1));
  EXPECT_EQ(runner->complete_at(), kNow);
  ASSERT_TRUE(runner->Flush(kNow + absl::Seconds(2)).ok());
  EXPECT_EQ(runner->complete_at(), kNow + absl::Seconds(1));
}

class SourceTest : public testing::Test {
 protected:
  absl::Status Next(size_t max = 1000, int64_t until = kAll) {
    return source_.Next(max, until, absl::ZeroDuration(), &batch_);
  }
  MemoryLog log_{1};
  LogPen pen_{log_};
  Source source_{log_, 0, {}, 1000};
  ParsedBatch batch_;
};

TEST_F(SourceTest, DeliversWhatCountsAndCountsWhatDoesNot) {
  pen_.Commit("ada", {facts::Registered(kDay)});
  pen_.Garbage(0);
  pen_.Barrier(0);
  pen_.Claim(0);
  pen_.Stale(0, "ada", facts::Registered(kDay));
  pen_.Commit("eve", {facts::Registered(kDay)});
  ASSERT_TRUE(Next().ok());
  ASSERT_EQ(batch_.commits.size(), 2);
  EXPECT_EQ(batch_.commits.Get(1).customer_id(), "eve");
  EXPECT_EQ(batch_.counted, 5u);
  EXPECT_EQ(batch_.void_records[static_cast<int>(log::Verdict::kVoidUnparsable)], 1u);
  EXPECT_EQ(batch_.void_records[static_cast<int>(log::Verdict::kVoidOldEpoch)], 1u);
  EXPECT_EQ(batch_.at, pen_.at(0));
  EXPECT_EQ(batch_.log_id, "log-1");
  EXPECT_TRUE(batch_.end);
}

TEST_F(SourceTest, StopsInFrontOfTheOffsetThatItIsGiven) {
  for (int i = 0; i < 5; ++i) pen_.Commit("ada", {facts::Registered(kDay)});
  ASSERT_TRUE(Next(1000, 3).ok());
  EXPECT_EQ(batch_.at.next_offset, 3);
  EXPECT_FALSE(batch_.end);
  ASSERT_TRUE(Next(1000, 3).ok());
  EXPECT_EQ(batch_.at.next_offset, 3);
  ASSERT_TRUE(Next().ok());
  EXPECT_EQ(batch_.at, pen_.at(0));
}

TEST_F(SourceTest, ParsesAFewAtATimeOfWhatItRead) {
  for (int i = 0; i < 20; ++i) pen_.Commit("ada", {facts::Registered(kDay)});
  Source source(log_, 0, {}, 8);
  std::vector<int64_t> positions;
  do {
    ASSERT_TRUE(source.Next(1000, 19, absl::ZeroDuration(), &batch_).ok());
    positions.push_back(batch_.at.next_offset);
    EXPECT_FALSE(batch_.end);
  } while (source.at().next_offset < 19);
  EXPECT_EQ(positions, (std::vector<int64_t>{8, 16, 19}));
  ASSERT_TRUE(source.Next(1000, kAll, absl::ZeroDuration(), &batch_).ok());
  EXPECT_EQ(batch_.at, pen_.at(0));
  EXPECT_TRUE(batch_.end);
}

TEST_F(SourceTest, DeliversWhatStandsBeforeABrokenRecord) {
  pen_.Commit("ada", {facts::Registered(kDay)});
  pen_.CommitBytes("ada", "\xff\xff");
  ASSERT_TRUE(Next().ok());
  EXPECT_EQ(batch_.commits.size(), 1);
  for (int i = 0; i < 2; ++i) {
    const absl::Status status = Next();
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("partition 0 of memory: offset 2"));
  }
}

TEST_F(SourceTest, StopsAtARecordThatContinuesAnotherHistory) {
  pen_.Commit("ada", {facts::Registered(kDay)});
  MemoryLog other(1);
  LogPen other_pen(other);
  other_pen.Commit("eve", {facts::Registered(kDay)});
  other_pen.Barrier(0);
  log_.Append(0, "", other.records(0).back().second);
  ASSERT_TRUE(Next().ok());
  EXPECT_TRUE(absl::IsDataLoss(Next())) << Next();
}

TEST_F(SourceTest, AsksAgainWhenTheLogDidNotAnswer) {
  pen_.Commit("ada", {facts::Registered(kDay)});
  log_.FailReads(absl::UnavailableError("no answer"));
  EXPECT_TRUE(absl::IsUnavailable(Next()));
  log_.FailReads(absl::OkStatus());
  EXPECT_TRUE(Next().ok());
  EXPECT_EQ(batch_.commits.size(), 1);
}

TEST_F(SourceTest, StopsWhenTheLogWasCut) {
  pen_.Commit("ada", {facts::Registered(kDay)});
  ASSERT_TRUE(Next().ok());
  log_.records(0).clear();
  EXPECT_TRUE(absl::IsOutOfRange(Next())) << Next();
}

TEST_F(SourceTest, HolesAndForeignRecordsAreReadThrough) {
  pen_.Commit("ada", {facts::Registered(kDay)});
  pen_.Hole(0);
  pen_.Garbage(0);
  pen_.Commit("bob", {facts::Registered(kDay)});
  pen_.Hole(0);
  pen_.Hole(0);
  ASSERT_TRUE(Next().ok());
  EXPECT_EQ(batch_.commits.size(), 2);
  EXPECT_EQ(batch_.at, pen_.at(0));
  EXPECT_EQ(batch_.at.next_offset, 7);
  EXPECT_TRUE(batch_.end);
}

// A place to meet may lie in a hole, for one who has passed it and one who has not.
TEST_F(SourceTest, ComesToEveryOffsetThatItIsToldToStopAt) {
  pen_.Commit("ada", {facts::Registered(kDay)});
  for (int i = 0; i < 3; ++i) pen_.Hole(0);
  pen_.Commit("bob", {facts::Registered(kDay)});
  pen_.Hole(0);
  for (int64_t until = 1; until <= 7; ++until) {
    Source source(log_, 0, {});
    for (int i = 0; i < 10 && source.at().next_offset < until; ++i) {
      ASSERT_TRUE(source.Next(3, until, absl::ZeroDuration(), &batch_).ok());
    }
    EXPECT_EQ(source.at().next_offset, until);
    EXPECT_EQ(batch_.at, source.at());
  }
}

TEST_F(SourceTest, AnEpochOfTheFutureStopsOnlyIfTheLogIsAnotherOne) {
  LogPen old_pen(log_, "log-1", 1);
  old_pen.Commit("ada", {facts::Registered(kDay)});
  ASSERT_TRUE(Next().ok());
  log::v1::Frame future;
  future.set_epoch(99);
  future.set_sequence(1);
  future.mutable_barrier();
  log_.Append(0, "", future.SerializeAsString());
  ASSERT_TRUE(Next().ok());
  EXPECT_EQ(batch_.void_records[static_cast<int>(log::Verdict::kVoidFuture)], 1u);
  // The same over a log whose last record is not the one that was read.
  log_.records(0)[1].second += "x";
  log_.Append(0, "", future.SerializeAsString());
  EXPECT_TRUE(absl::IsOutOfRange(Next())) << Next();
}

// Two read models at different positions of one partition.
class FeedTest : public RunnerTest {
 protected:
  FeedTest() {
    auto store = store::Store::Open({.directory = scratch_.path() + "/second", .kind = "balances"});
    DAYBOOK_CHECK(store.ok());
    second_ = *std::move(store);
  }
  std::unique_ptr<class Feed> NewFeed() {
    auto feed = std::make_unique<class Feed>(log_, 0, 2, [] {});
    feed->Attach(0, NewRunner());
    feed->Attach(1, Second());
    return feed;
  }
  std::shared_ptr<Runner> Second() {
    return std::make_shared<Runner>(info_, *second_->OpenShard(0), RunnerLimits{});
  }
  std::unique_ptr<store::Store> second_;
};

TEST_F(FeedTest, BringsReadModelsTogether) {
  for (int i = 0; i < 20; ++i) Customer(std::string(1, static_cast<char>('a' + i)));
  {
    const auto ahead = NewRunner();
    Feed(*ahead, 10);
    ASSERT_TRUE(ahead->Flush(kNow).ok());
  }
  const auto feed = NewFeed();
  EXPECT_EQ(feed->runner(0)->applied().next_offset, 10);
  EXPECT_EQ(feed->runner(1)->applied().next_offset, 0);
  for (int i = 0; i < 10; ++i) feed->Step(kNow, 3);
  EXPECT_TRUE(feed->error().ok()) << feed->error();
  EXPECT_EQ(feed->runner(0)->shard().position(), pen_.at(0));
  EXPECT_EQ(feed->runner(1)->shard().position(), pen_.at(0));
  EXPECT_EQ(feed->runner(0)->figures().events, 22u);  // 11 customers
  EXPECT_EQ(feed->runner(1)->figures().events, 40u);
}

// One goes, whoever waits for it is told so, and the other reads on; another comes in its place.
TEST_F(FeedTest, GoesOnWithoutARunnerAndWithAnother) {
  Customer("ada");
  const auto feed = NewFeed();
  feed->Step(kNow, 100);
  std::string waiting, late;
  feed->Wait(1, {99, absl::InfiniteFuture(),
                 [&](const absl::Status& s) { waiting = std::string(s.message()); }});
  feed->Detach(1, absl::UnavailableError("gone"));
  EXPECT_EQ(feed->runner(1), nullptr);
  feed->Wait(1, {1, absl::InfiniteFuture(),
                 [&](const absl::Status& s) { late = std::string(s.message()); }});
  Customer("eve");
  feed->Step(kNow, 100);
  EXPECT_EQ(waiting, "gone");
  EXPECT_EQ(late, "gone");
  EXPECT_TRUE(feed->error().ok()) << feed->error();
  EXPECT_EQ(feed->runner(0)->shard().position(), pen_.at(0));

  for (int i = 0; i < 10; ++i) Customer(std::string(1, static_cast<char>('f' + i)));
  feed->Attach(1, Second());
  // Under a log that grows with each step it must not stay a step behind for ever.
  for (int i = 0; i < 20; ++i) {
    Customer(absl::StrCat("n", i));
    feed->Step(kNow, 100);
  }
  EXPECT_EQ(feed->runner(1)->applied(), feed->runner(0)->applied());
  EXPECT_EQ(feed->runner(1)->complete_at(), kNow);
  EXPECT_EQ(feed->runner(1)->figures().events, 2 * 31u);  // what it has of ada is in its store
}

TEST_F(FeedTest, ARunnerThatCannotFlushHoldsNobodyUp) {
  Customer("ada");
  store::Options options{.directory = scratch_.path() + "/failing", .kind = "balances"};
  options.memory = std::make_shared<store::Memory>(store::MemoryLimits{.settle_bytes = 1});
  std::atomic<bool> fails{false};
  options.fault = [&](std::string_view operation, const std::string&) {
    return fails && operation == "append" ? absl::UnavailableError("the disk is gone")
                                          : absl::OkStatus();
  };
  const auto failing = *store::Store::Open(options);
  class Feed feed(log_, 0, 2, [] {});
  feed.Attach(0, std::make_shared<Runner>(info_, *failing->OpenShard(0), RunnerLimits{}));
  feed.Attach(1, Second());
  feed.Step(kNow, 100);
  fails = true;
  for (int i = 0; i < 20; ++i) {
    Customer(absl::StrCat("n", i));
    feed.Step(kNow, 100);
  }
  EXPECT_EQ(feed.runner(0), nullptr);
  EXPECT_THAT(std::string(feed.broken(0).message()), HasSubstr("the disk is gone"));
  EXPECT_TRUE(feed.broken(1).ok());
  EXPECT_TRUE(feed.error().ok()) << feed.error();
  EXPECT_EQ(feed.runner(1)->shard().position(), pen_.at(0));
}

TEST_F(FeedTest, StopsWhenReadModelsComeFromDifferentLogs) {
  MemoryLog other(1);
  LogPen other_pen(other, "log-2");
  other_pen.Commit("eve", {facts::Registered(kDay)});
  {
    const auto wrong = NewRunner();
    Source source(other, 0, {});
    ParsedBatch batch;
    ASSERT_TRUE(source.Next(10, kAll, absl::ZeroDuration(), &batch).ok());
    wrong->OnBatch(batch);
    ASSERT_TRUE(wrong->Flush(kNow).ok());
  }
  for (int i = 0; i < 5; ++i) Customer(std::string(1, static_cast<char>('a' + i)));
  const auto feed = NewFeed();
  for (int i = 0; i < 5; ++i) feed->Step(kNow, 100);
  EXPECT_TRUE(absl::IsFailedPrecondition(feed->error()) || absl::IsDataLoss(feed->error()))
      << feed->error();
}

// A feed's waiter of now; where its answer will stand.
std::shared_ptr<std::string> WaitFor(Feed& feed, int64_t next_offset) {
  auto answer = std::make_shared<std::string>("none");
  feed.Wait(0, {next_offset, absl::InfiniteFuture(), [answer](const absl::Status& status) {
                  *answer = status.ok() ? "OK" : ReasonOf(status);
                }});
  return answer;
}

TEST_F(FeedTest, RefusesATokenOfTheFuture) {
  Customer("ada");
  const auto feed = NewFeed();
  const auto future = WaitFor(*feed, 99);
  const auto present = WaitFor(*feed, 2);
  feed->Step(kNow, 100);
  EXPECT_EQ(*future, "CONSISTENCY_TOKEN_IN_FUTURE");
  EXPECT_EQ(*present, "OK");
}

TEST_F(FeedTest, AsksALogThatOthersWriteForItsEndAtMostOnceASecond) {
  log_.set_exclusive(false);
  Customer("ada");
  const auto feed = NewFeed();
  std::vector<std::shared_ptr<std::string>> answers;
  for (int ms = 0; ms < 1000; ms += 10) {
    answers.push_back(WaitFor(*feed, 99));
    feed->Step(kNow + absl::Milliseconds(ms), 100);
  }
  EXPECT_EQ(log_.extents_asked(), 1);
  feed->Step(kNow + absl::Seconds(1), 100);
  EXPECT_EQ(log_.extents_asked(), 2);
  for (const auto& answer : answers) EXPECT_EQ(*answer, "CONSISTENCY_TOKEN_IN_FUTURE");
  // The clock is set back.
  const auto late = WaitFor(*feed, 99);
  feed->Step(kNow - absl::Hours(1), 100);
  feed->Step(kNow - absl::Hours(1) + absl::Seconds(1), 100);
  EXPECT_EQ(*late, "CONSISTENCY_TOKEN_IN_FUTURE");
}

TEST_F(FeedTest, DoesNotAskALogForItsEndThatDoesNotAnswer) {
  log_.set_exclusive(false);
  Customer("ada");
  const auto feed = NewFeed();
  const auto answer = WaitFor(*feed, 99);
  log_.FailReads(absl::UnavailableError("brokers are away"));
  for (int s = 0; s < 60; ++s) feed->Step(kNow + absl::Seconds(s), 100);
  EXPECT_EQ(log_.extents_asked(), 0);
  // It answers readers, but not this.
  log_.FailReads(absl::OkStatus());
  log_.FailExtents(absl::UnavailableError("no answer"));
  const absl::Time later = kNow + absl::Minutes(2);
  for (int ms = 0; ms < 2000; ms += 10) feed->Step(later + absl::Milliseconds(ms), 100);
  EXPECT_EQ(log_.extents_asked(), 2);
  EXPECT_EQ(*answer, "none");
  log_.FailExtents(absl::OkStatus());
  feed->Step(later + absl::Seconds(3), 100);
  EXPECT_EQ(*answer, "CONSISTENCY_TOKEN_IN_FUTURE");
}

TEST_F(FeedTest, AsksForTheEndOnlyWhereReadingHasComeToIt) {
  for (int i = 0; i < 10; ++i) Customer(std::string(1, static_cast<char>('a' + i)));
  const auto feed = NewFeed();
  const auto soon = WaitFor(*feed, 8);
  feed->Step(kNow, 3);
  EXPECT_EQ(log_.extents_asked(), 0);
  for (int i = 0; i < 5; ++i) feed->Step(kNow, 3);
  EXPECT_EQ(*soon, "OK");
  EXPECT_EQ(log_.extents_asked(), 0);
}

}  // namespace
}  // namespace daybook::projection
