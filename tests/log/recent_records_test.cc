#include "common/log/recent_records.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace daybook::log {
namespace {

constexpr int64_t kForever = 1'000'000;
constexpr size_t kAll = 1 << 30;

// Key and value of each record from `from` on; "none" if it is not there.
std::vector<std::string> Read(const RecentRecords& recent, int64_t from, int64_t until = kForever,
                              size_t enough = kAll) {
  std::string bytes;
  std::vector<RecentRecords::Extent> extents;
  if (!recent.Read(from, until, enough, &bytes, &extents)) return {"none"};
  std::vector<std::string> records;
  size_t at = 0;
  for (const auto& [key, value] : extents) {
    records.push_back(absl::StrCat(bytes.substr(at, key), "=", bytes.substr(at + key, value)));
    at += key + value;
  }
  EXPECT_EQ(at, bytes.size());
  return records;
}

using Records = std::vector<std::string>;

TEST(RecentRecords, HoldsNothingAtFirst) {
  RecentRecords recent;
  recent.set_capacity(10);
  EXPECT_EQ(Read(recent, 0), Records{"none"});
}

TEST(RecentRecords, GivesFromAnyOffsetThatIsThere) {
  RecentRecords recent;
  recent.set_capacity(100);
  recent.Add(7, "a", "one");
  recent.Add(8, "", "two");
  recent.Add(9, "c", "");
  EXPECT_EQ(Read(recent, 6), Records{"none"});
  EXPECT_EQ(Read(recent, 7), (Records{"a=one", "=two", "c="}));
  EXPECT_EQ(Read(recent, 9), Records{"c="});
  EXPECT_EQ(Read(recent, 10), Records{"none"});
  EXPECT_EQ(Read(recent, 7, 8), Records{"a=one"});
  EXPECT_EQ(Read(recent, 7, kForever, 5), (Records{"a=one", "=two"}));  // one beyond is enough
}

TEST(RecentRecords, AGapReplacesAll) {
  RecentRecords recent;
  recent.set_capacity(100);
  recent.Add(1, "a", "1");
  recent.Add(3, "c", "3");
  EXPECT_EQ(Read(recent, 1), Records{"none"});
  EXPECT_EQ(Read(recent, 3), Records{"c=3"});
}

TEST(RecentRecords, OneThatDoesNotFitLeavesNothing) {
  RecentRecords recent;
  recent.set_capacity(4);
  recent.Add(1, "a", "1");
  recent.Add(2, "b", "2222");
  EXPECT_EQ(Read(recent, 1), Records{"none"});
  EXPECT_EQ(Read(recent, 2), Records{"none"});
  recent.Add(3, "c", "333");
  EXPECT_EQ(Read(recent, 3), Records{"c=333"});
}

TEST(RecentRecords, OneThatComesTooLateIsNotTaken) {
  RecentRecords recent;
  recent.set_capacity(100);
  recent.Add(7, "b", "7");
  recent.Add(6, "a", "6");
  recent.Add(7, "x", "x");
  EXPECT_EQ(Read(recent, 6), Records{"none"});
  EXPECT_EQ(Read(recent, 7), Records{"b=7"});
}

TEST(RecentRecords, KnowsWhetherAReaderFollows) {
  using Place = RecentRecords::Place;
  RecentRecords recent;
  recent.set_capacity(6);
  EXPECT_EQ(recent.PlaceOf(0), Place::kElsewhere);
  recent.Add(7, "a", "7");
  recent.Add(8, "b", "8");
  EXPECT_EQ(recent.PlaceOf(6), Place::kElsewhere);
  EXPECT_EQ(recent.PlaceOf(7), Place::kWithin);
  EXPECT_EQ(recent.PlaceOf(9), Place::kEnd);
  EXPECT_EQ(recent.PlaceOf(10), Place::kElsewhere);
  recent.Add(10, "d", "10");
  EXPECT_EQ(recent.PlaceOf(9), Place::kElsewhere);
  EXPECT_EQ(recent.PlaceOf(11), Place::kEnd);
  recent.Add(11, "e", "too large");
  EXPECT_EQ(recent.PlaceOf(12), Place::kElsewhere);
}

TEST(RecentRecords, KeepsNothingWithoutRoom) {
  RecentRecords recent;
  recent.Add(0, "", "");
  recent.Add(1, "a", "1");
  EXPECT_EQ(Read(recent, 0), Records{"none"});
}

// Against all records that ever were: what is given is theirs, and at least half of the room is
// used once so much has come.
TEST(RecentRecords, TheNewestTakeThePlaceOfTheOldest) {
  std::mt19937 random(7);  // NOLINT: the same each time
  constexpr size_t kRoom = 1000;
  for (int round = 0; round < 50; ++round) {
    RecentRecords recent;
    recent.set_capacity(kRoom);
    Records all;
    size_t bytes = 0;
    for (int64_t offset = 0; offset < 300; ++offset) {
      const std::string key(random() % 5, 'k');
      const std::string value(random() % 120, static_cast<char>('a' + offset % 26));
      recent.Add(offset, key, value);
      all.push_back(absl::StrCat(key, "=", value));
      bytes += key.size() + value.size();
      const int64_t from = static_cast<int64_t>(random()) % (offset + 1);
      const Records found = Read(recent, from);
      if (found != Records{"none"}) {
        EXPECT_EQ(found, Records(all.begin() + from, all.end()));
      }
      int64_t oldest = offset;
      size_t held = 0;
      while (oldest >= 0 && Read(recent, oldest) != Records{"none"}) {
        held += all[static_cast<size_t>(oldest--)].size() - 1;
      }
      EXPECT_LE(held, kRoom);
      EXPECT_GE(held, std::min(bytes, kRoom / 2));
    }
  }
}

}  // namespace
}  // namespace daybook::log
