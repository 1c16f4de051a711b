// The rows of a shard between its files and its fold. Private to common/store.
//
// Operation. Rows that a fold touches are found in a RowMap, or read into it; those that it has in
// hand are messages in an arena. A flush writes what was edited, in one of two ways, chosen when
// the shard is opened: LiveRows (live_rows.h) publishes it for readers and makes files of it later,
// BulkRows (bulk_rows.h) makes a file at once.
//
// Concurrency: one thread at a time; Get and Now beside Ingest on another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/log/chain.h"
#include "common/store/internal.h"
#include "common/store/row_map.h"
#include "common/store/store.h"
#include "google/protobuf/arena.h"
#include "google/protobuf/message_lite.h"

namespace daybook::store {

class ShardRows {
 public:
  using Message = google::protobuf::MessageLite;

  ShardRows(Store::Db& db, int partition);
  virtual ~ShardRows() = default;
  ShardRows(const ShardRows&) = delete;
  ShardRows& operator=(const ShardRows&) = delete;

  // Reads position and log_id. DATA_LOSS: they are damaged, or there are rows without them.
  absl::Status Load();

  int partition() const { return partition_; }
  const log::Position& position() const { return position_; }
  const std::string& log_id() const { return log_id_; }
  void set_log_id(std::string log_id) { log_id_ = std::move(log_id); }

  // These do what the methods of Shard of these names do.
  absl::StatusOr<bool> Get(uint8_t table, std::string_view key, std::string* value) const;
  absl::StatusOr<bool> Get(uint8_t table, std::string_view key, Message* message) const;
  Message& Edit(uint8_t table, std::string_view key, const Message& prototype);
  Message& Renew(uint8_t table, std::string_view key, const Message& prototype);
  const Message* Find(uint8_t table, std::string_view key, const Message& prototype);
  void Erase(uint8_t table, std::string_view key);
  void Append(uint8_t table, std::string_view key, const Message& row);
  void Expect(uint8_t table, std::string_view key);
  void FetchExpected();
  absl::Status Flush(const log::Position& position);
  absl::Status Ingest(absl::Span<const SortedRow> rows, const log::Position& position);
  absl::Status Clear();
  void Drop();
  size_t memory_bytes() const;
  virtual bool full() = 0;
  // Without edits: does what time or memory ask for.
  virtual void Tend() = 0;

  // Where the rows of the last flush stand, for a view.
  virtual RowsAt ForView() = 0;

 protected:
  // The same for the shard itself, which sees the database as it is.
  virtual RowsAt Now() const = 0;
  // Writes what was edited, with the position; an error: nothing is written.
  virtual absl::Status Write(const log::Position& position) = 0;
  // After that, when nothing is edited any more and position() is the new one.
  virtual void Written() = 0;
  // Lets go of the messages in hand, whose edits are written or dropped.
  virtual void Release() = 0;
  // The row was read from the database, as `bytes`.
  virtual void Keep(RowMap::Row& row, std::string_view bytes) = 0;
  // Rows that were flushed and are not in the database are to be forgotten; waits for what is under
  // way.
  virtual void StopSettling() = 0;
  // All rows are in the database, as of position().
  virtual void InDatabase() = 0;

  // `Row::Pack` with these, and what it adds to `rows_bytes_`.
  template <class Value>
  void Pack(const Value& value, RowMap::Row& row) {
    rows_bytes_ -= row.bytes();
    row.Pack(value);
    rows_bytes_ += row.bytes();
  }
  rocksdb::DB& rocks() const { return *db_.rocks; }
  // What edits take that are not flushed.
  size_t unflushed_bytes() const { return appended_bytes_.size() + arena_->SpaceUsed(); }

  // Appended rows, one behind the other in `appended_bytes_`.
  struct Appended {
    size_t begin;
    size_t hash;
    uint32_t key_bytes, value_bytes;
  };
  std::string_view KeyOf(const Appended& row) const {
    return {appended_bytes_.data() + row.begin, row.key_bytes};
  }
  std::string_view ValueOf(const Appended& row) const {
    return {appended_bytes_.data() + row.begin + row.key_bytes, row.value_bytes};
  }
  static std::unique_ptr<google::protobuf::Arena> NewArena();

  Store::Db& db_;
  const int partition_;
  log::Position position_;
  std::string log_id_;

  // Keys here are table + key. Rows in hand are listed, and so are those to be flushed: a flush of
  // a few must not look at all that are in memory.
  std::unique_ptr<google::protobuf::Arena> arena_ = NewArena();
  RowMap rows_;
  std::vector<RowMap::Row*> in_hand_;
  std::vector<RowMap::Row*> dirty_;
  std::vector<Appended> appended_;
  std::string appended_bytes_;
  size_t rows_bytes_ = 0;  // of `rows_`, without messages
  uint64_t flushes_ = 0;
  // Nothing is stored but what is in memory: a row that is not in memory does not exist.
  bool all_in_memory_ = false;

 private:
  absl::Status CheckEmpty() const;
  // The row's place in memory; `fresh`: it was not there and is not looked up.
  RowMap::Row& Place(uint8_t table, std::string_view key, bool* fresh);
  // The same, and the row is looked up.
  RowMap::Row& Touch(uint8_t table, std::string_view key, const Message& prototype);
  // Gives the row an empty message.
  void Take(RowMap::Row& row, const Message& prototype);
  // Gives the row the message that stands in the database, if there is one.
  absl::Status Read(uint8_t table, std::string_view key, const Message& prototype,
                    RowMap::Row& row);
  void MarkDirty(RowMap::Row& row);
  void LetGo();

  std::vector<RowMap::Hint> expected_;
  absl::Status error_;  // the first since the last flush
  std::string scratch_;
};

}  // namespace daybook::store
