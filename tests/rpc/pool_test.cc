#include "common/rpc/pool.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace daybook::rpc {
namespace {

using Outcome = Pool::Outcome;

// Takes one place after the other until there is no more for this caller.
class Taker {
 public:
  Taker(Pool& pool, std::string name) : pool_(pool), name_(std::move(name)) {}
  Outcome TakeOne() {
    Pool::Part part = pool_.Take(1, [this] { return name_; });
    const Outcome outcome = part.outcome();
    if (part.taken()) parts_.push_back(std::move(part));
    return outcome;
  }
  int TakeAll() {
    while (TakeOne() == Outcome::kTaken) {
    }
    return static_cast<int>(parts_.size());
  }
  void GiveAll() { parts_.clear(); }

 private:
  Pool& pool_;
  std::string name_;
  std::vector<Pool::Part> parts_;
};

TEST(Pool, GivesOneCallerNoMoreThanLeavesRoomForOthers) {
  Pool pool(800);
  Taker first(pool, "a"), second(pool, "b"), third(pool, "c");
  const int of_first = first.TakeAll();
  EXPECT_GE(of_first, 600);
  EXPECT_LT(of_first, 650);
  EXPECT_EQ(first.TakeOne(), Outcome::kGreedy);
  EXPECT_GE(second.TakeAll(), 100);
  EXPECT_GE(third.TakeAll(), 20);
  EXPECT_EQ(first.TakeOne(), Outcome::kGreedy);
  Taker fourth(pool, "d");
  EXPECT_EQ(fourth.TakeOne(), Outcome::kTaken) << "somebody always comes in";
}

TEST(Pool, NeverHoldsMoreThanItsLimit) {
  Pool pool(100);
  std::vector<Taker> takers;
  for (int i = 0; i < 200; ++i) takers.emplace_back(pool, std::to_string(i));
  int taken = 0;
  for (Taker& taker : takers) taken += taker.TakeAll();
  EXPECT_EQ(taken, pool.taken());
  EXPECT_LE(taken, 100);
  EXPECT_GE(taken, 99);
  takers.clear();
  EXPECT_EQ(pool.taken(), 0);
}

TEST(Pool, OfOnePlaceGivesIt) {
  Pool pool(1);
  Taker first(pool, "a"), second(pool, "b");
  EXPECT_EQ(first.TakeOne(), Outcome::kTaken);
  EXPECT_EQ(second.TakeOne(), Outcome::kFull);
  first.GiveAll();
  EXPECT_EQ(second.TakeOne(), Outcome::kTaken);
}

TEST(Pool, DoesNotAskWhoCallsWhileThereIsPlenty) {
  Pool pool(800);
  std::vector<Pool::Part> parts;
  for (int i = 0; i < 100; ++i) {
    parts.push_back(pool.Take(1, []() -> std::string {
      ADD_FAILURE() << "asked";
      return "a";
    }));
  }
  int asked = 0;
  parts.push_back(pool.Take(1, [&]() -> std::string {
    ++asked;
    return "a";
  }));
  EXPECT_EQ(asked, 1);
}

TEST(Pool, TakesAPartBackOnce) {
  Pool pool(10);
  Pool::Part part = pool.Take(5, [] { return std::string("a"); });
  Pool::Part moved = std::move(part);
  EXPECT_FALSE(part.taken());
  EXPECT_EQ(pool.taken(), 5);
  moved.GiveBack();
  moved.GiveBack();
  EXPECT_EQ(pool.taken(), 0);
  EXPECT_EQ(pool.Take(11, [] { return std::string("a"); }).outcome(), Outcome::kFull);
  EXPECT_EQ(pool.taken(), 0);
}

}  // namespace
}  // namespace daybook::rpc
