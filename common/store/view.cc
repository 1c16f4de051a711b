#include <rocksdb/db.h>
#include <rocksdb/perf_level.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/store/internal.h"

namespace daybook::store {

FullKey::FullKey(int partition, uint8_t table, std::string_view key)
    : size_(key.size() + 3), data_(small_) {
  if (size_ > sizeof(small_)) {
    large_.resize(size_);
    data_ = large_.data();
  }
  data_[0] = static_cast<char>(partition >> 8);
  data_[1] = static_cast<char>(partition);
  data_[2] = static_cast<char>(table);
  std::copy(key.begin(), key.end(), data_ + 3);
}

absl::StatusOr<bool> ReadAt(const Store::Db& db, const RowsAt& at, const FullKey& key,
                            rocksdb::PinnableSlice* scratch, std::string_view* value) {
  for (const RecentRows* rows : {at.recent.get(), at.settling.get()}) {
    RecentRows::Row row;
    if (rows == nullptr || !rows->Find(at.version, key.row(), &row)) continue;
    if (row.value) *value = *row.value;
    return row.value.has_value();
  }
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);  // of this thread; nobody reads the counts
  rocksdb::ReadOptions read;
  if (at.snapshot != nullptr) read.snapshot = at.snapshot->get();
  const rocksdb::Status status =
      db.rocks->Get(read, db.rocks->DefaultColumnFamily(), key.slice(), scratch);
  if (status.IsNotFound()) return false;
  RETURN_IF_ERROR(db.Checked(status, "reading"));
  *value = ViewOf(*scratch);
  return true;
}

absl::StatusOr<bool> ReadAt(const Store::Db& db, const RowsAt& at, const FullKey& key,
                            google::protobuf::MessageLite* message) {
  rocksdb::PinnableSlice scratch;
  std::string_view value;
  ASSIGN_OR_RETURN(const bool found, ReadAt(db, at, key, &scratch, &value));
  if (found) RETURN_IF_ERROR(ParseRow(db, value, message));
  return found;
}

absl::Status ParseRow(const Store::Db& db, std::string_view value,
                      google::protobuf::MessageLite* message) {
  if (message->ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return absl::OkStatus();
  }
  const absl::Status broken = absl::DataLossError(absl::StrCat(
      "reading ", db.options.directory, ": a row does not parse as ", message->GetTypeName()));
  db.failure->Set(broken);
  return broken;
}

View::View(const Store* store, int partition, const log::Position& position, std::string log_id,
           std::unique_ptr<const RowsAt> rows)
    : store_(store),
      partition_(partition),
      position_(position),
      log_id_(std::move(log_id)),
      rows_(std::move(rows)) {}

View::~View() = default;

absl::StatusOr<bool> View::Get(uint8_t table, std::string_view key, std::string* value) const {
  rocksdb::PinnableSlice scratch;
  std::string_view bytes;
  ASSIGN_OR_RETURN(const bool found,
                   ReadAt(*store_->db_, *rows_, FullKey(partition_, table, key), &scratch, &bytes));
  if (found) value->assign(bytes);
  return found;
}

absl::StatusOr<bool> View::ReadRow(uint8_t table, std::string_view key,
                                   google::protobuf::MessageLite* row) const {
  return ReadAt(*store_->db_, *rows_, FullKey(partition_, table, key), row);
}

namespace {

bool ByKey(const RecentRows::Row& a, const RecentRows::Row& b) { return a.key < b.key; }

// Rows of the recent flushes and of the database, merged: of a key that both have, the recent one.
class MergedCursor : public Cursor {
 public:
  // Rows whose keys begin with `prefix`, which has the table; all of the shard if it is empty.
  // Those after `after`, table and key, if that is not empty.
  MergedCursor(const Store::Db& db, const RowsAt& at, int partition, std::string_view prefix,
               Direction direction, std::string_view after, bool fill_cache)
      : db_(db), forward_(direction == Direction::kForward), recent_(Recent(at, prefix)) {
    const std::string shard = ShardPrefix(partition);
    begin_ = shard;
    if (prefix.empty()) {
      begin_.push_back(static_cast<char>(kEngineTable + 1));
    } else {
      begin_.append(prefix);
    }
    end_ = PrefixEnd(shard + std::string(prefix));
    lower_ = begin_;
    upper_ = end_;
    rocksdb::ReadOptions read;
    read.snapshot = at.snapshot->get();
    read.fill_cache = fill_cache;
    read.iterate_lower_bound = &lower_;
    read.iterate_upper_bound = &upper_;
    stored_.reset(db.rocks->NewIterator(read));
    if (after.empty()) {
      forward_ ? stored_->SeekToFirst() : stored_->SeekToLast();
      next_ = forward_ ? 0 : static_cast<std::ptrdiff_t>(recent_.size()) - 1;
    } else {
      const std::string from = shard + std::string(after);
      forward_ ? stored_->Seek(from) : stored_->SeekForPrev(from);
      if (stored_->Valid() && ViewOf(stored_->key()) == from) StepStored();
      const RecentRows::Row place{after, {}};
      next_ = forward_
                  ? std::upper_bound(recent_.begin(), recent_.end(), place, ByKey) - recent_.begin()
                  : std::lower_bound(recent_.begin(), recent_.end(), place, ByKey) -
                        recent_.begin() - 1;
    }
    Settle();
  }

