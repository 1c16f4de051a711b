#include "common/store/store.h"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/rate_limiter.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/store/files.h"
#include "common/store/internal.h"

namespace daybook::store {
namespace {

// Behind all partitions: what the store is.
constexpr std::string_view kFormatKey =
    "\xff\xff"
    "format";
constexpr int kFormat = 1;

// For a store that shares with no other.
constexpr MemoryLimits kOfOneStore = {.block_cache_bytes = 64 << 20,
                                      .cached_bytes = 96 << 20,
                                      .unflushed_bytes = 16 << 20,
                                      .settle_bytes = 64 << 20};

std::string FormatOf(const Options& options) {
  return absl::StrCat("daybook-store ", kFormat, " ", options.kind, " ");
}

// Of all stores.
const std::shared_ptr<rocksdb::RateLimiter>& FileRate() {
  static const std::shared_ptr<rocksdb::RateLimiter> rate(
      rocksdb::NewGenericRateLimiter(kFileRate, 10'000));
  return rate;
}

// RocksDB's log of its own is a file beside the tables, and the process ends by an assertion when
// it cannot be made: a disk that fails makes both much to say and no room to say it. Errors are
// told by statuses.
class NoLog : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::Options RocksOptions(const Options& options, const Memory& memory) {
  rocksdb::Options rocks;
  rocks.create_if_missing = !options.any_version;
  rocks.paranoid_checks = true;
  rocks.verify_sst_unique_id_in_manifest = true;
  rocks.compression = rocksdb::kNoCompression;  // small hot rows
  // Rows never come this way, only what the store is and that a shard was cleared.
  rocks.write_buffer_size = 1 << 20;
  rocks.max_background_jobs = 2;
  rocks.max_bgerror_resume_count = 0;  // what has failed is opened anew
  // Written out as they grow: the log's sync would otherwise wait for all of it at once (a
  // journaling file system orders the data of files that share a transaction).
  rocks.bytes_per_sync = 256 << 10;
  // Of each file, fresh memory, which is paid for page by page.
  rocks.writable_file_max_buffer_size = 256 << 10;
  if (!options.bulk) rocks.rate_limiter = FileRate();
  rocks.info_log = std::make_shared<NoLog>();
  rocks.stats_dump_period_sec = 0;
  rocks.disable_auto_compactions = options.bulk;
  // Rows come as files that span all keys: with levels each would have the next level written
  // again.
  rocks.compaction_style = rocksdb::kCompactionStyleUniversal;
  // Each file is of one partition, so that a look-up meets only a few of these.
  rocks.level0_file_num_compaction_trigger = 16;
  if (options.bulk) {
    rocks.level0_slowdown_writes_trigger = 1 << 20;
    rocks.level0_stop_writes_trigger = 1 << 20;
  }
  rocksdb::BlockBasedTableOptions table;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.format_version = 5;
  // A point query pays for places in memory that it has to look at. The hash of a block leads to
  // four rows, seldom to another's bucket (otherwise the block is searched), and there are half as
  // many blocks to choose from as usual.
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  table.data_block_hash_table_util_ratio = 0.2;
  table.block_restart_interval = 4;
  table.block_size = 8 << 10;
  // A block ends before a row that would make it larger, also one that is not nearly full: else who
  // reads a small row reads the large one behind it, which may have hundreds of KB.
  table.block_size_deviation = 99;
  table.block_cache = std::static_pointer_cast<rocksdb::Cache>(memory.block_cache());
  rocks.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return rocks;
}

rocksdb::WriteOptions NoWal() {
  rocksdb::WriteOptions write;
  write.disableWAL = true;
  return write;
}

constexpr std::string_view kInUse = " is open in another process or twice in this one: ";

// What RocksDB finds when nobody asks: compactions read and write, too.
class FailureListener : public rocksdb::EventListener {
 public:
  FailureListener(std::shared_ptr<Failure> failure, std::string directory)
      : failure_(std::move(failure)), directory_(std::move(directory)) {}
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* error) override {
    if (error->severity() < rocksdb::Status::kHardError) return;
    failure_->Set(FromRocks(*error, "working on", directory_));
  }

 private:
  const std::shared_ptr<Failure> failure_;
  const std::string directory_;
};

// Why a database does not open. What a disk says of a file that is not as it should be (cut short,
// unreadable) is damage; what it says of this process is not.
absl::Status OpenError(const rocksdb::Status& status, const std::string& directory) {
  const std::string text = status.ToString();
  if (absl::StrContains(text, "While lock file") || absl::StrContains(text, "lock hold by")) {
    return absl::FailedPreconditionError(absl::StrCat(directory, ToAbsl(kInUse), text));
  }
  const std::string message = absl::StrCat("cannot open ", directory, ": ", text);
  if (status.IsNoSpace()) return absl::ResourceExhaustedError(message);
  for (const int error : {EACCES, EPERM, EROFS, EMFILE, ENFILE, ENOMEM}) {
    if (absl::StrContains(text, std::strerror(error))) return absl::UnavailableError(message);
  }
  return absl::DataLossError(message);
}

}  // namespace

std::string ShardPrefix(int partition) {
  return {static_cast<char>(partition >> 8), static_cast<char>(partition)};
}

std::string PrefixEnd(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (!prefix.empty()) ++prefix.back();
  return prefix;
}

absl::Status FromRocks(const rocksdb::Status& status, std::string_view doing,
                       const std::string& directory) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = absl::StrCat(ToAbsl(doing), " ", directory, ": ", status.ToString());
  if (status.IsCorruption()) return absl::DataLossError(text);
  if (status.IsNoSpace()) return absl::ResourceExhaustedError(text);
  return absl::UnavailableError(text);
}

void SetFileRate(int64_t bytes_per_second) { FileRate()->SetBytesPerSecond(bytes_per_second); }

// ---------------------------------------------------------------------------------------- Store

absl::Status Store::Db::Open() {
  std::error_code error;
  if (!options.any_version) std::filesystem::create_directories(options.directory, error);
  if (error) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot make directory ", options.directory, ": ", error.message()));
  }
  memory.emplace(options.memory != nullptr ? options.memory
                                           : std::make_shared<Memory>(kOfOneStore));
  rocks_options = RocksOptions(options, memory->memory());
  env = rocksdb::NewCompositeEnv(NewStoreFileSystem(options.fault));
  rocks_options.env = env.get();
  rocks_options.listeners = {std::make_shared<FailureListener>(failure, options.directory)};
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(rocks_options, options.directory, &opened);
  if (!status.ok()) return OpenError(status, options.directory);
  rocks.reset(opened);
  RemoveLeftOver(options.directory);
  for (const auto pool : {rocksdb::Env::LOW, rocksdb::Env::HIGH}) {
    rocks->GetEnv()->LowerThreadPoolCPUPriority(pool, rocksdb::CpuPriority::kLow);
  }
  writer = std::make_unique<BackgroundThread>("store-writer");
  return CheckFormat();
}

