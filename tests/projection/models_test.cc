#include "common/projection/models.h"

#include <atomic>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/projection/dump.h"
#include "tests/projection/serving.h"

namespace daybook::projection {
namespace {

using testing::HasSubstr;

const absl::CivilDay kDay(2026, 3, 1);

class ModelsTest : public testing::Test {
 protected:
  // A customer with one account and one invoice of `total_minor`.
  int64_t Customer(const std::string& id, int64_t total_minor) {
    return pen_.Commit(
        id,
        {facts::Registered(kDay), facts::Opened(kDay, "main", "EUR"),
         facts::Issued(
             kDay,
             {.account = "main", .id = id + "-1", .due = kDay + 30, .total_minor = total_minor})});
  }
  std::string Token(const std::string& customer, int64_t offset) {
    return TokenOf(log_, pen_, customer, offset);
  }

  ScratchDirectory scratch_;
  MemoryLog log_{4};
  LogPen pen_{log_};
};

TEST_F(ModelsTest, AnswersWithWhatTheLogSays) {
  Customer("ada", 1250);
  const auto models = Started(log_, scratch_.path());
  ASSERT_TRUE(AwaitAll(*models, log_).ok());
  const auto balance = AskBalance(*models, BalanceOf("ada"));
  ASSERT_TRUE(balance.ok()) << balance.status();
  EXPECT_EQ(balance->balance().units(), 12);
  EXPECT_EQ(balance->balance().nanos(), 500'000'000);
  EXPECT_EQ(balance->account_id(), "main");
  EXPECT_EQ(balance->position().partitions(0).partition(), log::PartitionOf("ada", 4));
  EXPECT_EQ(balance->position().partitions(0).next_offset(), 2);
}

TEST_F(ModelsTest, ShowsTheCommandOfTheToken) {
  const auto models = Started(log_, scratch_.path());
  for (int i = 0; i < 200; ++i) {
    const std::string customer = absl::StrCat("c-", i);
    const int64_t offset = Customer(customer, 100 + i);
    const auto balance = AskBalance(*models, BalanceOf(customer, Token(customer, offset)));
    ASSERT_TRUE(balance.ok()) << balance.status();
    EXPECT_EQ(balance->invoiced().units() * 100 + balance->invoiced().nanos() / 10'000'000,
              100 + i);
  }
}

TEST_F(ModelsTest, ShowsTheCommandOfTheTokenOnALogThatDoesNotTell) {
  log_.set_exclusive(false);
  const auto models = Started(log_, scratch_.path());
  for (int i = 0; i < 20; ++i) {
    const std::string customer = absl::StrCat("c-", i);
    const int64_t offset = Customer(customer, 100);
    ASSERT_TRUE(AskBalance(*models, BalanceOf(customer, Token(customer, offset))).ok());
  }
}

TEST_F(ModelsTest, RefusesTokensThatItCannotServe) {
  const int64_t offset = Customer("ada", 100);
  const auto models = Started(log_, scratch_.path());
  ASSERT_TRUE(AwaitAll(*models, log_).ok());
  const auto reason = [&](const std::string& token) {
    return ReasonOf(AskBalance(*models, BalanceOf("ada", token)).status());
  };
  EXPECT_EQ(reason("nonsense"), "CONSISTENCY_TOKEN_MALFORMED");
  EXPECT_EQ(reason(log::EncodeToken({"log-2", log::PartitionOf("ada", 4), 1})),
            "CONSISTENCY_TOKEN_OTHER_LOG");
  EXPECT_EQ(reason(log::EncodeToken({"log-1", 99, 1})), "CONSISTENCY_TOKEN_OTHER_LOG");
  EXPECT_EQ(reason(Token("ada", offset + 1000)), "CONSISTENCY_TOKEN_IN_FUTURE");
  EXPECT_EQ(reason(Token("ada", offset)), "");
}

TEST_F(ModelsTest, SaysAtTheDeadlineThatTheTokenWasNotReached) {
  const int64_t offset = Customer("ada", 100);
  const auto models = Started(log_, scratch_.path());
  ASSERT_TRUE(AwaitAll(*models, log_).ok());
  log_.FailReads(absl::UnavailableError("no answer"));
  pen_.Barrier(log::PartitionOf("ada", 4));
  const auto late = Ask<GetBalanceResponse>(
      *models, "GetBalance", BalanceOf("ada", Token("ada", offset + 1)), absl::Milliseconds(50));
  EXPECT_EQ(ReasonOf(late.status()), "POSITION_NOT_REACHED");
  EXPECT_TRUE(absl::IsDeadlineExceeded(late.status()));
  // The log answers again, and so does the read model.
  log_.FailReads(absl::OkStatus());
  EXPECT_TRUE(AskBalance(*models, BalanceOf("ada", Token("ada", offset + 1))).ok());
}

TEST_F(ModelsTest, SkipsRecordsThatDoNotCount) {
  Customer("ada", 100);
  const int partition = log::PartitionOf("ada", 4);
  const auto ghost =
      facts::Issued(kDay, {.account = "main", .id = "ghost", .due = kDay, .total_minor = 999'999});
  pen_.Garbage(partition);
  pen_.Claim(partition);
  pen_.Stale(partition, "ada", ghost);
  pen_.Barrier(partition);
  const auto models = Started(log_, scratch_.path());
  ASSERT_TRUE(AwaitAll(*models, log_).ok());
  EXPECT_EQ(AskBalance(*models, BalanceOf("ada"))->invoiced().units(), 1);
  const ShardStatus status = models->Statuses()[static_cast<size_t>(partition)];
  EXPECT_EQ(status.void_records[static_cast<int>(log::Verdict::kVoidUnparsable)], 1u);
  EXPECT_EQ(status.void_records[static_cast<int>(log::Verdict::kVoidOldEpoch)], 1u);
  EXPECT_EQ(status.records, 4u);  // two claims, a commit, a barrier
  EXPECT_EQ(status.position, pen_.at(partition));
}

TEST_F(ModelsTest, StopsThePartitionAtARecordThatItDoesNotUnderstand) {
  const int64_t good = Customer("ada", 100);
  book::v1::Commit newer;
  newer.set_customer_id("ada");
  newer.add_events()->mutable_billing();  // an event of a kind that this version does not know
  const int64_t bad = pen_.CommitBytes("ada", newer.SerializeAsString());
  std::string elsewhere = "eve";
  while (log::PartitionOf(elsewhere, 4) == log::PartitionOf("ada", 4)) elsewhere += "e";
  Customer(elsewhere, 100);
  const auto models = Started(log_, scratch_.path());

  const auto beyond = AskBalance(*models, BalanceOf("ada", Token("ada", bad)));
  EXPECT_EQ(ReasonOf(beyond.status()), "READ_MODEL_STOPPED");
  EXPECT_THAT(std::string(beyond.status().message()), HasSubstr("offset 2"));
  EXPECT_THAT(std::string(models->Ready().message()), HasSubstr("newer version"));
  EXPECT_EQ(ReasonOf(AskBalance(*models, BalanceOf("ada")).status()), "READ_MODEL_STOPPED");
  // The others go on, and what stands before it has been kept.
  const int64_t more = pen_.Barrier(log::PartitionOf(elsewhere, 4));
  EXPECT_TRUE(AskBalance(*models, BalanceOf(elsewhere, Token(elsewhere, more))).ok());
  EXPECT_EQ(models->Views("balances")[static_cast<size_t>(log::PartitionOf("ada", 4))]
                ->position()
                .next_offset,
            good + 1);
}

TEST_F(ModelsTest, ServesWhatItHasWhileTheLogDoesNotAnswer) {
  Customer("ada", 1250);
  const auto models = Started(log_, scratch_.path());
  ASSERT_TRUE(AwaitAll(*models, log_).ok());
  log_.FailReads(absl::UnavailableError("the broker is away"));
  while (models->Ready().ok()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_TRUE(AskBalance(*models, BalanceOf("ada")).ok());
  EXPECT_TRUE(models->Serves("balances").ok()) << models->Serves("balances");
  EXPECT_TRUE(models->Serves("journal").ok());
  EXPECT_TRUE(absl::IsNotFound(models->Serves("no such")));
}

// What is known of the log that was there is all that is left of it.
TEST_F(ModelsTest, ServesWhatItHasWhenTheLogIsAnotherOneByNow) {
  const int64_t offset = Customer("ada", 1250);
  const auto models = Started(log_, scratch_.path());
  ASSERT_TRUE(AwaitAll(*models, log_).ok());
  log_.FailReads(absl::OutOfRangeError("the log was cut or replaced"));
  while (models->Ready().ok()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_TRUE(AskBalance(*models, BalanceOf("ada")).ok());
  EXPECT_TRUE(models->Serves("balances").ok()) << models->Serves("balances");
  EXPECT_EQ(ReasonOf(AskBalance(*models, BalanceOf("ada", Token("ada", offset + 9))).status()),
            "READ_MODEL_STOPPED");
}

TEST_F(ModelsTest, AClockThatIsSetBackHoldsNoRetryUp) {
  std::atomic<int64_t> hours{0};
  ModelsOptions options;
  options.clock = [&] { return absl::Now() + absl::Hours(hours.load()); };
  const auto models = Started(log_, scratch_.path(), options);
  ASSERT_TRUE(AwaitAll(*models, log_).ok());
  log_.FailReads(absl::UnavailableError("the broker is away"));
  while (models->Ready().ok()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  hours = -24;
  log_.FailReads(absl::OkStatus());
  const absl::Time patience = absl::Now() + absl::Seconds(20);
  while (!models->Ready().ok() && absl::Now() < patience) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(models->Ready().ok()) << models->Ready();
}

TEST_F(ModelsTest, ServesNotWhatHasStopped) {
  const auto models = Started(log_, scratch_.path());
  ASSERT_TRUE(AwaitAll(*models, log_).ok());
  log_.FailReads(absl::DataLossError("a record is broken"));
  while (models->Ready().ok()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_FALSE(models->Serves("balances").ok());
}

TEST_F(ModelsTest, RefusesToOpenOnAnotherOrShorterLog) {
  Customer("ada", 100);
  const int partition = log::PartitionOf("ada", 4);
  {
    const auto models = Started(log_, scratch_.path());
    ASSERT_TRUE(AwaitAll(*models, log_).ok());
  }
  const auto open = [&](MemoryLog& log) {
    return Models::Open(log, TheTopology(), {.directory = scratch_.path()}).status();
  };
  EXPECT_TRUE(open(log_).ok());

  MemoryLog shorter(4);
  shorter.records(partition) = log_.records(partition);
  shorter.records(partition).pop_back();
  EXPECT_TRUE(absl::IsFailedPrecondition(open(shorter))) << open(shorter);
  EXPECT_THAT(std::string(open(shorter).message()), HasSubstr("the log ends at offset 1"));

  MemoryLog other(4);
  LogPen pen(other, "log-2");
  pen.Commit("ada", {facts::Registered(kDay)});
  EXPECT_THAT(std::string(open(other).message()), HasSubstr("is another one"));
  EXPECT_THAT(std::string(open(other).message()), HasSubstr(scratch_.path()));
}

TEST_F(ModelsTest, ScansOnAnotherThread) {
  Customer("ada", 100);
  const auto models = Started(log_, scratch_.path());
  ASSERT_TRUE(AwaitAll(*models, log_).ok());
  std::promise<std::thread::id> inline_id, scan_id;
  models->Query(MethodOf("GetBalance"), BalanceOf("ada"), absl::InfiniteFuture(),
                [&](const absl::Status& status, const google::protobuf::Message*) {
                  EXPECT_TRUE(status.ok());
                  inline_id.set_value(std::this_thread::get_id());
                });
  const GetControlTotalsRequest all;
  models->Query(MethodOf("GetControlTotals"), all, absl::InfiniteFuture(),
                [&](const absl::Status& status, const google::protobuf::Message*) {
                  EXPECT_TRUE(status.ok()) << status;
                  scan_id.set_value(std::this_thread::get_id());
                });
  EXPECT_EQ(inline_id.get_future().get(), std::this_thread::get_id());
  EXPECT_NE(scan_id.get_future().get(), std::this_thread::get_id());
}

TEST_F(ModelsTest, AnswersEveryWaiterWhenItStops) {
  const int64_t offset = Customer("ada", 100);
  auto models = Started(log_, scratch_.path());
  ASSERT_TRUE(AwaitAll(*models, log_).ok());
  log_.FailReads(absl::UnavailableError("no answer"));
  std::promise<absl::Status> promise;
  models->WaitFor(log::PartitionOf("ada", 4), offset + 5, absl::InfiniteFuture(),
                  [&](const absl::Status& status) { promise.set_value(status); });
  models->Stop();
  EXPECT_EQ(ReasonOf(promise.get_future().get()), "SHUTTING_DOWN");
}

TEST_F(ModelsTest, PositionsSeenByAReaderOnlyGrow) {
  const auto models = Started(log_, scratch_.path());
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 3000; ++i) Customer(absl::StrCat("w-", i % 50, "-", i), 1);
    done = true;
  });
  std::vector<int64_t> last(4, 0);
  while (!done) {
    for (const auto& view : models->Views("balances")) {
      int64_t& seen = last[static_cast<size_t>(view->partition())];
      ASSERT_GE(view->position().next_offset, seen);
      seen = view->position().next_offset;
    }
  }
  writer.join();
}

TEST_F(ModelsTest, StartsAgainWhereItStopped) {
  for (int round = 0; round < 5; ++round) {
    const auto models = Started(log_, scratch_.path());
    for (int i = 0; i < 20; ++i) Customer(absl::StrCat("r-", round, "-", i), 100);
    ASSERT_TRUE(AwaitAll(*models, log_).ok());
  }
  const auto grown = Started(log_, scratch_.path());
  ASSERT_TRUE(AwaitAll(*grown, log_).ok());
  ScratchDirectory fresh;
  const auto replayed = Started(log_, fresh.path());
  ASSERT_TRUE(AwaitAll(*replayed, log_).ok());
  EXPECT_EQ(ExactDump(grown->Views("balances"))->sha256,
            ExactDump(replayed->Views("balances"))->sha256);
  EXPECT_EQ(grown->Statuses()[0].events, 0u);  // nothing was folded twice
}

}  // namespace
}  // namespace daybook::projection
