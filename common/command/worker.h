// A thread that carries inputs to its partitions and outputs from them. All decisions are
// Partition's.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/base/background_thread.h"
#include "common/base/clock.h"
#include "common/base/doorbell.h"
#include "common/base/metrics.h"
#include "common/command/outcomes.h"
#include "common/command/partition.h"
#include "common/command/partition_status.h"
#include "common/log/event_log.h"

namespace daybook::command {

class Worker {
 public:
  struct Options {
    size_t max_queue;
    std::function<void(std::string_view)> say;
    Histogram* append_seconds;
    BackgroundThread* cache_writer;  // outlives the worker
    std::string name;                // of its thread
  };
  Worker(log::EventLog* log, Options options, OutcomeCounters* counters);
  ~Worker();

  // Before Start.
  void Add(PartitionOptions options, const Book* book, std::unique_ptr<StateCache> cache, bool own);
  void Start();

  // Any thread.
  void Submit(int partition, std::unique_ptr<Command> command);
  void Submit(std::vector<std::pair<int, std::unique_ptr<Command>>> commands);
  void Want(int partition, bool wanted);
  void ConfirmClock();
  void Status(std::vector<PartitionStatus>* out) const;

  // Stops taking commands; true when everything has been answered and the cache is written.
  void Drain();
  bool drained() const { return drained_.load(); }
  // The drain has taken too long: everything still held is answered as it stands.
  void Abandon();

 private:
  struct Seat;
  struct Input {
    int partition;
    std::unique_ptr<Command> command;
  };
  void Run();
  // One round over all partitions; when to come back at the latest, of the steady clock.
  absl::Duration Step(const Moment& moment);
  void TakeInputs();
  // What the log, and the disk of the cache, have to tell.
  void Hear(Seat& seat, const absl::Status& health);
  void Feed(Seat& seat);
  void Tick(Seat& seat, const Moment& moment);
  // True: what was appended was written by this thread.
  bool Send();
  void ReplaceBrokenProducer(absl::Duration now);
  void PublishIfDue(absl::Duration now);
  void Publish();
  void FinishDrain();
  Seat& SeatOf(int partition);

  log::EventLog* const log_;
  const Options options_;
  OutcomeCounters* const counters_;
  std::unique_ptr<log::LogProducer> producer_;
  std::vector<std::unique_ptr<Seat>> seats_;
  std::mt19937_64 random_{std::random_device{}()};

  mutable std::mutex mutex_;
  std::vector<Input> inbox_;
  std::vector<std::pair<int, bool>> wants_;
  bool clock_confirmed_ = false;
  std::vector<PartitionStatus> published_;
  std::atomic<size_t> waiting_{0};  // in the inbox and in the partitions' queues

  Doorbell doorbell_;
  std::shared_ptr<void> watch_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> draining_{false};
  std::atomic<bool> abandoning_{false};
  std::atomic<bool> drained_{false};
  std::vector<Input> taken_;          // reused
  std::vector<log::Report> reports_;  // reused
  absl::Duration next_publish_ = absl::ZeroDuration();
  absl::Duration replace_not_before_ = absl::ZeroDuration();
  bool unpublished_ = true;  // something happened since the last Publish
  std::thread thread_;
};

}  // namespace daybook::command
