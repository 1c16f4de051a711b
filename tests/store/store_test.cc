#include "common/store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/store/fault_point.h"
#include "daybook/log/v1/frame.pb.h"
#include "tests/store/tasks.h"
#include "tests/support/killed.h"
#include "tests/support/scratch.h"

namespace daybook::store {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

// Any message will do for a row.
using Row = log::v1::OwnerStarted;
constexpr Table<Row> kRows{1, "rows"};
constexpr Table<Row> kOthers{2, "others"};

log::Position At(int64_t offset) {
  log::Position position;
  position.next_offset = offset;
  position.last_offset = offset - 1;
  return position;
}

// So many bytes of flushed rows may be in no file.
std::shared_ptr<Memory> Settling(size_t bytes) {
  return std::make_shared<Memory>(MemoryLimits{.settle_bytes = bytes});
}

class StoreTest : public testing::Test {
 protected:
  Options Opened(Options options = {}) {
    options.directory = directory();
    options.kind = "test";
    return options;
  }
  std::string directory() const { return scratch_.path() + "/store"; }
  std::unique_ptr<Store> Open(const Options& options) {
    auto store = Store::Open(options);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }
  std::unique_ptr<Store> Open() { return Open(Opened()); }

  // What a store holds: key of a row of kRows → its owner.
  static std::map<std::string, std::string> Contents(const Shard& shard) {
    std::map<std::string, std::string> all;
    EXPECT_TRUE(shard.view()
                    ->Scan(kRows.id, "",
                           [&](std::string_view key, std::string_view value) {
                             Row row;
                             EXPECT_TRUE(row.ParseFromString(std::string(value)));
                             all[std::string(key)] = row.owner();
                             return true;
                           })
                    .ok());
    return all;
  }

