// What the queries have in common: clocks, the account that is meant, pages, positions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/dates.h"
#include "common/base/fields.h"
#include "common/base/status.h"
#include "common/projection/kit/day_asked.h"
#include "common/projection/queries.h"
#include "daybook/balances/v1/balances_service.pb.h"
#include "daybook/balances/v1/rows.pb.h"
#include "projections/balances/standing.h"

namespace daybook::balances {

// ---------------------------------------------------------------------------------------- checks

// One that may be left out.
void CheckAnyId(std::string_view field, const std::string& id, FieldViolations* bad);
void CheckCustomer(const std::string& customer_id, FieldViolations* bad);
void CheckDate(std::string_view field, bool given, const google::type::Date& date,
               FieldViolations* bad);
// The range of google.protobuf.Timestamp.
void CheckTime(bool given, const google::protobuf::Timestamp& time, FieldViolations* bad);
void CheckPage(int32_t page_size, FieldViolations* bad);

template <class Request>
void CheckClocks(const Request& request, FieldViolations* bad) {
  CheckDate("as_of_date", request.has_as_of_date(), request.as_of_date(), bad);
  CheckTime(request.has_read_time(), request.read_time(), bad);
}

// ---------------------------------------------------------------------------------------- clocks

// The clocks of a request. "Today" is the day of `read_time`, if there is one: so a query of the
// past says what it would have said then, and says it for ever.
struct Asked {
  projection::DayAsked day;  // `as_of_date` or, of a statement, `end_date`
  int64_t read_us;
};

// Check has seen that they are well formed. READ_TIME_IN_FUTURE: later than now, by our clock and
// by that of the newest record.
template <class Request>
absl::StatusOr<Asked> AskedBy(const Request& request, const projection::Reading& reading);
absl::StatusOr<int64_t> ReadMicros(const google::protobuf::Timestamp& time,
                                   const projection::Reading& reading);

// Of the one partition that was read, or of all of them.
void SetPosition(const projection::Reading& reading, int64_t read_us, v1::ReadPosition* position);

// The account that a request means: by id, or the only one that was known at `read_us`. Refusals:
// CUSTOMER_NOT_FOUND, ACCOUNT_NOT_FOUND, ACCOUNT_REQUIRED.
absl::StatusOr<const v1::AccountHead*> FindAccount(const store::View& view,
                                                   const std::string& customer_id,
                                                   const std::string& account_id, int64_t read_us,
                                                   v1::CustomerRow* row);

// An account's history and the rows that it refers to.
struct HistoryOfAccount {
  v1::AccountTail tail;
  std::vector<std::unique_ptr<v1::HistoryChunk>> full;
  AccountHistory history;
};
absl::Status ReadHistory(const store::View& view, std::string_view customer_id,
                         std::string_view account_id, int64_t read_us, HistoryOfAccount* out);

// Memory that queries of one thread use again.
HistoryOfAccount& ScratchHistory();
v1::CustomerRow& ScratchRow();
Standing& ScratchStanding();

// Everything in the view was known then.
bool KnewAll(int64_t read_us, const store::View& view);

// Of a day counted from 1970-01-01.
void SetDate(int32_t day, google::type::Date* date);

// The account that a request names, as known at `read_us`, and its whole journal. The head is good
// until the next look-up of this thread.
template <class Request>
absl::StatusOr<const v1::AccountHead*> FindAccountHistory(const Request& request,
                                                          const projection::Reading& reading,
                                                          int64_t read_us,
                                                          HistoryOfAccount* account) {
  const store::View& view = *reading.partitions.front().view;
  ASSIGN_OR_RETURN(
      const v1::AccountHead* head,
      FindAccount(view, request.customer_id(), request.account_id(), read_us, &ScratchRow()));
  RETURN_IF_ERROR(ReadHistory(view, request.customer_id(), head->account_id(), read_us, account));
  return head;
}

// ----------------------------------------------------------------------------------------- pages

inline constexpr int kDefaultPage = 100;
inline constexpr int kLargestPage = 1000;

// Which part of a list is asked for, what was known when its first page was given, and which day it
// was then.
struct Page {
  int64_t index = 0;
  int64_t size = kDefaultPage;
  int64_t read_us = kEverything;
  uint64_t fingerprint = 0;
  std::optional<int32_t> day = {};  // of a later page

  // Token of the page that begins at `next`, of a list up to `day`.
  std::string TokenFor(int64_t next, int32_t day) const;
};

// The day that a page of an account's list goes up to: all pages go as far as the first.
int32_t DayOfPage(const Page& page, projection::DayAsked& day, const std::string& time_zone);

// PAGE_TOKEN_MALFORMED: none of ours, or of a request with other fields. `read_us` is what a
// request without a page token knows; a default becomes the newest recorded time, so that the pages
// of one list fit together whatever is recorded meanwhile.
absl::StatusOr<Page> PageOf(const google::protobuf::Message& request, int32_t page_size,
                            const std::string& page_token, int64_t read_us,
                            const projection::Reading& reading);

template <class Request>
absl::StatusOr<Asked> AskedBy(const Request& request, const projection::Reading& reading) {
  int64_t read_us = kEverything;
  absl::Time at = projection::TimeOfRead(reading);
  if (request.has_read_time()) {
    const absl::StatusOr<int64_t> micros = ReadMicros(request.read_time(), reading);
    if (!micros.ok()) return micros.status();
    read_us = *micros;
    at = absl::FromUnixMicros(read_us);
  }
  const google::type::Date* day = nullptr;
  if constexpr (requires { request.as_of_date(); }) {
    if (request.has_as_of_date()) day = &request.as_of_date();
  } else {
    if (request.has_end_date()) day = &request.end_date();
  }
  return Asked{projection::DayAsked(day, at), read_us};
}

}  // namespace daybook::balances
