// Rows computed from the log, and how far they were computed: typed tables over RocksDB.
//
// A `Store` is one database directory: one projection, or the write side's cache. A `Shard` is one
// partition in it; its rows and its position in the log are written in one batch, so that what is
// on disk is always the fold of a prefix of the partition. A `View` is a shard at one position, for
// readers.
//
//   constexpr Table<CustomerRow> kCustomers{1, "customers"};
//
//   ASSIGN_OR_RETURN(auto store, Store::Open({.directory = dir, .kind = "balances"}));
//   ASSIGN_OR_RETURN(auto shard, store->OpenShard(3));
//   shard->Edit(kCustomers, "c-1").set_name("Ada");      // in memory
//   RETURN_IF_ERROR(shard->Flush(position));             // rows + position, atomically
//   std::shared_ptr<const View> view = shard->view();    // from any thread
//
// Keys: partition (2 bytes, big-endian), table (1 byte), key. Order-preserving, so that a prefix is
// a range and a partition is one, too.
//
// Durability: nothing is written ahead; the log is the truth and what is lost here is folded again.
// A crash leaves a state that some Flush or Ingest left (batches become durable in order, whole),
// at most `persist_interval` of work old; closing a store persists all of it.
//
// Damage: every block is checked when it is read, every table is known by an identity of its own
// that the manifest has, and all blocks are checked at opening up to `verify_limit_bytes`. The
// error is DATA_LOSS and names the file. A read model is then set aside and made anew from the log;
// a cache is opened with `start_over_if_damaged` and begins at zero.
//
// Failure: what the disk refuses, or what is found damaged while it is open, fails the store and
// nothing else: `status` says it, nothing is written any more, and whoever owns the store closes it
// and opens it anew. A disk without room is no failure: the flush that needs it is tried again.
//
// Concurrency: a Store from any thread; a Shard from one thread at a time, different shards from
// different threads; `Shard::view`, and a View, from any thread. Shards and views must be gone
// before their store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/log/chain.h"
#include "common/store/memory.h"
#include "google/protobuf/message_lite.h"

namespace daybook::store {

// A table of a store, declared once and used by fold and query. Ids 1 to 255, never reused.
template <class Row>
struct Table {
  uint8_t id;
  std::string_view name;
};

// One row of an Ingest.
struct SortedRow {
  uint8_t table = 0;
  std::string_view key;
  std::string_view value;
};

// For tests: asked before each "make", "append", "sync", "read", "open", "size" and "remove" of a
// file of the store and "list" of its directory; what it returns is what the disk says. Null:
// nothing is asked. Any thread.
using FileFault = std::function<absl::Status(std::string_view operation, const std::string& file)>;

struct Options {
  std::string directory = {};
  // What the rows are and which version of the fold made them; another one does not open:
  // FAILED_PRECONDITION, or a fresh start with `start_over_if_damaged`.
  std::string kind = {};
  int version = 1;
  // Open whatever version is there (to look at it); must exist.
  bool any_version = false;
  // Throw away what is damaged or of another kind or version, and begin at zero.
  bool start_over_if_damaged = false;
  // For a rebuild: flushes become sorted files that are ingested; nothing is compacted.
  bool bulk = false;
  // All table files are checked at opening if they are not larger than this together.
  uint64_t verify_limit_bytes = 256 << 20;
  // Shared by the stores of a process; null: a budget of its own, that of one read model.
  std::shared_ptr<Memory> memory = {};
  // Rows that a shard keeps in memory between flushes, at most.
  size_t max_cached_rows = 200'000;
  // Their bytes in bulk mode, where they are messages; else see Memory.
  size_t max_cached_bytes = 256 << 20;
  // What is flushed becomes a file after so long, if not earlier for its size.
  absl::Duration persist_interval = absl::Seconds(20);
  // Kept free of the disk: files of rows are refused, RESOURCE_EXHAUSTED, before the database runs
  // out of room for its own bookkeeping, which it does not survive.
  uint64_t reserve_bytes = 64 << 20;
  FileFault fault = {};
};

// How fast files of rows are written at most, by all stores of the process together, those of bulk
// mode aside; bytes a second. A disk that is busy with them keeps the log's sync, and so every
// command, waiting: until another rate is set it is the one below. Any thread.
void SetFileRate(int64_t bytes_per_second);
inline constexpr int64_t kFileRate = 64 << 20;

class Store;
struct RowsAt;  // internal.h

enum class Direction { kForward, kBackward };

// Goes through rows of a view in order of table and key, or backward. Not thread-safe; within the
// view's life.
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual bool valid() const = 0;
  virtual void Next() = 0;
  virtual uint8_t table() const = 0;
  virtual std::string_view key() const = 0;    // until Next
  virtual std::string_view value() const = 0;  // until Next
  virtual absl::Status status() const = 0;     // not OK: invalid because of it
};

