#include <rocksdb/db.h>

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
  rocksdb::ReadOptions read;
  if (at.snapshot != nullptr) read.snapshot = at.snapshot->get();
  const rocksdb::Status status =
      db.rocks->Get(read, db.rocks->DefaultColumnFamily(), key.slice(), scratch);
  if (status.IsNotFound()) return false;
  RETURN_IF_ERROR(FromRocks(status, "reading", db.options.directory));
  *value = ViewOf(*scratch);
  return true;
}

absl::StatusOr<bool> ReadAt(const Store::Db& db, const RowsAt& at, const FullKey& key,
                            google::protobuf::MessageLite* message) {
  rocksdb::PinnableSlice scratch;
  std::string_view value;
  ASSIGN_OR_RETURN(const bool found, ReadAt(db, at, key, &scratch, &value));
  if (found && !message->ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return absl::DataLossError(absl::StrCat("reading ", db.options.directory,
                                            ": a row does not parse as ", message->GetTypeName()));
  }
  return found;
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
  ASSIGN_OR_RETURN(const bool found, ReadAt(*store_->db_, *rows_, FullKey(partition_, table, key),
                                            &scratch, &bytes));
  if (found) value->assign(bytes);
  return found;
}

absl::StatusOr<bool> View::ReadRow(uint8_t table, std::string_view key,
                                   google::protobuf::MessageLite* row) const {
  return ReadAt(*store_->db_, *rows_, FullKey(partition_, table, key), row);
}

namespace {

// Rows of the recent flushes and of the database, merged: of a key that both have, the recent one.
class MergedCursor : public Cursor {
 public:
  // Rows whose keys begin with `prefix`, which has the table, or all of the shard if it has none.
  MergedCursor(const Store::Db& db, const RowsAt& at, int partition, std::string_view prefix,
               bool fill_cache)
      : directory_(db.options.directory), recent_(Recent(at, prefix)) {
    std::string begin = ShardPrefix(partition);
    end_ = PrefixEnd(begin.append(prefix));
    if (prefix.empty()) begin.push_back(static_cast<char>(kEngineTable + 1));
    bound_ = end_;
    rocksdb::ReadOptions read;
    read.snapshot = at.snapshot->get();
    read.fill_cache = fill_cache;
    if (!end_.empty()) read.iterate_upper_bound = &bound_;
    stored_.reset(db.rocks->NewIterator(read));
    stored_->Seek(begin);
    Settle();
  }

  bool valid() const override { return valid_; }
  void Next() override {
    Step();
    Settle();
  }
  uint8_t table() const override { return static_cast<uint8_t>(row().front()); }
  std::string_view key() const override { return row().substr(1); }
  std::string_view value() const override {
    return on_recent_ ? *recent_[next_].value : ViewOf(stored_->value());
  }
  absl::Status status() const override {
    return FromRocks(stored_->status(), "reading", directory_);
  }

 private:
  static std::vector<RecentRows::Row> Recent(const RowsAt& at, std::string_view prefix) {
    std::vector<RecentRows::Row> merged;
    for (const RecentRows* rows : {at.recent.get(), at.settling.get()}) {
      if (rows == nullptr) continue;
      const std::vector<RecentRows::Row> newer = std::exchange(merged, {});
      const std::vector<RecentRows::Row> older = rows->Range(at.version, prefix);
      // Of equal keys std::set_union takes the first range's.
      std::set_union(newer.begin(), newer.end(), older.begin(), older.end(),
                     std::back_inserter(merged),
                     [](const auto& a, const auto& b) { return a.key < b.key; });
    }
    return merged;
  }

  std::string_view StoredRow() const { return ViewOf(stored_->key()).substr(2); }
  std::string_view row() const { return on_recent_ ? recent_[next_].key : StoredRow(); }
  void Step() {
    if (on_recent_) {
      ++next_;
    } else {
      stored_->Next();
    }
  }
  // To a row that is there, from wherever the two sides stand.
  void Settle() {
    while (true) {
      const bool more = next_ < recent_.size();
      if (!stored_->Valid() && (!more || !stored_->status().ok())) {
        valid_ = false;
        return;
      }
      valid_ = true;
      on_recent_ = more && (!stored_->Valid() || recent_[next_].key <= StoredRow());
      if (!on_recent_) return;
      if (stored_->Valid() && recent_[next_].key == StoredRow()) stored_->Next();
      if (recent_[next_].value) return;
      ++next_;  // deleted
    }
  }

  const std::string directory_;
  const std::vector<RecentRows::Row> recent_;
  size_t next_ = 0;
  bool on_recent_ = false;
  bool valid_ = false;
  std::string end_;
  rocksdb::Slice bound_;
  std::unique_ptr<rocksdb::Iterator> stored_;
};

std::string TableAndKey(uint8_t table, std::string_view key) {
  return std::string(1, static_cast<char>(table)).append(key);
}

}  // namespace

absl::Status View::Scan(uint8_t table, std::string_view prefix, const Each& each) const {
  MergedCursor at(*store_->db_, *rows_, partition_, TableAndKey(table, prefix), true);
  for (; at.valid(); at.Next()) {
    if (!each(at.key(), at.value())) return absl::OkStatus();
  }
  return at.status();
}

std::unique_ptr<Cursor> View::NewCursor() const {
  return std::make_unique<MergedCursor>(*store_->db_, *rows_, partition_, "", false);
}

std::unique_ptr<Cursor> View::NewCursor(uint8_t table) const {
  return std::make_unique<MergedCursor>(*store_->db_, *rows_, partition_, TableAndKey(table, ""),
                                        false);
}

}  // namespace daybook::store
