#include "common/store/store.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/container/node_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/store/fault_point.h"
#include "google/protobuf/arena.h"

namespace daybook::store {
namespace {

// Table 0 of a shard is the engine's: how far, and of which log.
constexpr uint8_t kEngineTable = 0;
constexpr std::string_view kPositionKey = "position";
constexpr std::string_view kLogIdKey = "log_id";
// Behind all partitions: what the store is.
constexpr int kMaxPartition = 0xfffe;
constexpr std::string_view kFormatKey =
    "\xff\xff"
    "format";
constexpr int kFormat = 1;

rocksdb::Slice SliceOf(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view ViewOf(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }
absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

std::string ShardPrefix(int partition) {
  return {static_cast<char>(partition >> 8), static_cast<char>(partition)};
}

// The smallest key behind all that begin with `prefix`; empty if there is none.
std::string PrefixEnd(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (!prefix.empty()) ++prefix.back();
  return prefix;
}

absl::Status FromRocks(const rocksdb::Status& status, std::string_view doing,
                       const std::string& directory) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = absl::StrCat(Absl(doing), " ", directory, ": ", status.ToString());
  if (status.IsCorruption()) return absl::DataLossError(text);
  if (status.IsNoSpace()) return absl::ResourceExhaustedError(text);
  return absl::UnavailableError(text);
}

std::string FormatOf(const Options& options) {
  return absl::StrCat("daybook-store ", kFormat, " ", options.kind, " ");
}

rocksdb::Options RocksOptions(const Options& options) {
  rocksdb::Options rocks;
  rocks.create_if_missing = !options.any_version;
  rocks.paranoid_checks = true;
  rocks.compression = rocksdb::kNoCompression;  // small hot rows
  rocks.write_buffer_size = options.write_buffer_bytes;
  rocks.max_write_buffer_number = 3;
  rocks.max_background_jobs = 2;
  // Most look-ups of the write side are for request ids that are not there.
  rocks.memtable_whole_key_filtering = true;
  rocks.memtable_prefix_bloom_size_ratio = 0.1;
  rocks.keep_log_file_num = 3;
  rocks.max_log_file_size = 4 << 20;
  rocks.stats_dump_period_sec = 0;
  rocks.info_log_level = rocksdb::WARN_LEVEL;
  rocks.disable_auto_compactions = options.bulk;
  if (options.bulk) {
    rocks.level0_slowdown_writes_trigger = 1 << 20;
    rocks.level0_stop_writes_trigger = 1 << 20;
  }
  rocksdb::BlockBasedTableOptions table;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.format_version = 5;
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  table.block_cache = options.block_cache
                          ? std::static_pointer_cast<rocksdb::Cache>(options.block_cache)
                          : rocksdb::NewLRUCache(64 << 20);
  rocks.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return rocks;
}

rocksdb::WriteOptions NoWal() {
  rocksdb::WriteOptions write;
  write.disableWAL = true;
  return write;
}

struct RowKeyHash {
  using is_transparent = void;
  size_t operator()(std::string_view key) const { return absl::HashOf(Absl(key)); }
};
struct RowKeyEq {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return a == b; }
};

}  // namespace

namespace {

std::unique_ptr<google::protobuf::Arena> NewArena() {
  google::protobuf::ArenaOptions options;
  options.start_block_size = 64 << 10;
  options.max_block_size = 1 << 20;
  return std::make_unique<google::protobuf::Arena>(options);
}

}  // namespace

std::shared_ptr<void> NewBlockCache(size_t bytes) { return rocksdb::NewLRUCache(bytes); }

// ---------------------------------------------------------------------------------------- Store

struct Store::Db {
  Options options;
  rocksdb::Options rocks_options;
  std::unique_ptr<rocksdb::DB> rocks;
  std::string started_over_because;
  int version = 0;
  std::mutex ingest;  // one ingestion at a time
  std::atomic<int64_t> persisted_us = 0;

