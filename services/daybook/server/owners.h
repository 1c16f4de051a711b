// Who owns the partitions of a log, for a process that only reads it: where commands are taken.
//
// The endpoint stands in the claim with which the owner began (common/log/find_claim.h). It is
// looked for on a thread of its own when somebody asks for it, once for each owner.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "common/log/chain.h"
#include "common/log/event_log.h"

namespace daybook {

class Owners {
 public:
  // How far a partition has been read. Any thread, must not block.
  using PositionOf = std::function<log::Position(int partition)>;

  // `log` must outlive it.
  Owners(log::EventLog& log, PositionOf position_of);
  ~Owners();

  struct Answer {
    std::string endpoint;  // empty: not known
    bool looking = false;  // it may be known soon
  };
  // Never blocks. Any thread.
  Answer Find(int partition);

 private:
  struct Known {
    uint64_t epoch = 0;        // whose claim was looked for last
    std::string endpoint;      // in it; empty: it was not found
    absl::Duration next_look;  // for the same claim, at the earliest; of the steady clock
    bool wanted = false;
  };
  void Run();

  log::EventLog& log_;
  const PositionOf position_of_;
  std::mutex mutex_;
  std::condition_variable bell_;
  std::vector<Known> known_;  // by partition
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace daybook
