// A read model as one stream of bytes, for comparing.
//
// Exact: positions and rows as they are; the same for the same log on any driver.
// Business: rows alone, without what depends on when they were recorded, all partitions merged and
// sorted; the same for the same story on any driver with the same number of partitions.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/projection/projection.h"
#include "common/store/store.h"

namespace daybook::projection {

struct DumpSummary {
  std::string sha256;  // of the stream, hexadecimal
  uint64_t rows = 0;
  uint64_t bytes = 0;
};

// The stream: for each row partition (2 bytes; business: none), table (1), size of key (4), key,
// size of value (4), value; sizes big-endian. In an exact dump the rows of a partition follow its
// log_id and serialised position (table 0). `sink`, if set, gets the stream in pieces.
using Sink = std::function<void(std::string_view piece)>;
absl::StatusOr<DumpSummary> ExactDump(ViewSpan views, const Sink& sink = nullptr);
absl::StatusOr<DumpSummary> BusinessDump(ViewSpan views, const ProjectionInfo& projection,
                                         const Sink& sink = nullptr);

// OK if both hold the same rows at the same positions; else FAILED_PRECONDITION names the first
// difference.
absl::Status CompareExactly(ViewSpan a, ViewSpan b);
// The same by the projection's control totals, for rows of different versions. UNIMPLEMENTED if it
// has none.
absl::Status CompareTotals(const ProjectionInfo& projection, ViewSpan a, ViewSpan b);

}  // namespace daybook::projection
