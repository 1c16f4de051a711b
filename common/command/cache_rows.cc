#include "common/command/cache_rows.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "daybook/internal/book/v1/state.pb.h"

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

void AppendPartKey(std::string_view stream_id, int number, std::string* key) {
  key->append(stream_id);
  key->push_back('\0');
  key->push_back(static_cast<char>(number));
}

namespace {

bool HasPartHead(std::string_view row, int64_t commit_count) {
  return row.size() >= kPartHeadBytes &&
         std::memcmp(row.data(), &commit_count, kPartHeadBytes) == 0;
}

}  // namespace

bool ParsePart(std::string_view row, int64_t commit_count, google::protobuf::MessageLite* part) {
  if (!HasPartHead(row, commit_count)) return false;
  row.remove_prefix(kPartHeadBytes);
  return part->ParseFromArray(row.data(), static_cast<int>(row.size()));
}

namespace {

// Where the part is in the list, or would be.
int PlaceOf(const internal::book::v1::Stream& stream, int number) {
  int at = 0;
  while (at < stream.parts_size() && stream.parts(at) < number) at += 2;
  return at;
}

}  // namespace

std::optional<int64_t> FindListed(const internal::book::v1::Stream& stream, int number) {
  const int at = PlaceOf(stream, number);
  if (at + 1 >= stream.parts_size() || stream.parts(at) != number) return std::nullopt;
  return stream.parts(at + 1);
}

void ListPart(int number, internal::book::v1::Stream* stream) {
  auto& parts = *stream->mutable_parts();
  const int at = PlaceOf(*stream, number);
  if (at >= parts.size() || parts[at] != number) {
    parts.Add(number);
    parts.Add(0);
    std::rotate(parts.begin() + at, parts.end() - 2, parts.end());
  }
  parts[at + 1] = stream->commit_count();
}

namespace {

// Goes through all rows of states, in the order of their keys: behind a stream's own row stand
// those of its parts.
class StateRows {
 public:
  void Meet(std::string_view key, std::string_view value) {
    const size_t end = key.find('\0');
    if (end != key.npos) return MeetPart(key.substr(0, end), key.substr(end + 1), value);
    End();
    stream_id_ = std::string(key);
    readable_ = readable_ && stream_.ParseFromArray(value.data(), static_cast<int>(value.size()));
    ++streams_;
    commits_ += stream_.commit_count();
  }
  void End() {
    all_parts_ = all_parts_ && next_part_ == stream_.parts_size();
    next_part_ = 0;
    stream_.Clear();
  }
  bool readable() const { return readable_; }
  bool all_parts() const { return all_parts_; }
  int64_t streams() const { return streams_; }
  int64_t commits() const { return commits_; }

 private:
  void MeetPart(std::string_view stream_id, std::string_view number, std::string_view value) {
    const bool listed = stream_id == stream_id_ && next_part_ + 1 < stream_.parts_size();
    all_parts_ = all_parts_ && listed && number.size() == 1 &&
                 static_cast<uint8_t>(number[0]) == stream_.parts(next_part_) &&
                 HasPartHead(value, stream_.parts(next_part_ + 1));
    next_part_ += 2;
  }

  std::string stream_id_;  // of the newest own row
  internal::book::v1::Stream stream_;
  int next_part_ = 0;
  bool readable_ = true, all_parts_ = true;
  int64_t streams_ = 0, commits_ = 0;
};

}  // namespace

absl::Status CheckWhole(CacheBacking& backing) {
  internal::book::v1::PartitionState expected;
  std::string bytes;
  ASSIGN_OR_RETURN(const bool found,
                   backing.Get(CacheBacking::Table::kPartition, kPartitionStateKey, &bytes));
  if (found && !expected.ParseFromString(bytes)) return UnreadableRow("partition state");
  StateRows rows;
  RETURN_IF_ERROR(
      backing.Scan(CacheBacking::Table::kState, "", true,
                   [&](std::string_view key, std::string_view value) { rows.Meet(key, value); }));
  rows.End();
  if (!rows.readable()) return UnreadableRow("state");
  if (rows.streams() != expected.customers() || rows.commits() != expected.commits()) {
    return absl::DataLossError(absl::StrCat(
        "the command cache is not whole: it has ", rows.streams(), " customers with ",
        rows.commits(), " commits, and had ", expected.customers(), " with ", expected.commits()));
  }
  if (!rows.all_parts()) {
    return absl::DataLossError(
        "the command cache is not whole: a part of a customer's state is missing or of another "
        "time than the rest");
  }
  return absl::OkStatus();
}

}  // namespace daybook::command
