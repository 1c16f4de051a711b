#include "common/log/embedded/embedded_log.h"

#include <sys/statfs.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/log/embedded/core.h"

namespace daybook::log {

namespace fs = std::filesystem;

namespace {

constexpr int kDefaultPartitions = 16;
constexpr int kMostPartitions = 4096;
constexpr int kAttemptsBesideAWriter = 20;
constexpr std::chrono::milliseconds kWatchInterval(100);

class EmbeddedLog : public EventLog {
 public:
  explicit EmbeddedLog(Core core) : core_(std::move(core)) {}

  ~EmbeddedLog() override {
    stop_ = true;
    {
      const std::lock_guard lock(mutex_);
      stopped_.notify_all();
    }
    if (checker_.joinable()) checker_.join();
    if (watcher_.joinable()) watcher_.join();
    if (core_.writable()) core_.ExpectOwnDirectory();
  }

  int partitions() const override { return static_cast<int>(core_.partitions.size()); }
  bool exclusive() const override { return core_.writable(); }
  std::string name() const override { return "embedded:" + core_.options.directory; }

  std::unique_ptr<LogProducer> NewProducer(std::function<void()> wake) override {
    return NewEmbeddedProducer(core_, std::move(wake));
  }

  absl::StatusOr<std::unique_ptr<LogReader>> NewReader(int partition, int64_t from) override {
    DAYBOOK_CHECK(partition >= 0 && partition < partitions());
    return NewEmbeddedReader(core_, partition, from);
  }

  absl::StatusOr<Extent> GetExtent(int partition) override {
    DAYBOOK_CHECK(partition >= 0 && partition < partitions());
    return Extent{0, core_.partitions[static_cast<size_t>(partition)].end};
  }

  std::shared_ptr<void> Watch(std::function<void()> wake) override {
    return Bell::Watch(core_.bell, std::move(wake));
  }

  // Checks all tables on a thread of its own.
  void CheckInBackground() {
    checker_ = std::thread([this] {
      const absl::Status checked = core_.records->CheckTables([this] { return stop_.load(); });
      if (checked.ok()) return;
      if (core_.options.on_corruption) return core_.options.on_corruption(checked);
      Die(std::string(checked.message()));
    });
  }

  // Also while nothing is written.
  void WatchDirectory() {
    watcher_ = std::thread([this] {
      std::unique_lock lock(mutex_);
      while (!stopped_.wait_for(lock, kWatchInterval, [this] { return stop_.load(); })) {
        core_.ExpectOwnDirectory();
      }
    });
  }

