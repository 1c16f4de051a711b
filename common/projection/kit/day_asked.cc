#include "common/projection/kit/day_asked.h"

#include <algorithm>

#include "common/base/codes.h"

namespace daybook::projection {
namespace {

constexpr absl::Duration kMaxSkew = absl::Minutes(1);

}  // namespace

absl::Time TimeOfRead(absl::Time now, const PartitionReading& partition) {
  const absl::Time recorded = absl::FromUnixMicros(partition.recorded_us());
  return recorded <= now + kMaxSkew ? std::max(now, recorded) : now;
}

int32_t DayAsked::TodayIn(const std::string& time_zone) {
  const auto [it, is_new] = todays_.try_emplace(time_zone, 0);
  if (is_new) {
    const absl::StatusOr<absl::TimeZone> zone = FindTimeZone(time_zone);
    it->second = EpochDay(daybook::TodayIn(zone.ok() ? *zone : absl::UTCTimeZone(), at_));
  }
  return it->second;
}

}  // namespace daybook::projection
