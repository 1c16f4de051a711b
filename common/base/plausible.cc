#include "common/base/plausible.h"

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"

namespace daybook {

absl::Status CheckPlausible(absl::CivilDay day, absl::CivilDay today) {
  // 29 February becomes 1 March where the year has none.
  const absl::CivilDay first(today.year() - kPlausibleYearsBack, today.month(), today.day());
  const absl::CivilDay last(today.year() + kPlausibleYearsAhead, today.month(), today.day());
  if (day >= first && day <= last) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("is ", FormatDay(day), ", outside ",
                                                 FormatDay(first), " to ", FormatDay(last),
                                                 "; set allow_unusual if it is meant"));
}

}  // namespace daybook
