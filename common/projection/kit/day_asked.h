// Which day a query counts up to: the day that it names, else today, where the account is. What is
// dated ahead has not happened yet, so one default holds for every query that takes a day.
//
//   DayAsked day(DayNamedBy(request), TimeOfRead(reading.now, partition));
//   ... day.In(account.time_zone()) ...
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "common/base/dates.h"
#include "common/projection/read_position.h"
#include "google/type/date.pb.h"

namespace daybook::projection {

// Now, but not before the newest record of the partition: what its owner recorded for its today is
// seen also by a server whose clock is behind by a little. A record from farther ahead is a clock
// that was wrong; it moves nobody's today.
absl::Time TimeOfRead(absl::Time now, const PartitionReading& partition);

class DayAsked {
 public:
  // `named`: a whole day, or null. `at`: when "today" is asked for.
  DayAsked(const google::type::Date* named, absl::Time at) : at_(at) {
    if (named != nullptr) named_ = EpochDay(*named);
  }

  bool named() const { return named_.has_value(); }

  // Of an account in `time_zone` (empty = UTC; one that this machine does not know counts as UTC).
  int32_t In(const std::string& time_zone) { return named_ ? *named_ : TodayIn(time_zone); }

 private:
  int32_t TodayIn(const std::string& time_zone);

  const absl::Time at_;
  std::optional<int32_t> named_;
  std::map<std::string, int32_t> todays_;
};

}  // namespace daybook::projection
