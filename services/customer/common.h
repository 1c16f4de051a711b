// What the commands of the customer book have in common.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/base/dates.h"
#include "common/base/fields.h"
#include "common/base/status.h"
#include "common/command/decider.h"
#include "daybook/customer/v1/state.pb.h"

namespace daybook::customer {

template <class Request>
void CheckDate(const Request& request, FieldViolations& bad) {
  if (request.has_effective_date()) {
    Expect(DayOf(request.effective_date()).status(), "effective_date", bad);
  }
}

// Envelope, customer and date of a command about a customer who must be in the book.
template <class Request>
void CheckWhoAndWhen(const Request& request, FieldViolations& bad) {
  CheckEnvelope(request, command::kMaxRequestIdCharacters, bad);
  Expect(CheckId(request.customer_id(), command::kMaxCustomerIdCharacters), "customer_id", bad);
  CheckDate(request, bad);
}

template <class Request>
absl::CivilDay DayOrToday(const Request& request, const command::Context& context) {
  return request.has_effective_date() ? *DayOf(request.effective_date())
                                      : TodayIn(absl::UTCTimeZone(), context.now);
}

// The day on which something counts that must not come before `earliest`, the day of `what`:
// INVALID_FIELDS if it is said to, while one of today comes on `earliest` if that lies ahead.
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

// The day on which a change counts: not before the customer's registration.
template <class Request>
absl::StatusOr<absl::CivilDay> DayOfChange(const command::View& view, const Request& request,
                                           const command::Context& context) {
  return DayNotBefore(*DayOf(view.state.customer().registered_date()),
                      "the registration of the customer", request, context);
}

// Version of a customer's part of the book, opaque to clients.
inline std::string EtagOf(int64_t version) { return absl::StrCat(version); }

}  // namespace daybook::customer