  absl::Status Open();
  absl::Status CheckFormat();
  absl::Status Write(rocksdb::WriteBatch* batch);
  void PersistIfDue();
};

absl::Status Store::Db::Open() {
  std::error_code error;
  if (!options.any_version) std::filesystem::create_directories(options.directory, error);
  if (error) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot make directory ", options.directory, ": ", error.message()));
  }
  rocks_options = RocksOptions(options);
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(rocks_options, options.directory, &opened);
  const std::string text = status.ToString();
  if (absl::StrContains(text, "While lock file") || absl::StrContains(text, "lock hold by")) {
    return absl::FailedPreconditionError(absl::StrCat(
        options.directory, " is open in another process or twice in this one: ", text));
  }
  // Whatever else keeps it from opening (a file cut short is an I/O error) is damage.
  if (!status.ok()) {
    return absl::DataLossError(absl::StrCat("cannot open ", options.directory, ": ", text));
  }
  rocks.reset(opened);
  return CheckFormat();
}

absl::Status Store::Db::CheckFormat() {
  std::string stored;
  const std::string format = FormatOf(options);
  const std::string expected = absl::StrCat(format, options.version);
  version = options.version;
  const rocksdb::Status got = rocks->Get({}, SliceOf(kFormatKey), &stored);
  if (got.IsNotFound()) {
    rocksdb::WriteBatch batch;
    batch.Put(SliceOf(kFormatKey), expected);
    RETURN_IF_ERROR(FromRocks(rocks->Write(NoWal(), &batch), "writing", options.directory));
    return FromRocks(rocks->Flush({}), "writing", options.directory);
  }
  RETURN_IF_ERROR(FromRocks(got, "reading", options.directory));
  if (stored == expected) return absl::OkStatus();
  if (options.any_version && absl::StartsWith(stored, format) &&
      absl::SimpleAtoi(absl::string_view(stored).substr(format.size()), &version)) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(options.directory, " holds '", stored,
                                                    "', this program reads '", expected, "'"));
}

absl::Status Store::Db::Write(rocksdb::WriteBatch* batch) {
  rocksdb::Status status = rocks->Write(NoWal(), batch);
  if (!status.ok() && !status.IsCorruption()) {
    // A disk that was full and has room again: the failed flush is tried once more.
    if (rocks->Resume().ok()) status = rocks->Write(NoWal(), batch);
  }
  RETURN_IF_ERROR(FromRocks(status, "writing", options.directory));
  PersistIfDue();
  return absl::OkStatus();
}

void Store::Db::PersistIfDue() {
  const int64_t now = absl::ToUnixMicros(absl::Now());
  int64_t last = persisted_us.load(std::memory_order_relaxed);
  if (now - last < absl::ToInt64Microseconds(options.persist_interval)) return;
  if (!persisted_us.compare_exchange_strong(last, now)) return;
  rocksdb::FlushOptions flush;
  flush.wait = false;
  flush.allow_write_stall = true;
  rocks->Flush(flush).PermitUncheckedError();  // an error shows at the next write
}

Store::Store(std::unique_ptr<Db> db) : db_(std::move(db)) {}

Store::~Store() {
  if (db_->rocks) Persist().IgnoreError();
}

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const Options& options) {
  DAYBOOK_CHECK(!options.directory.empty() && !options.kind.empty());
  auto db = std::make_unique<Db>();
  db->options = options;
  db->persisted_us = absl::ToUnixMicros(absl::Now());
  absl::Status status = db->Open();
  std::unique_ptr<Store> store(new Store(std::move(db)));
  if (status.ok() && store->SizeBytes() <= options.verify_limit_bytes) status = store->Verify();
  if (status.ok()) return store;
  const bool locked = absl::StrContains(status.message(), "open in another process");
  if (!options.start_over_if_damaged || locked) return status;

  store->db_->rocks.reset();
  store = nullptr;
  RETURN_IF_ERROR(Destroy(options.directory));
  Options again = options;
  again.start_over_if_damaged = false;
  ASSIGN_OR_RETURN(store, Open(again));
  store->db_->options = options;
  store->db_->started_over_because = std::string(status.message());
  return store;
}

