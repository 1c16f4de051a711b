#include "common/base/decimal.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace daybook {
namespace {

Decimal D(std::string_view text) {
  const auto decimal = Decimal::Parse(text);
  EXPECT_TRUE(decimal.ok()) << text << ": " << decimal.status();
  return decimal.value_or(Decimal());
}

TEST(Decimal, RefusesWhatIsNoDecimal) {
  for (const char* text : {"",
                           " ",
                           "+",
                           "-",
                           ".",
                           "-.",
                           "1.2.3",
                           "1,5",
                           " 1",
                           "1 ",
                           "0x10",
                           "1e9",
                           "1E-9",
                           "--1",
                           "+-1",
                           "NaN",
                           "inf",
                           "١٢",
                           "1_000",
                           "1.0000000000",
                           "0.0000000001",
                           "10000000000000000000",
                           "-10000000000000000000",
                           "99999999999999999999999999999999999999999999999999",
                           "00000000000000000000000000000000000000000000000000000000000000001"}) {
    EXPECT_FALSE(Decimal::Parse(text).ok()) << text;
  }
  EXPECT_FALSE(Decimal::Parse(std::string_view("1\0", 2)).ok());
  EXPECT_FALSE(Decimal::Parse(std::string(1'000'000, '1')).ok());
}

TEST(Decimal, HasOneCanonicalForm) {
  const std::pair<const char*, const char*> rows[] = {
      {"0", "0"},
      {"-0", "0"},
      {"+0.000", "0"},
      {"007", "7"},
      {"1.50", "1.5"},
      {".5", "0.5"},
      {"5.", "5"},
      {"-0.000000001", "-0.000000001"},
      {"1000000000000000000", "1000000000000000000"},
      {"9999999999999999999.999999999", "9999999999999999999.999999999"}};
  for (const auto& [text, canonical] : rows) EXPECT_EQ(D(text).ToString(), canonical);
}

TEST(Decimal, DividesHalfAwayFromZero) {
  EXPECT_EQ(DivideHalfUp(5, 10), 1);
  EXPECT_EQ(DivideHalfUp(4, 10), 0);
  EXPECT_EQ(DivideHalfUp(-5, 10), -1);
  EXPECT_EQ(DivideHalfUp(-4, 10), 0);
  EXPECT_EQ(DivideHalfUp(1, 3), 0);
  EXPECT_EQ(DivideHalfUp(2, 3), 1);
  EXPECT_EQ(DivideHalfUp(7, 1), 7);
  EXPECT_EQ(DivideFloor(-1, 10), -1);
  EXPECT_EQ(DivideFloor(-10, 10), -1);
  EXPECT_EQ(DivideFloor(9, 10), 0);
}

RC_GTEST_PROP(Decimal, ParsesWhatItWrites, (int64_t whole, int64_t fraction)) {
  const Int128 scaled = Int128{whole} * Decimal::kOne + fraction % 1'000'000'000;
  const auto decimal = Decimal::FromScaled(scaled);
  RC_ASSERT(decimal.ok());
  RC_ASSERT(Decimal::Parse(decimal->ToString())->scaled() == scaled);
}

}  // namespace
}  // namespace daybook
