#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/write_batch.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/store/fault_point.h"
#include "common/store/files.h"
#include "common/store/internal.h"
#include "common/store/row_map.h"
#include "google/protobuf/arena.h"

namespace daybook::store {
namespace {

// The least part of a shard.
constexpr size_t kLeastShare = 1 << 20;
// Bytes that a list may have room for between two flushes.
constexpr size_t kKeptRoom = 64 << 10;

// Forgets all, and gives back room for much.
template <class List>
void Empty(List* list) {
  list->clear();
  if (list->capacity() * sizeof(typename List::value_type) > kKeptRoom) List().swap(*list);
}

std::unique_ptr<google::protobuf::Arena> NewArena() {
  google::protobuf::ArenaOptions options;
  options.start_block_size = 64 << 10;
  options.max_block_size = 1 << 20;
  return std::make_unique<google::protobuf::Arena>(options);
}

rocksdb::WriteOptions NoWal() {
  rocksdb::WriteOptions write;
  write.disableWAL = true;
  return write;
}

}  // namespace

struct Shard::Impl {
  Store* store;
  int partition;
  log::Position position;
  std::string log_id;

  // Keys here are table + key. Rows in hand are listed, those to be flushed too: a flush of a few
  // must not look at all that are in memory. Their messages go with the flush. In bulk mode they
  // stay, for rows come in millions, are flushed seldom and go all at once.
  std::unique_ptr<google::protobuf::Arena> arena = NewArena();
  RowMap rows;
  std::vector<RowMap::Row*> in_hand;
  std::vector<RowMap::Row*> dirty;
  std::vector<RowMap::Hint> expected;
  // Appended rows, one behind the other in `appended_bytes`.
  struct Appended {
    size_t begin;
    size_t hash;
    uint32_t key_bytes, value_bytes;
  };
  std::vector<Appended> appended;
  std::string appended_bytes;
  size_t rows_bytes = 0;  // of `rows`; not in bulk mode
  uint64_t flushes = 0;
  // Nothing is stored but what is in memory: a row that is not in memory does not exist.
  bool all_in_memory = false;
  absl::Status error;  // the first since the last flush
  std::string scratch;

  // Published rows. In `recent` they are found; from time to time it is frozen and made a file by
  // the store's thread, and stays as `settling` until that has become part of the database.
  uint64_t version = 0;
  std::shared_ptr<RecentRows> recent;
  std::shared_ptr<const RecentRows> settling;
  std::shared_ptr<const Snapshot> snapshot;  // for views; of the database without `settling`
  log::Position settled_at;                  // of the newest file, made or being made
  absl::Time settled = absl::Now();
  bool settle_posted = false;  // the store's thread has it, or has done it and was not yet asked
  absl::Status settle_failed;  // why there is no file of `settling`, as of the last attempt
  std::mutex settle_mutex;     // of what follows
  std::condition_variable settle_done;
  std::optional<absl::Status> settle_status;  // of the attempt that was posted

  mutable std::mutex view_mutex;
  std::shared_ptr<const View> view;

  Store::Db& db() const { return *store->db_; }
  rocksdb::DB& rocks() const { return *db().rocks; }
  const std::string& directory() const { return store->options().directory; }
  bool bulk() const { return store->options().bulk; }
  // As it stands now, without what is only edited.
  RowsAt Now() const { return {version, recent, settling, nullptr}; }
  // This shard's part of what all have together.
  size_t Share(size_t bytes) const {
    const size_t shards = static_cast<size_t>(std::max(1, db().shards.load()));
    return std::max(bytes / shards, std::min(bytes, kLeastShare));
  }
  std::string_view KeyOf(const Appended& row) const {
    return {appended_bytes.data() + row.begin, row.key_bytes};
  }
  std::string_view ValueOf(const Appended& row) const {
    return {appended_bytes.data() + row.begin + row.key_bytes, row.value_bytes};
  }
  // No file has it, nor is one being made.
  bool unsettled() const { return recent != nullptr || position != settled_at; }

