#include "common/log/embedded/records.h"

#include <fcntl.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/rate_limiter.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/table.h>
#include <rocksdb/universal_compaction.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <filesystem>
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status.h"
#include "common/log/embedded/big_endian.h"
#include "common/log/embedded/zero_ahead.h"

namespace daybook::log {
namespace {

constexpr uint32_t kDescriptionPlace = std::numeric_limits<uint32_t>::max();
constexpr size_t kIdBytes = 12;

std::string DescriptionKey() {
  std::string key(4, '\0');
  StoreBigEndian(kDescriptionPlace, key.data());
  return key + "log";
}

// Remembers what recovery drops from a write-ahead log: RocksDB says it nowhere else.
class DropListener : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list args) override {
    char line[512];
    std::vsnprintf(line, sizeof line, format, args);
    if (std::string_view(line).find("dropping") != std::string_view::npos && dropped.empty()) {
      dropped = line;
    }
  }
  std::string dropped;
};

// Of tables, made or merged.
constexpr int64_t kTableBytesPerSecond = 96 << 20;

rocksdb::Options MakeOptions() {
  rocksdb::Options o;
  // Recovery: what stands before the first broken byte of the write-ahead log, made a table at
  // once. The tail file says whether that is all of it.
  o.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  o.avoid_flush_during_recovery = false;
  o.manual_wal_flush = false;
  o.track_and_verify_wals_in_manifest = false;
  o.paranoid_checks = true;
  o.verify_sst_unique_id_in_manifest = true;
  o.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();

  // Ascending offsets in a few partitions: each partition remembers where its last insert went. The
  // hint needs one inserting thread, the leader of the group, which is what a synced write has
  // anyway.
  o.allow_concurrent_memtable_write = false;
  o.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(4));
  o.write_buffer_size = 64 << 20;
  o.max_write_buffer_number = 4;

  // Nothing is ever deleted or overwritten, so compaction only keeps the number of tables small.
  // Universal writes each record a few times in its life; a stall would stop all commands.
  o.compaction_style = rocksdb::kCompactionStyleUniversal;
  o.compaction_options_universal.max_size_amplification_percent = 1'000'000;
  o.compaction_options_universal.allow_trivial_move = true;
  o.level0_file_num_compaction_trigger = 12;
  o.level0_slowdown_writes_trigger = 200;
  o.level0_stop_writes_trigger = 400;
  o.soft_pending_compaction_bytes_limit = 0;
  o.hard_pending_compaction_bytes_limit = 0;
  o.max_background_jobs = 2;
  // Tables are written out as they grow, and at a bounded rate, so that no sync of the log waits
  // for a whole one. Four times what the log grows by under the heaviest load there is: each record
  // is written a few times.
  o.bytes_per_sync = 256 << 10;
  // Fresh memory is paid for page by page: less of it for each table, and pieces that the allocator
  // keeps for the next (it gives those of 8 MiB back at once).
  o.writable_file_max_buffer_size = 256 << 10;
  o.arena_block_size = 1 << 20;
  o.rate_limiter.reset(rocksdb::NewGenericRateLimiter(kTableBytesPerSecond, 10'000));
  o.compression = rocksdb::kNoCompression;

  rocksdb::BlockBasedTableOptions table;
  table.block_size = 32 << 10;
  table.format_version = 5;
  o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));

  o.max_open_files = -1;
  o.stats_dump_period_sec = 0;
  o.info_log_level = rocksdb::WARN_LEVEL;
  o.keep_log_file_num = 4;
  return o;
}

// Compares one file with the checksum that RocksDB took of it.
absl::Status CheckTable(const rocksdb::LiveFileMetaData& file, const std::function<bool()>& stop) {
  const std::string path = absl::StrCat(file.directory, "/", file.relative_filename);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return absl::NotFoundError(absl::StrCat(path, ": cannot be opened"));
  rocksdb::FileChecksumGenContext context;
  context.file_name = path;
  context.requested_checksum_func_name = file.file_checksum_func_name;
  const auto sum = rocksdb::GetFileChecksumGenCrc32cFactory()->CreateFileChecksumGenerator(context);
  DAYBOOK_CHECK(sum != nullptr);
  std::string buffer(1 << 20, '\0');
  ssize_t n = 0;
  while ((n = ::read(fd, buffer.data(), buffer.size())) > 0 && !stop()) {
    sum->Update(buffer.data(), static_cast<size_t>(n));
  }
  ::close(fd);
  if (n > 0) return absl::OkStatus();
  sum->Finalize();
  if (n < 0 || sum->GetChecksum() != file.file_checksum) {
    return absl::DataLossError(absl::StrCat(
        path,
        ": the table is altered, cut or exchanged (the checksum of the file is not the one "
        "taken when it was written)"));
  }
  return absl::OkStatus();
}

// RocksDB blames the manifest for a table that is not the one it names. Looks at each by itself.
std::string BrokenTables(const std::string& path) {
  std::vector<std::string> broken;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(path, ignored)) {
    if (entry.path().extension() != ".sst") continue;
    rocksdb::SstFileReader table{rocksdb::Options()};
    rocksdb::Status status = table.Open(entry.path());
    if (status.ok()) status = table.VerifyChecksum();
    uint64_t number = 0;
    if (!status.ok()) {
      broken.push_back(absl::StrCat(entry.path().string(), ": ", status.ToString()));
    } else if (absl::SimpleAtoi(entry.path().stem().string(), &number) &&
               table.GetTableProperties()->orig_file_number != number) {
      broken.push_back(absl::StrCat(entry.path().string(), " is in truth table ",
                                    table.GetTableProperties()->orig_file_number));
    }
  }
  return broken.empty() ? "" : absl::StrCat("; ", absl::StrJoin(broken, "; "));
}

}  // namespace