absl::Status Store::Persist() {
  return FromRocks(db_->rocks->Flush({}), "writing", db_->options.directory);
}

absl::Status Store::Verify() const {
  rocksdb::ReadOptions read;
  read.verify_checksums = true;
  read.fill_cache = false;
  return FromRocks(db_->rocks->VerifyChecksum(read), "checking", db_->options.directory);
}

uint64_t Store::SizeBytes() const {
  uint64_t bytes = 0;
  db_->rocks->GetIntProperty(rocksdb::DB::Properties::kTotalSstFilesSize, &bytes);
  return bytes;
}

const Options& Store::options() const { return db_->options; }
int Store::version() const { return db_->version; }
const std::string& Store::started_over_because() const { return db_->started_over_because; }

absl::Status Store::Destroy(const std::string& directory) {
  std::error_code error;
  if (!std::filesystem::exists(directory, error)) return absl::OkStatus();
  return FromRocks(rocksdb::DestroyDB(directory, {}), "removing", directory);
}

// ----------------------------------------------------------------------------------------- View

View::View(Store* store, int partition, const log::Position& position, std::string log_id)
    : store_(store),
      partition_(partition),
      position_(position),
      log_id_(std::move(log_id)),
      snapshot_(store->db_->rocks->GetSnapshot()) {}

View::~View() {
  store_->db_->rocks->ReleaseSnapshot(static_cast<const rocksdb::Snapshot*>(snapshot_));
}

namespace {

// partition + table + key on the stack: a point query allocates nothing.
class FullKey {
 public:
  FullKey(int partition, uint8_t table, std::string_view key) : size_(key.size() + 3) {
    char* out = small_;
    if (size_ > sizeof(small_)) {
      large_.resize(size_);
      out = large_.data();
    }
    data_ = out;
    out[0] = static_cast<char>(partition >> 8);
    out[1] = static_cast<char>(partition);
    out[2] = static_cast<char>(table);
    std::copy(key.begin(), key.end(), out + 3);
  }
  rocksdb::Slice slice() const { return {data_, size_}; }

 private:
  size_t size_;
  const char* data_;
  char small_[157];
  std::string large_;
};

absl::StatusOr<bool> GetBytes(rocksdb::DB& db, const std::string& directory,
                              const rocksdb::Snapshot* snapshot, const rocksdb::Slice& key,
                              rocksdb::PinnableSlice* value) {
  rocksdb::ReadOptions read;
  read.snapshot = snapshot;
  const rocksdb::Status status = db.Get(read, db.DefaultColumnFamily(), key, value);
  if (status.IsNotFound()) return false;
  RETURN_IF_ERROR(FromRocks(status, "reading", directory));
  return true;
}

absl::StatusOr<bool> GetMessage(rocksdb::DB& db, const std::string& directory,
                                const rocksdb::Snapshot* snapshot, const rocksdb::Slice& key,
                                google::protobuf::MessageLite* message) {
  rocksdb::PinnableSlice value;
  ASSIGN_OR_RETURN(const bool found, GetBytes(db, directory, snapshot, key, &value));
  if (found && !message->ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return absl::DataLossError(
        absl::StrCat("reading ", directory, ": a row does not parse as ", message->GetTypeName()));
  }
  return found;
}

absl::Status ScanRange(rocksdb::DB& db, const std::string& directory,
                       const rocksdb::Snapshot* snapshot, const std::string& prefix,
                       const std::function<bool(std::string_view, std::string_view)>& each) {
  rocksdb::ReadOptions read;
  read.snapshot = snapshot;
  const std::string end = PrefixEnd(prefix);
  const rocksdb::Slice bound(end);
  if (!end.empty()) read.iterate_upper_bound = &bound;
  const std::unique_ptr<rocksdb::Iterator> at(db.NewIterator(read));
  for (at->Seek(prefix); at->Valid(); at->Next()) {
    if (!each(ViewOf(at->key()), ViewOf(at->value()))) return absl::OkStatus();
  }
  return FromRocks(at->status(), "reading", directory);
}

}  // namespace

