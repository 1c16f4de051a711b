// Lists over the rows of an index, page by page, in two steps (queries.h): each holder collects the
// rows of its partitions that match, and the merge shows those that no part can still come before.
//
//   // Part
//   return CollectRows(reading, {.table = kByDay.id, .after = after, .rows = 50},
//                      [&](const ListedAt& at, std::string* row) -> absl::StatusOr<bool> {
//                        ...
//                      }, part);
//   // Merge
//   ASSIGN_OR_RETURN(const std::string last,
//                    MergeRows(parts, Direction::kForward, 50,
//                              [&](std::string_view key, std::string_view row) {
//                                ...
//                                return absl::StatusOr<size_t>(line->ByteSizeLong());
//                              }));
//   if (!last.empty()) response->set_next_page_token(PageTokenFor(request, last));
//
// A part ends where it has enough, where it has looked at kMostLooked rows, or where its rows end;
// its frontier says how far it looked. Up to the least frontier of all parts every row is known:
// the page ends there, or when it is full. Its token is the last key (page_token.h), whoever holds
// which partition, so the pages of a list show the same rows however the partitions are split; only
// where a page ends may differ, for each part looks at so many rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/projection/queries.h"
#include "common/store/store.h"
#include "daybook/internal/read/v1/part.pb.h"

namespace daybook::projection {

using ListPart = daybook::internal::read::v1::ListPart;

// Rows that one part looks at.
inline constexpr int kMostLooked = 10'000;
// A part or a page ends behind the row with which it has so many bytes.
inline constexpr size_t kMostBytes = 1 << 20;

struct ListAsked {
  uint8_t table;
  store::Direction direction = store::Direction::kForward;
  std::string after = {};    // the key behind which the page begins; empty: the first row
  std::string until = {};    // forward only: rows from this key on are not of the list
  int rows = 0;              // of a page
  int looked = kMostLooked;  // of a part
};

// A row of the index.
struct ListedAt {
  size_t partition;  // its place in the reading
  std::string_view key, value;
};

// Whether the row matches; if so, `row` becomes what the merge is to see of it.
using RowOf = absl::FunctionRef<absl::StatusOr<bool>(const ListedAt& at, std::string* row)>;

// No key may be in two partitions.
absl::Status CollectRows(const Reading& reading, const ListAsked& asked, RowOf row_of,
                         ListPart* part);

// Calls `each` with at most `rows` rows in their order; it says how many bytes the row takes in the
// answer. Returns the key behind which the next page begins; empty if this was the last page.
absl::StatusOr<std::string> MergeRows(
    absl::Span<const ListPart* const> parts, store::Direction direction, int rows,
    absl::FunctionRef<absl::StatusOr<size_t>(std::string_view key, std::string_view row)> each);

}  // namespace daybook::projection