absl::Status FromRocks(const rocksdb::Status& status, std::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = absl::StrCat(std::string(doing), ": ", status.ToString());
  if (status.IsCorruption() || status.IsPathNotFound()) return absl::DataLossError(message);
  if (status.IsNoSpace()) return absl::ResourceExhaustedError(message);
  return absl::UnavailableError(message);
}

void AppendPlace(int partition, int64_t offset, std::string* key) {
  const size_t at = key->size();
  key->resize(at + kPlaceBytes);
  StoreBigEndian(static_cast<uint32_t>(partition), key->data() + at);
  StoreBigEndian(static_cast<uint64_t>(offset), key->data() + at + 4);
}

absl::StatusOr<std::unique_ptr<Records>> Records::OpenReadOnly(const std::string& path) {
  std::unique_ptr<Records> records(new Records(path));
  rocksdb::Options options = MakeOptions();
  const auto listener = std::make_shared<DropListener>();
  listener->SetInfoLogLevel(rocksdb::WARN_LEVEL);
  options.info_log = listener;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(options, path, &db);
  records->db_.reset(db);
  if (const absl::Status opened = FromRocks(status, absl::StrCat("opening ", path)); !opened.ok()) {
    return absl::Status(opened.code(), absl::StrCat(opened.message(), BrokenTables(path)));
  }
  records->dropped_ = listener->dropped;
  return records;
}

absl::StatusOr<std::unique_ptr<Records>> Records::OpenForWriting(const std::string& path,
                                                                 const Fault& fault) {
  std::unique_ptr<Records> records(new Records(path));
  rocksdb::Options options = MakeOptions();
  options.create_if_missing = true;
  records->env_ = rocksdb::NewCompositeEnv(
      NewZeroAheadFileSystem(fault ? NewFaultyFileSystem(fault) : rocksdb::FileSystem::Default()));
  options.env = records->env_.get();
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options, path, &db);
  records->db_.reset(db);
  RETURN_IF_ERROR(FromRocks(status, absl::StrCat("opening ", path)));
  return records;
}

absl::StatusOr<std::optional<Description>> Records::ReadDescription() {
  std::string value;
  const rocksdb::Status status = db_->Get({}, DescriptionKey(), &value);
  if (status.IsNotFound()) return std::optional<Description>();
  RETURN_IF_ERROR(FromRocks(status, absl::StrCat("reading ", path_)));
  if (value.size() != kIdBytes + 4) {
    return absl::DataLossError(absl::StrCat(path_, ": the description of the log is altered"));
  }
  return std::optional<Description>(
      {value.substr(0, kIdBytes), LoadBigEndian<int32_t>(value.data() + kIdBytes)});
}

absl::Status Records::WriteDescription(const Description& description) {
  std::string value = description.log_id;
  value.resize(kIdBytes + 4);
  StoreBigEndian(static_cast<uint32_t>(description.partitions), value.data() + kIdBytes);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  return FromRocks(db_->Put(synced, DescriptionKey(), value), absl::StrCat("writing ", path_));
}

absl::StatusOr<int64_t> Records::LastOffset(int partition) {
  std::string lower, upper;
  AppendPlace(partition, 0, &lower);
  AppendPlace(partition + 1, 0, &upper);
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}));
  it->SeekForPrev(upper);
  // A record without a key at the next partition's first offset has just the key `upper`.
  if (it->Valid() && it->key() == upper) it->Prev();
  RETURN_IF_ERROR(FromRocks(it->status(), absl::StrCat("reading ", path_)));
  if (!it->Valid() || it->key().compare(lower) < 0) return -1;
  return LoadBigEndian<int64_t>(it->key().data() + 4);
}

absl::StatusOr<std::string> Records::Get(int partition, int64_t offset) {
  std::string place;
  AppendPlace(partition, offset, &place);
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}));
  it->Seek(place);
  RETURN_IF_ERROR(FromRocks(it->status(), absl::StrCat("reading ", path_)));
  if (!it->Valid() || !it->key().starts_with(place)) {
    return absl::DataLossError(
        absl::StrCat(path_, ": partition ", partition, " has no record at offset ", offset));
  }
  return it->value().ToString();
}

absl::Status Records::CheckTables(const std::function<bool()>& stop) {
  std::vector<rocksdb::LiveFileMetaData> files;
  db_->GetLiveFilesMetaData(&files);
  for (const auto& file : files) {
    if (stop()) return absl::OkStatus();
    const absl::Status checked = CheckTable(file, stop);
    if (checked.ok()) continue;
    // A compaction may have put other tables in its place meanwhile.
    std::vector<rocksdb::LiveFileMetaData> now;
    db_->GetLiveFilesMetaData(&now);
    for (const auto& live : now) {
      if (live.relative_filename == file.relative_filename) {
        return absl::DataLossError(checked.message());
      }
    }
  }
  return absl::OkStatus();
}

uint64_t Records::TableBytes() {
  std::vector<rocksdb::LiveFileMetaData> files;
  db_->GetLiveFilesMetaData(&files);
  uint64_t bytes = 0;
  for (const auto& file : files) bytes += file.size;
  return bytes;
}

}  // namespace daybook::log