absl::StatusOr<bool> View::Get(uint8_t table, std::string_view key, std::string* value) const {
  rocksdb::PinnableSlice pinned(value);
  ASSIGN_OR_RETURN(const bool found, GetBytes(*store_->db_->rocks, store_->options().directory,
                                              static_cast<const rocksdb::Snapshot*>(snapshot_),
                                              FullKey(partition_, table, key).slice(), &pinned));
  if (found && pinned.IsPinned()) value->assign(pinned.data(), pinned.size());
  return found;
}

absl::StatusOr<bool> View::ReadRow(uint8_t table, std::string_view key,
                                   google::protobuf::MessageLite* row) const {
  return GetMessage(*store_->db_->rocks, store_->options().directory,
                    static_cast<const rocksdb::Snapshot*>(snapshot_),
                    FullKey(partition_, table, key).slice(), row);
}

absl::Status View::Scan(uint8_t table, std::string_view prefix, const Each& each) const {
  return ScanRange(
      *store_->db_->rocks, store_->options().directory,
      static_cast<const rocksdb::Snapshot*>(snapshot_),
      FullKey(partition_, table, prefix).slice().ToString(),
      [&](std::string_view key, std::string_view value) { return each(key.substr(3), value); });
}

namespace {

class RowCursor : public Cursor {
 public:
  RowCursor(rocksdb::DB& db, const std::string& directory, const rocksdb::Snapshot* snapshot,
            const std::string& begin, const std::string& end)
      : directory_(directory), end_(end), bound_(end_) {
    rocksdb::ReadOptions read;
    read.snapshot = snapshot;
    read.fill_cache = false;
    read.iterate_upper_bound = &bound_;
    at_.reset(db.NewIterator(read));
    at_->Seek(begin);
  }
  bool valid() const override { return at_->Valid(); }
  void Next() override { at_->Next(); }
  uint8_t table() const override { return static_cast<uint8_t>(at_->key()[2]); }
  std::string_view key() const override { return ViewOf(at_->key()).substr(3); }
  std::string_view value() const override { return ViewOf(at_->value()); }
  absl::Status status() const override { return FromRocks(at_->status(), "reading", directory_); }

 private:
  const std::string directory_;
  const std::string end_;
  const rocksdb::Slice bound_;
  std::unique_ptr<rocksdb::Iterator> at_;
};

// One table from a key on, in either direction.
class TableCursor : public Cursor {
 public:
  TableCursor(rocksdb::DB& db, const std::string& directory, const rocksdb::Snapshot* snapshot,
              const std::string& table, Direction direction, const std::string& after)
      : directory_(directory),
        begin_(table),
        end_(PrefixEnd(table)),
        lower_(begin_),
        upper_(end_),
        forward_(direction == Direction::kForward) {
    rocksdb::ReadOptions read;
    read.snapshot = snapshot;
    read.iterate_lower_bound = &lower_;
    read.iterate_upper_bound = &upper_;
    at_.reset(db.NewIterator(read));
    if (after.size() == table.size()) {
      forward_ ? at_->SeekToFirst() : at_->SeekToLast();
      return;
    }
    forward_ ? at_->Seek(after) : at_->SeekForPrev(after);
    if (at_->Valid() && at_->key() == rocksdb::Slice(after)) Next();
  }
  bool valid() const override { return at_->Valid(); }
  void Next() override { forward_ ? at_->Next() : at_->Prev(); }
  uint8_t table() const override { return static_cast<uint8_t>(at_->key()[2]); }
  std::string_view key() const override { return ViewOf(at_->key()).substr(3); }
  std::string_view value() const override { return ViewOf(at_->value()); }
  absl::Status status() const override { return FromRocks(at_->status(), "reading", directory_); }

