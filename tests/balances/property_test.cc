// Every answer at every pair of clocks equals what the definitions say, for random histories with
// facts dated back and ahead, several accounts and currencies, partial and later allocations.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cstdlib>
#include <random>

#include "tests/balances/checks.h"
#include "tests/support/scratch.h"

namespace rc {

template <>
struct Arbitrary<daybook::balances::Op> {
  static Gen<daybook::balances::Op> arbitrary() {
    using daybook::balances::Op;
    return gen::build<Op>(
        gen::set(&Op::kind, gen::inRange(0, 8)), gen::set(&Op::customer, gen::inRange(0, 3)),
        gen::set(&Op::account, gen::inRange(0, 4)), gen::set(&Op::day, gen::inRange(0, 200)),
        gen::set(&Op::due, gen::inRange(0, 100)), gen::set(&Op::amount, gen::inRange(0, 1000)),
        gen::set(&Op::pick, gen::inRange(0, 256)), gen::set(&Op::pause, gen::inRange(0, 3)),
        gen::set(&Op::flush, gen::arbitrary<bool>()));
  }
};

template <>
struct Arbitrary<daybook::balances::Question> {
  static Gen<daybook::balances::Question> arbitrary() {
    using daybook::balances::Question;
    const auto day = gen::oneOf(gen::inRange(-10, 350), gen::just(1000));
    return gen::build<Question>(
        gen::set(&Question::as_of, day),
        gen::set(&Question::read, gen::oneOf(gen::inRange(-1, 60), gen::just(200'000))),
        gen::set(&Question::start, day), gen::set(&Question::end, day),
        gen::set(&Question::page_size, gen::inRange(0, 6)),
        gen::set(&Question::later, gen::oneOf(gen::just(0), gen::inRange(0, 300))));
  }
};

}  // namespace rc

namespace daybook::balances {

void showValue(const Op& op, std::ostream& out) {
  out << "Op{" << op.kind << "," << op.customer << "," << op.account << "," << op.day << ","
      << op.due << "," << op.amount << "," << op.pick << "," << op.pause << "," << op.flush << "}";
}
void showValue(const Question& q, std::ostream& out) {
  out << "Question{" << q.as_of << "," << q.read << "," << q.start << "," << q.end << ","
      << q.page_size << "," << q.later << "}";
}

namespace {

std::unique_ptr<store::Store> OpenStore(const std::string& directory) {
  auto store = store::Store::Open({.directory = directory, .kind = "balances"});
  DAYBOOK_CHECK(store.ok());
  return *std::move(store);
}

TEST(BalancesProperty, EveryAnswerEqualsTheBruteForceFold) {
  ScratchDirectory scratch;
  const auto store = OpenStore(scratch.path());
  int partition = 0;
  int histories = 0;
  const bool holds =
      rc::check("every answer equals the brute-force fold",
                [&](const std::vector<Op>& ops, const std::array<Question, 4>& questions) {
                  if (partition + 2 >= 65'000) RC_DISCARD("no partitions left");
                  World world(*store, partition);
                  partition += 2;
                  ++histories;
                  for (const Op& op : ops) world.Do(op);
                  for (const Question& question : questions) {
                    const std::string differences = Differences(world, question);
                    if (!differences.empty()) RC_FAIL(differences);
                  }
                });
  EXPECT_TRUE(holds);
  EXPECT_GE(histories, 2000);
}

// Histories that fill chunks: the same questions over thousands of entries.
TEST(BalancesProperty, LongHistoriesGiveTheSameAnswers) {
  ScratchDirectory scratch;
  const auto store = OpenStore(scratch.path());
  for (uint32_t seed = 1; seed <= 6; ++seed) {
    std::mt19937 random(seed);
    const auto draw = [&](int n) { return static_cast<int>(random() % static_cast<uint32_t>(n)); };
    World world(*store, static_cast<int>(seed) * 2);
    for (int i = 0; i < 900; ++i) {
      // Mostly one account, so that its history has several full chunks.
      world.Do({.kind = 1 + draw(3),
                .customer = draw(20) == 0 ? draw(3) : 0,
                .account = 0,
                .day = draw(200),
                .due = draw(100),
                .amount = draw(1000),
                .pick = draw(256),
                .pause = draw(3),
                .flush = draw(50) == 0});
    }
    for (int i = 0; i < 4; ++i) {
      const std::string differences = Differences(world, {.as_of = i == 0 ? 1000 : draw(350),
                                                          .read = i < 2 ? 200'000 : draw(1000),
                                                          .start = draw(200),
                                                          .end = draw(500),
                                                          .page_size = 1 + draw(300),
                                                          .later = draw(200)});
      ASSERT_EQ(differences, "") << "seed " << seed << ", question " << i;
    }
  }
}

}  // namespace
}  // namespace daybook::balances

int main(int argc, char** argv) {
  ::setenv("RC_PARAMS", "max_success=2000 max_size=60", 0);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
