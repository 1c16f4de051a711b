// Ten thousand runs of owners racing, and proof that the checker would notice if they went wrong.
//
// DAYBOOK_SEEDS=n runs n seeds; DAYBOOK_SEED=n runs only that one, to replay a failure.
#include "tests/command/simulation.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "common/base/planted_bug.h"

namespace daybook::command {
namespace {

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(Simulation, EveryInvariantHoldsForEverySeed) {
  const uint64_t seeds = FromEnvironment("DAYBOOK_SEEDS", 10'000);
  if (const uint64_t only = FromEnvironment("DAYBOOK_SEED", 0); only != 0) {
    EXPECT_EQ(RunSimulation(only).violation, "") << "seed " << only;
    return;
  }
  std::atomic<uint64_t> next{1};
  std::mutex mutex;
  SimulationResult total;
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      for (uint64_t seed = next++; seed <= seeds; seed = next++) {
        const SimulationResult result = RunSimulation(seed);
        const std::lock_guard lock(mutex);
        EXPECT_EQ(result.violation, "")
            << "seed " << seed << "; replay it with DAYBOOK_SEED=" << seed;
        total.commands += result.commands;
        total.acknowledged += result.acknowledged;
        total.refused += result.refused;
        total.unknown += result.unknown;
        total.ownerships += result.ownerships;
        total.doubts += result.doubts;
        total.void_records += result.void_records;
        total.foreign_records += result.foreign_records;
        total.gaps += result.gaps;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::printf(
      "%llu seeds: %d attempts, %d acknowledged, %d refused, %d unknown, %d ownerships, "
      "%d doubts, %d void records read, %d records of others, %d gaps read through\n",
      static_cast<unsigned long long>(seeds), total.commands, total.acknowledged, total.refused,
      total.unknown, total.ownerships, total.doubts, total.void_records, total.foreign_records,
      total.gaps);
  // The runs must have been eventful, or they prove nothing.
  EXPECT_GT(total.acknowledged, static_cast<int>(seeds) * 10);
  EXPECT_GT(total.refused, static_cast<int>(seeds));
  EXPECT_GT(total.ownerships, static_cast<int>(seeds) * 3);
  EXPECT_GT(total.doubts, static_cast<int>(seeds));
  EXPECT_GT(total.void_records, static_cast<int>(seeds));
  EXPECT_GT(total.foreign_records, static_cast<int>(seeds));
  EXPECT_GT(total.gaps, static_cast<int>(seeds));
}

struct Planted {
  PlantedBug bug;
  const char* name;
};

class PlantedBugs : public testing::TestWithParam<Planted> {};

TEST_P(PlantedBugs, IsCaught) {
  planted_bug = GetParam().bug;
  uint64_t seed = 1;
  std::string violation;
  for (; seed <= 10'000 && violation.empty(); ++seed) violation = RunSimulation(seed).violation;
  planted_bug = PlantedBug::kNone;
  EXPECT_NE(violation, "") << GetParam().name << " was not caught";
  std::printf("caught by seed %llu: %s\n", static_cast<unsigned long long>(seed - 1),
              violation.c_str());
}

INSTANTIATE_TEST_SUITE_P(
    Simulation, PlantedBugs,
    testing::Values(Planted{PlantedBug::kFoldIgnoresEpoch, "FoldIgnoresEpoch"},
                    Planted{PlantedBug::kFoldIgnoresSequence, "FoldIgnoresSequence"},
                    Planted{PlantedBug::kAnyOwnerStartedCounts, "AnyOwnerStartedCounts"},
                    Planted{PlantedBug::kNoOffsetProof, "NoOffsetProof"},
                    Planted{PlantedBug::kNoBarrier, "NoBarrier"},
                    Planted{PlantedBug::kRefusalReleasedByEarlierRecord,
                            "RefusalReleasedByEarlierRecord"},
                    Planted{PlantedBug::kGoesOnAfterError, "GoesOnAfterError"},
                    Planted{PlantedBug::kStateKeptAfterDoubt, "StateKeptAfterDoubt"},
                    Planted{PlantedBug::kTwinsNotJoined, "TwinsNotJoined"},
                    Planted{PlantedBug::kAcknowledgesBeforeConfirm, "AcknowledgesBeforeConfirm"},
                    Planted{PlantedBug::kReceiptsForgotten, "ReceiptsForgotten"},
                    Planted{PlantedBug::kFlushSeesLaterEdits, "FlushSeesLaterEdits"},
                    Planted{PlantedBug::kKeysIgnored, "KeysIgnored"},
                    Planted{PlantedBug::kGapBelieved, "GapBelieved"},
                    Planted{PlantedBug::kClaimInGapOverlooked, "ClaimInGapOverlooked"},
                    Planted{PlantedBug::kEmptyCommitRaisesRevision, "EmptyCommitRaisesRevision"},
                    Planted{PlantedBug::kPartTakenForEmpty, "PartTakenForEmpty"},
                    Planted{PlantedBug::kPartNotWritten, "PartNotWritten"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace daybook::command