  ScratchDirectory scratch_;
};

// What this process has read from files so far; nullopt: the system does not say.
std::optional<int64_t> BytesRead() {
  std::ifstream io("/proc/self/io");
  std::string name;
  for (int64_t value = 0; io >> name >> value;) {
    if (name == "rchar:") return value;
  }
  return std::nullopt;
}

// Rows of one block are read together: a large row is in a block of its own.
TEST_F(StoreTest, ASmallRowIsReadWithoutTheLargeOneBehindIt) {
  constexpr size_t kLarge = 500'000;
  const std::string small(60, 's'), large(kLarge, 'l');
  {
    const auto store = Open();
    auto shard = store->OpenShard(0);
    ASSERT_TRUE(shard.ok()) << shard.status();
    std::vector<std::string> keys;
    for (int i = 0; i < 20; ++i) keys.push_back(absl::StrCat("c-", 10 + i));
    std::vector<SortedRow> rows;
    for (const std::string& key : keys) rows.push_back({1, key, key == "c-15" ? large : small});
    ASSERT_TRUE((*shard)->Ingest(rows, At(5)).ok());
  }
  const auto store = Open();
  auto shard = store->OpenShard(0);
  ASSERT_TRUE(shard.ok()) << shard.status();
  const auto before = BytesRead();
  if (!before.has_value()) GTEST_SKIP() << "no /proc/self/io: nobody counts what is read";
  std::string value;
  ASSERT_TRUE((*shard)->Get(1, "c-14", &value).value_or(false));
  EXPECT_EQ(value, small);
  EXPECT_LT(*BytesRead() - *before, kLarge / 2);
  ASSERT_TRUE((*shard)->Get(1, "c-15", &value).value_or(false));
  EXPECT_EQ(value, large);
  EXPECT_GE(*BytesRead() - *before, kLarge);
}

TEST_F(StoreTest, KeepsRowsAndPositionTogether) {
  {
    const auto store = Open();
    const auto shard = *store->OpenShard(3);
    EXPECT_EQ(shard->position(), log::Position{});
    shard->Edit(kRows, "a").set_owner("x");
    shard->set_log_id("log-1");
    ASSERT_TRUE(shard->Flush(At(7)).ok());
  }
  const auto store = Open();
  const auto shard = *store->OpenShard(3);
  EXPECT_EQ(shard->position(), At(7));
  EXPECT_EQ(shard->log_id(), "log-1");
  ASSERT_NE(shard->Find(kRows, "a"), nullptr);
  EXPECT_EQ(shard->Find(kRows, "a")->owner(), "x");
  EXPECT_EQ(shard->Find(kRows, "b"), nullptr);
  EXPECT_EQ(shard->Find(kOthers, "a"), nullptr);
  EXPECT_EQ((*store->OpenShard(4))->position(), log::Position{});
}

TEST_F(StoreTest, ErasesRows) {
  const auto store = Open();
  const auto shard = *store->OpenShard(0);
  shard->Edit(kRows, "a").set_owner("x");
  shard->Edit(kRows, "b").set_owner("y");
  ASSERT_TRUE(shard->Flush(At(1)).ok());
  shard->Erase(kRows, "a");
  EXPECT_EQ(shard->Find(kRows, "a"), nullptr);
  ASSERT_TRUE(shard->Flush(At(2)).ok());
  EXPECT_EQ(Contents(*shard), (std::map<std::string, std::string>{{"b", "y"}}));
  EXPECT_EQ(shard->Edit(kRows, "a").owner(), "");
}

TEST_F(StoreTest, GoesThroughATableFromAnyKeyInBothDirections) {
  Options options = Opened();
  const auto store = Open(options);
  const auto shard = *store->OpenShard(1);
  const auto before = *store->OpenShard(0);
  const auto behind = *store->OpenShard(2);
  before->Edit(kRows, "z").set_owner("no");
  behind->Edit(kRows, "a").set_owner("no");
  for (const char* key : {"b", "d", "d\xff", "f"}) shard->Edit(kRows, key).set_owner("yes");
  shard->Edit(kOthers, "a").set_owner("no");
  for (const auto* each : {&shard, &before, &behind}) ASSERT_TRUE((*each)->Flush(At(1)).ok());
  const auto view = shard->view();
  const auto keys = [&](Direction direction, std::string_view after) {
    std::string all;
    const auto cursor = view->NewCursor(kRows.id, direction, after);
    for (; cursor->valid(); cursor->Next()) absl::StrAppend(&all, std::string(cursor->key()), " ");
    EXPECT_TRUE(cursor->status().ok());
    return all;
  };
  EXPECT_EQ(keys(Direction::kForward, ""), "b d d\xff f ");
  EXPECT_EQ(keys(Direction::kForward, "a"), "b d d\xff f ");
  EXPECT_EQ(keys(Direction::kForward, "b"), "d d\xff f ");
  EXPECT_EQ(keys(Direction::kForward, "c"), "d d\xff f ");
  EXPECT_EQ(keys(Direction::kForward, "d"), "d\xff f ");
  EXPECT_EQ(keys(Direction::kForward, "f"), "");
  EXPECT_EQ(keys(Direction::kForward, "\xff\xff"), "");
  EXPECT_EQ(keys(Direction::kBackward, ""), "f d\xff d b ");
  EXPECT_EQ(keys(Direction::kBackward, "g"), "f d\xff d b ");
  EXPECT_EQ(keys(Direction::kBackward, "d\xff"), "d b ");
  EXPECT_EQ(keys(Direction::kBackward, "b"), "");
  EXPECT_EQ(keys(Direction::kBackward, "a"), "");
}

// Rows of the last flushes, rows that are being made a file, rows of files: one order, any mixture.
TEST_F(StoreTest, AViewIsTheSameWhereverItsRowsStand) {
  std::mt19937 random(7);
  const auto below = [&](unsigned n) { return static_cast<int>(random() % n); };
  for (int history = 0; history < 60; ++history) {
    fs::remove_all(directory());
    Options options = Opened();
    // A file seldom, or at each flush.
    options.memory = Settling(history % 3 == 0 ? 1 << 20 : 1);
    auto store = Open(options);
    auto shard = *store->OpenShard(0);
    std::map<std::string, std::string> model;
    std::vector<std::pair<std::shared_ptr<const View>, std::map<std::string, std::string>>> old;
    for (int flush = 1; flush <= 12; ++flush) {
      for (int i = below(6); i >= 0; --i) {
        const std::string key = absl::StrCat("k", below(20));
        if (below(4) == 0) {
          shard->Erase(kRows, key);
          model.erase(key);
        } else {
          shard->Edit(kRows, key).set_owner(absl::StrCat(flush, "-", i));
          model[key] = absl::StrCat(flush, "-", i);
        }
      }
      ASSERT_TRUE(shard->Flush(At(flush)).ok());
      old.emplace_back(shard->view(), model);
      if (below(5) == 0) {
        old.clear();
        shard.reset();
        shard = *store->OpenShard(0);
        ASSERT_EQ(shard->position(), At(flush));
      }
    }
    old.emplace_back(shard->view(), model);
    for (const auto& [view, rows] : old) {
      const auto all = [&](Direction direction, const std::string& after) {
        std::map<std::string, std::string> read;
        std::string last;
        const auto cursor = view->NewCursor(kRows.id, direction, after);
        for (; cursor->valid(); cursor->Next()) {
          Row row;
          EXPECT_TRUE(row.ParseFromString(std::string(cursor->value())));
          const std::string key(cursor->key());
          EXPECT_TRUE(read.empty() || (direction == Direction::kForward) == (key > last));
          last = key;
          read[key] = row.owner();
        }
        return read;
      };
      EXPECT_EQ(all(Direction::kForward, ""), rows);
      EXPECT_EQ(all(Direction::kBackward, ""), rows);
      const std::string after = absl::StrCat("k", below(20));
      const auto place = rows.upper_bound(after);
      EXPECT_EQ(all(Direction::kForward, after), decltype(model)(place, rows.end()));
      EXPECT_EQ(all(Direction::kBackward, after),
                decltype(model)(rows.begin(), rows.lower_bound(after)));
      for (int k = 0; k < 20; ++k) {
        Row row;
        const std::string key = absl::StrCat("k", k);
        const auto found = view->Read(kRows, key, &row);
        ASSERT_TRUE(found.ok());
        EXPECT_EQ(*found, rows.contains(key));
        if (*found) {
          EXPECT_EQ(row.owner(), rows.at(key));
        }
      }
    }
    old.clear();
    shard.reset();
  }
}

TEST_F(StoreTest, KeepsAPositionThatMovedWithoutRows) {
  {
    const auto store = Open();
    const auto shard = *store->OpenShard(0);
    shard->Edit(kRows, "a").set_owner("x");
    ASSERT_TRUE(shard->Flush(At(1)).ok());
  }
  {
    const auto store = Open();
    const auto shard = *store->OpenShard(0);
    shard->set_log_id("log-1");
    ASSERT_TRUE(shard->Flush(At(9)).ok());
  }
  const auto store = Open();
  const auto shard = *store->OpenShard(0);
  EXPECT_EQ(shard->position(), At(9));
  EXPECT_EQ(shard->log_id(), "log-1");
  EXPECT_EQ(Contents(*shard)["a"], "x");
}

TEST_F(StoreTest, KeepsRowsThatWereFlushedAtTheSamePosition) {
  for (const char* owner : {"x", "y"}) {
    const auto store = Open();
    const auto shard = *store->OpenShard(0);
    shard->Edit(kRows, "a").set_owner(owner);
    ASSERT_TRUE(shard->Flush(At(1)).ok());
  }
  const auto store = Open();
  EXPECT_EQ(Contents(**store->OpenShard(0))["a"], "y");
}

TEST_F(StoreTest, ForgetsEditsThatAreDropped) {
  const auto store = Open();
  const auto shard = *store->OpenShard(0);
  shard->Edit(kRows, "a").set_owner("x");
  ASSERT_TRUE(shard->Flush(At(1)).ok());
  shard->Edit(kRows, "a").set_owner("changed");
  shard->Edit(kRows, "new").set_owner("changed");
  shard->Drop();
  EXPECT_EQ(shard->Find(kRows, "a")->owner(), "x");
  EXPECT_EQ(shard->Find(kRows, "new"), nullptr);
}

TEST_F(StoreTest, IngestedRowsAreReadBackAndStay) {
  {
    const auto store = Open();
    const auto shard = *store->OpenShard(0);
    const SortedRow rows[] = {{1, "a", "1"}, {1, "b", "2"}, {2, "a", "3"}};
    ASSERT_TRUE(shard->Ingest(rows, At(5)).ok());
    EXPECT_EQ(shard->position(), At(5));
    const SortedRow later[] = {{1, "a", "4"}};
    ASSERT_TRUE(shard->Ingest(later, At(6)).ok());
  }
  const auto store = Open();
  const auto shard = *store->OpenShard(0);
  EXPECT_EQ(shard->position(), At(6));
  std::string value;
  EXPECT_TRUE(*shard->Get(1, "a", &value));
  EXPECT_EQ(value, "4");
  EXPECT_TRUE(*shard->Get(1, "b", &value));
  EXPECT_EQ(value, "2");
  EXPECT_FALSE(*shard->Get(2, "b", &value));
}

TEST_F(StoreTest, RowsOutOfOrderAreRefusedWhole) {
  const auto store = Open();
  const auto shard = *store->OpenShard(0);
  const SortedRow rows[] = {{1, "b", "1"}, {1, "a", "2"}};
  EXPECT_FALSE(shard->Ingest(rows, At(5)).ok());
  EXPECT_EQ(shard->position(), log::Position());
  std::string value;
  EXPECT_FALSE(*shard->Get(1, "b", &value));
}

TEST_F(StoreTest, ClearsOneShardOnly) {
  const auto store = Open();
  for (const int partition : {0, 1, 255, 256}) {
    const auto shard = *store->OpenShard(partition);
    shard->Edit(kRows, "a").set_owner(absl::StrCat(partition));
    ASSERT_TRUE(shard->Flush(At(9)).ok());
  }
  {
    const auto shard = *store->OpenShard(255);
    ASSERT_TRUE(shard->Clear().ok());
    EXPECT_EQ(shard->position(), log::Position{});
    EXPECT_EQ(shard->Find(kRows, "a"), nullptr);
    shard->Edit(kRows, "b").set_owner("new");
    ASSERT_TRUE(shard->Flush(At(1)).ok());
    EXPECT_EQ(Contents(*shard).size(), 1u);
  }
  EXPECT_EQ(Contents(**store->OpenShard(0))["a"], "0");
  EXPECT_EQ(Contents(**store->OpenShard(256))["a"], "256");
}

TEST_F(StoreTest, ViewsStandStill) {
  Options options = Opened();
  const auto store = Open(options);
  const auto shard = *store->OpenShard(0);
  shard->Edit(kRows, "a").set_owner("old");
  ASSERT_TRUE(shard->Flush(At(1)).ok());
  const auto before = shard->view();
  shard->Edit(kRows, "a").set_owner("new");
  shard->Edit(kRows, "b").set_owner("new");
  ASSERT_TRUE(shard->Flush(At(2)).ok());
  Row row;
  EXPECT_TRUE(*before->Read(kRows, "a", &row));
  EXPECT_EQ(row.owner(), "old");
  EXPECT_FALSE(*before->Read(kRows, "b", &row));
  EXPECT_EQ(before->position(), At(1));
  EXPECT_TRUE(*shard->view()->Read(kRows, "b", &row));
  EXPECT_EQ(shard->view()->position(), At(2));
}

TEST_F(StoreTest, ScansAPrefixInOrder) {
  Options options = Opened();
  const auto store = Open(options);
  const auto shard = *store->OpenShard(0);
  for (const std::string key : {"b", "aa", "a", "ab", "a\xff", "\xff\xff"}) {
    shard->Edit(kRows, key).set_owner("row");
    shard->Edit(kOthers, key).set_owner("other");
  }
  ASSERT_TRUE(shard->Flush(At(1)).ok());
  const auto keys = [&](std::string_view prefix) {
    std::vector<std::string> found;
    EXPECT_TRUE(shard->view()
                    ->Scan(kRows.id, prefix,
                           [&](std::string_view key, std::string_view) {
                             found.emplace_back(key);
                             return true;
                           })
                    .ok());
    return found;
  };
  EXPECT_EQ(keys("a"), (std::vector<std::string>{"a", "aa", "ab", "a\xff"}));
  EXPECT_EQ(keys("").size(), 6u);
  EXPECT_EQ(keys("\xff"), (std::vector<std::string>{"\xff\xff"}));
  size_t rows = 0;
  for (auto cursor = shard->view()->NewCursor(); cursor->valid(); cursor->Next()) ++rows;
  EXPECT_EQ(rows, 12u);
}

TEST(Keys, KeepTheOrderOfTheirParts) {
  const std::vector<std::string> parts = {"",
                                          std::string(1, '\0'),
                                          std::string("\0a", 2),
                                          "\1",
                                          "a",
                                          std::string("a\0", 2),
                                          "a\1",
                                          "ab",
                                          "b",
                                          "\xff",
                                          "\xff\xff"};
  std::vector<std::string> keys;
  for (const auto& first : parts) {
    for (const auto& second : parts) {
      std::string key;
      AppendText(&key, first);
      AppendText(&key, second);
      AppendNumber(&key, 0x01020304);
      keys.push_back(key);
      std::string_view rest = key;
      std::string a, b;
      uint32_t number = 0;
      ASSERT_TRUE(TakeText(&rest, &a) && TakeText(&rest, &b) && TakeNumber(&rest, &number));
      EXPECT_EQ(a, first);
      EXPECT_EQ(b, second);
      EXPECT_EQ(number, 0x01020304u);
      EXPECT_TRUE(rest.empty());
    }
  }
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
}

// The same random edits through a tiny cache, a large one, and in bulk.
class FoldedTest : public StoreTest {
 protected:
  std::map<std::string, std::string> Fold(const std::string& name, const Options& base) {
    Options options = base;
    options.directory = scratch_.path() + "/" + name;
    options.kind = "test";
    const auto store = Open(options);
    const auto shard = *store->OpenShard(1);
    std::mt19937 random(7);
    for (int i = 0; i < 5000; ++i) {
      const std::string key = absl::StrCat("k", random() % 700);
      if (random() % 10 == 0) {
        shard->Erase(kRows, key);
      } else {
        Row& row = shard->Edit(kRows, key);
        row.set_owner(absl::StrCat(row.owner(), i % 10));
      }
      if (i % 50 == 0) {
        Row final_row;
        final_row.set_owner("appended");
        shard->Append(kRows, absl::StrCat("z", i), final_row);
      }
      if (random() % 300 != 0) continue;
      EXPECT_TRUE(shard->Flush(At(i + 1)).ok());
    }
    EXPECT_TRUE(shard->Flush(At(5000)).ok());
    return Contents(*shard);
  }
};

TEST_F(FoldedTest, CacheSizeAndBulkModeChangeNothing) {
  const auto large = Fold("large", {});
  EXPECT_GT(large.size(), 600u);
  Options tiny;
  tiny.max_cached_rows = 10;
  EXPECT_EQ(Fold("tiny", tiny), large);
  Options poor;
  poor.memory = std::make_shared<Memory>(MemoryLimits{.cached_bytes = 20'000});  // some rows
  EXPECT_EQ(Fold("poor", poor), large);
  poor.memory = std::make_shared<Memory>(MemoryLimits{.cached_bytes = 1});
  EXPECT_EQ(Fold("poorest", poor), large);
  Options bulk;
  bulk.bulk = true;
  EXPECT_EQ(Fold("bulk", bulk), large);
  bulk.max_cached_rows = 10;
  EXPECT_EQ(Fold("bulk-tiny", bulk), large);
}

TEST_F(StoreTest, IsFullWithWhatWasNotFlushedAndNotAfter) {
  Options options;
  options.memory = std::make_shared<Memory>(MemoryLimits{.unflushed_bytes = 4'000});
  const auto store = Open(Opened(options));
  const auto shard = *store->OpenShard(0);
  EXPECT_FALSE(shard->full());
  for (int i = 0; i < 100; ++i) shard->Edit(kRows, absl::StrCat(i)).set_owner("o");
  EXPECT_TRUE(shard->full());
  ASSERT_TRUE(shard->Flush(At(1)).ok());
  EXPECT_FALSE(shard->full());
  shard->Edit(kRows, "1").set_owner("p");
  EXPECT_FALSE(shard->full());
  for (int i = 0; i < 100; ++i) shard->Edit(kRows, absl::StrCat(i)).set_owner("p");
  EXPECT_TRUE(shard->full());
  shard->Drop();
  EXPECT_FALSE(shard->full());
}

TEST_F(StoreTest, OnlySoMuchWaitsToBecomeAFile) {
  constexpr size_t kMost = 4 << 20, kRow = 64 << 10, kFlushes = 400;
  constexpr size_t kBlock = 1 << 20;  // that memory comes in
  Options options;
  options.memory = Settling(kMost);
  const auto store = Open(Opened(options));
  const auto shard = *store->OpenShard(0);
  Row row;
  row.set_owner(std::string(kRow, 'o'));
  for (size_t i = 0; i < kFlushes; ++i) {
    shard->Append(kRows, absl::StrCat(i), row);
    ASSERT_TRUE(shard->Flush(At(i + 1)).ok());
    EXPECT_GE(store->SizeBytes() + kMost + kBlock, (i + 1) * kRow);
  }
}

TEST_F(StoreTest, RenewsARowWhateverIsThere) {
  {
    const auto store = Open();
    const auto shard = *store->OpenShard(0);
    Row& row = shard->Edit(kRows, "stored");
    row.set_owner("before");
    row.set_endpoint("before");
    ASSERT_TRUE(shard->Flush(At(1)).ok());
  }
  const auto store = Open();
  const auto shard = *store->OpenShard(0);
  shard->Renew(kRows, "stored").set_owner("after");
  shard->Renew(kRows, "new").set_owner("one");
  shard->Edit(kRows, "edited").set_endpoint("edited");
  shard->Renew(kRows, "edited").set_owner("renewed");
  shard->Erase(kRows, "erased");
  shard->Renew(kRows, "erased").set_owner("again");
  EXPECT_EQ(shard->Find(kRows, "stored")->endpoint(), "");
  EXPECT_EQ(shard->Find(kRows, "edited")->endpoint(), "");
  ASSERT_TRUE(shard->Flush(At(2)).ok());
  const std::map<std::string, std::string> all = {
      {"stored", "after"}, {"new", "one"}, {"edited", "renewed"}, {"erased", "again"}};
  EXPECT_EQ(Contents(*shard), all);
}

TEST_F(StoreTest, IsFullOfFinishedRows) {
  Options options;
  options.memory = std::make_shared<Memory>(MemoryLimits{.unflushed_bytes = 4'000});
  const auto store = Open(Opened(options));
  const auto shard = *store->OpenShard(0);
  Row row;
  row.set_owner(std::string(3'000, 'o'));
  shard->Append(kRows, "1", row);
  EXPECT_FALSE(shard->full());
  shard->Append(kRows, "2", row);
  EXPECT_TRUE(shard->full());
}

TEST_F(StoreTest, DifferentShardsFromDifferentThreads) {
  const auto store = Open();
  std::vector<std::thread> threads;
  for (int partition = 0; partition < 4; ++partition) {
    threads.emplace_back([&, partition] {
      const auto shard = *store->OpenShard(partition);
      for (int i = 0; i < 500; ++i) {
        shard->Edit(kRows, absl::StrCat(i % 37)).set_owner(absl::StrCat(partition, "-", i));
        if (i % 10 != 9) continue;
        ASSERT_TRUE(shard->Flush(At(i + 1)).ok());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (int partition = 0; partition < 4; ++partition) {
    EXPECT_EQ(Contents(**store->OpenShard(partition))["18"], absl::StrCat(partition, "-499"));
  }
}

// --------------------------------------------------------------------- files that cannot be
// written

class UnwritableTest : public StoreTest {
 protected:
  UnwritableTest() { options_.memory = Settling(1); }
  ~UnwritableTest() override {
    shard_ = nullptr;
    store_ = nullptr;
    SetFaultHook(nullptr);
  }
  void Open() { store_ = StoreTest::Open(Opened(options_)); }
  void OpenShard() { shard_ = *store_->OpenShard(0); }
  // A directory stands where the shard's files are made.
  void Block() { fs::create_directories(Blocked()); }
  void Unblock() { fs::remove(Blocked()); }
  std::string Blocked() const { return directory() + "/ingest-0.sst"; }
  absl::Status Write(std::string_view key, int64_t at) {
    shard_->Edit(kRows, key).set_owner(absl::StrCat(at));
    return shard_->Flush(At(at));
  }
  // Flushes until a flush says that a file could not be written.
  absl::Status WriteUntilRefused() {
    absl::Status status;
    for (written_ = 0; status.ok() && written_ < 50; ++written_) {
      status = Write("a", written_ + 1);
    }
    --written_;
    return status;
  }

  Options options_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Shard> shard_;
  int64_t written_ = 0;
};

TEST_F(UnwritableTest, IsSaidByEveryFlushUntilItWorksAgain) {
  Open();
  OpenShard();
  Block();
  const absl::Status refused = WriteUntilRefused();
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr(Blocked()));
  EXPECT_LE(written_, 3) << "what has no file is bounded";
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(Write("a", 100).ok());
    shard_->Tend();
  }
  EXPECT_EQ(shard_->position(), At(written_));
  EXPECT_EQ(Contents(*shard_)["a"], absl::StrCat(written_)) << "what was published stays";
  Unblock();
  while (!Write("b", 101).ok()) {
  }
  shard_ = nullptr;
  OpenShard();
  EXPECT_EQ(shard_->position(), At(101));
  EXPECT_EQ(Contents(*shard_), (std::map<std::string, std::string>{{"a", "100"}, {"b", "101"}}));
}

TEST_F(UnwritableTest, OnAFullDiskTheReserveIsLeftAlone) {
  options_.reserve_bytes = uint64_t{1} << 60;
  Open();
  OpenShard();
  const absl::Status refused = WriteUntilRefused();
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("make room"));
  EXPECT_LE(written_, 3);
  const SortedRow row = {1, "a", "1"};
  EXPECT_TRUE(absl::IsResourceExhausted((*store_->OpenShard(1))->Ingest({&row, 1}, At(1))));
}

TEST_F(UnwritableTest, NothingIsWrittenForAShardThatIsGone) {
  Open();
  for (int i = 0; i < 20; ++i) {
    OpenShard();
    Block();
    if (i % 2 == 0) {
      ASSERT_TRUE(Write("a", 1).ok());
    } else {
      ASSERT_FALSE(WriteUntilRefused().ok());
    }
    shard_ = nullptr;
    Unblock();
    OpenShard();
    EXPECT_EQ(shard_->position(), log::Position{});
    EXPECT_TRUE(Contents(*shard_).empty());
    shard_ = nullptr;
  }
  store_ = nullptr;
  Open();
  OpenShard();
  EXPECT_EQ(shard_->position(), log::Position{});
}

TEST_F(UnwritableTest, AShardThatIsClosedWhileAFileIsMadeWaitsForIt) {
  SetFaultHook([](std::string_view name) {
    if (name == "store.before_ingest") absl::SleepFor(absl::Milliseconds(20));
  });
  Open();
  for (int i = 1; i <= 5; ++i) {
    OpenShard();
    ASSERT_TRUE(Write("a", 2 * i).ok());
    ASSERT_TRUE(Write("b", 2 * i + 1).ok());
    shard_ = nullptr;
    OpenShard();
    EXPECT_EQ(shard_->position(), At(2 * i + 1));
    EXPECT_EQ(Contents(*shard_).size(), 2u);
    shard_ = nullptr;
  }
}

TEST_F(UnwritableTest, ClearingForgetsAFileThatIsBeingMade) {
  SetFaultHook([](std::string_view name) {
    if (name == "store.before_ingest") absl::SleepFor(absl::Milliseconds(20));
  });
  Open();
  OpenShard();
  ASSERT_TRUE(Write("a", 1).ok());
  ASSERT_TRUE(Write("b", 2).ok());
  ASSERT_TRUE(shard_->Clear().ok());
  EXPECT_EQ(shard_->position(), log::Position{});
  EXPECT_TRUE(Contents(*shard_).empty());
  ASSERT_TRUE(Write("c", 1).ok());
  shard_ = nullptr;
  store_ = nullptr;
  Open();
  OpenShard();
  EXPECT_EQ(shard_->position(), At(1));
  EXPECT_EQ(Contents(*shard_), (std::map<std::string, std::string>{{"c", "1"}}));
}

TEST_F(UnwritableTest, ClearingForgetsAFileThatCouldNotBeWritten) {
  Open();
  for (int i = 0; i < 20; ++i) {
    OpenShard();
    Block();
    ASSERT_FALSE(WriteUntilRefused().ok());
    ASSERT_TRUE(shard_->Clear().ok());
    Unblock();
    EXPECT_TRUE(Contents(*shard_).empty());
    for (int flush = 1; flush <= 10; ++flush) EXPECT_TRUE(Write("c", flush).ok());
    shard_ = nullptr;
    OpenShard();
    EXPECT_EQ(Contents(*shard_), (std::map<std::string, std::string>{{"c", "10"}}));
    ASSERT_TRUE(shard_->Clear().ok());
    shard_ = nullptr;
  }
}

// ---------------------------------------------------------------------------------------- killing

// Flush number i writes three rows that say i: whatever a kill leaves must agree with the position.
// Arguments: directory, "bulk", "live" or "settled" (live, and a file for each flush).
bool WriteRounds(const std::vector<std::string>& arguments) {
  constexpr int kRounds = 200;
  Options options;
  options.directory = arguments[0];
  options.kind = "test";
  options.bulk = arguments[1] == "bulk";
  options.persist_interval = absl::ZeroDuration();  // a file after each batch, as far as it comes
  if (arguments[1] == "settled") options.memory = Settling(1);
  auto store = Store::Open(options);
  if (!store.ok()) return false;
  auto shard = (*store)->OpenShard(0);
  if (!shard.ok()) return false;
  for (int64_t i = (*shard)->position().next_offset + 1; i <= kRounds; ++i) {
    for (const char* key : {"a", "b", "c"}) (*shard)->Edit(kRows, key).set_owner(absl::StrCat(i));
    if (!(*shard)->Flush(At(i)).ok()) return false;
  }
  ::_exit(0);  // never closed, as in a crash
}

class KilledTest : public StoreTest,
                   public testing::WithParamInterface<std::pair<const char*, const char*>> {};

TEST_P(KilledTest, LeavesWhatSomeFlushLeft) {
  const auto [point, mode] = GetParam();
  int64_t last = 0;
  for (int nth = 1; nth <= 6; ++nth) {
    const Ending ending = RunKilledAt(point, nth, "write_rounds", {directory(), mode});
    EXPECT_EQ(ending, std::string_view(point) == "never" ? Ending::kFinished : Ending::kKilled);
    for (const auto& entry : fs::directory_iterator(directory())) {
      EXPECT_EQ(fs::hard_link_count(entry.path()), 1u) << entry.path();
    }
    const auto store = Open();
    const auto shard = *store->OpenShard(0);
    const int64_t at = shard->position().next_offset;
    EXPECT_GE(at, last);
    last = at;
    for (const auto& [key, owner] : Contents(*shard)) EXPECT_EQ(owner, absl::StrCat(at)) << key;
    EXPECT_EQ(Contents(*shard).size(), at == 0 ? 0u : 3u);
  }
}

INSTANTIATE_TEST_SUITE_P(AtEveryPoint, KilledTest,
                         testing::Values(std::pair("store.before_flush", "live"),
                                         std::pair("store.after_flush", "live"),
                                         std::pair("store.after_commit", "settled"),
                                         std::pair("store.before_flush", "bulk"),
                                         std::pair("store.before_ingest", "bulk"),
                                         std::pair("store.after_commit", "bulk"),
                                         std::pair("store.after_flush", "bulk"),
                                         std::pair("never", "live")));

// ------------------------------------------------------------------------------- names of tables

class NamesTest : public StoreTest {
 protected:
  // One file, the same layout each time.
  void Write(int64_t at) {
    const auto store = Open();
    const auto shard = *store->OpenShard(0);
    shard->Edit(kRows, absl::StrCat("k", at)).set_owner(absl::StrCat(at));
    ASSERT_TRUE(shard->Flush(At(at)).ok());
  }
  std::vector<fs::path> Files(const std::string& containing) const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(directory())) {
      if (entry.path().filename().string().find(containing) != std::string::npos) {
        files.push_back(entry.path());
      }
    }
    std::sort(files.begin(), files.end());
    return files;
  }
};

// Builds of before 2026-11-30 linked what they ingested.
TEST_F(NamesTest, ASecondNameThatACrashLeftIsRemovedAndNeverWrittenTo) {
  Write(1);
  const auto tables = Files(".sst");
  ASSERT_FALSE(tables.empty());
  fs::create_hard_link(tables.back(), directory() + "/ingest-0.sst");
  Write(2);
  EXPECT_TRUE(Files("ingest").empty());
  const auto store = Open();
  EXPECT_EQ(Contents(**store->OpenShard(0)),
            (std::map<std::string, std::string>{{"k1", "1"}, {"k2", "2"}}));
}

TEST_F(NamesTest, ANameThatAppearsWhileItIsOpenIsNotWrittenTo) {
  Write(1);
  const auto store = Open();
  const std::string name = directory() + "/ingest-0.sst";
  fs::create_hard_link(Files(".sst").back(), name);
  const auto shard = *store->OpenShard(0);
  const std::string value = "2";
  const SortedRow row = {kRows.id, "k2", value};
  ASSERT_TRUE(shard->Ingest({&row, 1}, At(2)).ok());
  std::string read;
  EXPECT_TRUE(*shard->Get(kRows.id, "k1", &read));
  EXPECT_TRUE(*shard->Get(kRows.id, "k2", &read));
  EXPECT_TRUE(store->Verify().ok()) << store->Verify();
}

TEST_F(NamesTest, ATableHasOneNameWhenItLives) {
  std::string two_names;
  Options options = Opened();
  options.persist_interval = absl::ZeroDuration();
  {
    const auto store = Open(options);
    SetFaultHook([&](std::string_view point) {
      if (point != "store.after_commit") return;
      for (const auto& table : Files(".sst")) {
        if (fs::hard_link_count(table) > 1) two_names += table.string() + " ";
      }
    });
    const auto shard = *store->OpenShard(0);
    for (int i = 1; i <= 5; ++i) {
      const SortedRow row = {kRows.id, "k", "v"};
      ASSERT_TRUE(shard->Ingest({&row, 1}, At(i)).ok());
    }
  }
  SetFaultHook(nullptr);
  EXPECT_EQ(two_names, "");
}

TEST_F(NamesTest, WriteAheadLogsDoNotGather) {
  for (int i = 1; i <= 5; ++i) Write(i);
  EXPECT_LE(Files(".log").size(), 1u);
}

// RocksDB's own log ends the process when it cannot be rolled over, which takes some MiB of errors.
TEST_F(NamesTest, HasNoLogOfRocksDbThatMustBeWritten) {
  Write(1);
  std::ofstream(directory() + "/LOG.old.1") << "of an older build";
  Write(2);
  EXPECT_TRUE(Files("LOG").empty());
}

// ----------------------------------------------------------------------------------------- damage

class DamageTest : public StoreTest {
 protected:
  // Few enough files that they are not compacted into one.
  void Fill(int files = 2) {
    const auto store = Open();
    for (int f = 0; f < files; ++f) {
      const auto shard = *store->OpenShard(0);
      for (int i = 0; i < 200; ++i)
        shard->Edit(kRows, absl::StrCat(f, "-", i)).set_owner(std::string(50, 'x'));
      ASSERT_TRUE(shard->Flush(At(f + 1)).ok());
    }
  }
  std::vector<fs::path> Files(const std::string& containing) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(directory())) {
      if (entry.path().filename().string().find(containing) != std::string::npos) {
        files.push_back(entry.path());
      }
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  static void Flip(const fs::path& file, uint64_t at) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(at));
    const char byte = static_cast<char>(stream.get() ^ 0x20);
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put(byte);
  }
  // How opening refuses.
  absl::Status Refusal() {
    auto store = Store::Open(Opened());
    return store.status();
  }
};

TEST_F(DamageTest, AFlippedByteInATableIsRefusedAndNamed) {
  Fill();
  const auto tables = Files(".sst");
  ASSERT_GE(tables.size(), 3u);
  const auto contents = [this] { return Contents(**Open()->OpenShard(0)); };
  const auto whole = contents();
  const uint64_t size = fs::file_size(tables[1]);
  int harmless = 0;
  for (uint64_t at = 0; at < size; at += size / 40) {
    Flip(tables[1], at);
    const absl::Status refusal = Refusal();
    if (refusal.ok()) {
      // Eight bytes of an ingested file are left out of its checksum: a sequence number that the
      // manifest has.
      ++harmless;
      EXPECT_EQ(contents(), whole) << "byte " << at;
    } else {
      EXPECT_TRUE(absl::IsDataLoss(refusal)) << "byte " << at << ": " << refusal;
      EXPECT_THAT(std::string(refusal.message()), HasSubstr(directory()));
    }
    Flip(tables[1], at);
  }
  EXPECT_LE(harmless, 1);
  EXPECT_TRUE(Refusal().ok());
}

TEST_F(DamageTest, ATruncatedMissingOrExchangedTableIsRefused) {
  Fill();
  const auto tables = Files(".sst");
  const std::string copy = scratch_.path() + "/copy";
  fs::copy_file(tables[1], copy);
  fs::resize_file(tables[1], fs::file_size(copy) / 2);
  EXPECT_TRUE(absl::IsDataLoss(Refusal())) << Refusal();
  fs::remove(tables[1]);
  EXPECT_TRUE(absl::IsDataLoss(Refusal())) << Refusal();
  fs::copy_file(tables[2], tables[1]);
  EXPECT_TRUE(absl::IsDataLoss(Refusal())) << Refusal();
  fs::copy_file(copy, tables[1], fs::copy_options::overwrite_existing);
  EXPECT_TRUE(Refusal().ok()) << Refusal();
}

TEST_F(DamageTest, AnAlteredManifestIsRefusedOrHarmless) {
  Fill();
  const auto manifest = Files("MANIFEST").front();
  const uint64_t size = fs::file_size(manifest);
  int refused = 0;
  for (uint64_t at = 0; at < size; at += 7) {
    const std::string copy = scratch_.path() + "/copy";
    fs::remove_all(copy);
    fs::copy(directory(), copy, fs::copy_options::recursive);
    Flip(manifest, at);
    auto store = Store::Open(Opened());
    if (!store.ok()) {
      ++refused;
      EXPECT_TRUE(absl::IsDataLoss(store.status()) || absl::IsFailedPrecondition(store.status()))
          << store.status();
    } else {
      EXPECT_EQ((*(*store)->OpenShard(0))->position(), At(2)) << "byte " << at;
    }
    if (store.ok()) store->reset();
    fs::remove_all(directory());
    fs::rename(copy, directory());
  }
  EXPECT_GT(refused, 0);
}

TEST_F(DamageTest, ACacheStartsOver) {
  Fill();
  const auto tables = Files(".sst");
  Flip(tables[0], 100);
  Options options = Opened();
  options.start_over_if_damaged = true;
  const auto store = Open(options);
  EXPECT_THAT(store->started_over_because(), HasSubstr(".sst"));
  EXPECT_EQ((*store->OpenShard(0))->position(), log::Position{});
  EXPECT_TRUE(Contents(**store->OpenShard(0)).empty());
}

TEST_F(DamageTest, ABlockIsCheckedWhenItIsRead) {
  Fill();
  Options options = Opened();
  options.verify_limit_bytes = 0;
  Flip(Files(".sst")[1], 6000);
  auto store = Store::Open(options);
  ASSERT_TRUE(store.ok()) << store.status();
  const auto shard = (*store)->OpenShard(0);
  ASSERT_TRUE(shard.ok());
  int errors = 0;
  for (int i = 0; i < 200; ++i) {
    std::string value;
    errors += !(*shard)->Get(kRows.id, absl::StrCat("0-", i), &value).ok();
    (*shard)->Edit(kRows, absl::StrCat("0-", i));
  }
  EXPECT_GT(errors, 0);
  EXPECT_TRUE(absl::IsDataLoss((*shard)->Flush(At(9))));
  EXPECT_EQ((*shard)->position(), At(2));
}

TEST_F(StoreTest, RefusesAnotherKindVersionOrASecondOpening) {
  Open();
  Options options = Opened();
  options.version = 2;
  EXPECT_TRUE(absl::IsFailedPrecondition(Store::Open(options).status()));
  EXPECT_THAT(std::string(Store::Open(options).status().message()), HasSubstr("test 1"));
  options.any_version = true;
  EXPECT_EQ(Open(options)->version(), 1);
  options = Opened();
  options.kind = "other";
  EXPECT_TRUE(absl::IsFailedPrecondition(Store::Open(options).status()));
  const auto held = Open();
  EXPECT_TRUE(absl::IsFailedPrecondition(Store::Open(Opened()).status()));
  options = Opened();
  options.start_over_if_damaged = true;  // never takes away what another has open
  EXPECT_TRUE(absl::IsFailedPrecondition(Store::Open(options).status()));
}

}  // namespace
}  // namespace daybook::store

int main(int argc, char** argv) {
  if (daybook::IsChild(argc, argv)) {
    return daybook::RunChild(argc, argv,
                             {{"io_error", &daybook::store::IoErrorTask},
                              {"io_stress", &daybook::store::IoStressTask},
                              {"write_rounds", &daybook::store::WriteRounds}});
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
