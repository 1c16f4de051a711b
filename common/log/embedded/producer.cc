// One synced write at a time stands between appends and their reports: done by the caller of Flush
// when nothing else is under way, else by the producer's own thread, which takes all that was sent
// while it wrote. So commands are decided while the last ones are synced, and one that comes alone
// does not pay for waking a thread.
#include <sys/statvfs.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/base/this_thread.h"
#include "common/log/embedded/core.h"

namespace daybook::log {
namespace {

// Memory of groups that is kept for the next.
constexpr size_t kSpareJobs = 8;
constexpr size_t kSpareBytes = 4 << 20;

// How often the file system is asked for its room, which what is kept free allows.
constexpr absl::Duration kAskForRoom = absl::Milliseconds(100);
constexpr size_t kAskForRoomBytes = 4 << 20;

// An appended record, and what became of it.
struct Piece {
  uint64_t writer;
  uint64_t append;
  int partition;
  uint32_t key_bytes, value_bytes;  // in the job's bytes; not there if it is too large
  bool too_large;
  int64_t offset = -1;
};

// Records that go out together.
struct Job {
  std::vector<Piece> pieces;  // in the order of Append
  std::string bytes;          // key and value of each
  absl::Status status;        // not OK: none of it was written
};

class EmbeddedWriter;

class EmbeddedProducer : public LogProducer {
 public:
  EmbeddedProducer(Core& core, std::function<void()> wake) : core_(core), wake_(std::move(wake)) {}
  ~EmbeddedProducer() override;

  std::unique_ptr<LogWriter> NewWriter(int partition) override;
  void Send() override;
  void Flush() override;
  void Announce() override;

  // For its writers.
  void Append(uint64_t writer, uint64_t append, int partition, std::string_view key,
              std::string_view value);
  void Remove(uint64_t writer) { writers_.erase(writer); }
  // Hands out the reports of all jobs that are done.
  void Deliver();

 private:
  // Not OK: nothing of the next `bytes` may be written now, and nothing of it has been.
  absl::Status Admit(size_t bytes);
  // Makes the jobs durable, or the process ends.
  void Write(std::vector<Job>& jobs);
  void WriteAdmitted(std::vector<Job>& jobs);
  void Finish(std::vector<Job> jobs);
  Job TakeOpen();
  void Keep(Job job);
  void Run();

  Core& core_;
  const std::function<void()> wake_;
  std::map<uint64_t, EmbeddedWriter*> writers_;
  uint64_t next_writer_ = 0;
  std::vector<Job> spare_;    // empty, for their memory
  Job open_;                  // appended and not sent
  bool unannounced_ = false;  // something is durable that Watch was not told of
  // Of whoever has `writing_`.
  rocksdb::WriteBatch batch_;
  absl::Time ask_again_ = absl::InfinitePast();  // for room, or after so many bytes
  size_t unasked_bytes_ = 0;

  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::vector<Job> sent_;
  std::vector<Job> done_;  // their reports wait for Deliver
  bool writing_ = false;
  bool flushing_ = false;  // Flush waits
  bool stop_ = false;
  std::atomic<bool> any_done_{false};
  std::thread thread_;  // from the first Send on
};

class EmbeddedWriter : public LogWriter {
 public:
  EmbeddedWriter(EmbeddedProducer& producer, uint64_t id, int partition)
      : producer_(producer), id_(id), partition_(partition) {}
  ~EmbeddedWriter() override { producer_.Remove(id_); }

  void Append(std::string_view key, std::string_view value) override {
    producer_.Append(id_, appended_++, partition_, key, value);
  }

  void TakeReports(std::vector<Report>* reports) override {
    producer_.Deliver();
    std::move(reports_.begin(), reports_.end(), std::back_inserter(*reports));
    reports_.clear();
  }

  void Add(Report report) { reports_.push_back(std::move(report)); }

