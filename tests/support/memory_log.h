// An honest log in memory, and a pen that writes well-formed records into it: for tests of readers.
//
//   MemoryLog log(4);
//   LogPen pen(log);
//   pen.Commit("c-1", {Opened("a", "EUR"), ...});        // claims the partition first if need be
//
// Concurrency: any thread.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/log/chain.h"
#include "common/log/event_log.h"
#include "daybook/book/v1/record.pb.h"

namespace daybook {

class MemoryLog : public log::EventLog {
 public:
  explicit MemoryLog(int partitions) : records_(static_cast<size_t>(partitions)) {}

  int partitions() const override { return static_cast<int>(records_.size()); }
  bool exclusive() const override { return exclusive_; }
  std::string name() const override { return "memory"; }
  std::unique_ptr<log::LogProducer> NewProducer(std::function<void()>) override {
    CheckFailed(__FILE__, __LINE__, "tests append through Append");
  }
  absl::StatusOr<std::unique_ptr<log::LogReader>> NewReader(int partition, int64_t from) override {
    return std::make_unique<Reader>(*this, partition, from);
  }
  absl::StatusOr<log::Extent> GetExtent(int partition) override {
    const std::lock_guard lock(mutex_);
    ++extents_asked_;
    if (!extent_failure_.ok()) return extent_failure_;
    return log::Extent{0, End(partition)};
  }
  std::shared_ptr<void> Watch(std::function<void()> wake) override {
    const std::lock_guard lock(mutex_);
    auto watcher = std::make_shared<std::function<void()>>(std::move(wake));
    watchers_.push_back(watcher);
    return watcher;
  }

  // Returns the record's offset.
  int64_t Append(int partition, std::string key, std::string value) {
    std::vector<std::shared_ptr<std::function<void()>>> watchers;
    int64_t offset = 0;
    {
      const std::lock_guard lock(mutex_);
      offset = End(partition);
      records_[static_cast<size_t>(partition)].emplace_back(std::move(key), std::move(value));
      for (const auto& weak : watchers_) {
        if (auto watcher = weak.lock()) watchers.push_back(std::move(watcher));
      }
    }
    for (const auto& watcher : watchers) (*watcher)();
    return offset;
  }

  // An offset that holds nothing.
  void AppendHole(int partition) {
    {
      const std::lock_guard lock(mutex_);
      holes_.insert({partition, End(partition)});
    }
    Append(partition, "", "");
  }

  // For tampering; no reader may be at work.
  std::vector<std::pair<std::string, std::string>>& records(int partition) {
    return records_[static_cast<size_t>(partition)];
  }
  // Reads answer this while it is not OK.
  void FailReads(absl::Status status) {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(status);
  }
  // GetExtent answers this while it is not OK.
  void FailExtents(absl::Status status) {
    const std::lock_guard lock(mutex_);
    extent_failure_ = std::move(status);
  }
  int extents_asked() const {
    const std::lock_guard lock(mutex_);
    return extents_asked_;
  }
  // Whether it claims to know of every write, as the embedded log does.
  void set_exclusive(bool exclusive) { exclusive_ = exclusive; }

 private:
  class Reader : public log::LogReader {
   public:
    Reader(MemoryLog& log, int partition, int64_t from)
        : log_(log), partition_(partition), next_(from) {}
    absl::StatusOr<log::Batch> Read(size_t max, absl::Duration) override {
      const std::lock_guard lock(log_.mutex_);
      if (!log_.failure_.ok()) return log_.failure_;
      if (next_ > log_.End(partition_)) return absl::OutOfRangeError("behind the end");
      log::Batch batch;
      auto copies = std::make_shared<std::vector<std::pair<std::string, std::string>>>();
      const auto& all = log_.records_[static_cast<size_t>(partition_)];
      const auto last = std::min<size_t>(all.size(), static_cast<size_t>(next_) + max);
      copies->assign(all.begin() + next_, all.begin() + static_cast<std::ptrdiff_t>(last));
      for (const auto& [key, value] : *copies) {
        const int64_t offset = next_++;
        if (!log_.holes_.contains({partition_, offset})) {
          batch.records.push_back({offset, key, value});
        }
      }
      batch.storage = copies;
      batch.next_offset = next_;
      batch.end = next_ == log_.End(partition_);
      return batch;
    }

   private:
    MemoryLog& log_;
    const int partition_;
    int64_t next_;
  };

  int64_t End(int partition) const {
    return static_cast<int64_t>(records_[static_cast<size_t>(partition)].size());
  }

