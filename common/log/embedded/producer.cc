#include <sys/statvfs.h>

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/log/embedded/core.h"

namespace daybook::log {
namespace {

class EmbeddedWriter;

class EmbeddedProducer : public LogProducer {
 public:
  EmbeddedProducer(Core& core, std::function<void()> wake) : core_(core), wake_(std::move(wake)) {}
  ~EmbeddedProducer() override { DAYBOOK_CHECK(writers_.empty()); }

  std::unique_ptr<LogWriter> NewWriter(int partition) override;
  void Flush() override;

  void Remove(EmbeddedWriter* writer) { std::erase(writers_, writer); }

 private:
  // Not OK: nothing may be written now, and nothing of it has been.
  absl::Status Admit() const;
  void Write();

  Core& core_;
  const std::function<void()> wake_;
  std::vector<EmbeddedWriter*> writers_;
  rocksdb::WriteBatch batch_;
};

class EmbeddedWriter : public LogWriter {
 public:
  EmbeddedWriter(EmbeddedProducer& producer, int partition)
      : producer_(producer), partition_(partition) {}
  ~EmbeddedWriter() override { producer_.Remove(this); }

  void Append(std::string_view key, std::string_view value) override {
    if (value.size() > kMaxRecordBytes) {
      // In its turn, so that reports come in the order of the appends.
      waiting_.push_back({0, 0, true});
      return;
    }
    bytes_.append(key).append(value);
    waiting_.push_back({static_cast<uint32_t>(key.size()), static_cast<uint32_t>(value.size())});
  }

  void TakeReports(std::vector<Report>* reports) override {
    std::move(reports_.begin(), reports_.end(), std::back_inserter(*reports));
    reports_.clear();
  }

  int partition() const { return partition_; }
  bool empty() const { return waiting_.empty(); }

  // Moves what waits to the end of `batch` at the offsets from `next` on; returns the one behind,
  // and in `last` the last value if there is any.
  int64_t Fill(int64_t next, rocksdb::WriteBatch* batch, std::string_view* last) {
    const char* at = bytes_.data();
    for (Waiting& w : waiting_) {
      if (w.too_large) continue;
      std::string& key = key_;
      key.clear();
      AppendPlace(partition_, next, &key);
      key.append(at, w.key_bytes);
      at += w.key_bytes;
      *last = {at, w.value_bytes};
      const rocksdb::Status put = batch->Put(key, rocksdb::Slice(at, w.value_bytes));
      DAYBOOK_CHECK(put.ok());
      at += w.value_bytes;
      w.offset = next++;
    }
    return next;
  }

  // What Fill took is durable; or, with an error, nothing of it was written.
  void Settle(const absl::Status& status) {
    for (const Waiting& w : waiting_) {
      Report report;
      report.append = appended_++;
      report.status = status;
      if (w.too_large) {
        report.status = absl::InvalidArgumentError(
            absl::StrCat("a record has at most ", kMaxRecordBytes, " bytes"));
      } else if (status.ok()) {
        report.offset = w.offset;
      }
      reports_.push_back(std::move(report));
    }
    waiting_.clear();
    bytes_.clear();
  }

 private:
  struct Waiting {
    uint32_t key_bytes, value_bytes;
    bool too_large = false;
    int64_t offset = -1;
  };

  EmbeddedProducer& producer_;
  const int partition_;
  uint64_t appended_ = 0;
  std::string bytes_;  // key and value of each that waits
  std::string key_;
  std::vector<Waiting> waiting_;
  std::vector<Report> reports_;
};

std::unique_ptr<LogWriter> EmbeddedProducer::NewWriter(int partition) {
  DAYBOOK_CHECK(partition >= 0 && static_cast<size_t>(partition) < core_.partitions.size());
  auto writer = std::make_unique<EmbeddedWriter>(*this, partition);
  writers_.push_back(writer.get());
  return writer;
}

absl::Status EmbeddedProducer::Admit() const {
  if (!core_.writable()) return absl::FailedPreconditionError("the log was opened read-only");
  uint64_t room = 0;
  if (core_.options.free_bytes) {
    room = core_.options.free_bytes();
  } else {
    struct statvfs fs;
    if (::statvfs(core_.options.directory.c_str(), &fs) != 0) return absl::OkStatus();
    room = uint64_t{fs.f_bavail} * fs.f_frsize;
  }
  if (room >= core_.options.reserve_bytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "the disk of ", core_.options.directory, " is full: ", room >> 20, " MiB are free, ",
      core_.options.reserve_bytes >> 20, " MiB are kept in reserve; make room"));
}

void EmbeddedProducer::Flush() {
  if (std::all_of(writers_.begin(), writers_.end(), [](auto* w) { return w->empty(); })) return;
  const absl::Status admitted = Admit();
  if (admitted.ok()) Write();
  for (EmbeddedWriter* writer : writers_) writer->Settle(admitted);
  if (wake_) wake_();
}

void EmbeddedProducer::Write() {
  // Locked in ascending order, so that two producers on one partition wait for each other and never
  // lock each other out; those of different partitions share a sync.
  std::set<int> touched;
  for (const EmbeddedWriter* w : writers_) {
    if (!w->empty()) touched.insert(w->partition());
  }
  struct Part {
    PartitionCore* core;
    int64_t next;
    std::string_view last;
  };
  std::vector<std::pair<int, Part>> parts;
  for (const int p : touched) {
    PartitionCore& core = core_.partitions[static_cast<size_t>(p)];
    core.writing.Lock();
    parts.push_back({p, {&core, core.end, {}}});
  }
  batch_.Clear();
  for (EmbeddedWriter* w : writers_) {
    if (w->empty()) continue;
    Part& part =
        std::lower_bound(parts.begin(), parts.end(), w->partition(), [](const auto& a, int p) {
          return a.first < p;
        })->second;
    part.next = w->Fill(part.next, &batch_, &part.last);
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
      if (part.next == part.core->end) continue;
      tails.push_back({p, {part.next - 1, LinkHash({}, part.last)}});
    }
    if (const absl::Status s = core_.tail->Set(tails); !s.ok()) Die(std::string(s.message()));
  }
  for (auto& [p, part] : parts) {
    part.core->end = part.next;
    part.core->writing.Unlock();
  }
  core_.bell->Ring();
}

}  // namespace

std::unique_ptr<LogProducer> NewEmbeddedProducer(Core& core, std::function<void()> wake) {
  return std::make_unique<EmbeddedProducer>(core, std::move(wake));
}

}  // namespace daybook::log
