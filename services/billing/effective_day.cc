#include "services/billing/effective_day.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "common/base/codes.h"
#include "common/base/dates.h"
#include "common/base/fields.h"
#include "common/base/status.h"
#include "services/billing/day_number.h"

namespace daybook::billing {

absl::StatusOr<absl::CivilDay> DefaultDay(const std::string& time_zone, absl::Time now,
                                          std::string_view field) {
  const auto zone = FindTimeZone(time_zone);
  if (!zone.ok()) {
    return Violation(field,
                     "is required: the tz database of this server does not know " + time_zone);
  }
  const absl::CivilDay today = TodayIn(*zone, now);
  if (!InRange(today)) return Violation(field, "is required: the server's clock is out of range");
  return today;
}

absl::StatusOr<absl::CivilDay> EffectiveDay(const state::Account& account, bool given,
                                            const google::type::Date& date, absl::Time now,
                                            int32_t earliest, std::string_view field) {
  const absl::CivilDay first = earliest == 0 ? absl::CivilDay::min() : DayOfNumber(earliest);
  const absl::StatusOr<absl::CivilDay> today = DefaultDay(account.time_zone(), now, field);
  if (!given) {
    RETURN_IF_ERROR(today.status());
    return std::max(*today, first);
  }
  ASSIGN_OR_RETURN(const absl::CivilDay day, DayOf(date));
  // A server that does not know the zone believes the caller.
  if (today.ok() && day > *today && day > first) {
    return Violation(field, absl::StrCat("is in the future: today is ", FormatDay(*today)));
  }
  if (day < first) {
    return Violation(field, absl::StrCat("is before ", FormatDay(first),
                                         ", the day of what the command is about"));
  }
  return day;
}

absl::Status Violation(std::string_view field, std::string_view description) {
  FieldViolations bad;
  bad.Add(field, description);
  return bad.ToStatus();
}

}  // namespace daybook::billing