// A shard as some flush left it. Immutable.
class View {
 public:
  ~View();
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  int partition() const { return partition_; }
  const log::Position& position() const { return position_; }
  // `log_id` of the partition's first owner; empty before it has been read.
  const std::string& log_id() const { return log_id_; }

  // False if there is no such row. `row` keeps its memory between calls: reuse it.
  template <class Row>
  absl::StatusOr<bool> Read(Table<Row> table, std::string_view key, Row* row) const {
    return ReadRow(table.id, key, row);
  }
  absl::StatusOr<bool> Get(uint8_t table, std::string_view key, std::string* value) const;

  // Rows whose keys begin with `prefix`, in key order, until `each` returns false. The views are
  // valid during the call.
  using Each = std::function<bool(std::string_view key, std::string_view value)>;
  absl::Status Scan(uint8_t table, std::string_view prefix, const Each& each) const;
  // All rows of the shard; position and log_id are none.
  std::unique_ptr<Cursor> NewCursor() const;
  // The rows of one table.
  std::unique_ptr<Cursor> NewCursor(uint8_t table) const;
  // The rows of one table whose keys come after `after` in `direction`; all of them if it is empty.
  // Costs a seek, whatever lies before. Read blocks stay in the cache: for pages, not for scans.
  std::unique_ptr<Cursor> NewCursor(uint8_t table, Direction direction,
                                    std::string_view after) const;

 private:
  friend class Shard;
  View(const Store* store, int partition, const log::Position& position, std::string log_id,
       std::unique_ptr<const RowsAt> rows);
  absl::StatusOr<bool> ReadRow(uint8_t table, std::string_view key,
                               google::protobuf::MessageLite* row) const;

  const Store* store_;
  int partition_;
  log::Position position_;
  std::string log_id_;
  std::unique_ptr<const RowsAt> rows_;
};

class Shard {
 public:
  ~Shard();

  int partition() const;
  // What the rows on disk and the rows in memory were last flushed at.
  const log::Position& position() const;
  // Kept beside the position; written with the next Flush or Ingest.
  const std::string& log_id() const;
  void set_log_id(std::string log_id);

  // Rows on the level of bytes; these do not see rows that are only in memory.
  // False if there is no such row.
  absl::StatusOr<bool> Get(uint8_t table, std::string_view key, std::string* value) const;
  absl::StatusOr<bool> Get(uint8_t table, std::string_view key,
                           google::protobuf::MessageLite* message) const;
  // Writes rows, each once, in the order of table and key, and the position: made a file that
  // becomes part of the database whole, durable when this returns. Costs a file, so it is for
  // flushes that are seconds apart. May run beside Get on another thread. A shard is written by
  // Ingest or by Flush, never by both. An error: nothing of it is there.
  absl::Status Ingest(absl::Span<const SortedRow> rows, const log::Position& position);
  // Removes all rows, back to the initial position. Rows in memory are dropped, too.
  absl::Status Clear();

