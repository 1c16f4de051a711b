// Which entries count by the day that a query asks for: each account has its own today.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/projection/kit/day_asked.h"
#include "common/projection/read_position.h"
#include "google/type/date.pb.h"

namespace daybook::journal {

// Good for one answer.
class Days {
 public:
  // Of the entries of one partition. `named`: the day of the request, or null.
  static absl::StatusOr<Days> Of(const google::type::Date* named, absl::Time now,
                                 const projection::PartitionReading& partition);

  bool named() const { return asked_.named(); }
  // Every entry up to this day counts, none after the other; they are equal unless no day is named
  // and accounts are in time zones where it is not the same day.
  int32_t all() const { return all_; }
  int32_t none_after() const { return none_after_; }

  // Whether an entry of this account and day counts. Reads a row if its day is between the two.
  absl::StatusOr<bool> Count(const store::View& view, std::string_view customer_id,
                             std::string_view account_id, int32_t day);

 private:
  explicit Days(projection::DayAsked asked) : asked_(std::move(asked)) {}

  projection::DayAsked asked_;
  int32_t all_ = 0, none_after_ = 0;
};

}  // namespace daybook::journal
