#include "common/command/cache_rows.h"

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "daybook/internal/book/v1/state.pb.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

namespace daybook::command {

absl::Status UnreadableRow(std::string_view what) {
  return absl::DataLossError(absl::StrCat("the command cache holds a broken ", ToAbsl(what)));
}

namespace {

absl::StatusOr<log::Position> ParsePosition(std::string_view bytes) {
  log::v1::Position stored;
  if (!stored.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return UnreadableRow("position of receipts");
  }
  const absl::StatusOr<log::Position> position = log::FromProto(stored);
  if (!position.ok()) return UnreadableRow("position of receipts");
  return position;
}

}  // namespace

absl::StatusOr<log::Position> ReceiptsPosition(CacheBacking& backing) {
  std::string bytes;
  ASSIGN_OR_RETURN(const bool found,
                   backing.Get(CacheBacking::Table::kPartition, kReceiptsKey, &bytes));
  return found ? ParsePosition(bytes) : log::Position();
}

absl::StatusOr<log::Position> ReceiptsPosition(absl::Span<const CacheBacking::Row> rows,
                                               const log::Position& before) {
  for (const CacheBacking::Row& row : rows) {
    if (row.table == CacheBacking::Table::kPartition && row.key == kReceiptsKey) {
      return ParsePosition(row.value);
    }
  }
  return before;
}

namespace {

// Of a serialised state, without parsing the rest; a state has no more than a handful of fields.
bool CommitsOf(std::string_view state, int64_t* commits) {
  using google::protobuf::internal::WireFormatLite;
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const uint8_t*>(state.data()),
                                            static_cast<int>(state.size()));
  *commits = 0;
  while (const uint32_t tag = in.ReadTag()) {
    if (tag == WireFormatLite::MakeTag(internal::book::v1::State::kCommitCountFieldNumber,
                                       WireFormatLite::WIRETYPE_VARINT)) {
      uint64_t value = 0;
      if (!in.ReadVarint64(&value)) return false;
      *commits = static_cast<int64_t>(value);
    } else if (!WireFormatLite::SkipField(&in, tag)) {
      return false;
    }
  }
  return in.ConsumedEntireMessage();
}

}  // namespace

absl::Status CheckWhole(CacheBacking& backing) {
  internal::book::v1::PartitionState expected;
  std::string bytes;
  ASSIGN_OR_RETURN(const bool found,
                   backing.Get(CacheBacking::Table::kPartition, kPartitionStateKey, &bytes));
  if (found && !expected.ParseFromString(bytes)) return UnreadableRow("partition state");
  int64_t customers = 0, commits = 0;
  bool readable = true;
  RETURN_IF_ERROR(backing.Scan(CacheBacking::Table::kState, "", true,
                               [&](std::string_view, std::string_view state) {
                                 int64_t of_customer = 0;
                                 readable = readable && CommitsOf(state, &of_customer);
                                 ++customers;
                                 commits += of_customer;
                               }));
  if (!readable) return UnreadableRow("state");
  if (customers == expected.customers() && commits == expected.commits()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("the command cache is not whole: it has ", customers,
                                          " customers with ", commits, " commits, and had ",
                                          expected.customers(), " with ", expected.commits()));
}

}  // namespace daybook::command
