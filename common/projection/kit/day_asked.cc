#include "common/projection/kit/day_asked.h"

#include "common/base/codes.h"
#include "common/projection/kit/read_position.h"

namespace daybook::projection {
namespace {

constexpr absl::Duration kMaxSkew = absl::Minutes(1);

}  // namespace

absl::Time TimeOfRead(const Reading& reading) {
  const absl::Time recorded = absl::FromUnixMicros(RecordedUs(reading));
  return recorded <= reading.now + kMaxSkew ? std::max(reading.now, recorded) : reading.now;
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