 private:
  const std::string directory_;
  const std::string begin_, end_;
  const rocksdb::Slice lower_, upper_;
  const bool forward_;
  std::unique_ptr<rocksdb::Iterator> at_;
};

}  // namespace

std::unique_ptr<Cursor> View::NewCursor() const {
  return std::make_unique<RowCursor>(*store_->db_->rocks, store_->options().directory,
                                     static_cast<const rocksdb::Snapshot*>(snapshot_),
                                     FullKey(partition_, kEngineTable + 1, "").slice().ToString(),
                                     PrefixEnd(ShardPrefix(partition_)));
}

std::unique_ptr<Cursor> View::NewCursor(uint8_t table) const {
  const std::string prefix = FullKey(partition_, table, "").slice().ToString();
  return std::make_unique<RowCursor>(*store_->db_->rocks, store_->options().directory,
                                     static_cast<const rocksdb::Snapshot*>(snapshot_), prefix,
                                     PrefixEnd(prefix));
}

std::unique_ptr<Cursor> View::NewCursor(uint8_t table, Direction direction,
                                        std::string_view after) const {
  return std::make_unique<TableCursor>(*store_->db_->rocks, store_->options().directory,
                                       static_cast<const rocksdb::Snapshot*>(snapshot_),
                                       FullKey(partition_, table, "").slice().ToString(), direction,
                                       FullKey(partition_, table, after).slice().ToString());
}

// ---------------------------------------------------------------------------------------- Shard

struct Shard::Impl {
  // A row in memory. `message` is null if the row is known to be absent.
  struct DeleteUnlessInArena {
    void operator()(google::protobuf::MessageLite* message) const {
      if (message->GetArena() == nullptr) delete message;
    }
  };
  using RowMessage = std::unique_ptr<google::protobuf::MessageLite, DeleteUnlessInArena>;
  struct Row {
    RowMessage message;
    bool dirty = false;
    uint64_t touched = 0;  // flush number
  };

  Store* store;
  int partition;
  log::Position position;
  std::string log_id;
  bool log_id_dirty = false;

  // Keys here are table + key. Rows keep their place, so that those to be flushed can be listed: a
  // flush of a few rows must not look at all that are in memory.
  using Rows = absl::node_hash_map<std::string, Row, RowKeyHash, RowKeyEq>;
  // In bulk mode: rows come in millions and go all at once.
  std::unique_ptr<google::protobuf::Arena> arena;
  Rows rows;
  std::vector<std::pair<std::string_view, Row*>> dirty;
  std::vector<std::pair<std::string, std::string>> appended;
  size_t appended_bytes = 0;
  uint64_t flushes = 0;
  // Nothing is stored but what is in memory: a row that is not in memory does not exist.
  bool all_in_memory = false;
  absl::Status error;  // the first since the last flush
  std::string scratch;

  mutable std::mutex view_mutex;
  std::shared_ptr<const View> view;

  rocksdb::DB& rocks() const { return *store->db_->rocks; }
  const std::string& directory() const { return store->options().directory; }

  absl::Status Load();
  Rows::value_type& Touch(uint8_t table, std::string_view key,
                          const google::protobuf::MessageLite& prototype);
  void MarkDirty(Rows::value_type& entry);
  void AddCompanions(const log::Position& at,
                     const std::function<void(const std::string&, const std::string&)>& put);
  absl::Status WriteRows(const log::Position& at);
  absl::Status IngestRows(const log::Position& at);
  void Evict();
  void Publish();
  std::string Prefixed(std::string_view key) const {
    std::string full = ShardPrefix(partition);
    full.append(key);
    return full;
  }
};

absl::StatusOr<std::unique_ptr<Shard>> Store::OpenShard(int partition) {
  DAYBOOK_CHECK(partition >= 0 && partition <= kMaxPartition);
  auto impl = std::make_unique<Shard::Impl>();
  impl->store = this;
  impl->partition = partition;
  if (db_->options.bulk) impl->arena = NewArena();
  RETURN_IF_ERROR(impl->Load());
  impl->Publish();
  return std::unique_ptr<Shard>(new Shard(std::move(impl)));
}

