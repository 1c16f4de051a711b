#include "projections/journal/days.h"

#include <algorithm>
#include <limits>

#include "common/base/status.h"
#include "projections/journal/rows.h"

namespace daybook::journal {

absl::StatusOr<Days> Days::Of(const google::type::Date* named, absl::Time now,
                              const projection::PartitionReading& partition) {
  Days days(projection::DayAsked(named, projection::TimeOfRead(now, partition)));
  days.all_ = std::numeric_limits<int32_t>::max();
  days.none_after_ = std::numeric_limits<int32_t>::min();
  const auto add = [&days](const std::string& time_zone) {
    const int32_t day = days.asked_.In(time_zone);
    days.all_ = std::min(days.all_, day);
    days.none_after_ = std::max(days.none_after_, day);
  };
  if (!days.named()) {
    RETURN_IF_ERROR(
        partition.view->Scan(kZones.id, "", [&](std::string_view zone, std::string_view) {
          add(std::string(zone));
          return true;
        }));
  }
  if (days.all_ > days.none_after_) add("");  // a day that is named, or a book without accounts
  return days;
}

absl::StatusOr<bool> Days::Count(const store::View& view, std::string_view customer_id,
                                 std::string_view account_id, int32_t day) {
  if (day <= all_) return true;
  if (day > none_after_) return false;
  rows::AccountRow row;
  RETURN_IF_ERROR(view.Read(kAccounts, DocumentKey(customer_id, account_id), &row).status());
  return day <= asked_.In(row.time_zone());
}

}  // namespace daybook::journal
