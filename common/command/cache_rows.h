// What the command cache holds, where, and how it is known to be whole.
//
//   table       key                    value
//   kState      <stream>               Stream: what the engine knows, with a list of the parts
//   kState      <stream> 00 <number>   a part: the field of that number in State, behind 8 bytes
//   kReceipt    <stream> 00 <request>  Receipt
//   kPartition                         PartitionState
//   kPartition  receipts               log.v1.Position: how far receipts go
//
// The messages are those of internal.book.v1. A stream is never written without its own row, in
// which each part stands with the number of commits that the stream had when the part was written
// last. The part's row begins with the same number, so that one that is missing, or older than it
// should be, is DATA_LOSS wherever it is met and never taken for the stream's.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/log/chain.h"
#include "daybook/internal/book/v1/state.pb.h"
#include "google/protobuf/message_lite.h"

namespace daybook::command {

inline constexpr std::string_view kPartitionStateKey = "";
inline constexpr std::string_view kReceiptsKey = "receipts";

// DATA_LOSS: `what` does not parse.
absl::Status UnreadableRow(std::string_view what);

// `number`: of the part's field in State.
void AppendPartKey(std::string_view stream_id, int number, std::string* key);

// What a part's row begins with.
inline constexpr size_t kPartHeadBytes = sizeof(int64_t);
inline void PutPartHead(int64_t commit_count, char* to) {
  std::memcpy(to, &commit_count, kPartHeadBytes);
}
// False: it is not of that many commits, or does not parse.
bool ParsePart(std::string_view row, int64_t commit_count, google::protobuf::MessageLite* part);
// Of how many commits the row of a part is; nullopt: the stream has no such part.
std::optional<int64_t> FindListed(const internal::book::v1::Stream& stream, int number);
// The row is written as of now.
void ListPart(int number, internal::book::v1::Stream* stream);

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

// Whether `backing` holds every stream with every commit and every part that it had when it was
// written. Reads all states. DATA_LOSS: it does not.
absl::Status CheckWhole(CacheBacking& backing);

// How far the receipts of `backing` go, which may be behind its position. Errors as
// StateCache::Load.
absl::StatusOr<log::Position> ReceiptsPosition(CacheBacking& backing);
// How far they go when `rows` are written where they go as far as `before`.
absl::StatusOr<log::Position> ReceiptsPosition(absl::Span<const CacheBacking::Row> rows,
                                               const log::Position& before);

}  // namespace daybook::command