absl::Status Shard::Impl::Load() {
  log::v1::Position stored;
  ASSIGN_OR_RETURN(const bool found,
                   GetMessage(rocks(), directory(), nullptr,
                              FullKey(partition, kEngineTable, kPositionKey).slice(), &stored));
  all_in_memory = !found;
  if (!found) return absl::OkStatus();
  const absl::StatusOr<log::Position> parsed = log::FromProto(stored);
  if (!parsed.ok()) {
    return absl::DataLossError(absl::StrCat("reading ", directory(), ": the position of partition ",
                                            partition, ": ", parsed.status().ToString()));
  }
  position = *parsed;
  rocksdb::PinnableSlice value;
  ASSIGN_OR_RETURN(const bool has_log_id,
                   GetBytes(rocks(), directory(), nullptr,
                            FullKey(partition, kEngineTable, kLogIdKey).slice(), &value));
  if (has_log_id) log_id = value.ToString();
  return absl::OkStatus();
}

Shard::Impl::Rows::value_type& Shard::Impl::Touch(uint8_t table, std::string_view key,
                                                  const google::protobuf::MessageLite& prototype) {
  scratch.assign(1, static_cast<char>(table));
  scratch.append(key);
  auto [it, fresh] = rows.try_emplace(scratch);
  Row& row = it->second;
  row.touched = flushes;
  if (!fresh || all_in_memory) return *it;
  RowMessage message(prototype.New(arena.get()));
  const absl::StatusOr<bool> found = GetMessage(
      rocks(), directory(), nullptr, FullKey(partition, table, key).slice(), message.get());
  if (!found.ok()) {
    error.Update(found.status());
  } else if (*found) {
    row.message = std::move(message);
  }
  return *it;
}

void Shard::Impl::MarkDirty(Rows::value_type& entry) {
  if (entry.second.dirty) return;
  entry.second.dirty = true;
  dirty.emplace_back(entry.first, &entry.second);
}

void Shard::Impl::AddCompanions(
    const log::Position& at,
    const std::function<void(const std::string&, const std::string&)>& put) {
  const std::string prefix = ShardPrefix(partition) + static_cast<char>(kEngineTable);
  if (log_id_dirty) put(absl::StrCat(prefix, Absl(kLogIdKey)), log_id);
  put(absl::StrCat(prefix, Absl(kPositionKey)), log::ToProto(at).SerializeAsString());
}

absl::Status Shard::Impl::WriteRows(const log::Position& at) {
  rocksdb::WriteBatch batch;
  std::string key = ShardPrefix(partition);
  std::string value;
  std::sort(dirty.begin(), dirty.end());
  for (const auto& [row_key, row] : dirty) {
    key.resize(2);
    key.append(row_key);
    if (row->message == nullptr) {
      batch.Delete(key);
    } else {
      row->message->SerializeToString(&value);
      batch.Put(key, value);
    }
  }
  for (const auto& [row_key, bytes] : appended) batch.Put(Prefixed(row_key), bytes);
  AddCompanions(at, [&](const std::string& k, const std::string& v) { batch.Put(k, v); });
  return store->db_->Write(&batch);
}

