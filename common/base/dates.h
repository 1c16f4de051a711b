// Calendar days: google.type.Date on the wire, absl::CivilDay inside. A day has no time zone;
// "today" is asked of one.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "google/type/date.pb.h"

namespace daybook {

inline constexpr int kMinYear = 1;
inline constexpr int kMaxYear = 9999;

// A whole day of the years 1 to 9999. INVALID_ARGUMENT, plain, for a partial date (year, month or
// day 0) and for a day that no calendar has; the message stands beside a field's name.
absl::StatusOr<absl::CivilDay> DayOf(const google::type::Date& date);

// The same day on the wire; its year must be in range.
google::type::Date DateOf(absl::CivilDay day);

// Whether DateOf can say it.
inline bool InRange(absl::CivilDay day) { return day.year() >= kMinYear && day.year() <= kMaxYear; }

// The day that it is at `now` in `zone`.
absl::CivilDay TodayIn(absl::TimeZone zone, absl::Time now);

// Days from `from` to `to`; negative if `to` is earlier.
inline int64_t DaysBetween(absl::CivilDay from, absl::CivilDay to) { return to - from; }

// Days since 1970-01-01, as rows keep them.
inline int32_t EpochDay(absl::CivilDay day) {
  return static_cast<int32_t>(DaysBetween(absl::CivilDay(1970, 1, 1), day));
}
inline int32_t EpochDay(const google::type::Date& date) {  // a whole day
  return EpochDay(absl::CivilDay(date.year(), date.month(), date.day()));
}
inline absl::CivilDay DayOfEpoch(int32_t number) { return absl::CivilDay(1970, 1, 1) + number; }

// `2026-11-21`.
std::string FormatDay(absl::CivilDay day);

}  // namespace daybook
