// What is wrong with the fields that many queries have: one wording for all of them.
//
//   FieldViolations bad;
//   CheckCustomerId(request.customer_id(), bad);
//   CheckClocks(request, bad);
//   CheckPageSize(request.page_size(), bad);
//   return bad.ToStatus();
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/fields.h"
#include "common/base/status.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/type/date.pb.h"

namespace daybook::projection {

// Required.
void CheckCustomerId(const std::string& customer_id, FieldViolations& bad);
// May be empty.
void CheckAnyId(const std::string& id, std::string_view field, FieldViolations& bad);
// May be empty. `needs_customer`: it is, while an account is named.
void CheckAccountId(const std::string& account_id, bool needs_customer, FieldViolations& bad);
// Null: not given.
void CheckDate(const google::type::Date* date, std::string_view field, FieldViolations& bad);
void CheckReadTime(const google::protobuf::Timestamp* time, FieldViolations& bad);
// Both dates, and that the last is not before the first.
void CheckPeriod(const google::type::Date* start_date, const google::type::Date* end_date,
                 FieldViolations& bad);
void CheckPageSize(int32_t page_size, FieldViolations& bad);

// `as_of_date`, and `read_time` if the request has one.
template <class Request>
void CheckClocks(const Request& request, FieldViolations& bad) {
  CheckDate(request.has_as_of_date() ? &request.as_of_date() : nullptr, "as_of_date", bad);
  if constexpr (requires { request.read_time(); }) {
    CheckReadTime(request.has_read_time() ? &request.read_time() : nullptr, bad);
  }
}

template <class Request>
void CheckPeriod(const Request& request, FieldViolations& bad) {
  CheckPeriod(request.has_start_date() ? &request.start_date() : nullptr,
              request.has_end_date() ? &request.end_date() : nullptr, bad);
}

// Rows of a page: what was asked for, `by_default` if nothing was, `most` if more was.
inline int PageSizeOf(int32_t page_size, int by_default, int most) {
  return page_size == 0 ? by_default : std::min<int>(page_size, most);
}

// The refusal of a period that begins after `today` and does not say where it ends.
absl::Status StartsAhead(int32_t today);

}  // namespace daybook::projection