// One sorted file with rows and position: ingesting it is atomic.
absl::Status Shard::Impl::IngestRows(const log::Position& at) {
  const std::string path = absl::StrCat(directory(), "/ingest-", partition, ".sst");
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), store->db_->rocks_options);
  const auto failed = [&](const rocksdb::Status& status) {
    return FromRocks(status, "writing", path);
  };
  RETURN_IF_ERROR(failed(writer.Open(path)));
  absl::Status status;
  AddCompanions(at, [&](const std::string& k, const std::string& v) {
    if (status.ok()) status = failed(writer.Put(k, v));
  });
  RETURN_IF_ERROR(status);

  std::sort(appended.begin(), appended.end());
  std::sort(dirty.begin(), dirty.end());
  auto next = appended.begin();
  std::string key = ShardPrefix(partition);
  std::string value;
  const auto put = [&](std::string_view row_key, const std::string& bytes) {
    key.resize(2);
    key.append(row_key);
    return failed(writer.Put(key, bytes));
  };
  for (const auto& [row_key, row] : dirty) {
    for (; next != appended.end() && next->first < row_key; ++next) {
      RETURN_IF_ERROR(put(next->first, next->second));
    }
    if (row->message != nullptr) {
      row->message->SerializeToString(&value);
      RETURN_IF_ERROR(put(row_key, value));
    } else {
      key.resize(2);
      key.append(row_key);
      RETURN_IF_ERROR(failed(writer.Delete(key)));
    }
  }
  for (; next != appended.end(); ++next) RETURN_IF_ERROR(put(next->first, next->second));
  RETURN_IF_ERROR(failed(writer.Finish()));
  FaultPoint("store.before_ingest");
  rocksdb::IngestExternalFileOptions ingest;
  ingest.move_files = true;
  ingest.write_global_seqno = false;
  const std::lock_guard lock(store->db_->ingest);
  return failed(rocks().IngestExternalFile({path}, ingest));
}

// Keeps what was used since the flush before; if that is still too much, nothing.
void Shard::Impl::Evict() {
  const Options& options = store->options();
  const bool too_large = arena != nullptr && arena->SpaceAllocated() > options.max_cached_bytes;
  if (rows.size() <= options.max_cached_rows && !too_large) return;
  all_in_memory = false;
  if (arena == nullptr) {
    absl::erase_if(rows, [&](const auto& entry) { return entry.second.touched + 1 < flushes; });
    if (rows.size() > options.max_cached_rows) rows.clear();
  } else {
    rows.clear();
    arena = NewArena();
  }
}

void Shard::Impl::Publish() {
  if (!store->options().views) return;
  auto fresh = std::make_shared<const View>(store, partition, position, log_id);
  const std::lock_guard lock(view_mutex);
  view.swap(fresh);
}