  // Rows as messages, written back by Flush. References and pointers are good until Flush or Drop.
  // An error of the database shows in Flush, which then writes nothing; until then the row reads as
  // absent.
  template <class Row>
  Row& Edit(Table<Row> table, std::string_view key) {  // a default row if absent
    return static_cast<Row&>(EditRow(table.id, key, Row::default_instance()));
  }
  // A default row in place of whatever is there, which is not looked up: for what a fold knows to
  // be new, or writes whole.
  template <class Row>
  Row& Renew(Table<Row> table, std::string_view key) {
    return static_cast<Row&>(RenewRow(table.id, key, Row::default_instance()));
  }
  template <class Row>
  const Row* Find(Table<Row> table, std::string_view key) {  // null if absent
    return static_cast<const Row*>(FindRow(table.id, key, Row::default_instance()));
  }
  template <class Row>
  void Erase(Table<Row> table, std::string_view key) {
    EraseRow(table.id, key);
  }
  // A row that is final: written with the next flush and not kept in memory. Not to be edited or
  // found again before that flush.
  template <class Row>
  void Append(Table<Row> table, std::string_view key, const Row& row) {
    AppendRow(table.id, key, row);
  }
  // A row that will soon be edited: a hint. Waiting for memory is most of what a fold does; what
  // several facts will touch is waited for at once, by FetchExpected.
  template <class Row>
  void Expect(Table<Row> table, std::string_view key) {
    ExpectRow(table.id, key);
  }
  // Asks the processor for the rows that were expected since the last call.
  void FetchExpected();
  // Publishes what was edited, and the position, as one; views of now on have it. It is made a file
  // in the background, later. UNAVAILABLE, RESOURCE_EXHAUSTED: an earlier file could not be
  // written; nothing is published, by any flush, until it has been: each call tries again.
  absl::Status Flush(const log::Position& position);
  // Forgets all edits since the last flush.
  void Drop();
  // Of appended rows, and of rows as messages: those in hand, in bulk mode all that are in memory.
  size_t memory_bytes() const;
  // What is not flushed takes the shard's part of Memory::kUnflushed: it should be flushed. Never
  // in bulk mode.
  bool full() const;

  // The newest view: what the last flush left. Any thread.
  std::shared_ptr<const View> view() const;
  // To be called now and then when there is nothing to flush: makes a file of what was flushed long
  // ago, gives back memory if the shard's part has become smaller, and makes a fresh view, for an
  // old one makes the database keep old rows.
  void Tend();

 private:
  friend class Store;
  struct Impl;
  explicit Shard(std::unique_ptr<Impl> impl);
  google::protobuf::MessageLite& EditRow(uint8_t table, std::string_view key,
                                         const google::protobuf::MessageLite& prototype);
  google::protobuf::MessageLite& RenewRow(uint8_t table, std::string_view key,
                                          const google::protobuf::MessageLite& prototype);
  const google::protobuf::MessageLite* FindRow(uint8_t table, std::string_view key,
                                               const google::protobuf::MessageLite& prototype);
  void EraseRow(uint8_t table, std::string_view key);
  void ExpectRow(uint8_t table, std::string_view key);
  void AppendRow(uint8_t table, std::string_view key, const google::protobuf::MessageLite& row);

  std::unique_ptr<Impl> impl_;
};

class Store {
 public:
  struct Db;  // internal.h
  // Creates the directory if need be. Errors: FAILED_PRECONDITION: of another kind or version, or
  // open in another process (IsInUse); DATA_LOSS: damaged, names the file; RESOURCE_EXHAUSTED,
  // UNAVAILABLE: no room, no rights, no descriptors: nothing is known of what is there.
  static absl::StatusOr<std::unique_ptr<Store>> Open(const Options& options);
  ~Store();
  // Of an error of Open: the store is open in another process, or twice in this one.
  static bool IsInUse(const absl::Status& status);

  // OK, or the first failure since it was opened; see the head of this file. Any thread.
  absl::Status status() const;
  // Whether the disk does what opening the store again needs: a file is made, read and removed
  // beside its tables. One at a time.
  absl::Status TryDisk() const;

  // At most one at a time for a partition (0 to 65,534).
  absl::StatusOr<std::unique_ptr<Shard>> OpenShard(int partition);

  // Compares every stored block with its checksum. DATA_LOSS names the file.
  absl::Status Verify() const;
  // Bytes of all table files.
  uint64_t SizeBytes() const;
  const Options& options() const;
  int version() const;  // of the rows that are there
  // Opening found damage or another version and began at zero; what was wrong.
  const std::string& started_over_because() const;

  // Removes a store's files; a directory that is not there is no error.
  static absl::Status Destroy(const std::string& directory);

 private:
  friend class Shard;
  friend class View;
  explicit Store(std::unique_ptr<Db> db);
  std::unique_ptr<Db> db_;
};

// Keys of several parts. The order of keys is the order of their parts, and no part runs into the
// next: AppendText("a"), AppendText("b") and AppendText("ab") make different keys, and the key of
// the leading parts is a prefix of the whole.
void AppendText(std::string* key, std::string_view part);
void AppendNumber(std::string* key, uint32_t part);
// Takes the first part off `key`; false if there is none.
bool TakeText(std::string_view* key, std::string* part);
bool TakeNumber(std::string_view* key, uint32_t* part);

}  // namespace daybook::store
