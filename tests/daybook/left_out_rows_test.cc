#include "services/daybook/import/left_out_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace daybook {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class LeftOutRowsTest : public testing::Test {
 protected:
  auto Say() {
    return [this](std::string_view line) { said_.emplace_back(line); };
  }
  std::vector<std::string> said_;
};

TEST_F(LeftOutRowsTest, NamesTheFirstTenOfEachReasonAndCountsTheRest) {
  LeftOutRows rows("a.csv", false, Say());
  rows.Refused(2, "the account is closed", "ILLEGAL_TRANSITION");
  for (int line = 3; line < 3 + 1234; ++line) {
    rows.Refused(line, "USD is not the account's currency", "CURRENCY_MISMATCH");
  }
  EXPECT_THAT(said_, SizeIs(11));
  EXPECT_EQ(said_[0], "a.csv:2: the account is closed (ILLEGAL_TRANSITION)");
  EXPECT_EQ(said_[10], "a.csv:12: USD is not the account's currency (CURRENCY_MISMATCH)");
  said_.clear();
  rows.SayHowManyMore();
  EXPECT_THAT(said_, ElementsAre("a.csv: ... and 1,224 more rows refused with CURRENCY_MISMATCH"));
  said_.clear();
  rows.SayHowManyMore();
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(LeftOutRowsTest, TakesWhatCannotBeReadForOneReasonWhateverStandsThere) {
  LeftOutRows rows("-", false, Say());
  for (int line = 2; line < 13; ++line) {
    rows.Unreadable(line, "'" + std::to_string(line) + ".1.97' is no day; write 1997-01-31");
  }
  rows.Unreadable(13, "quantity: must be more than 0");
  rows.Unreadable(14, "the customer's name is empty");  // one quote is none
  rows.SayHowManyMore();
  EXPECT_THAT(said_, SizeIs(13));
  EXPECT_EQ(said_.back(), "-: ... and 1 more row: '...' is no day; write 1997-01-31");
}

TEST_F(LeftOutRowsTest, TakesTheNumberOfALineForNoOtherReason) {
  LeftOutRows rows("a.csv", false, Say());
  for (int line = 2; line < 14; ++line) {
    rows.Unreadable(line, "'A' stands on line " + std::to_string(100 * line) + ", or on line 7");
  }
  rows.SayHowManyMore();
  EXPECT_THAT(said_, SizeIs(11));
  EXPECT_EQ(said_.back(), "a.csv: ... and 2 more rows: '...' stands on line ..., or on line ...");
}

TEST_F(LeftOutRowsTest, NamesEachWhenAskedTo) {
  LeftOutRows rows("a.csv", true, Say());
  for (int line = 0; line < 100; ++line) rows.Refused(line, "no", "CURRENCY_MISMATCH");
  rows.SayHowManyMore();
  EXPECT_THAT(said_, SizeIs(100));
}

}  // namespace
}  // namespace daybook