  absl::Status Load();
  absl::Status CheckEmpty() const;
  // The row's place in memory; `fresh`: it was not there and is not looked up.
  RowMap::Row& Place(uint8_t table, std::string_view key, bool* fresh);
  RowMap::Row& Touch(uint8_t table, std::string_view key,
                     const google::protobuf::MessageLite& prototype);
  // Gives the row an empty message.
  void Take(RowMap::Row& row, const google::protobuf::MessageLite& prototype);
  // Gives the row the message that stands in the database, if there is one.
  absl::Status Read(uint8_t table, std::string_view key,
                    const google::protobuf::MessageLite& prototype, RowMap::Row& row);
  void MarkDirty(RowMap::Row& row);
  // `Row::Pack` with these, and what it adds to `rows_bytes`.
  template <class Value>
  void Pack(const Value& value, RowMap::Row& row);
  void PublishRows();
  // After a flush, or instead of one.
  void LetGo();
  // Makes a file of what has been published, on the store's thread.
  void BeginSettle();
  void PostSettle();
  // Sees to a file that is done; `wait`s for one under way. Not OK: the last attempt failed, and
  // none since has come to an end.
  absl::Status TakeSettled(bool wait);
  // The same, and what failed is tried again.
  absl::Status TakeOrRetrySettled(bool wait);
  absl::Status SettleIfDue();
  using PutRow = std::function<void(std::string_view key, const std::string_view* value)>;
  using FillFile = std::function<void(const PutRow& put)>;
  absl::Status IngestFile(const log::Position& at, const std::string& log_id, const FillFile& fill);
  absl::Status IngestRows(const log::Position& at);
  void Evict();
  void Publish();
};

absl::StatusOr<std::unique_ptr<Shard>> Store::OpenShard(int partition) {
  DAYBOOK_CHECK(partition >= 0 && partition <= kMaxPartition);
  auto impl = std::make_unique<Shard::Impl>();
  impl->store = this;
  impl->partition = partition;
  RETURN_IF_ERROR(impl->Load());
  impl->snapshot = std::make_shared<const Snapshot>(impl->rocks());
  impl->Publish();
  ++db_->shards;
  return std::unique_ptr<Shard>(new Shard(std::move(impl)));
}

absl::Status Shard::Impl::Load() {
  log::v1::Position stored;
  ASSIGN_OR_RETURN(const bool found,
                   ReadAt(db(), Now(), FullKey(partition, kEngineTable, kPositionKey), &stored));
  all_in_memory = !found;
  if (!found) return CheckEmpty();
  const absl::StatusOr<log::Position> parsed = log::FromProto(stored);
  if (!parsed.ok()) {
    return absl::DataLossError(absl::StrCat("reading ", directory(), ": the position of partition ",
                                            partition, ": ", parsed.status().ToString()));
  }
  position = settled_at = *parsed;
  rocksdb::PinnableSlice scratch;
  std::string_view value;
  ASSIGN_OR_RETURN(
      const bool has_log_id,
      ReadAt(db(), Now(), FullKey(partition, kEngineTable, kLogIdKey), &scratch, &value));
  if (has_log_id) log_id = std::string(value);
  return absl::OkStatus();
}

// Without a position nothing is looked up: then there must be nothing.
absl::Status Shard::Impl::CheckEmpty() const {
  const std::string prefix = ShardPrefix(partition), end = PrefixEnd(prefix);
  const rocksdb::Slice upper(end);
  rocksdb::ReadOptions read;
  read.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> rows(rocks().NewIterator(read));
  rows->Seek(prefix);
  RETURN_IF_ERROR(db().Checked(rows->status(), "reading"));
  if (!rows->Valid()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("reading ", directory(), ": partition ", partition,
                                          " has rows and no position"));
}

RowMap::Row& Shard::Impl::Place(uint8_t table, std::string_view key, bool* fresh) {
  scratch.assign(1, static_cast<char>(table));
  scratch.append(key);
  const auto [row, is_fresh] = rows.TryEmplace(scratch);
  *fresh = is_fresh;
  row->touched = flushes;
  if (is_fresh && !bulk()) rows_bytes += row->bytes();
  return *row;
}

void Shard::Impl::Take(RowMap::Row& row, const google::protobuf::MessageLite& prototype) {
  row.message.reset(prototype.New(arena.get()));
  if (!bulk()) in_hand.push_back(&row);
}

template <class Value>
void Shard::Impl::Pack(const Value& value, RowMap::Row& row) {
  rows_bytes -= row.bytes();
  row.Pack(value);
  rows_bytes += row.bytes();
}

RowMap::Row& Shard::Impl::Touch(uint8_t table, std::string_view key,
                                const google::protobuf::MessageLite& prototype) {
  bool fresh = false;
  RowMap::Row& row = Place(table, key, &fresh);
  if (row.message != nullptr) return row;
  if (fresh && !all_in_memory) {
    error.Update(Read(table, key, prototype, row));
  } else if (row.exists()) {
    Take(row, prototype);
    const std::string_view packed = row.packed();
    DAYBOOK_CHECK(row.message->ParseFromArray(packed.data(), static_cast<int>(packed.size())));
  }
  return row;
}

absl::Status Shard::Impl::Read(uint8_t table, std::string_view key,
                               const google::protobuf::MessageLite& prototype, RowMap::Row& row) {
  rocksdb::PinnableSlice place;
  std::string_view bytes;
  ASSIGN_OR_RETURN(const bool found,
                   ReadAt(db(), Now(), FullKey(partition, table, key), &place, &bytes));
  if (!found) return absl::OkStatus();
  decltype(row.message) message(prototype.New(arena.get()));
  RETURN_IF_ERROR(ParseRow(db(), bytes, message.get()));
  row.message = std::move(message);
  if (bulk()) return absl::OkStatus();
  in_hand.push_back(&row);
  Pack(bytes, row);
  return absl::OkStatus();
}

void Shard::Impl::MarkDirty(RowMap::Row& row) {
  if (!std::exchange(row.dirty, true)) dirty.push_back(&row);
}

// Rows that were edited become a version that views of now on see.
void Shard::Impl::PublishRows() {
  if (dirty.empty() && appended.empty()) return;
  if (recent == nullptr) recent = std::make_shared<RecentRows>();
  ++version;
  // A few at a time: what was packed is still near when it is copied.
  std::vector<RecentRows::Edit> edits;
  edits.reserve(RecentRows::kMostEdits);
  const auto put = [&](const RecentRows::Edit& edit) {
    edits.push_back(edit);
    if (edits.size() < RecentRows::kMostEdits) return;
    recent->Put(version, edits);
    edits.clear();
  };
  for (RowMap::Row* row : dirty) {
    if (row->message != nullptr) Pack(*row->message, *row);
    put({row->key(), row->hash(), row->exists() ? std::optional(row->packed()) : std::nullopt});
  }
  for (const Appended& row : appended) put({KeyOf(row), row.hash, ValueOf(row)});
  recent->Put(version, edits);
}

void Shard::Impl::LetGo() {
  for (RowMap::Row* row : dirty) row->dirty = false;
  Empty(&dirty);
  Empty(&appended);
  Empty(&appended_bytes);
  if (!bulk()) {
    for (RowMap::Row* row : in_hand) row->message = nullptr;
    arena->Reset();
  }
  Empty(&in_hand);
}

void Shard::Impl::BeginSettle() {
  // Without rows there is still the position: what listens to little would else begin far back.
  if (recent == nullptr) recent = std::make_shared<RecentRows>();
  recent->Freeze();
  settling = std::exchange(recent, nullptr);
  settled_at = position;
  settled = absl::Now();
  PostSettle();
}

void Shard::Impl::PostSettle() {
  settle_posted = true;
  db().writer->Post([this, rows = settling, at = settled_at, log_id = log_id] {
    const absl::Status status = IngestFile(at, log_id, [&rows](const PutRow& put) {
      for (const RecentRows::Row& row : rows->All()) {
        put(row.key, row.value ? &*row.value : nullptr);
      }
    });
    const std::lock_guard lock(settle_mutex);
    settle_status = status;
    settle_done.notify_all();
  });
}

absl::Status Shard::Impl::TakeSettled(bool wait) {
  if (settle_posted) {
    std::unique_lock lock(settle_mutex);
    if (wait) settle_done.wait(lock, [this] { return settle_status.has_value(); });
    if (!settle_status.has_value()) return settle_failed;
    settle_failed = *std::exchange(settle_status, std::nullopt);
    settle_posted = false;
  }
  if (settling == nullptr || !settle_failed.ok()) return settle_failed;
  settling = nullptr;
  snapshot = std::make_shared<const Snapshot>(rocks());
  return absl::OkStatus();
}

absl::Status Shard::Impl::TakeOrRetrySettled(bool wait) {
  absl::Status status = TakeSettled(wait);
  if (!status.ok() && !settle_posted) PostSettle();
  return status;
}

absl::Status Shard::Impl::SettleIfDue() {
  const Options& options = store->options();
  const size_t bytes = recent == nullptr ? 0 : recent->bytes();
  const size_t settling_bytes = settling == nullptr ? 0 : settling->bytes();
  const size_t most = Share(options.settle_bytes);
  // One half is written while the other fills; then it is waited for.
  RETURN_IF_ERROR(TakeOrRetrySettled(bytes + settling_bytes >= most));
  const bool due = (recent != nullptr && bytes >= most / 2) ||
                   (unsettled() && absl::Now() - settled >= options.persist_interval);
  if (due && settling == nullptr) BeginSettle();
  return absl::OkStatus();
}

// One sorted file with rows and position: ingesting it is atomic. `fill` is given a function that
// takes a row's key (table and key) and value, null = deleted, in ascending order.
absl::Status Shard::Impl::IngestFile(const log::Position& at, const std::string& log_id,
                                     const FillFile& fill) {
  RETURN_IF_ERROR(db().failure->status());
  RETURN_IF_ERROR(db().CheckRoom());
  const std::string path = IngestPath(directory(), partition);
  const rocksdb::Options& options = store->db_->rocks_options;
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(options), options, nullptr, true,
                                rocksdb::Env::IO_LOW);
  absl::Status status = FromRocks(writer.Open(path), "writing", path);
  const auto check = [&](const rocksdb::Status& put) {
    if (status.ok()) status = FromRocks(put, "writing", path);
  };
  const auto put_companion = [&](std::string_view name, const std::string& value) {
    check(writer.Put(FullKey(partition, kEngineTable, name).slice(), value));
  };
  if (!log_id.empty()) put_companion(kLogIdKey, log_id);
  put_companion(kPositionKey, log::ToProto(at).SerializeAsString());
  std::string key = ShardPrefix(partition);
  fill([&](std::string_view row_key, const std::string_view* value) {
    if (!status.ok()) return;
    key.resize(2);
    key.append(row_key);
    check(value == nullptr ? writer.Delete(key) : writer.Put(key, SliceOf(*value)));
  });
  check(writer.Finish());
  if (!status.ok()) {
    // Half a file would keep room from the disk that it was too large for.
    ::unlink(path.c_str());
    return status;
  }
  FaultPoint("store.before_ingest");
  rocksdb::IngestExternalFileOptions ingest;
  ingest.move_files = true;
  ingest.write_global_seqno = false;
  const std::lock_guard lock(store->db_->ingest);
  return db().Checked(rocks().IngestExternalFile({path}, ingest), "writing");
}