Shard::Shard(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Shard::~Shard() = default;

int Shard::partition() const { return impl_->partition; }
const log::Position& Shard::position() const { return impl_->position; }
const std::string& Shard::log_id() const { return impl_->log_id; }

void Shard::set_log_id(std::string log_id) {
  impl_->log_id = std::move(log_id);
  impl_->log_id_dirty = true;
}

absl::StatusOr<bool> Shard::Get(uint8_t table, std::string_view key, std::string* value) const {
  rocksdb::PinnableSlice pinned(value);
  ASSIGN_OR_RETURN(const bool found,
                   GetBytes(impl_->rocks(), impl_->directory(), nullptr,
                            FullKey(impl_->partition, table, key).slice(), &pinned));
  if (found && pinned.IsPinned()) value->assign(pinned.data(), pinned.size());
  return found;
}

absl::StatusOr<bool> Shard::Get(uint8_t table, std::string_view key,
                                google::protobuf::MessageLite* message) const {
  return GetMessage(impl_->rocks(), impl_->directory(), nullptr,
                    FullKey(impl_->partition, table, key).slice(), message);
}

absl::Status Shard::Write(absl::Span<const Change> changes, const log::Position& position) {
  rocksdb::WriteBatch batch;
  for (const Change& change : changes) {
    DAYBOOK_CHECK(change.table != kEngineTable);
    const FullKey key(impl_->partition, change.table, change.key);
    if (change.erase) {
      batch.Delete(key.slice());
    } else {
      batch.Put(key.slice(), change.value);
    }
  }
  impl_->AddCompanions(position,
                       [&](const std::string& k, const std::string& v) { batch.Put(k, v); });
  FaultPoint("store.before_write");
  RETURN_IF_ERROR(impl_->store->db_->Write(&batch));
  FaultPoint("store.after_write");
  impl_->log_id_dirty = false;
  impl_->position = position;
  impl_->all_in_memory = false;
  impl_->Publish();
  return absl::OkStatus();
}

absl::Status Shard::Clear() {
  const std::string prefix = ShardPrefix(impl_->partition);
  rocksdb::WriteBatch batch;
  batch.DeleteRange(prefix, PrefixEnd(prefix));
  RETURN_IF_ERROR(impl_->store->db_->Write(&batch));
  Drop();
  impl_->rows.clear();
  impl_->position = {};
  impl_->log_id.clear();
  impl_->log_id_dirty = false;
  impl_->all_in_memory = true;
  impl_->Publish();
  return absl::OkStatus();
}

absl::Status Shard::Scan(uint8_t table, std::string_view prefix, const View::Each& each) const {
  return ScanRange(
      impl_->rocks(), impl_->directory(), nullptr,
      FullKey(impl_->partition, table, prefix).slice().ToString(),
      [&](std::string_view key, std::string_view value) { return each(key.substr(3), value); });
}

google::protobuf::MessageLite& Shard::EditRow(uint8_t table, std::string_view key,
                                              const google::protobuf::MessageLite& prototype) {
  auto& entry = impl_->Touch(table, key, prototype);
  if (entry.second.message == nullptr) entry.second.message.reset(prototype.New());
  impl_->MarkDirty(entry);
  return *entry.second.message;
}

const google::protobuf::MessageLite* Shard::FindRow(
    uint8_t table, std::string_view key, const google::protobuf::MessageLite& prototype) {
  return impl_->Touch(table, key, prototype).second.message.get();
}

void Shard::EraseRow(uint8_t table, std::string_view key) {
  impl_->scratch.assign(1, static_cast<char>(table));
  impl_->scratch.append(key);
  auto& entry = *impl_->rows.try_emplace(impl_->scratch).first;
  entry.second.touched = impl_->flushes;
  entry.second.message = nullptr;
  impl_->MarkDirty(entry);
}

void Shard::AppendRow(uint8_t table, std::string_view key,
                      const google::protobuf::MessageLite& row) {
  std::string full(1, static_cast<char>(table));
  full.append(key);
  std::string bytes = row.SerializeAsString();
  impl_->appended_bytes += full.size() + bytes.size();
  impl_->appended.emplace_back(std::move(full), std::move(bytes));
}

absl::Status Shard::Flush(const log::Position& position) {
  RETURN_IF_ERROR(impl_->error);
  FaultPoint("store.before_flush");
  RETURN_IF_ERROR(impl_->store->options().bulk ? impl_->IngestRows(position)
                                               : impl_->WriteRows(position));
  FaultPoint("store.after_flush");
  for (const auto& [key, row] : impl_->dirty) row->dirty = false;
  impl_->dirty.clear();
  impl_->appended.clear();
  // Appended rows are not in memory, so absence from memory no longer proves absence; but whoever
  // appends promises not to look them up again.
  impl_->appended_bytes = 0;
  impl_->log_id_dirty = false;
  impl_->position = position;
  ++impl_->flushes;
  impl_->Evict();
  impl_->Publish();
  return absl::OkStatus();
}

void Shard::Drop() {
  const bool was_all = impl_->all_in_memory;
  if (was_all && impl_->position == log::Position{}) {
    impl_->rows.clear();
  } else {
    absl::erase_if(impl_->rows, [](const auto& entry) { return entry.second.dirty; });
    impl_->all_in_memory = false;
  }
  impl_->appended.clear();
  impl_->appended_bytes = 0;
  impl_->dirty.clear();
  impl_->error = absl::OkStatus();
}

size_t Shard::dirty_rows() const { return impl_->dirty.size(); }
size_t Shard::memory_bytes() const {
  return impl_->appended_bytes + (impl_->arena ? impl_->arena->SpaceAllocated() : 0);
}

std::shared_ptr<const View> Shard::view() const {
  const std::lock_guard lock(impl_->view_mutex);
  return impl_->view;
}

void Shard::RefreshView() { impl_->Publish(); }

}  // namespace daybook::store
