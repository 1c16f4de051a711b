// Where the partitions of a log end: what read models are compared with.
//
// The log is asked once a second for all of them, on a thread of its own, since a log that does not
// answer keeps whoever asks waiting; a scrape of /metrics must not.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "common/log/event_log.h"

namespace daybook {

class LogEnds {
 public:
  // `log` must outlive it.
  explicit LogEnds(log::EventLog& log);
  ~LogEnds();

  // By partition, as of a second ago; of a log that does not answer, as it last did; 0 before the
  // first answer. Any thread.
  std::vector<int64_t> Get() const;

 private:
  void Run();

  log::EventLog& log_;
  mutable std::mutex mutex_;
  std::condition_variable bell_;
  std::vector<int64_t> ends_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace daybook