absl::Status Shard::Impl::IngestRows(const log::Position& at) {
  std::sort(appended.begin(), appended.end(),
            [this](const Appended& a, const Appended& b) { return KeyOf(a) < KeyOf(b); });
  std::sort(dirty.begin(), dirty.end(),
            [](const auto* a, const auto* b) { return a->key() < b->key(); });
  return IngestFile(at, log_id, [this](const PutRow& put) {
    auto next = appended.begin();
    const auto put_appended = [&] {
      const std::string_view value = ValueOf(*next);
      put(KeyOf(*next), &value);
      ++next;
    };
    std::string bytes;
    for (const RowMap::Row* row : dirty) {
      const std::string_view row_key = row->key();
      while (next != appended.end() && KeyOf(*next) < row_key) put_appended();
      if (row->message == nullptr) {
        put(row_key, nullptr);
        continue;
      }
      row->message->SerializeToString(&bytes);
      const std::string_view value = bytes;
      put(row_key, &value);
    }
    while (next != appended.end()) put_appended();
  });
}

// If there are too many rows, those go that were not used lately: at least half, so that looking at
// all of them is seldom. In bulk mode all.
void Shard::Impl::Evict() {
  const Options& options = store->options();
  const bool too_large = bulk() ? arena->SpaceAllocated() > options.max_cached_bytes
                                : rows_bytes > Share(options.cached_bytes);
  if (rows.size() <= options.max_cached_rows && !too_large) return;
  all_in_memory = false;
  if (bulk()) {
    rows.clear();
    arena = NewArena();
    return;
  }
  std::vector<uint64_t> touched;
  touched.reserve(rows.size());
  rows.ForEach([&](const RowMap::Row& row) { touched.push_back(row.touched); });
  const auto middle = touched.begin() + static_cast<std::ptrdiff_t>(touched.size() / 2);
  std::nth_element(touched.begin(), middle, touched.end());
  rows.EraseIf([&](const RowMap::Row& row) {
    if (row.touched > *middle) return false;
    rows_bytes -= row.bytes();
    return true;
  });
}

