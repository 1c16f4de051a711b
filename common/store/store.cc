#include "common/store/store.h"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/rate_limiter.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/store/internal.h"

namespace daybook::store {
namespace {

// Behind all partitions: what the store is.
constexpr std::string_view kFormatKey =
    "\xff\xff"
    "format";
constexpr int kFormat = 1;

std::string FormatOf(const Options& options) {
  return absl::StrCat("daybook-store ", kFormat, " ", options.kind, " ");
}

// Of all stores.
const std::shared_ptr<rocksdb::RateLimiter>& FileRate() {
  static const std::shared_ptr<rocksdb::RateLimiter> rate(
      rocksdb::NewGenericRateLimiter(kFileRate, 10'000));
  return rate;
}

rocksdb::Options RocksOptions(const Options& options) {
  rocksdb::Options rocks;
  rocks.create_if_missing = !options.any_version;
  rocks.paranoid_checks = true;
  rocks.compression = rocksdb::kNoCompression;  // small hot rows
  rocks.max_background_jobs = 2;
  // Written out as they grow: the log's sync would otherwise wait for all of it at once (a
  // journaling file system orders the data of files that share a transaction).
  rocks.bytes_per_sync = 256 << 10;
  // Of each file, fresh memory, which is paid for page by page.
  rocks.writable_file_max_buffer_size = 256 << 10;
  if (!options.bulk) rocks.rate_limiter = FileRate();
  rocks.keep_log_file_num = 3;
  rocks.max_log_file_size = 4 << 20;
  rocks.stats_dump_period_sec = 0;
  rocks.info_log_level = rocksdb::WARN_LEVEL;
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
  const std::string text = absl::StrCat(Absl(doing), " ", directory, ": ", status.ToString());
  if (status.IsCorruption()) return absl::DataLossError(text);
  if (status.IsNoSpace()) return absl::ResourceExhaustedError(text);
  return absl::UnavailableError(text);
}

void SetFileRate(int64_t bytes_per_second) { FileRate()->SetBytesPerSecond(bytes_per_second); }

std::shared_ptr<void> NewBlockCache(size_t bytes) { return rocksdb::NewLRUCache(bytes); }

// ---------------------------------------------------------------------------------------- Store

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
  RETURN_IF_ERROR(FromRocks(got, "reading", options.directory));
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

}  // namespace daybook::store
