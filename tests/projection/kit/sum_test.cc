#include "common/projection/kit/sum.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "common/base/decimal.h"

namespace daybook::projection {
namespace {

TEST(Sum, LeavesSixtyFourBitsWithoutHarm) {
  Sum sum;
  for (int i = 0; i < 3; ++i) AddTo(INT64_MAX, &sum);
  EXPECT_EQ(ToText(ValueOf(sum)), "27670116110564327421");
  for (int i = 0; i < 4; ++i) AddTo(-INT64_MAX, &sum);
  EXPECT_EQ(ToText(ValueOf(sum)), "-9223372036854775807");
}

TEST(Sum, IsReadBackAsItWasSet) {
  for (const Int128 value : {Int128{0}, Int128{-1}, Int128{INT64_MIN}, Int128{INT64_MAX} * 5,
                             Int128{INT64_MIN} * INT64_MAX}) {
    Sum sum;
    SetValue(value, &sum);
    EXPECT_EQ(ToText(ValueOf(sum)), ToText(value));
  }
}

}  // namespace
}  // namespace daybook::projection