  bool valid() const override { return valid_; }
  void Next() override {
    on_recent_ ? StepRecent() : StepStored();
    Settle();
  }
  uint8_t table() const override { return static_cast<uint8_t>(row().front()); }
  std::string_view key() const override { return row().substr(1); }
  std::string_view value() const override {
    return on_recent_ ? *Row().value : ViewOf(stored_->value());
  }
  absl::Status status() const override { return db_.Checked(stored_->status(), "reading"); }

 private:
  static std::vector<RecentRows::Row> Recent(const RowsAt& at, std::string_view prefix) {
    std::vector<RecentRows::Row> merged;
    for (const RecentRows* rows : {at.recent.get(), at.settling.get()}) {
      if (rows == nullptr) continue;
      const std::vector<RecentRows::Row> newer = std::exchange(merged, {});
      const std::vector<RecentRows::Row> older = rows->Range(at.version, prefix);
      // Of equal keys std::set_union takes the first range's.
      std::set_union(newer.begin(), newer.end(), older.begin(), older.end(),
                     std::back_inserter(merged), ByKey);
    }
    return merged;
  }

  const RecentRows::Row& Row() const { return recent_[static_cast<size_t>(next_)]; }
  bool more_recent() const {
    return next_ >= 0 && next_ < static_cast<std::ptrdiff_t>(recent_.size());
  }
  void StepRecent() { next_ += forward_ ? 1 : -1; }
  void StepStored() { forward_ ? stored_->Next() : stored_->Prev(); }
  std::string_view StoredRow() const { return ViewOf(stored_->key()).substr(2); }
  std::string_view row() const { return on_recent_ ? Row().key : StoredRow(); }

  // To a row that is there, from wherever the two sides stand.
  void Settle() {
    for (; true; StepRecent()) {
      const bool stored = stored_->Valid();
      // Also of those who do not ask.
      valid_ = stored || (status().ok() && more_recent());
      if (!valid_) return;
      on_recent_ = more_recent() &&
                   (!stored || Row().key == StoredRow() || (Row().key < StoredRow()) == forward_);
      if (!on_recent_) return;
      if (stored && Row().key == StoredRow()) StepStored();
      if (Row().value) return;  // else it was deleted
    }
  }

  const Store::Db& db_;
  const bool forward_;
  const std::vector<RecentRows::Row> recent_;
  std::ptrdiff_t next_ = 0;
  bool on_recent_ = false;
  bool valid_ = false;
  std::string begin_, end_;
  rocksdb::Slice lower_, upper_;
  std::unique_ptr<rocksdb::Iterator> stored_;
};

std::string TableAndKey(uint8_t table, std::string_view key) {
  return std::string(1, static_cast<char>(table)).append(key);
}

}  // namespace

absl::Status View::Scan(uint8_t table, std::string_view prefix, const Each& each) const {
  MergedCursor at(*store_->db_, *rows_, partition_, TableAndKey(table, prefix), Direction::kForward,
                  "", true);
  for (; at.valid(); at.Next()) {
    if (!each(at.key(), at.value())) return absl::OkStatus();
  }
  return at.status();
}

std::unique_ptr<Cursor> View::NewCursor() const {
  return std::make_unique<MergedCursor>(*store_->db_, *rows_, partition_, "", Direction::kForward,
                                        "", false);
}

std::unique_ptr<Cursor> View::NewCursor(uint8_t table) const {
  return std::make_unique<MergedCursor>(*store_->db_, *rows_, partition_, TableAndKey(table, ""),
                                        Direction::kForward, "", false);
}

std::unique_ptr<Cursor> View::NewCursor(uint8_t table, Direction direction,
                                        std::string_view after) const {
  const std::string from = after.empty() ? "" : TableAndKey(table, after);
  return std::make_unique<MergedCursor>(*store_->db_, *rows_, partition_, TableAndKey(table, ""),
                                        direction, from, true);
}

}  // namespace daybook::store