 private:
  Core core_;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::condition_variable stopped_;
  std::thread checker_;
  std::thread watcher_;
};

// fdatasync over a network is a promise of another machine, and its locks are not ours.
absl::Status RefuseNetworkFileSystem(const std::string& directory) {
  constexpr long kNfs = 0x6969, kSmb = 0x517b, kCifs = 0xff534d42, kSmb2 = 0xfe534d42,
                 kCeph = 0x00c36400;
  struct statfs info;
  if (::statfs(directory.c_str(), &info) != 0) return absl::OkStatus();
  const long type = static_cast<long>(info.f_type) & 0xffffffffL;
  for (const long network : {kNfs, kSmb, kCifs, kSmb2, kCeph}) {
    if (type == network) {
      return absl::InvalidArgumentError(
          absl::StrCat(directory,
                       " is on a network file system; the log needs a local one that honours "
                       "fdatasync"));
    }
  }
  return absl::OkStatus();
}

bool HasRecords(const Tail& tail) {
  return std::any_of(tail.entries.begin(), tail.entries.end(),
                     [](const TailEntry& e) { return e.offset >= 0; });
}

std::string NewLogId() {
  std::random_device random;
  std::string id(12, '\0');
  for (char& c : id) c = static_cast<char>(random());
  return id;
}

std::string WriteAheadLogs(const std::string& records) {
  std::vector<std::string> logs;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(records, ignored)) {
    if (entry.path().extension() != ".log") continue;
    logs.push_back(absl::StrCat(entry.path().string(), " of ", entry.file_size(ignored), " bytes"));
  }
  return logs.empty() ? "there is no write-ahead log" : absl::StrJoin(logs, ", ");
}

// Partition for partition: the records go at least as far as the tail, and are the same there.
absl::Status CompareWithTail(Records& records, const Tail& tail, const Core& core) {
  ASSIGN_OR_RETURN(const std::optional<Description> description, records.ReadDescription());
  if (!description && !HasRecords(tail)) return absl::OkStatus();  // creation was interrupted
  const auto lost = [&](const std::string& what) {
    return absl::DataLossError(absl::StrCat(
        what, "; ", WriteAheadLogs(core.RecordsPath()),
        records.dropped().empty() ? std::string() : absl::StrCat("; recovery: ", records.dropped()),
        ". Nothing was changed; restore the directory from a copy"));
  };
  if (!description) {
    return lost(absl::StrCat(core.RecordsPath(), ": the description of the log is lost, ",
                             core.TailPath(), " knows of records"));
  }
  if (description->log_id != tail.log_id ||
      description->partitions != static_cast<int>(tail.entries.size())) {
    return absl::DataLossError(
        absl::StrCat(core.TailPath(), " (byte 0) is of another log than ", core.RecordsPath()));
  }
  for (size_t p = 0; p < tail.entries.size(); ++p) {
    const TailEntry& entry = tail.entries[p];
    const int partition = static_cast<int>(p);
    ASSIGN_OR_RETURN(const int64_t last, records.LastOffset(partition));
    if (last < entry.offset) {
      return lost(absl::StrCat(core.RecordsPath(), ": partition ", partition,
                               " is cut after offset ", last, "; ", core.TailPath(),
                               " says that it had come to offset ", entry.offset, ": ",
                               entry.offset - last, " records are lost"));
    }
    if (entry.offset < 0) continue;
    ASSIGN_OR_RETURN(const std::string value, records.Get(partition, entry.offset));
    if (LinkHash({}, value) != entry.hash) {
      return absl::DataLossError(absl::StrCat(
          core.RecordsPath(), ": partition ", partition, ", offset ", entry.offset,
          ": the record is not the one that ", core.TailPath(), " knows: altered or exchanged"));
    }
  }
  return absl::OkStatus();
}

// Looks at an existing log without changing anything: RocksDB's own opening makes the loss of what
// it could not read final.
absl::StatusOr<std::unique_ptr<Records>> Inspect(const Core& core, const Tail& tail,
                                                 bool* tables_checked) {
  ASSIGN_OR_RETURN(auto records, Records::OpenReadOnly(core.RecordsPath()));
  RETURN_IF_ERROR(CompareWithTail(*records, tail, core));
  *tables_checked = records->TableBytes() <= core.options.checked_at_start_bytes;
  if (*tables_checked) RETURN_IF_ERROR(records->CheckTables([] { return false; }));
  return records;
}

absl::Status CheckPartitions(const Core& core, size_t stored) {
  if (!core.options.partitions || *core.options.partitions == static_cast<int>(stored)) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("the log in ", core.options.directory, " has ", stored, " partitions, not ",
                   *core.options.partitions,
                   ": the number is fixed for its life; leave it out of the configuration"));
}

absl::StatusOr<std::vector<PartitionCore>> FindEnds(Records& records, size_t partitions) {
  std::vector<PartitionCore> all(partitions);
  for (size_t p = 0; p < partitions; ++p) {
    ASSIGN_OR_RETURN(const int64_t last, records.LastOffset(static_cast<int>(p)));
    all[p].end = last + 1;
  }
  return all;
}

absl::StatusOr<std::unique_ptr<EmbeddedLog>> OpenToRead(const EmbeddedOptions& options) {
  Core core{.options = options};
  // First the tail, then the records: beside a writer both grow, and the records must not be older.
  auto loaded = LoadTail(core.TailPath());
  std::error_code error;
  if (absl::IsNotFound(loaded.status()) && !fs::exists(core.RecordsPath(), error)) {
    return absl::NotFoundError(absl::StrCat("there is no log in ", options.directory));
  }
  if (!loaded.ok()) return absl::DataLossError(loaded.status().message());
  RETURN_IF_ERROR(CheckPartitions(core, loaded->entries.size()));
  bool tables_checked = false;
  ASSIGN_OR_RETURN(core.records, Inspect(core, *loaded, &tables_checked));
  ASSIGN_OR_RETURN(core.partitions, FindEnds(*core.records, loaded->entries.size()));
  auto log = std::make_unique<EmbeddedLog>(std::move(core));
  if (!tables_checked) log->CheckInBackground();
  return log;
}

