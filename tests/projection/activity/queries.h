// How busy are the customers? The answers (activity.proto).
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "common/projection/queries.h"
#include "tests/projection/activity/activity.pb.h"

namespace daybook::activity {

struct ActivityQueries {
  static constexpr std::string_view kService = "daybook.activity.v1.ActivityService";
  using Methods = projection::MethodList<
      projection::Method<v1::GetActivityRequest, v1::GetActivityResponse>,
      projection::Scattered<v1::ListDaysRequest, v1::DaysPart, v1::ListDaysResponse>>;
  using Reading = projection::Reading;

  static absl::Status Check(const v1::GetActivityRequest&);
  static bool Scans(const v1::GetActivityRequest&) { return false; }
  static absl::Status Answer(const v1::GetActivityRequest&, const Reading&,
                             v1::GetActivityResponse*);

  static absl::Status Check(const v1::ListDaysRequest&) { return absl::OkStatus(); }
  static bool Scans(const v1::ListDaysRequest&) { return true; }
  static absl::Status Part(const v1::ListDaysRequest&, const Reading&, v1::DaysPart*);
  static absl::Status Merge(const v1::ListDaysRequest&, projection::Parts<v1::DaysPart>,
                            v1::ListDaysResponse*);
};

}  // namespace daybook::activity
