// What the command cache holds, where, and how it is known to be whole.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/log/chain.h"

namespace daybook::command {

// Of the partition's table: the partition's state, and how far receipts go.
inline constexpr std::string_view kPartitionStateKey = "";
inline constexpr std::string_view kReceiptsKey = "receipts";

// DATA_LOSS: `what` does not parse.
absl::Status UnreadableRow(std::string_view what);

// Where a StateCache keeps what it flushed: rows and position change together or not at all.
class CacheBacking {
 public:
  enum class Table : uint8_t { kState = 1, kReceipt = 2, kPartition = 3 };
  struct Row {
    Table table;
    std::string_view key;
    std::string_view value;
  };
  virtual ~CacheBacking() = default;
  // Of the last Write.
  virtual log::Position position() const = 0;
  // False: no such row. Beside a Write: the row before or after it.
  virtual absl::StatusOr<bool> Get(Table table, std::string_view key, std::string* value) = 0;
  // Rows whose keys begin with `prefix`, in their order. `once`: they are not looked at again soon.
  using Each = std::function<void(std::string_view key, std::string_view value)>;
  virtual absl::Status Scan(Table table, std::string_view prefix, bool once, const Each& each) = 0;
  // Rows in the order of table and key, each once.
  virtual absl::Status Write(absl::Span<const Row> rows, const log::Position& position) = 0;
  // Back to an empty store at the log's beginning. An error: try again later.
  virtual absl::Status Clear() = 0;
};

// Whether `backing` holds every customer with every commit that it had when it was written. Reads
// all states. DATA_LOSS: it does not.
absl::Status CheckWhole(CacheBacking& backing);

// How far the receipts of `backing` go, which may be behind its position. Errors as
// StateCache::Load.
absl::StatusOr<log::Position> ReceiptsPosition(CacheBacking& backing);
// How far they go when `rows` are written where they go as far as `before`.
absl::StatusOr<log::Position> ReceiptsPosition(absl::Span<const CacheBacking::Row> rows,
                                               const log::Position& before);

}  // namespace daybook::command