absl::StatusOr<std::unique_ptr<EmbeddedLog>> OpenToWrite(const EmbeddedOptions& options) {
  Core core{.options = options};
  std::error_code error;
  if (options.create_if_missing && fs::create_directories(options.directory, error)) {
    // Names and amounts stand in it; whatever the umask lets others read, they cannot get there.
    fs::permissions(options.directory, fs::perms::owner_all, error);
  }
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot create ", options.directory, ": ", error.message()));
  }
  if (!fs::is_directory(options.directory, error)) {
    return absl::NotFoundError(absl::StrCat("there is no directory ", options.directory));
  }
  RETURN_IF_ERROR(RefuseNetworkFileSystem(options.directory));
  ASSIGN_OR_RETURN(core.lock, DirectoryLock::Take(options.directory));

  auto loaded = LoadTail(core.TailPath());
  const bool has_records = fs::exists(core.RecordsPath() + "/CURRENT", error);
  if (absl::IsNotFound(loaded.status())) {
    if (fs::exists(core.RecordsPath(), error)) {
      return absl::DataLossError(absl::StrCat(
          core.TailPath(), " is missing beside ", core.RecordsPath(),
          ": without it nobody can tell whether the log is whole; restore it from a copy"));
    }
    if (!options.create_if_missing) {
      return absl::NotFoundError(absl::StrCat("there is no log in ", options.directory));
    }
    loaded = Tail{NewLogId(), std::vector<TailEntry>(static_cast<size_t>(
                                  options.partitions.value_or(kDefaultPartitions)))};
    RETURN_IF_ERROR(CreateTail(core.TailPath(), *loaded));
  }
  if (!loaded.ok()) return loaded.status();
  RETURN_IF_ERROR(CheckPartitions(core, loaded->entries.size()));
  if (!has_records && HasRecords(*loaded)) {
    return absl::DataLossError(absl::StrCat(core.RecordsPath(), "/CURRENT is missing, ",
                                            core.TailPath(), " knows of records"));
  }

  bool tables_checked = true;
  if (has_records) {
    const auto inspected = Inspect(core, *loaded, &tables_checked);
    if (!inspected.ok()) return inspected.status();
  }
  ASSIGN_OR_RETURN(core.records, Records::OpenForWriting(core.RecordsPath(), options.fault));
  RETURN_IF_ERROR(CompareWithTail(*core.records, *loaded, core));
  ASSIGN_OR_RETURN(const auto description, core.records->ReadDescription());
  if (!description) {
    RETURN_IF_ERROR(
        core.records->WriteDescription({loaded->log_id, static_cast<int>(loaded->entries.size())}));
  }
  ASSIGN_OR_RETURN(core.tail, TailFile::Open(core.TailPath()));
  ASSIGN_OR_RETURN(core.partitions, FindEnds(*core.records, loaded->entries.size()));
  for (PartitionCore& partition : core.partitions) {
    partition.recent.set_capacity(options.recent_bytes / core.partitions.size());
  }
  auto log = std::make_unique<EmbeddedLog>(std::move(core));
  if (!tables_checked) log->CheckInBackground();
  log->WatchDirectory();
  return log;
}

}  // namespace

void Core::ExpectOwnDirectory() const {
  if (lock->Held()) return;
  Die(absl::StrCat(
      "the log's directory ", options.directory,
      " was moved or removed while it was open: nothing more is written, and nothing of "
      "what stands there now is touched; start again where it is"));
}

absl::StatusOr<std::unique_ptr<EventLog>> OpenEmbedded(EmbeddedOptions options) {
  if (options.directory.empty()) return absl::InvalidArgumentError("the log needs a directory");
  if (options.partitions && (*options.partitions < 1 || *options.partitions > kMostPartitions)) {
    return absl::InvalidArgumentError(
        absl::StrCat("a log has 1 to ", kMostPartitions, " partitions, not ", *options.partitions));
  }
  if (!options.read_only) return OpenToWrite(options);
  // A writer may change files between our looks at them; what stays wrong is wrong.
  for (int attempt = 1;; ++attempt) {
    auto log = OpenToRead(options);
    const bool final =
        log.ok() || absl::IsNotFound(log.status()) || absl::IsFailedPrecondition(log.status());
    if (final || attempt == kAttemptsBesideAWriter) return log;
    absl::SleepFor(absl::Milliseconds(5 * attempt));
  }
}

absl::StatusOr<std::vector<Position>> VerifyEmbedded(const std::string& directory) {
  ASSIGN_OR_RETURN(const auto log,
                   OpenEmbedded({.directory = directory,
                                 .read_only = true,
                                 .checked_at_start_bytes = std::numeric_limits<uint64_t>::max()}));
  std::vector<Position> ends;
  v1::Frame frame;
  for (int p = 0; p < log->partitions(); ++p) {
    Chain chain;
    ASSIGN_OR_RETURN(const auto reader, log->NewReader(p, 0));
    for (bool end = false; !end;) {
      ASSIGN_OR_RETURN(const Batch batch, reader->Read(10'000, absl::ZeroDuration()));
      for (const LogRecord& r : batch.records) {
        const bool parsed = ParseFrame(r.value, &frame);
        const auto verdict = chain.Apply(r.offset, parsed ? &frame : nullptr, r.value);
        if (!verdict.ok()) {
          return absl::Status(
              verdict.status().code(),
              absl::StrCat(directory, ", partition ", p, ", ", verdict.status().message()));
        }
      }
      end = batch.end;
    }
    ends.push_back(chain.at());
  }
  return ends;
}

}  // namespace daybook::log
