#include "common/base/dates.h"

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace daybook {

absl::StatusOr<absl::CivilDay> DayOf(const google::type::Date& date) {
  if (date.year() < kMinYear || date.year() > kMaxYear) {
    return absl::InvalidArgumentError("has a year outside 1 to 9999");
  }
  if (date.month() < 1 || date.month() > 12) {
    return absl::InvalidArgumentError("has a month outside 1 to 12; a whole date is needed");
  }
  // CivilDay normalises 30 February to 2 March: a day that comes back changed does not exist.
  const absl::CivilDay day(date.year(), date.month(), date.day());
  if (day.month() != date.month() || day.day() != date.day()) {
    return absl::InvalidArgumentError("has a day that the month does not have");
  }
  return day;
}

google::type::Date DateOf(absl::CivilDay day) {
  DAYBOOK_CHECK(InRange(day));
  google::type::Date date;
  date.set_year(static_cast<int32_t>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  return date;
}

absl::CivilDay TodayIn(absl::TimeZone zone, absl::Time now) { return absl::ToCivilDay(now, zone); }

std::string FormatDay(absl::CivilDay day) {
  return absl::StrCat(absl::Dec(day.year(), absl::kZeroPad4), "-",
                      absl::Dec(day.month(), absl::kZeroPad2), "-",
                      absl::Dec(day.day(), absl::kZeroPad2));
}

}  // namespace daybook
