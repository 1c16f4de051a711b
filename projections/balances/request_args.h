// What the queries have in common: the account that is meant, its history, pages.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/dates.h"
#include "common/base/status.h"
#include "common/projection/kit/day_asked.h"
#include "common/projection/kit/rows.h"
#include "common/projection/kit/two_clocks.h"
#include "common/projection/queries.h"
#include "projections/balances/rows.h"
#include "projections/balances/standing.h"

namespace daybook::balances {

// The account that a request means: by id, or the only one that was known at `read_us`. Refusals:
// CUSTOMER_NOT_FOUND, ACCOUNT_NOT_FOUND, ACCOUNT_REQUIRED.
absl::StatusOr<const rows::AccountHead*> FindAccount(const store::View& view,
                                                     const std::string& customer_id,
                                                     const std::string& account_id, int64_t read_us,
                                                     rows::CustomerRow* row);

// An account's history and the rows that it refers to.
struct HistoryOfAccount {
  rows::AccountTail tail;
  std::vector<std::unique_ptr<rows::HistoryChunk>> full;
  AccountHistory history;
};
absl::Status ReadHistory(const store::View& view, std::string_view customer_id,
                         std::string_view account_id, int64_t read_us, HistoryOfAccount* out);

// Memory that queries of one thread use again.
HistoryOfAccount& ScratchHistory();
rows::CustomerRow& ScratchRow();
Standing& ScratchStanding();

using projection::SetDate;

// The account that a request names, as known at `read_us`, and its whole history. The head is good
// until the next look-up of this thread.
template <class Request>
absl::StatusOr<const rows::AccountHead*> FindAccountHistory(const Request& request,
                                                            const store::View& view,
                                                            int64_t read_us,
                                                            HistoryOfAccount* account) {
  ASSIGN_OR_RETURN(
      const rows::AccountHead* head,
      FindAccount(view, request.customer_id(), request.account_id(), read_us, &ScratchRow()));
  RETURN_IF_ERROR(ReadHistory(view, request.customer_id(), head->account_id(), read_us, account));
  return head;
}

// ----------------------------------------------------------------------------------------- pages

// Which part of a list is asked for, what was known when its first page was given, and which day it
// was then.
struct Page {
  int64_t index = 0;
  int64_t size = 0;
  int64_t read_us = projection::kEverything;
  std::optional<int32_t> day = {};  // of a later page

  // The day that the page goes up to: all pages go as far as the first.
  int32_t DayOf(projection::DayAsked& asked, const std::string& time_zone) const {
    return day.has_value() ? *day : asked.In(time_zone);
  }
  // Token of the page that begins at `next`, of a list up to `up_to`.
  std::string TokenFor(const google::protobuf::Message& request, int64_t next, int32_t up_to) const;
};

// PAGE_TOKEN_MALFORMED: none of ours, or of a request with other fields. A request without a
// `read_time` knows what its first page knew, so that the pages of one list fit together whatever
// is recorded meanwhile.
absl::StatusOr<Page> PageOf(const google::protobuf::Message& request, int32_t page_size,
                            const std::string& page_token, int64_t read_us,
                            const projection::PartitionReading& partition);
template <class Request>
absl::StatusOr<Page> PageOf(const Request& request, int64_t read_us,
                            const projection::PartitionReading& partition) {
  return PageOf(request, request.page_size(), request.page_token(), read_us, partition);
}

}  // namespace daybook::balances