  mutable std::mutex mutex_;
  std::vector<std::vector<std::pair<std::string, std::string>>> records_;
  std::set<std::pair<int, int64_t>> holes_;
  std::vector<std::weak_ptr<std::function<void()>>> watchers_;
  absl::Status failure_, extent_failure_;
  int extents_asked_ = 0;
  bool exclusive_ = true;
};

// Writes what an honest owner writes.
class LogPen {
 public:
  // `format`: 1 as a former version wrote, without keys.
  explicit LogPen(MemoryLog& log, std::string log_id = "log-1", int format = 2)
      : log_(log),
        log_id_(std::move(log_id)),
        format_(format),
        at_(static_cast<size_t>(log.partitions())) {}

  // recorded_time of what is written from now on.
  void SetTime(int64_t recorded_us) { recorded_us_ = recorded_us; }

  int64_t Claim(int partition) {
    log::v1::Frame frame;
    frame.set_epoch(at_[Index(partition)].at().epoch + 1);
    frame.mutable_owner_started()->set_owner("test");
    frame.mutable_owner_started()->set_endpoint("owner-" + std::to_string(frame.epoch()) + ":1");
    frame.mutable_owner_started()->set_log_id(log_id_);
    frame.mutable_owner_started()->set_partition_count(log_.partitions());
    frame.mutable_owner_started()->set_format(format_);
    frame.set_chain_key(at_[Index(partition)].at().chain_key);
    return Write(partition, "", std::move(frame));
  }
  int64_t Barrier(int partition) {
    log::v1::Frame frame = Next(partition);
    frame.mutable_barrier();
    return Write(partition, "", std::move(frame));
  }
  int64_t Commit(const std::string& customer_id, std::vector<book::v1::Event> events) {
    book::v1::Commit commit;
    commit.set_customer_id(customer_id);
    commit.set_revision(++revisions_[customer_id]);
    for (book::v1::Event& event : events) *commit.add_events() = std::move(event);
    return CommitBytes(customer_id, commit.SerializeAsString());
  }
  // A commit whose body is anything.
  int64_t CommitBytes(const std::string& customer_id, std::string bytes) {
    const int partition = log::PartitionOf(customer_id, log_.partitions());
    if (at_[Index(partition)].at().epoch == 0) Claim(partition);
    log::v1::Frame frame = Next(partition);
    frame.set_commit(std::move(bytes));
    return Write(partition, customer_id, std::move(frame));
  }
  // A record that does not count: of an owner before the present one, or no record at all.
  int64_t Stale(int partition, const std::string& customer_id, book::v1::Event event) {
    log::v1::Frame frame = Next(partition);
    frame.set_epoch(frame.epoch() - 1);
    book::v1::Commit commit;
    commit.set_customer_id(customer_id);
    *commit.add_events() = std::move(event);
    frame.set_commit(commit.SerializeAsString());
    return Write(partition, customer_id, std::move(frame));
  }
  void Hole(int partition) {
    log_.AppendHole(partition);
    at_[Index(partition)].Pass(at_[Index(partition)].at().next_offset + 1);
  }
  int64_t Garbage(int partition) { return Write(partition, "", std::string("\xff\xff\xff")); }

  const log::Position& at(int partition) const { return at_[static_cast<size_t>(partition)].at(); }
  const std::string& log_id() const { return log_id_; }

 private:
  static size_t Index(int partition) { return static_cast<size_t>(partition); }

  log::v1::Frame Next(int partition) const {
    const log::Position& at = at_[Index(partition)].at();
    log::v1::Frame frame;
    frame.set_epoch(at.epoch);
    frame.set_sequence(at.sequence + 1);
    frame.set_previous_hash(at.hash.data(), at.hash.size());
    frame.set_chain_key(at.chain_key);
    if (format_ > 1) frame.set_confirmed_sequence(at.sequence);
    return frame;
  }
  int64_t Write(int partition, const std::string& key, log::v1::Frame frame) {
    frame.mutable_recorded_time()->set_seconds(recorded_us_ / 1'000'000);
    frame.mutable_recorded_time()->set_nanos(static_cast<int32_t>(recorded_us_ % 1'000'000) * 1000);
    return Write(partition, key, frame.SerializeAsString());
  }
  int64_t Write(int partition, const std::string& key, std::string bytes) {
    log::v1::Frame frame;
    const bool parses = log::ParseFrame(bytes, &frame);
    const int64_t offset = at_[Index(partition)].at().next_offset;
    const auto verdict = at_[Index(partition)].Apply(offset, parses ? &frame : nullptr, bytes);
    DAYBOOK_CHECK(verdict.ok());
    return log_.Append(partition, key, std::move(bytes));
  }

  MemoryLog& log_;
  const std::string log_id_;
  const int format_;
  std::vector<log::Chain> at_;
  std::map<std::string, int64_t> revisions_;
  int64_t recorded_us_ = 1'750'000'000'000'000;
};

}  // namespace daybook
