// All read models of a process: opened, kept up with the log, asked.
//
//   ASSIGN_OR_RETURN(auto models,
//                    Models::Open(*log, TheTopology(), {.directory = data_dir + "/models"}));
//   models->Start();
//   for (const auto* service : models->services()) {
//     ...  // for each of its methods, a handler that does this, on any thread:
//     models->Query(call.method(), call.request(), call.deadline(),
//                   [&call](const absl::Status& status, const Message* response) {
//                     status.ok() ? call.Finish(*response) : call.FinishError(status);
//                   });
//   }
//   ...
//   models->Stop();  // persists; queries after it are refused with SHUTTING_DOWN
//
// Operation. One thread drives several partitions. Each partition is read once, through the chain,
// parsed once, and handed to every read model. Rows are flushed together with the position: when
// the partition is read to its end, 5 ms after somebody waits, or after 200,000 events. A query
// sees the newest flush, whole.
//
// Failure. A record that counts but is not understood stops its partition (readiness says so;
// queries of it are refused); a log that does not answer is asked again. A read model that is
// damaged, of another version, or that the disk fails, keeps nobody from serving: its queries are
// refused while it is opened anew or made anew from the log (model.h).
//
// Concurrency: all methods from any thread; Start and Stop once each.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/log/chain.h"
#include "common/log/event_log.h"
#include "common/projection/topology.h"
#include "common/store/store.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace daybook::projection {

struct ModelsOptions {
  std::string directory = {};  // one directory a projection below it
  // That fold; each drives its part of the partitions.
  int threads = 1;
  // That answer queries of whole partitions. With two or more, the long queries of one method do
  // not hold up those of another (scan_queue.h).
  int scan_threads = 2;
  // Of all stores together; null: one with the limits of a process.
  std::shared_ptr<store::Memory> memory = {};
  uint64_t flush_events = 200'000;                     // at most so many between two flushes
  size_t flush_bytes = 64 << 20;                       // or so much finished history
  absl::Duration flush_delay = absl::Milliseconds(5);  // after somebody waits, if not at the end
  size_t max_waiters = 10'000;  // a partition; more are refused with OVERLOADED
  size_t max_scans = 64;        // waiting for threads that scan; more: OVERLOADED
  std::function<absl::Time()> clock = WallNow;
  // A read model that does not open is set aside and made anew. False: Open says why instead, for
  // who wants to look at what is there.
  bool mend = true;
  // What happened to a read model, for people. Any thread.
  std::function<void(std::string_view)> say = [](std::string_view) {};
  // For tests: the disk under a read model; see store::FileFault.
  std::function<store::FileFault(std::string_view projection)> fault = {};
};

// One partition of one projection, for readiness and metrics.
struct ShardStatus {
  std::string projection;
  int partition = 0;
  log::Position position;  // of the newest flush
  bool ready = false;      // has reached what was the end of the log when it started
  absl::Time complete_at;  // saw the end of the log then
  absl::Status error;      // not OK: stopped, or waiting for a log that does not answer
  uint64_t records = 0;    // that counted, since Start
  uint64_t events = 0;     // since Start
  uint64_t flushes = 0;
  uint64_t void_records[log::kVerdicts] = {};  // by log::Verdict
  uint64_t waiters = 0;
};

// What happened to the stores of one projection since Open.
struct ModelFigures {
  uint64_t failures = 0;   // of stores that were open
  uint64_t set_aside = 0;  // stores
};

class Models {
 public:
  // `response` is null unless `status` is OK, and valid during the call.
  using Answer = absl::AnyInvocable<void(const absl::Status& status,
                                         const google::protobuf::Message* response)>;

  // Opens every store and compares its positions with the log; `log` must outlive the models.
  // Errors name the directory: FAILED_PRECONDITION (another or shorter log, open in another
  // process); without `mend` also DATA_LOSS (damaged), FAILED_PRECONDITION (another version) and
  // what the disk says. Rebuild makes a store new from the log.
  static absl::StatusOr<std::unique_ptr<Models>> Open(log::EventLog& log, const Topology& topology,
                                                      const ModelsOptions& options);
  ~Models();  // as Stop

  void Start();
  void Stop();

  // The query services of the topology.
  std::vector<const google::protobuf::ServiceDescriptor*> services() const;

  // Answers exactly once, on this thread if nothing has to be waited for and nothing scanned, else
  // on another. `request` must live until then.
  void Query(const google::protobuf::MethodDescriptor& method,
             const google::protobuf::Message& request, absl::Time deadline, Answer answer);

  // Calls back when all read models have flushed `next_offset` of `partition`: OK, or
  // POSITION_NOT_REACHED at the deadline, or why it cannot come to that. Perhaps on this thread.
  void WaitFor(int partition, int64_t next_offset, absl::Time deadline,
               absl::AnyInvocable<void(absl::Status)> callback);

  // Every partition of every projection is ready and none has an error; if not, what is missing.
  absl::Status Ready() const;
  // Whether queries of one projection are answered in every partition. They are while another
  // projection is not ready, while the log does not answer, and while the disk is full: what was
  // flushed before is served. NOT_FOUND if there is no projection of this name.
  absl::Status Serves(std::string_view projection) const;
  std::vector<ShardStatus> Statuses() const;
  ModelFigures FiguresOf(std::string_view projection) const;

  // Current views of one projection, in order of partition; none if there is none of this name or
  // its store is not open. They keep the store open.
  std::vector<std::shared_ptr<const store::View>> Views(std::string_view projection) const;

 private:
  class Impl;
  explicit Models(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace daybook::projection
