// The command engine: every partition of a log, driven by a few worker threads.
//
//   ASSIGN_OR_RETURN(auto engine, Engine::Open(&log, book, options, &metrics));
//   engine->Start();                         // claims: not before everything else is known to work
//   engine->Submit(std::move(command));      // any thread; answered later, on a worker
//   engine->Drain(absl::Now() + absl::Seconds(10));
//
// A worker carries inputs to its partitions and outputs from them, and nothing else: see
// partition.h for what is decided when. Workers = max(1, cores / 2); each has one log producer.
//
// Concurrency: Submit, Status and Want from any thread; Open, Drain and the destructor from one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/metrics.h"
#include "common/command/book.h"
#include "common/command/command.h"
#include "common/command/partition_status.h"
#include "common/log/event_log.h"
#include "common/store/store.h"

namespace daybook::command {

struct EngineOptions {
  // Of the write side's cache; made if need be, may be deleted at any time.
  std::string cache_directory;
  // Where this process serves, "host:port". Asked on the workers after Start, because a port that
  // the system chooses is known only when the server listens.
  std::function<std::string()> endpoint = [] { return std::string(); };
  int workers = 0;  // 0 = max(1, cores / 2)
  bool own = true;  // claim every partition at start
  // Records up to here are of the future, and an operator knows it: see "A clock that was wrong" in
  // common/log/README.md.
  absl::Time accepted_records = absl::InfinitePast();
  size_t max_queue = 32'768;  // commands waiting in all partitions of a worker; then OVERLOADED
  // Memory for states of customers, of all partitions together: an estimate (see state_cache.h). A
  // customer with ten documents takes 3 to 4 KB. Each partition has an equal part.
  size_t cache_bytes = 384 << 20;
  absl::Duration barrier_interval = absl::Milliseconds(5);
  absl::Duration flush_interval = absl::Seconds(20);
  store::FileFault cache_fault = {};  // for tests: the disk under the cache
  // Messages for people, from any worker.
  std::function<void(std::string_view)> say = [](std::string_view) {};
};

class Engine {
 public:
  // Opens the cache and checks it against the log (a cache of another log is dropped). Writes
  // nothing to the log. Errors: the cache directory cannot be used.
  static absl::StatusOr<std::unique_ptr<Engine>> Open(log::EventLog* log, Book book,
                                                      EngineOptions options, Metrics* metrics);
  ~Engine();

  // Starts the workers: they read, claim, and answer. A claim deposes another owner, so what else
  // may fail at start should have been tried before. Commands that come earlier wait.
  void Start();

  const Book& book() const;
  int partitions() const;

  // Takes a command that Prepare (prepare.h) has filled. Answered exactly once, perhaps before this
  // returns.
  void Submit(std::unique_ptr<Command> command);
  // The same for many, in order: one lock a worker.
  void Submit(std::vector<std::unique_ptr<Command>> commands);

  // Answers a command that Prepare refuses, and counts it with those that are refused later.
  void Refuse(std::unique_ptr<Command> command, const absl::Status& status);

  // Ask to own a partition, or to give it up.
  void Want(int partition, bool wanted);

  // An operator says that this machine's clock is right as it is now.
  void ConfirmClock();

  std::vector<PartitionStatus> Status() const;
  // OK when every partition is owned (or, with own = false, followed to the end); else what is
  // missing, and FAILED_PRECONDITION when something has stopped for good.
  absl::Status Ready() const;
  // Waits for Ready; the status of the deadline says what is missing. Returns at once when
  // something has stopped for good.
  absl::Status WaitUntilReady(absl::Time deadline) const;

  // Takes no more commands, answers those it has (those that are not certain by the deadline with
  // OUTCOME_UNKNOWN), writes the cache. Then only the destructor.
  void Drain(absl::Time deadline);

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace daybook::command
