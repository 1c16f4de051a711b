// An I/O error anywhere below a store fails the store, never the process, and never shows as rows
// that are gone: what is opened afterwards is what some flush left, or is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/store/store.h"
#include "daybook/log/v1/frame.pb.h"
#include "tests/store/tasks.h"
#include "tests/support/killed.h"
#include "tests/support/scratch.h"

namespace daybook::store {
namespace {

using Row = log::v1::OwnerStarted;
constexpr Table<Row> kRows{1, "rows"};
constexpr int kShards = 3;
constexpr int kRounds = 30;

log::Position At(int64_t offset) {
  log::Position position;
  position.next_offset = offset;
  position.last_offset = offset - 1;
  return position;
}

Options In(const std::string& directory) {
  Options options;
  options.directory = directory;
  options.kind = "test";
  options.memory = std::make_shared<Memory>(MemoryLimits{.settle_bytes = 1});  // a file per flush
  options.persist_interval = absl::ZeroDuration();
  return options;
}

// Round i of a shard writes its row number i and changes the row that all rounds change.
void Work(Store& store) {
  for (int round = 1; round <= kRounds; ++round) {
    for (int s = 0; s < kShards; ++s) {
      auto shard = store.OpenShard(s);
      if (!shard.ok()) continue;
      const int64_t at = (*shard)->position().next_offset + 1;
      (*shard)->Edit(kRows, absl::StrCat("k", at)).set_owner(absl::StrCat(at));
      (*shard)->Edit(kRows, "newest").set_owner(absl::StrCat(at));
      (*shard)->Flush(At(at)).IgnoreError();
      if (round % 10 == 0 && s == 1) (*shard)->Clear().IgnoreError();
    }
  }
  store.Verify().IgnoreError();
}

bool OnThreadOfRocks() {
  char name[32] = {};
  ::pthread_getname_np(::pthread_self(), name, sizeof name);
  return std::string_view(name).starts_with("rocksdb");
}

}  // namespace

// Arguments: directory, operation, the number of the first that fails, how many do.
bool IoErrorTask(const std::vector<std::string>& arguments) {
  static std::atomic<int> seen{0};
  const int first = std::atoi(arguments[2].c_str());
  const int last = first + std::atoi(arguments[3].c_str());
  Options options = In(arguments[0]);
  std::string_view wanted = arguments[1];
  const bool by_rocks = wanted.starts_with("rocks-");  // compactions
  if (by_rocks) wanted.remove_prefix(6);
  options.fault = [&, wanted](std::string_view operation, const std::string&) {
    if (operation != wanted || (by_rocks && !OnThreadOfRocks())) return absl::OkStatus();
    const int n = ++seen;
    return n >= first && n < last ? absl::UnavailableError("the disk is gone") : absl::OkStatus();
  };
  auto store = Store::Open(options);
  if (store.ok()) Work(**store);
  store = absl::UnknownError("closed");
  return true;
}

// Threads that write, read and clear while any operation may fail, over many lives of one store.
// Arguments: directory, seed, lives.
bool IoStressTask(const std::vector<std::string>& arguments) {
  std::mt19937_64 random(static_cast<uint64_t>(std::atoi(arguments[1].c_str())));
  std::atomic<int> fails_after{0};
  Options options = In(arguments[0]);
  options.start_over_if_damaged = true;
  options.fault = [&](std::string_view, const std::string&) {
    return --fails_after < 0 ? absl::UnavailableError("the disk is gone") : absl::OkStatus();
  };
  int opened = 0;
  for (int life = std::atoi(arguments[2].c_str()); life > 0; --life) {
    fails_after = static_cast<int>(random() % 4'000);
    const auto store = Store::Open(options);
    if (!store.ok()) continue;
    ++opened;
    std::vector<std::thread> threads;
    for (int s = 0; s < kShards; ++s) {
      threads.emplace_back([&, s] {
        auto shard = (*store)->OpenShard(s);
        if (!shard.ok()) return;
        for (int i = 0; i < 60 && (*store)->status().ok(); ++i) {
          const int64_t at = (*shard)->position().next_offset + 1;
          (*shard)->Edit(kRows, absl::StrCat("k", at % 50)).set_owner(std::string(200, 'x'));
          (*shard)->Flush(At(at)).IgnoreError();
          (*shard)->view()->Scan(kRows.id, "", [](auto, auto) { return true; }).IgnoreError();
          if (i == 40 && s == 1) (*shard)->Clear().IgnoreError();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  return opened > 0;
}

namespace {

TEST(IoStressTest, NoErrorEndsTheProcess) {
  for (int seed = 1; seed <= 6; ++seed) {
    ScratchDirectory scratch(ScratchDirectory::Memory());
    EXPECT_EQ(
        RunKilledAt("never", 1, "io_stress", {scratch.path() + "/store", absl::StrCat(seed), "15"}),
        Ending::kFinished)
        << "seed " << seed;
  }
}

class IoErrorTest : public testing::TestWithParam<std::tuple<std::string, int, int>> {};

TEST_P(IoErrorTest, FailsTheStoreAlone) {
  const auto [operation, first, count] = GetParam();
  ScratchDirectory scratch(ScratchDirectory::Memory());
  const std::string directory = scratch.path() + "/store";
  {
    auto store = Store::Open(In(directory));
    ASSERT_TRUE(store.ok());
    Work(**store);
  }
  const Ending ending = RunKilledAt(
      "never", 1, "io_error", {directory, operation, absl::StrCat(first), absl::StrCat(count)});
  ASSERT_EQ(ending, Ending::kFinished);
  auto store = Store::Open(In(directory));
  if (!store.ok()) {
    EXPECT_TRUE(absl::IsDataLoss(store.status())) << store.status();
    return;
  }
  for (int s = 0; s < kShards; ++s) {
    const auto shard = *(*store)->OpenShard(s);
    const int64_t at = shard->position().next_offset;
    if (s != 1) {
      EXPECT_GE(at, kRounds);
    }
    std::map<std::string, std::string> rows, expected;
    for (int64_t i = 1; i <= at; ++i) expected[absl::StrCat("k", i)] = absl::StrCat(i);
    if (at > 0) expected["newest"] = absl::StrCat(at);
    EXPECT_TRUE(shard->view()
                    ->Scan(kRows.id, "",
                           [&](std::string_view key, std::string_view value) {
                             Row row;
                             EXPECT_TRUE(row.ParseFromString(std::string(value)));
                             rows[std::string(key)] = row.owner();
                             return true;
                           })
                    .ok());
    EXPECT_EQ(rows, expected) << "shard " << s;
  }
}

INSTANTIATE_TEST_SUITE_P(AtManyPlaces, IoErrorTest,
                         testing::Combine(testing::Values("make", "append", "sync", "read", "open",
                                                          "size", "list", "remove", "rocks-read",
                                                          "rocks-append", "rocks-sync",
                                                          "rocks-make", "rocks-open"),
                                          testing::Values(1, 3, 8, 20),
                                          testing::Values(1, 1'000'000)));

}  // namespace
}  // namespace daybook::store
