#include "common/store/shard_rows.h"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/store/fault_point.h"
#include "common/store/sst_file.h"

namespace daybook::store {
namespace {

// Bytes that a list may have room for between two flushes.
constexpr size_t kKeptRoom = 64 << 10;

// Forgets all, and gives back room for much.
template <class List>
void Empty(List* list) {
  list->clear();
  if (list->capacity() * sizeof(typename List::value_type) > kKeptRoom) List().swap(*list);
}

rocksdb::WriteOptions NoWal() {
  rocksdb::WriteOptions write;
  write.disableWAL = true;
  return write;
}

}  // namespace

ShardRows::ShardRows(Store::Db& db, int partition) : db_(db), partition_(partition) {}

std::unique_ptr<google::protobuf::Arena> ShardRows::NewArena() {
  google::protobuf::ArenaOptions options;
  options.start_block_size = 64 << 10;
  options.max_block_size = 1 << 20;
  return std::make_unique<google::protobuf::Arena>(options);
}

// ----------------------------------------------------------------------------------- opening

absl::Status ShardRows::Load() {
  log::v1::Position stored;
  ASSIGN_OR_RETURN(const bool found,
                   ReadAt(db_, Now(), FullKey(partition_, kEngineTable, kPositionKey), &stored));
  all_in_memory_ = !found;
  if (!found) {
    RETURN_IF_ERROR(CheckEmpty());
    InDatabase();
    return absl::OkStatus();
  }
  const absl::StatusOr<log::Position> parsed = log::FromProto(stored);
  if (!parsed.ok()) {
    return absl::DataLossError(absl::StrCat("reading ", db_.options.directory,
                                            ": the position of partition ", partition_, ": ",
                                            parsed.status().ToString()));
  }
  position_ = *parsed;
  rocksdb::PinnableSlice scratch;
  std::string_view value;
  ASSIGN_OR_RETURN(
      const bool has_log_id,
      ReadAt(db_, Now(), FullKey(partition_, kEngineTable, kLogIdKey), &scratch, &value));
  if (has_log_id) log_id_ = std::string(value);
  InDatabase();
  return absl::OkStatus();
}

// Without a position nothing is looked up: then there must be nothing.
absl::Status ShardRows::CheckEmpty() const {
  const std::string prefix = ShardPrefix(partition_), end = PrefixEnd(prefix);
  const rocksdb::Slice upper(end);
  rocksdb::ReadOptions read;
  read.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> rows(rocks().NewIterator(read));
  rows->Seek(prefix);
  RETURN_IF_ERROR(db_.Checked(rows->status(), "reading"));
  if (!rows->Valid()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("reading ", db_.options.directory, ": partition ",
                                          partition_, " has rows and no position"));
}

// ------------------------------------------------------------------------------- rows as bytes

absl::StatusOr<bool> ShardRows::Get(uint8_t table, std::string_view key, std::string* value) const {
  rocksdb::PinnableSlice scratch;
  std::string_view bytes;
  ASSIGN_OR_RETURN(const bool found,
                   ReadAt(db_, Now(), FullKey(partition_, table, key), &scratch, &bytes));
  if (found) value->assign(bytes);
  return found;
}

absl::StatusOr<bool> ShardRows::Get(uint8_t table, std::string_view key, Message* message) const {
  return ReadAt(db_, Now(), FullKey(partition_, table, key), message);
}

absl::Status ShardRows::Ingest(absl::Span<const SortedRow> rows, const log::Position& position) {
  DAYBOOK_CHECK(Now().recent == nullptr && Now().settling == nullptr);
  RETURN_IF_ERROR(IngestFile(db_, partition_, position, log_id_, [&](const PutRow& put) {
    std::string key;
    for (const SortedRow& row : rows) {
      DAYBOOK_CHECK(row.table != kEngineTable);
      key.assign(1, static_cast<char>(row.table)).append(row.key);
      put(key, &row.value);
    }
  }));
  position_ = position;
  all_in_memory_ = false;
  InDatabase();
  return absl::OkStatus();
}

absl::Status ShardRows::Clear() {
  const std::string prefix = ShardPrefix(partition_);
  rocksdb::WriteBatch batch;
  batch.DeleteRange(prefix, PrefixEnd(prefix));
  StopSettling();
  RETURN_IF_ERROR(db_.failure->status());
  RETURN_IF_ERROR(db_.Checked(rocks().Write(NoWal(), &batch), "writing"));
  RETURN_IF_ERROR(db_.Checked(rocks().Flush({}), "writing"));
  position_ = {};
  log_id_.clear();
  InDatabase();
  Drop();
  rows_.clear();
  rows_bytes_ = 0;
  all_in_memory_ = true;
  return absl::OkStatus();
}

// ---------------------------------------------------------------------------- rows as messages

RowMap::Row& ShardRows::Place(uint8_t table, std::string_view key, bool* fresh) {
  scratch_.assign(1, static_cast<char>(table));
  scratch_.append(key);
  const auto [row, is_fresh] = rows_.TryEmplace(scratch_);
  *fresh = is_fresh;
  row->touched = flushes_;
  if (is_fresh) rows_bytes_ += row->bytes();
  return *row;
}

void ShardRows::Take(RowMap::Row& row, const Message& prototype) {
  row.message.reset(prototype.New(arena_.get()));
  in_hand_.push_back(&row);
}

RowMap::Row& ShardRows::Touch(uint8_t table, std::string_view key, const Message& prototype) {
  bool fresh = false;
  RowMap::Row& row = Place(table, key, &fresh);
  if (row.message != nullptr) return row;
  if (fresh && !all_in_memory_) {
    error_.Update(Read(table, key, prototype, row));
  } else if (row.exists()) {
    Take(row, prototype);
    const std::string_view packed = row.packed();
    DAYBOOK_CHECK(row.message->ParseFromArray(packed.data(), static_cast<int>(packed.size())));
  }
  return row;
}

absl::Status ShardRows::Read(uint8_t table, std::string_view key, const Message& prototype,
                             RowMap::Row& row) {
  rocksdb::PinnableSlice place;
  std::string_view bytes;
  ASSIGN_OR_RETURN(const bool found,
                   ReadAt(db_, Now(), FullKey(partition_, table, key), &place, &bytes));
  if (!found) return absl::OkStatus();
  decltype(row.message) message(prototype.New(arena_.get()));
  RETURN_IF_ERROR(ParseRow(db_, bytes, message.get()));
  row.message = std::move(message);
  in_hand_.push_back(&row);
  Keep(row, bytes);
  return absl::OkStatus();
}

void ShardRows::MarkDirty(RowMap::Row& row) {
  if (!std::exchange(row.dirty, true)) dirty_.push_back(&row);
}

ShardRows::Message& ShardRows::Edit(uint8_t table, std::string_view key, const Message& prototype) {
  RowMap::Row& row = Touch(table, key, prototype);
  if (row.message == nullptr) Take(row, prototype);
  MarkDirty(row);
  return *row.message;
}

ShardRows::Message& ShardRows::Renew(uint8_t table, std::string_view key,
                                     const Message& prototype) {
  bool fresh = false;
  RowMap::Row& row = Place(table, key, &fresh);
  if (row.message != nullptr) {
    row.message->Clear();
  } else {
    Take(row, prototype);
  }
  MarkDirty(row);
  return *row.message;
}

const ShardRows::Message* ShardRows::Find(uint8_t table, std::string_view key,
                                          const Message& prototype) {
  return Touch(table, key, prototype).message.get();
}

void ShardRows::Erase(uint8_t table, std::string_view key) {
  bool fresh = false;
  RowMap::Row& row = Place(table, key, &fresh);
  row.message = nullptr;
  row.PackAbsent();
  MarkDirty(row);
}

void ShardRows::Append(uint8_t table, std::string_view key, const Message& row) {
  std::string& bytes = appended_bytes_;
  const size_t begin = bytes.size();
  bytes.push_back(static_cast<char>(table));
  bytes.append(key);
  const size_t key_bytes = bytes.size() - begin;
  const size_t hash = HashOfKey({bytes.data() + begin, key_bytes});
  DAYBOOK_CHECK(row.AppendPartialToString(&bytes));
  appended_.push_back({begin, hash, static_cast<uint32_t>(key_bytes),
                       static_cast<uint32_t>(bytes.size() - begin - key_bytes)});
}

void ShardRows::Expect(uint8_t table, std::string_view key) {
  scratch_.assign(1, static_cast<char>(table));
  scratch_.append(key);
  expected_.emplace_back(rows_, HashOfKey(scratch_));
}

void ShardRows::FetchExpected() {
  for (RowMap::Hint& hint : expected_) hint.FetchRow(rows_);
  for (const RowMap::Hint& hint : expected_) hint.FetchBytes();
  expected_.clear();
}

// ------------------------------------------------------------------------------------- flushing

absl::Status ShardRows::Flush(const log::Position& position) {
  RETURN_IF_ERROR(error_);
  FaultPoint("store.before_flush");
  RETURN_IF_ERROR(Write(position));
  FaultPoint("store.after_flush");
  // Appended rows are not in memory, so absence from memory no longer proves absence; but whoever
  // appends promises not to look them up again.
  LetGo();
  position_ = position;
  ++flushes_;
  Written();
  return absl::OkStatus();
}

void ShardRows::LetGo() {
  for (RowMap::Row* row : dirty_) row->dirty = false;
  Empty(&dirty_);
  Empty(&appended_);
  Empty(&appended_bytes_);
  Release();
  Empty(&in_hand_);
}

void ShardRows::Drop() {
  std::erase_if(in_hand_, [](const RowMap::Row* row) { return row->dirty; });
  dirty_.clear();
  rows_.EraseIf([this](const RowMap::Row& row) {
    if (row.dirty) rows_bytes_ -= row.bytes();
    return row.dirty;
  });
  LetGo();
  // Before the first flush there is nothing that a row could be read back from.
  if (position_ != log::Position{}) all_in_memory_ = false;
  error_ = absl::OkStatus();
}

size_t ShardRows::memory_bytes() const { return appended_bytes_.size() + arena_->SpaceAllocated(); }

}  // namespace daybook::store
