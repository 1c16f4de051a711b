// Many read models in one process: what they take together, threads, and paces of their own.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <string_view>
#include <thread>
#include <utility>

#include "common/projection/models.h"
#include "projections/balances/balances.h"
#include "projections/balances/queries.h"
#include "tests/projection/serving.h"
#include "tests/projection/story.h"

namespace daybook::projection {
namespace {

constexpr int kModels = 12;
constexpr std::array<std::string_view, kModels> kNames = {"a", "b", "c", "d", "e", "f",
                                                          "g", "h", "i", "j", "k", "l"};

// Balances under another name: something to fold and keep.
template <int n>
struct Copy : balances::Balances {
  static constexpr std::string_view kName = kNames[n];
};

template <int... n>
Topology Copies(std::integer_sequence<int, n...>) {
  Topology topology;
  (topology.Add<Copy<n>, balances::BalancesQueries>(), ...);
  return topology;
}

std::unique_ptr<Models> StartedWith(const Topology& topology, log::EventLog& log,
                                    ModelsOptions options) {
  auto models = Models::Open(log, topology, options);
  EXPECT_TRUE(models.ok()) << models.status();
  if (!models.ok()) return nullptr;
  (*models)->Start();
  return *std::move(models);
}

TEST(ManyModelsTest, TwelveTakeNoMoreThanTheBudgetOfTheProcess) {
  constexpr int kPartitions = 4;
  constexpr store::MemoryLimits kLimits = {.block_cache_bytes = 1 << 20,
                                           .cached_bytes = 1 << 20,
                                           .unflushed_bytes = 2 << 20,
                                           .settle_bytes = 6 << 20};
  // What a batch of a few commits brings to the shards that fold it, and the least that a hash and
  // a block of memory take.
  constexpr size_t kSlack = kModels * kPartitions * (32 << 10);
  ScratchDirectory scratch;
  MemoryLog log{kPartitions};
  Story story(log);
  story.Tell(4'000);
  ModelsOptions options;
  options.directory = scratch.path();
  options.threads = 2;
  options.memory = std::make_shared<store::Memory>(kLimits);
  const store::Memory& memory = *options.memory;
  const auto models = StartedWith(Copies(std::make_integer_sequence<int, kModels>()), log, options);
  ASSERT_NE(models, nullptr);

  std::array<size_t, store::Memory::kPools> most{};
  std::atomic<bool> done{false};
  std::thread watcher([&] {
    while (!done) {
      for (const auto pool :
           {store::Memory::kCached, store::Memory::kUnflushed, store::Memory::kSettling}) {
        most[pool] = std::max(most[pool], memory.used(pool));
      }
      std::this_thread::yield();
    }
  });
  for (int i = 0; i < 20; ++i) {
    story.Tell(100);
    ASSERT_TRUE(AwaitAll(*models, log).ok());
  }
  done = true;
  watcher.join();
  EXPECT_LE(most[store::Memory::kCached], kLimits.cached_bytes);
  EXPECT_LE(most[store::Memory::kUnflushed], kLimits.unflushed_bytes + kSlack);
  EXPECT_LE(most[store::Memory::kSettling], kLimits.settle_bytes + kSlack);
  EXPECT_GT(most[store::Memory::kCached], 0u);
  EXPECT_TRUE(models->Ready().ok());
}

TEST(ManyModelsTest, ThreadsChangeNothing) {
  const auto balance_with = [](int threads) {
    ScratchDirectory scratch;
    MemoryLog log{4};
    Story story(log);
    story.Tell(500);
    ModelsOptions options;
    options.threads = threads;
    options.scan_threads = threads;
    const auto models = Started(log, scratch.path(), options);
    story.Tell(500);
    EXPECT_TRUE(AwaitAll(*models, log).ok());
    const auto all =
        Ask<GetControlTotalsResponse>(*models, "GetControlTotals", GetControlTotalsRequest());
    EXPECT_TRUE(all.ok()) << all.status();
    auto told = all.value_or(GetControlTotalsResponse());
    told.clear_position();
    return told.SerializeAsString();
  };
  const std::string one = balance_with(1);
  EXPECT_FALSE(one.empty());
  EXPECT_EQ(balance_with(3), one);
}

// Flushed when somebody waits, and otherwise once in a day.
struct Slow : balances::Balances {
  static constexpr std::string_view kName = "slow";
  static constexpr Pace kPace{.delay = absl::Hours(24)};
};

TEST(ManyModelsTest, WhoWaitsForAProjectionWithASlowPaceIsServedAtOnce) {
  ScratchDirectory scratch;
  MemoryLog log{1};
  LogPen pen{log};
  const absl::CivilDay day(2026, 3, 1);
  const auto customer = [&](const std::string& id) {
    return pen.Commit(id, {facts::Registered(day), facts::Opened(day, "main", "EUR")});
  };
  Topology topology;
  topology.Add<balances::Balances, balances::BalancesQueries>();
  topology.Add<Slow, balances::BalancesQueries>();
  ModelsOptions options;
  options.directory = scratch.path();
  const auto models = StartedWith(topology, log, options);
  ASSERT_NE(models, nullptr);
  const auto position = [&](const char* name) {
    return models->Views(name).front()->position().next_offset;
  };
  customer("ada");
  ASSERT_TRUE(AwaitAll(*models, log).ok());  // waits for both, by offset
  const int64_t slow = position("slow");
  const int64_t offset = customer("eve");
  while (position("balances") <= offset) absl::SleepFor(absl::Milliseconds(1));
  EXPECT_EQ(position("slow"), slow);
  ASSERT_TRUE(AskBalance(*models, BalanceOf("eve", TokenOf(log, pen, "eve", offset))).ok());
  EXPECT_GT(position("slow"), offset);
}

}  // namespace
}  // namespace daybook::projection