void Shard::Impl::Publish() {
  if (bulk()) snapshot = std::make_shared<const Snapshot>(rocks());
  auto rows = std::make_unique<RowsAt>(RowsAt{version, recent, settling, snapshot});
  auto fresh =
      std::shared_ptr<const View>(new View(store, partition, position, log_id, std::move(rows)));
  const std::lock_guard lock(view_mutex);
  view.swap(fresh);
}

Shard::Shard(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Shard::~Shard() {
  Impl& impl = *impl_;
  --impl.db().shards;
  if (impl.bulk()) return;
  // What the last flush published is made durable; if that fails it is folded again from the log.
  // Nothing stays posted: it would write from a shard that is gone.
  if (!impl.TakeOrRetrySettled(true).ok()) impl.TakeSettled(true).IgnoreError();
  if (impl.settling != nullptr || !impl.unsettled()) return;
  impl.BeginSettle();
  impl.TakeSettled(true).IgnoreError();
}

int Shard::partition() const { return impl_->partition; }
const log::Position& Shard::position() const { return impl_->position; }
const std::string& Shard::log_id() const { return impl_->log_id; }

void Shard::set_log_id(std::string log_id) { impl_->log_id = std::move(log_id); }

absl::StatusOr<bool> Shard::Get(uint8_t table, std::string_view key, std::string* value) const {
  rocksdb::PinnableSlice scratch;
  std::string_view bytes;
  ASSIGN_OR_RETURN(
      const bool found,
      ReadAt(impl_->db(), impl_->Now(), FullKey(impl_->partition, table, key), &scratch, &bytes));
  if (found) value->assign(bytes);
  return found;
}

absl::StatusOr<bool> Shard::Get(uint8_t table, std::string_view key,
                                google::protobuf::MessageLite* message) const {
  return ReadAt(impl_->db(), impl_->Now(), FullKey(impl_->partition, table, key), message);
}

absl::Status Shard::Ingest(absl::Span<const SortedRow> rows, const log::Position& position) {
  DAYBOOK_CHECK(impl_->recent == nullptr && impl_->settling == nullptr);
  RETURN_IF_ERROR(impl_->IngestFile(position, impl_->log_id, [&](const Impl::PutRow& put) {
    std::string key;
    for (const SortedRow& row : rows) {
      DAYBOOK_CHECK(row.table != kEngineTable);
      key.assign(1, static_cast<char>(row.table)).append(row.key);
      put(key, &row.value);
    }
  }));
  impl_->position = impl_->settled_at = position;
  impl_->all_in_memory = false;
  impl_->snapshot = std::make_shared<const Snapshot>(impl_->rocks());
  impl_->Publish();
  return absl::OkStatus();
}

absl::Status Shard::Clear() {
  const std::string prefix = ShardPrefix(impl_->partition);
  rocksdb::WriteBatch batch;
  batch.DeleteRange(prefix, PrefixEnd(prefix));
  impl_->TakeSettled(true).IgnoreError();  // and not tried again: the rows go
  RETURN_IF_ERROR(impl_->db().failure->status());
  RETURN_IF_ERROR(impl_->db().Checked(impl_->rocks().Write(NoWal(), &batch), "writing"));
  RETURN_IF_ERROR(impl_->db().Checked(impl_->rocks().Flush({}), "writing"));
  impl_->recent = nullptr;
  impl_->settling = nullptr;
  impl_->settle_failed = absl::OkStatus();
  impl_->snapshot = std::make_shared<const Snapshot>(impl_->rocks());
  Drop();
  impl_->rows.clear();
  impl_->rows_bytes = 0;
  impl_->position = impl_->settled_at = {};
  impl_->log_id.clear();
  impl_->all_in_memory = true;
  impl_->Publish();
  return absl::OkStatus();
}

google::protobuf::MessageLite& Shard::EditRow(uint8_t table, std::string_view key,
                                              const google::protobuf::MessageLite& prototype) {
  RowMap::Row& row = impl_->Touch(table, key, prototype);
  if (row.message == nullptr) impl_->Take(row, prototype);
  impl_->MarkDirty(row);
  return *row.message;
}

google::protobuf::MessageLite& Shard::RenewRow(uint8_t table, std::string_view key,
                                               const google::protobuf::MessageLite& prototype) {
  bool fresh = false;
  RowMap::Row& row = impl_->Place(table, key, &fresh);
  if (row.message != nullptr) {
    row.message->Clear();
  } else {
    impl_->Take(row, prototype);
  }
  impl_->MarkDirty(row);
  return *row.message;
}

const google::protobuf::MessageLite* Shard::FindRow(
    uint8_t table, std::string_view key, const google::protobuf::MessageLite& prototype) {
  return impl_->Touch(table, key, prototype).message.get();
}

void Shard::EraseRow(uint8_t table, std::string_view key) {
  bool fresh = false;
  RowMap::Row& row = impl_->Place(table, key, &fresh);
  row.message = nullptr;
  row.PackAbsent();
  impl_->MarkDirty(row);
}

void Shard::ExpectRow(uint8_t table, std::string_view key) {
  impl_->scratch.assign(1, static_cast<char>(table));
  impl_->scratch.append(key);
  impl_->expected.emplace_back(impl_->rows, HashOfKey(impl_->scratch));
}

void Shard::FetchExpected() {
  for (RowMap::Hint& hint : impl_->expected) hint.FetchRow(impl_->rows);
  for (const RowMap::Hint& hint : impl_->expected) hint.FetchBytes();
  impl_->expected.clear();
}

void Shard::AppendRow(uint8_t table, std::string_view key,
                      const google::protobuf::MessageLite& row) {
  std::string& bytes = impl_->appended_bytes;
  const size_t begin = bytes.size();
  bytes.push_back(static_cast<char>(table));
  bytes.append(key);
  const size_t key_bytes = bytes.size() - begin;
  const size_t hash = HashOfKey({bytes.data() + begin, key_bytes});
  DAYBOOK_CHECK(row.AppendPartialToString(&bytes));
  impl_->appended.push_back({begin, hash, static_cast<uint32_t>(key_bytes),
                             static_cast<uint32_t>(bytes.size() - begin - key_bytes)});
}

absl::Status Shard::Flush(const log::Position& position) {
  RETURN_IF_ERROR(impl_->error);
  FaultPoint("store.before_flush");
  if (impl_->bulk()) {
    RETURN_IF_ERROR(impl_->IngestRows(position));
  } else {
    RETURN_IF_ERROR(impl_->TakeOrRetrySettled(false));
    impl_->PublishRows();
  }
  FaultPoint("store.after_flush");
  // Appended rows are not in memory, so absence from memory no longer proves absence; but whoever
  // appends promises not to look them up again.
  impl_->LetGo();
  impl_->position = position;
  ++impl_->flushes;
  impl_->Evict();
  // A file that cannot be written is said by the next flush; this one stands.
  if (!impl_->bulk()) impl_->SettleIfDue().IgnoreError();
  impl_->Publish();
  return absl::OkStatus();
}

void Shard::Drop() {
  std::erase_if(impl_->in_hand, [](const RowMap::Row* row) { return row->dirty; });
  impl_->dirty.clear();
  impl_->rows.EraseIf([this](const RowMap::Row& row) {
    if (row.dirty && !impl_->bulk()) impl_->rows_bytes -= row.bytes();
    return row.dirty;
  });
  impl_->LetGo();
  // Before the first flush there is nothing that a row could be read back from.
  if (impl_->position != log::Position{}) impl_->all_in_memory = false;
  impl_->error = absl::OkStatus();
}

size_t Shard::memory_bytes() const {
  return impl_->appended_bytes.size() + impl_->arena->SpaceAllocated();
}

bool Shard::full() const {
  return !impl_->bulk() && impl_->appended_bytes.size() + impl_->arena->SpaceUsed() >=
                               impl_->Share(impl_->store->options().unflushed_bytes);
}

std::shared_ptr<const View> Shard::view() const {
  const std::lock_guard lock(impl_->view_mutex);
  return impl_->view;
}

void Shard::Tend() {
  if (!impl_->bulk()) impl_->SettleIfDue().IgnoreError();
  impl_->Publish();
}

}  // namespace daybook::store
