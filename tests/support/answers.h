// Answers of a query service as the engine makes them, for tests that hold a reading in their
// hands.
//
//   absl::Status status = test::AnswerOf<BalancesQueries>(request, reading, &response);
//
// Every answer over several partitions is made twice: of one part, and of a part per partition. A
// difference fails the test; so whoever asks tests the law of Scattered (queries.h).
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/projection/answer.h"
#include "common/projection/queries.h"
#include "google/protobuf/arena.h"

namespace daybook::test {

template <class Q, class Request>
const projection::MethodInfo& MethodOf() {
  static const projection::ServiceInfo service = projection::QueriesOf<Q>();
  for (const projection::MethodInfo& method : service.methods) {
    if (method.request == Request::descriptor()) return method;
  }
  DAYBOOK_CHECK(!"the service has no such method");
  __builtin_unreachable();
}

// The answer of parts: `group` of a partition's place in the reading says to which part it belongs.
// Parts travel: each is read back from its bytes.
template <class Q, class Request, class Response>
absl::Status AnswerOfParts(const Request& request, const projection::Reading& reading,
                           const std::vector<int>& group, Response* response) {
  const projection::MethodInfo& method = MethodOf<Q, Request>();
  google::protobuf::Arena arena;
  std::vector<projection::AnswerPart> parts;
  const int groups = *std::max_element(group.begin(), group.end()) + 1;
  for (int g = groups - 1; g >= 0; --g) {  // in no order
    std::vector<projection::PartitionReading> some;
    for (size_t p = 0; p < group.size(); ++p) {
      if (group[p] == g) some.push_back(reading.partitions[p]);
    }
    if (some.empty()) continue;
    projection::AnswerPart made;
    RETURN_IF_ERROR(projection::MakePart(method, request, {reading.now, reading.deadline, some},
                                         &arena, &made));
    google::protobuf::Message* read = method.part->New(&arena);
    EXPECT_TRUE(read->ParseFromString(made.message->SerializeAsString()));
    made.message = read;
    parts.push_back(std::move(made));
  }
  return projection::MergeParts(method, request, reading.now, absl::MakeSpan(parts), response);
}

template <class Q, class Request, class Response>
absl::Status AnswerOf(const Request& request, const projection::Reading& reading,
                      Response* response) {
  const projection::MethodInfo& method = MethodOf<Q, Request>();
  const absl::Status status = projection::AnswerFrom(method, request, reading, response);
  if (!method.scattered() || reading.partitions.size() < 2) return status;
  if (reading.deadline != absl::InfiniteFuture())
    return status;  // it is looked at per so many rows
  std::vector<int> each;
  while (each.size() < reading.partitions.size()) each.push_back(static_cast<int>(each.size()));
  Response merged;
  const absl::Status of_parts = AnswerOfParts<Q>(request, reading, each, &merged);
  EXPECT_EQ(of_parts.code(), status.code()) << request.ShortDebugString();
  EXPECT_EQ(of_parts.message(), status.message()) << request.ShortDebugString();
  EXPECT_EQ(ReasonOf(of_parts), ReasonOf(status)) << request.ShortDebugString();
  if constexpr (requires { merged.next_page_token(); }) {
    // Where a page ends may differ: see WalkSplitPages.
    if (!merged.next_page_token().empty() || !response->next_page_token().empty()) return status;
  }
  if (status.ok()) {
    EXPECT_EQ(merged.ShortDebugString(), response->ShortDebugString())
        << request.ShortDebugString();
  }
  return status;
}

// The rows of all pages of a list, as text; each page is made of parts of another split.
template <class Q, class Response, class Request, class RowsOf>
std::vector<std::string> WalkSplitPages(Request request, const projection::Reading& reading,
                                        RowsOf rows_of) {
  static std::mt19937 random(1);
  std::vector<std::string> rows;
  do {
    std::vector<int> group;
    for (size_t p = 0; p < reading.partitions.size(); ++p) {
      group.push_back(static_cast<int>(random() % reading.partitions.size()));
    }
    Response page;
    const absl::Status status = AnswerOfParts<Q>(request, reading, group, &page);
    EXPECT_TRUE(status.ok()) << status;
    if (!status.ok()) return rows;
    for (const auto& row : rows_of(page)) rows.push_back(row.ShortDebugString());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return rows;
}

}  // namespace daybook::test
