#include "common/projection/kit/list.h"

#include <algorithm>
#include <vector>

#include "common/base/status.h"
#include "common/projection/kit/deadline.h"
#include "common/projection/kit/merged_rows.h"

namespace daybook::projection {
namespace {

using daybook::internal::read::v1::ListedRow;

constexpr int kRowsPerDeadline = 256;

// Whether `a` is before `b` in the order of the list.
bool Before(std::string_view a, std::string_view b, store::Direction direction) {
  return direction == store::Direction::kForward ? a < b : b < a;
}

}  // namespace

absl::Status CollectRows(const Reading& reading, const ListAsked& asked, RowOf row_of,
                         ListPart* part) {
  DeadlineEvery deadline(reading.deadline, kRowsPerDeadline);
  MergedRows rows(reading, asked.table, asked.direction, asked.after);
  std::string last;
  size_t bytes = 0;
  for (int looked = 0; rows.valid(); rows.Next(), ++looked) {
    if (!asked.until.empty() && rows.key() >= asked.until) break;
    if (part->rows_size() == asked.rows || looked == asked.looked || bytes >= kMostBytes) {
      part->set_frontier(last);
      break;
    }
    RETURN_IF_ERROR(deadline.Check());
    last = rows.key();
    const auto place = static_cast<size_t>(&rows.partition() - reading.partitions.data());
    std::string row;
    ASSIGN_OR_RETURN(const bool matches, row_of({place, rows.key(), rows.value()}, &row));
    if (!matches) continue;
    bytes += row.size();
    ListedRow* listed = part->add_rows();
    listed->set_key(last);
    *listed->mutable_row() = std::move(row);
  }
  return rows.status();
}

absl::StatusOr<std::string> MergeRows(
    absl::Span<const ListPart* const> parts, store::Direction direction, int rows,
    absl::FunctionRef<absl::StatusOr<size_t>(std::string_view key, std::string_view row)> each) {
  std::vector<const ListedRow*> all;
  std::string_view frontier;
  for (const ListPart* part : parts) {
    for (const ListedRow& row : part->rows()) all.push_back(&row);
    if (part->frontier().empty()) continue;
    if (frontier.empty() || Before(part->frontier(), frontier, direction)) {
      frontier = part->frontier();
    }
  }
  std::sort(all.begin(), all.end(), [direction](const ListedRow* a, const ListedRow* b) {
    return Before(a->key(), b->key(), direction);
  });
  std::string_view last;
  int shown = 0;
  size_t bytes = 0;
  for (const ListedRow* row : all) {
    if (!frontier.empty() && Before(frontier, row->key(), direction)) break;
    if (shown == rows || bytes >= kMostBytes) return std::string(last);
    ASSIGN_OR_RETURN(const size_t taken, each(row->key(), row->row()));
    last = row->key();
    bytes += taken;
    ++shown;
  }
  return std::string(frontier);
}

}  // namespace daybook::projection