absl::Status Store::Db::CheckRoom() const {
  struct statvfs fs;
  if (::statvfs(options.directory.c_str(), &fs) != 0) return absl::OkStatus();
  const uint64_t room = uint64_t{fs.f_bavail} * fs.f_frsize;
  if (room >= options.reserve_bytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("the disk of ", options.directory, " is full: ", room >> 20, " MiB are free, ",
                   options.reserve_bytes >> 20, " MiB are kept in reserve; make room"));
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
  if (!got.ok()) return OpenError(got, options.directory);
  if (stored == expected) return absl::OkStatus();
  if (options.any_version && absl::StartsWith(stored, format) &&
      absl::SimpleAtoi(absl::string_view(stored).substr(format.size()), &version)) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(options.directory, " holds '", stored,
                                                    "', this program reads '", expected, "'"));
}

Store::Store(std::unique_ptr<Db> db) : db_(std::move(db)) {}

Store::~Store() = default;

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const Options& options) {
  DAYBOOK_CHECK(!options.directory.empty() && !options.kind.empty());
  auto db = std::make_unique<Db>();
  db->options = options;
  absl::Status status = db->Open();
  std::unique_ptr<Store> store(new Store(std::move(db)));
  if (status.ok() && store->SizeBytes() <= options.verify_limit_bytes) {
    status = store->Verify();
    // A table that cannot be read is as good as none.
    if (absl::IsUnavailable(status)) status = absl::DataLossError(status.message());
  }
  if (status.ok()) return store;
  const bool useless =
      absl::IsDataLoss(status) || (absl::IsFailedPrecondition(status) && !IsInUse(status));
  if (!options.start_over_if_damaged || !useless) return status;

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

bool Store::IsInUse(const absl::Status& status) {
  return absl::StrContains(status.message(), ToAbsl(kInUse));
}

absl::Status Store::status() const { return db_->failure->status(); }

absl::Status Store::TryDisk() const {
  const std::string path = TrialPath(db_->options.directory);
  std::vector<std::string> names;
  std::string read;
  rocksdb::Status status = db_->env->GetChildren(db_->options.directory, &names);
  if (status.ok()) {
    status = rocksdb::WriteStringToFile(db_->env.get(), "trial", path, /*should_sync=*/true);
  }
  if (status.ok()) status = rocksdb::ReadFileToString(db_->env.get(), path, &read);
  const rocksdb::Status removed = db_->env->DeleteFile(path);
  return FromRocks(status.ok() ? removed : status, "trying", db_->options.directory);
}

absl::Status Store::Verify() const {
  rocksdb::ReadOptions read;
  read.verify_checksums = true;
  read.fill_cache = false;
  return db_->Checked(db_->rocks->VerifyChecksum(read), "checking");
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
  RETURN_IF_ERROR(FromRocks(rocksdb::DestroyDB(directory, {}), "removing", directory));
  // What RocksDB does not know.
  std::filesystem::remove_all(directory, error);
  return error ? absl::UnavailableError(absl::StrCat("removing ", directory, ": ", error.message()))
               : absl::OkStatus();
}

}  // namespace daybook::store
