#include "services/daybook/import/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace daybook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<CsvRow> Read(std::string_view content) {
  CsvReader reader(content);
  std::vector<CsvRow> rows;
  CsvRow row;
  while (reader.Next(&row)) rows.push_back(row);
  return rows;
}

TEST(Csv, ReadsQuotesCommasAndLineBreaksInside) {
  const auto rows = Read("a,\"b,\"\"c\"\"\"\r\n\"two\nlines\",x\n\nlast,");
  ASSERT_EQ(rows.size(), 3);
  EXPECT_THAT(rows[0].fields, ElementsAre("a", "b,\"c\""));
  EXPECT_THAT(rows[1].fields, ElementsAre("two\nlines", "x"));
  EXPECT_THAT(rows[2].fields, ElementsAre("last", ""));
  EXPECT_EQ(rows[0].line, 1);
  EXPECT_EQ(rows[1].line, 2);
  EXPECT_EQ(rows[2].line, 5);
}

TEST(Csv, PassesOverAByteOrderMark) {
  EXPECT_THAT(Read("\xEF\xBB\xBF"
                   "a,b\n")[0]
                  .fields,
              ElementsAre("a", "b"));
}

TEST(Csv, ReadsNothingFromAnEmptyFile) {
  EXPECT_TRUE(Read("").empty());
  EXPECT_TRUE(Read("\n\r\n\n").empty());
}

TEST(Csv, ReportsABrokenRowAndGoesOnWithTheNextLine) {
  const auto rows = Read("1,\"open\n2,b\n3,a\"b\n4,\"a\"b\n5,c\n");
  ASSERT_EQ(rows.size(), 5);
  EXPECT_THAT(rows[0].problem, HasSubstr("quote"));
  EXPECT_THAT(rows[1].fields, ElementsAre("2", "b"));
  EXPECT_THAT(rows[2].problem, HasSubstr("quote"));
  EXPECT_THAT(rows[3].problem, HasSubstr("after a closing quote"));
  EXPECT_THAT(rows[4].fields, ElementsAre("5", "c"));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(rows[i].line, i + 1);
}

TEST(Csv, KeepsALoneCarriageReturn) {
  EXPECT_THAT(Read("a\rb,c\n")[0].fields, ElementsAre("a\rb", "c"));
}

TEST(Csv, DoesNotSearchAWholeFileForAForgottenQuote) {
  std::string content = "1,\"open\n";
  for (int i = 0; i < 300'000; ++i) content += "2,2,2,2\n";
  const auto rows = Read(content);
  ASSERT_EQ(rows.size(), 300'001);
  EXPECT_FALSE(rows[0].problem.empty());
  EXPECT_TRUE(rows[1].problem.empty());
}

}  // namespace
}  // namespace daybook
