// The two clocks of a request: its day (`as_of_date`, or of a period `end_date`) cuts by when
// things counted in business, `read_time` by when the book learned of them.
//
//   TwoClocks clocks = ClocksOf(request, reading.now, partition);
//   ... row.recorded_us() <= clocks.read_us && row.day() <= clocks.day.In(row.time_zone()) ...
//
// "Today" is the day of `read_time`, if there is one: so a query of the past says what it would
// have said then, and says it for ever.
#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "common/projection/kit/day_asked.h"
#include "common/projection/read_position.h"
#include "google/type/date.pb.h"

namespace daybook::projection {

struct TwoClocks {
  DayAsked day;
  int64_t read_us = kEverything;

  // Everything in the view was known then.
  bool KnewAll(const PartitionReading& partition) const {
    return read_us >= partition.recorded_us();
  }
};

// The day that a request names; null if it names none.
template <class Request>
const google::type::Date* DayNamedBy(const Request& request) {
  if constexpr (requires { request.as_of_date(); }) {
    return request.has_as_of_date() ? &request.as_of_date() : nullptr;
  } else {
    return request.has_end_date() ? &request.end_date() : nullptr;
  }
}

// Of one partition, so that an account's today does not depend on what else is read.
template <class Request>
TwoClocks ClocksOf(const Request& request, absl::Time now, const PartitionReading& partition) {
  const int64_t read_us = ReadMicros(request);
  const absl::Time at =
      read_us == kEverything ? TimeOfRead(now, partition) : absl::FromUnixMicros(read_us);
  return {DayAsked(DayNamedBy(request), at), read_us};
}

}  // namespace daybook::projection
