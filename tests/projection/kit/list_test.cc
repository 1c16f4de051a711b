#include "common/projection/kit/list.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daybook/log/v1/frame.pb.h"
#include "tests/support/scratch.h"

namespace daybook::projection {
namespace {

using store::Direction;
// Any message will do for a row.
using Row = log::v1::OwnerStarted;
constexpr store::Table<Row> kRows{1, "rows"};

// Keys over some partitions, listed with small bounds: those with an even number match.
class ListTest : public testing::Test {
 protected:
  static constexpr int kPartitions = 4;

  void SetUp() override {
    auto store = store::Store::Open({.directory = scratch_.path() + "/store", .kind = "test"});
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    std::mt19937 random(7);
    for (int p = 0; p < kPartitions; ++p) shards_.push_back(*store_->OpenShard(p));
    for (int i = 0; i < 200; ++i) {
      const std::string key = absl::StrCat("key-", 1000 + i);
      // Some partitions have long runs of keys, one has none.
      const size_t p = i / 40 == 2 ? 0 : random() % (kPartitions - 1);
      shards_[p]->Edit(kRows, key).set_owner(absl::StrCat(i));
      if (i % 2 == 0) matching_.push_back(key);
    }
    for (auto& shard : shards_) {
      log::Position position;
      position.next_offset = 1;
      ASSERT_TRUE(shard->Flush(position).ok());
      partitions_.push_back({shard->view(), absl::InfinitePast()});
    }
  }

  ListPart PartOf(const std::vector<PartitionReading>& some, const ListAsked& asked) {
    ListPart part;
    const absl::Status status = CollectRows(
        {absl::Now(), absl::InfiniteFuture(), some}, asked,
        [](const ListedAt& at, std::string* row) -> absl::StatusOr<bool> {
          *row = at.value;
          return (at.key.back() - '0') % 2 == 0;
        },
        &part);
    EXPECT_TRUE(status.ok()) << status;
    return part;
  }

  // All pages; each is made of parts of another split.
  std::vector<std::string> Walk(ListAsked asked, std::mt19937* random, int* pages) {
    std::vector<std::string> keys;
    while (true) {
      std::vector<std::vector<PartitionReading>> groups(kPartitions);
      for (const PartitionReading& partition : partitions_) {
        groups[random == nullptr ? 0 : (*random)() % kPartitions].push_back(partition);
      }
      std::vector<ListPart> parts;
      for (const auto& group : groups) {
        if (!group.empty()) parts.push_back(PartOf(group, asked));
      }
      std::vector<const ListPart*> pointers;
      for (const ListPart& part : parts) pointers.push_back(&part);
      int shown = 0;
      const auto last = MergeRows(pointers, asked.direction, asked.rows,
                                  [&](std::string_view key, std::string_view row) {
                                    keys.emplace_back(key);
                                    ++shown;
                                    return absl::StatusOr<size_t>(row.size());
                                  });
      EXPECT_TRUE(last.ok());
      EXPECT_LE(shown, asked.rows);
      ++*pages;
      if (last->empty() || *pages > 1000) return keys;
      EXPECT_NE(*last, asked.after);  // every page gets on
      asked.after = *last;
    }
  }

  ScratchDirectory scratch_{ScratchDirectory::Memory()};
  std::unique_ptr<store::Store> store_;
  std::vector<std::unique_ptr<store::Shard>> shards_;
  std::vector<PartitionReading> partitions_;
  std::vector<std::string> matching_;
};

TEST_F(ListTest, EverySplitShowsTheSameRowsInTheSameOrder) {
  std::mt19937 random(1);
  std::vector<std::string> backward(matching_.rbegin(), matching_.rend());
  for (int round = 0; round < 300; ++round) {
    ListAsked asked{.table = kRows.id, .rows = 1 + static_cast<int>(random() % 30)};
    asked.looked = 1 + static_cast<int>(random() % 20);
    if (round % 2 == 1) asked.direction = Direction::kBackward;
    int pages = 0;
    EXPECT_EQ(Walk(asked, &random, &pages), round % 2 == 1 ? backward : matching_)
        << "rows " << asked.rows << ", looked " << asked.looked;
  }
}

TEST_F(ListTest, APageThatIsFullEndsTheListOnlyIfNothingIsBehindIt) {
  int pages = 0;
  EXPECT_EQ(Walk({.table = kRows.id, .rows = 50}, nullptr, &pages), matching_);
  EXPECT_EQ(pages, 3);  // the last key does not match: a page without rows says so
  pages = 0;
  EXPECT_EQ(Walk({.table = kRows.id, .rows = 100}, nullptr, &pages).size(), 100u);
  EXPECT_EQ(pages, 2);
  pages = 0;
  Walk({.table = kRows.id, .rows = 101}, nullptr, &pages);
  EXPECT_EQ(pages, 1);
}

TEST_F(ListTest, EndsBeforeTheKeyThatIsNotOfTheList) {
  int pages = 0;
  const auto keys = Walk({.table = kRows.id, .until = "key-1010", .rows = 100}, nullptr, &pages);
  EXPECT_EQ(keys, std::vector<std::string>(matching_.begin(), matching_.begin() + 5));
  EXPECT_EQ(pages, 1);
}

TEST_F(ListTest, APageEndsWhereItsRowsAreMany) {
  ListPart part;
  for (int i = 0; i < 5; ++i) {
    auto* row = part.add_rows();
    row->set_key(absl::StrCat("k", i));
    row->set_row(std::string(400'000, 'x'));
  }
  int shown = 0;
  const ListPart* const parts[] = {&part};
  const auto last =
      MergeRows(parts, Direction::kForward, 100, [&](std::string_view, std::string_view row) {
        ++shown;
        return absl::StatusOr<size_t>(2 * row.size());
      });
  EXPECT_EQ(shown, 2);  // as the answer has them
  EXPECT_EQ(*last, "k1");
}

}  // namespace
}  // namespace daybook::projection
