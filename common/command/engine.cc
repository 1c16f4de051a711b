#include "common/command/engine.h"

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/command/cache_store.h"
#include "common/command/worker.h"

namespace daybook::command {
namespace {

// The least part of a partition of what may wait to be written.
constexpr size_t kLeastFlushRows = 4'096;
constexpr size_t kLeastFlushBytes = 1 << 20;

std::string NewInstance() {
  std::random_device random;
  return absl::StrFormat("%08x%08x", random(), random());
}

}  // namespace

struct Engine::Impl {
  Book book;
  EngineOptions options;
  log::EventLog* log = nullptr;
  std::unique_ptr<CacheStore> cache;
  BackgroundThread cache_writer{"cache-writer"};
  std::unique_ptr<OutcomeCounters> counters;
  std::vector<std::unique_ptr<Worker>> workers;  // first to go

  Worker& WorkerOf(int partition) { return *workers[partition % workers.size()]; }
};

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

const Book& Engine::book() const { return impl_->book; }
int Engine::partitions() const { return impl_->log->partitions(); }

namespace {

void AddGauges(Engine* engine, Metrics* metrics) {
  // One copy of everything a scrape, in the order of the partitions.
  const auto seen = std::make_shared<std::vector<PartitionStatus>>(engine->Status());
  metrics->OnExpose([engine, seen] { *seen = engine->Status(); });
  for (int p = 0; p < engine->partitions(); ++p) {
    const Labels labels = {{"partition", absl::StrCat(p)}};
    const auto status = [seen, p]() -> const PartitionStatus& {
      return (*seen)[static_cast<size_t>(p)];
    };
    metrics->AddGauge("daybook_partition_owned", "1 if this process owns the partition.", labels,
                      [status] { return status().phase == Partition::Phase::kOwn ? 1.0 : 0.0; });
    metrics->AddGauge("daybook_partition_halted",
                      "1 if the partition has stopped for good and needs an operator.", labels,
                      [status] { return status().halted.ok() ? 0.0 : 1.0; });
    metrics->AddGauge("daybook_clock_skew_seconds",
                      "How far the log is ahead of this machine's clock: by its newest record, its "
                      "own clock, or the clock before it was set; more than 60 either way and "
                      "nothing is recorded.",
                      labels, [status] { return absl::ToDoubleSeconds(status().clock_skew); });
    metrics->AddCounter("daybook_ownership_changes_total",
                        "Times that this process became owner of the partition.", labels,
                        [status] { return static_cast<double>(status().stats.ownerships); });
    metrics->AddCounter("daybook_doubts_total",
                        "Times that the proof of ownership failed and the log was read back.",
                        labels, [status] { return static_cast<double>(status().stats.doubts); });
    metrics->AddCounter("daybook_barriers_total",
                        "Records written only to prove ownership for an answer without a record.",
                        labels, [status] { return static_cast<double>(status().stats.barriers); });
    metrics->AddGauge("daybook_queue_commands", "Commands waiting to be decided.", labels,
                      [status] { return static_cast<double>(status().queued); });
    metrics->AddGauge("daybook_in_flight_records", "Records appended and not yet confirmed.",
                      labels, [status] { return static_cast<double>(status().in_flight); });
    for (int v = 1; v < log::kVerdicts; ++v) {
      Labels with_reason = labels;
      with_reason.emplace_back("reason", std::string(log::ToString(static_cast<log::Verdict>(v))));
      metrics->AddCounter(
          "daybook_void_records_total",
          "Records in the log that do not count, as read by the write side.", with_reason,
          [status, v] { return static_cast<double>(status().stats.void_records[v]); });
    }
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Engine>> Engine::Open(log::EventLog* log, Book book,
                                                     EngineOptions options, Metrics* metrics) {
  auto impl = std::make_unique<Impl>();
  impl->book = std::move(book);
  impl->options = std::move(options);
  impl->log = log;
  const EngineOptions& o = impl->options;
  ASSIGN_OR_RETURN(impl->cache, CacheStore::Open(log, {.directory = o.cache_directory,
                                                       .state_version = impl->book.state_version,
                                                       .say = o.say,
                                                       .fault = o.cache_fault}));
  metrics->AddCounter(
      "daybook_command_cache_refolds_total",
      "Times that the command cache, or a partition of it, was not certain to be "
      "whole and was folded again from the log.",
      {}, [cache = impl->cache.get()] { return static_cast<double>(cache->refolds()); });
  impl->counters = std::make_unique<OutcomeCounters>(impl->book, metrics);
  Histogram& append_seconds = metrics->AddHistogram(
      "daybook_append_seconds", "From appending a group of records until the log has confirmed it.",
      LatencyBounds());
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  const int workers =
      std::min(log->partitions(), o.workers > 0 ? o.workers : std::max(1, cores / 2));
  for (int i = 0; i < workers; ++i) {
    impl->workers.push_back(
        std::make_unique<Worker>(log,
                                 Worker::Options{.max_queue = o.max_queue,
                                                 .say = o.say,
                                                 .append_seconds = &append_seconds,
                                                 .cache_writer = &impl->cache_writer,
                                                 .name = absl::StrCat("engine-", i)},
                                 impl->counters.get()));
  }
  const std::string instance = NewInstance();
  // What one partition knows of the clock all do, if only this process writes.
  std::shared_ptr<NewestRecord> newest;
  if (log->exclusive()) newest = std::make_shared<NewestRecord>(log->partitions());
  for (int p = 0; p < log->partitions(); ++p) {
    PartitionOptions partition;
    partition.partition = p;
    partition.partitions = log->partitions();
    partition.exclusive = log->exclusive();
    partition.log_has_clock = log->has_clock();
    partition.accepted_records = o.accepted_records;
    partition.newest_record = newest;
    partition.instance = instance;
    partition.endpoint = o.endpoint;
    partition.max_queue = o.max_queue;
    partition.barrier_interval = o.barrier_interval;
    partition.flush_interval = o.flush_interval;
    // What waits to be written is bounded for the process: each has its part.
    const auto partitions = static_cast<size_t>(log->partitions());
    partition.flush_rows = std::max(kLeastFlushRows, partition.flush_rows / partitions);
    partition.flush_bytes = std::max(kLeastFlushBytes, partition.flush_bytes / partitions);
    partition.flush_commits = std::max(kLeastFlushRows, partition.flush_commits / partitions);
    auto cache =
        std::make_unique<StateCache>(impl->cache->NewBacking(p), o.cache_bytes / partitions);
    impl->WorkerOf(p).Add(std::move(partition), &impl->book, std::move(cache), o.own);
  }
  std::unique_ptr<Engine> engine(new Engine(std::move(impl)));
  AddGauges(engine.get(), metrics);
  return engine;
}

void Engine::Start() {
  for (auto& worker : impl_->workers) worker->Start();
}

void Engine::Submit(std::unique_ptr<Command> command) {
  const int partition = log::PartitionOf(command->stream_id, partitions());
  impl_->WorkerOf(partition).Submit(partition, std::move(command));
}

void Engine::Submit(std::vector<std::unique_ptr<Command>> commands) {
  std::vector<std::vector<std::pair<int, std::unique_ptr<Command>>>> by_worker(
      impl_->workers.size());
  for (auto& command : commands) {
    const int partition = log::PartitionOf(command->stream_id, partitions());
    by_worker[partition % by_worker.size()].emplace_back(partition, std::move(command));
  }
  for (size_t i = 0; i < by_worker.size(); ++i) {
    if (!by_worker[i].empty()) impl_->workers[i]->Submit(std::move(by_worker[i]));
  }
}

void Engine::Refuse(std::unique_ptr<Command> command, const absl::Status& status) {
  impl_->counters->Refuse(*command, status);
}

void Engine::Want(int partition, bool wanted) {
  impl_->WorkerOf(partition).Want(partition, wanted);
}

void Engine::ConfirmClock() {
  for (auto& worker : impl_->workers) worker->ConfirmClock();
}

std::vector<PartitionStatus> Engine::Status() const {
  std::vector<PartitionStatus> all;
  for (const auto& worker : impl_->workers) worker->Status(&all);
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.partition < b.partition; });
  return all;
}

absl::Status Engine::Ready() const {
  RETURN_IF_ERROR(impl_->log->health());
  std::map<std::string, int> missing;
  std::optional<PartitionStatus> clock;  // of the partition that it is most wrong for
  for (PartitionStatus& s : Status()) {
    if (!s.halted.ok()) {
      return absl::FailedPreconditionError(
          absl::StrCat("partition ", s.partition, " has stopped: ", s.halted.message()));
    }
    if (impl_->options.own && s.phase != Partition::Phase::kOwn) {
      std::string what(ToString(s.phase));
      if (!s.waits_for.empty()) absl::StrAppend(&what, " (", s.waits_for, ")");
      ++missing[what];
    }
    if (s.clock_wrong.empty()) continue;
    const absl::Duration skew = absl::AbsDuration(s.clock_skew);
    if (!clock || skew > absl::AbsDuration(clock->clock_skew)) clock = std::move(s);
  }
  if (clock) return absl::UnavailableError(clock->clock_wrong);
  if (missing.empty()) return absl::OkStatus();
  std::string text;
  for (const auto& [phase, count] : missing) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", count,
                    count == 1 ? " partition " : " partitions ", phase);
  }
  return absl::UnavailableError(text);
}

absl::Status Engine::WaitUntilReady(absl::Time deadline) const {
  while (true) {
    const absl::Status status = Ready();
    if (status.ok() || absl::IsFailedPrecondition(status) || WallNow() >= deadline) {
      return status;
    }
    absl::SleepFor(absl::Milliseconds(5));
  }
}

void Engine::Drain(absl::Time deadline) {
  const auto wait_until = [this](absl::Time until) {
    while (WallNow() < until) {
      if (std::all_of(impl_->workers.begin(), impl_->workers.end(),
                      [](const auto& worker) { return worker->drained(); })) {
        return true;
      }
      absl::SleepFor(absl::Milliseconds(2));
    }
    return false;
  };
  for (auto& worker : impl_->workers) worker->Drain();
  if (wait_until(deadline)) return;
  for (auto& worker : impl_->workers) worker->Abandon();
  wait_until(WallNow() + absl::Seconds(1));
}

}  // namespace daybook::command
