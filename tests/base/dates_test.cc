#include "common/base/dates.h"

#include <gtest/gtest.h>

#include <limits>

#include "common/base/codes.h"

namespace daybook {
namespace {

google::type::Date Date(int year, int month, int day) {
  google::type::Date date;
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
  return date;
}

TEST(Dates, RefusesWhatNoCalendarHas) {
  constexpr int kMax = std::numeric_limits<int>::max();
  constexpr int kMin = std::numeric_limits<int>::min();
  for (const auto& date :
       {Date(0, 0, 0), Date(2026, 0, 0), Date(2026, 3, 0), Date(0, 3, 1), Date(-1, 1, 1),
        Date(10'000, 1, 1), Date(2026, 13, 1), Date(2026, -1, 1), Date(2026, 4, 31),
        Date(2026, 1, 32), Date(2026, 2, 29), Date(1900, 2, 29), Date(2026, 2, 30),
        Date(2026, 1, -1), Date(kMax, kMax, kMax), Date(kMin, kMin, kMin), Date(2026, 1, kMax)}) {
    EXPECT_FALSE(DayOf(date).ok()) << date.ShortDebugString();
  }
}

TEST(Dates, KeepsEveryDayOfFourDigits) {
  for (const auto& date : {Date(1, 1, 1), Date(9999, 12, 31), Date(2024, 2, 29), Date(2000, 2, 29),
                           Date(1997, 9, 30)}) {
    ASSERT_TRUE(DayOf(date).ok());
    EXPECT_EQ(DateOf(*DayOf(date)).SerializeAsString(), date.SerializeAsString());
  }
  EXPECT_EQ(FormatDay(absl::CivilDay(33, 4, 5)), "0033-04-05");
}

TEST(Dates, CountsDaysAcrossLeapYears) {
  EXPECT_EQ(DaysBetween(absl::CivilDay(2024, 2, 28), absl::CivilDay(2024, 3, 1)), 2);
  EXPECT_EQ(DaysBetween(absl::CivilDay(2026, 2, 28), absl::CivilDay(2026, 3, 1)), 1);
  EXPECT_EQ(DaysBetween(absl::CivilDay(2026, 3, 1), absl::CivilDay(2026, 2, 1)), -28);
}

TEST(Dates, TodayDependsOnTheZone) {
  const absl::Time now =
      absl::FromCivil(absl::CivilSecond(2026, 1, 1, 11, 30, 0), absl::UTCTimeZone());
  EXPECT_EQ(TodayIn(*FindTimeZone("Pacific/Kiritimati"), now), absl::CivilDay(2026, 1, 2));
  EXPECT_EQ(TodayIn(*FindTimeZone("Pacific/Pago_Pago"), now), absl::CivilDay(2026, 1, 1));
  EXPECT_EQ(TodayIn(*FindTimeZone("Pacific/Pago_Pago"), now - absl::Hours(1)),
            absl::CivilDay(2025, 12, 31));
}

}  // namespace
}  // namespace daybook
