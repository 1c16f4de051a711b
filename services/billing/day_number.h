// Days as the state keeps them: numbers YYYYMMDD, which sort as days do and are readable.
#pragma once

#include <cstdint>

#include "absl/time/civil_time.h"
#include "google/type/date.pb.h"

namespace daybook::billing {

constexpr int32_t DayNumber(int32_t year, int32_t month, int32_t day) {
  return year * 10'000 + month * 100 + day;
}
inline int32_t DayNumber(absl::CivilDay day) {
  return DayNumber(static_cast<int32_t>(day.year()), day.month(), day.day());
}
inline int32_t DayNumber(const google::type::Date& date) {
  return DayNumber(date.year(), date.month(), date.day());
}

inline absl::CivilDay DayOfNumber(int32_t number) {
  return absl::CivilDay(number / 10'000, number / 100 % 100, number % 100);
}

}  // namespace daybook::billing