 private:
  EmbeddedProducer& producer_;
  const uint64_t id_;
  const int partition_;
  uint64_t appended_ = 0;
  std::vector<Report> reports_;
};

EmbeddedProducer::~EmbeddedProducer() {
  DAYBOOK_CHECK(writers_.empty());
  Announce();
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

std::unique_ptr<LogWriter> EmbeddedProducer::NewWriter(int partition) {
  DAYBOOK_CHECK(partition >= 0 && static_cast<size_t>(partition) < core_.partitions.size());
  auto writer = std::make_unique<EmbeddedWriter>(*this, next_writer_, partition);
  writers_[next_writer_++] = writer.get();
  return writer;
}

void EmbeddedProducer::Append(uint64_t writer, uint64_t append, int partition, std::string_view key,
                              std::string_view value) {
  // One that is too large is refused in its turn, so that reports come in the order of the appends.
  const bool too_large = value.size() > kMaxRecordBytes;
  open_.pieces.push_back({writer, append, partition, static_cast<uint32_t>(key.size()),
                          static_cast<uint32_t>(value.size()), too_large});
  if (!too_large) open_.bytes.append(key).append(value);
}

void EmbeddedProducer::Deliver() {
  if (!any_done_.load(std::memory_order_acquire)) return;
  std::vector<Job> done;
  {
    const std::lock_guard lock(mutex_);
    done.swap(done_);
    any_done_ = false;
  }
  for (Job& job : done) {
    auto at = writers_.end();
    for (const Piece& piece : job.pieces) {
      if (at == writers_.end() || at->first != piece.writer) at = writers_.find(piece.writer);
      if (at == writers_.end()) continue;  // it was thrown away
      Report report;
      report.append = piece.append;
      report.status = job.status;
      if (piece.too_large) {
        report.status = absl::InvalidArgumentError(
            absl::StrCat("a record has at most ", kMaxRecordBytes, " bytes"));
      } else if (job.status.ok()) {
        report.offset = piece.offset;
      }
      at->second->Add(std::move(report));
    }
    Keep(std::move(job));
  }
}

absl::Status EmbeddedProducer::Admit(size_t bytes) {
  if (!core_.writable()) return absl::FailedPreconditionError("the log was opened read-only");
  uint64_t room = 0;
  if (core_.options.free_bytes) {
    room = core_.options.free_bytes();
  } else {
    const absl::Time now = WallNow();
    unasked_bytes_ += bytes;
    // A clock that was set back asks, too.
    const bool lately = now < ask_again_ && ask_again_ - now <= kAskForRoom;
    if (lately && unasked_bytes_ < kAskForRoomBytes) return absl::OkStatus();
    struct statvfs fs;
    if (::statvfs(core_.options.directory.c_str(), &fs) != 0) return absl::OkStatus();
    room = uint64_t{fs.f_bavail} * fs.f_frsize;
    ask_again_ = now + kAskForRoom;
    unasked_bytes_ = 0;
  }
  if (room >= core_.options.reserve_bytes) return absl::OkStatus();
  ask_again_ = absl::InfinitePast();
  // Without how much is free, which changes: all partitions say the same.
  return absl::ResourceExhaustedError(absl::StrCat(
      "the disk of ", core_.options.directory, " is full: less than ",
      core_.options.reserve_bytes >> 20, " MiB are free, which are kept in reserve; make room"));
}

// Fresh memory for each group would be paid for page by page.
void EmbeddedProducer::Keep(Job job) {
  if (spare_.size() >= kSpareJobs || job.bytes.capacity() > kSpareBytes) return;
  job.pieces.clear();
  job.bytes.clear();
  spare_.push_back(std::move(job));
}

Job EmbeddedProducer::TakeOpen() {
  Job job = std::move(open_);
  open_ = {};
  if (spare_.empty()) return job;
  open_ = std::move(spare_.back());
  spare_.pop_back();
  return job;
}

void EmbeddedProducer::Send() {
  if (open_.pieces.empty()) return;
  const std::lock_guard lock(mutex_);
  sent_.push_back(TakeOpen());
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  if (!writing_) changed_.notify_all();
}

void EmbeddedProducer::Flush() {
  std::unique_lock lock(mutex_);
  if (!writing_ && sent_.empty()) {
    if (open_.pieces.empty()) return;
    writing_ = true;
    lock.unlock();
    std::vector<Job> jobs;
    jobs.push_back(TakeOpen());
    Write(jobs);
    Finish(std::move(jobs));
    unannounced_ = true;
    return;
  }
  lock.unlock();
  Send();
  lock.lock();
  flushing_ = true;
  changed_.wait(lock, [this] { return !writing_ && sent_.empty(); });
  flushing_ = false;
}

void EmbeddedProducer::Run() {
  SetThreadName("log-writer");
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return !writing_ && (stop_ || !sent_.empty()); });
    if (sent_.empty()) return;
    std::vector<Job> jobs = std::exchange(sent_, {});
    writing_ = true;
    lock.unlock();
    Write(jobs);
    Finish(std::move(jobs));
    core_.bell->Ring();
    lock.lock();
  }
}

