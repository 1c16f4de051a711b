// The day from which something counts.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/base/dates.h"
#include "common/base/fields.h"
#include "common/command/decider.h"
#include "services/customer/state.h"

namespace daybook::customer {

template <class Request>
absl::CivilDay DayOrToday(const Request& request, const command::Context& context) {
  return request.has_effective_date() ? *DayOf(request.effective_date())
                                      : TodayIn(absl::UTCTimeZone(), context.now);
}

// The day of something that must not come before `earliest`, the day of `what`: INVALID_FIELDS for
// a date before that. A request without a date gets `earliest` if that lies after today.
template <class Request>
absl::StatusOr<absl::CivilDay> DayNotBefore(absl::CivilDay earliest, absl::string_view what,
                                            const Request& request,
                                            const command::Context& context) {
  const absl::CivilDay day = DayOrToday(request, context);
  if (day >= earliest) return day;
  if (!request.has_effective_date()) return earliest;
  FieldViolations bad;
  bad.Add("effective_date", absl::StrCat("is before ", what, ", ", FormatDay(earliest)));
  return bad.ToStatus();
}

// The day from which a change counts: not before the customer's registration.
template <class Request>
absl::StatusOr<absl::CivilDay> DayOfChange(const command::View& view, const Request& request,
                                           const command::Context& context) {
  return DayNotBefore(*DayOf(view.part<state::State>().registered_date()),
                      "the registration of the customer", request, context);
}

// The day of a change of state: not before that of the change before it.
template <class Request>
absl::StatusOr<absl::CivilDay> DayOfState(const command::View& view, const Request& request,
                                          const command::Context& context) {
  const auto day = DayOfChange(view, request, context);
  if (!day.ok() || !view.part<state::State>().has_state_date()) return day;
  return DayNotBefore(*DayOf(view.part<state::State>().state_date()),
                      "the day of the state that it changes", request, context);
}

}  // namespace daybook::customer