void EmbeddedProducer::Announce() {
  if (std::exchange(unannounced_, false)) core_.bell->Ring();
}

void EmbeddedProducer::Finish(std::vector<Job> jobs) {
  {
    const std::lock_guard lock(mutex_);
    std::move(jobs.begin(), jobs.end(), std::back_inserter(done_));
    any_done_.store(true, std::memory_order_release);
    writing_ = false;
    if (!sent_.empty() || flushing_) changed_.notify_all();
  }
  if (wake_) wake_();
}

void EmbeddedProducer::Write(std::vector<Job>& jobs) {
  size_t bytes = 0;
  for (const Job& job : jobs) bytes += job.bytes.size();
  const absl::Status admitted = Admit(bytes);
  for (Job& job : jobs) job.status = admitted;
  if (admitted.ok()) WriteAdmitted(jobs);
}

void EmbeddedProducer::WriteAdmitted(std::vector<Job>& jobs) {
  struct Part {
    PartitionCore* core;
    int64_t next;
    std::string_view last;
  };
  core_.ExpectOwnDirectory();
  // Locked in ascending order, so that two producers on one partition wait for each other and never
  // lock each other out; those of different partitions share a sync.
  std::map<int, Part> parts;
  for (const Job& job : jobs) {
    for (const Piece& piece : job.pieces) {
      if (piece.too_large) continue;
      parts.try_emplace(piece.partition, Part{});
    }
  }
  for (auto& [p, part] : parts) {
    part.core = &core_.partitions[static_cast<size_t>(p)];
    part.core->writing.Lock();
    part.next = part.core->end;
  }
  batch_.Clear();
  std::string place;
  for (Job& job : jobs) {
    const char* at = job.bytes.data();
    auto part = parts.end();
    for (Piece& piece : job.pieces) {
      if (piece.too_large) continue;
      if (part == parts.end() || part->first != piece.partition) part = parts.find(piece.partition);
      piece.offset = part->second.next++;
      place.clear();
      AppendPlace(piece.partition, piece.offset, &place);
      const std::string_view key(at, piece.key_bytes);
      const std::string_view value(at + piece.key_bytes, piece.value_bytes);
      place.append(key);
      const rocksdb::Status put = batch_.Put(place, rocksdb::Slice(value.data(), value.size()));
      DAYBOOK_CHECK(put.ok());
      part->second.last = value;
      // Nobody may read it before `end` is behind it; if it is not stored, the process ends.
      part->second.core->recent.Add(piece.offset, key, value);
      at += key.size() + value.size();
    }
  }
  if (batch_.Count() > 0) {
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const absl::Status written = FromRocks(core_.records->db().Write(synced, &batch_),
                                           absl::StrCat("writing ", core_.RecordsPath()));
    if (!written.ok()) {
      Die(absl::StrCat(
          std::string(written.message()),
          ": whether the last records are stored is unknown until the next start",
          absl::IsResourceExhausted(written) ? "; the disk is full: make room first" : ""));
    }
    std::vector<std::pair<int, TailEntry>> tails;
    for (const auto& [p, part] : parts) {
      tails.push_back({p, {part.next - 1, LinkHash({}, part.last)}});
    }
    if (const absl::Status s = core_.tail->Set(tails); !s.ok()) Die(std::string(s.message()));
  }
  for (auto& [p, part] : parts) {
    part.core->end = part.next;
    part.core->writing.Unlock();
  }
}

}  // namespace

std::unique_ptr<LogProducer> NewEmbeddedProducer(Core& core, std::function<void()> wake) {
  return std::make_unique<EmbeddedProducer>(core, std::move(wake));
}

}  // namespace daybook::log
