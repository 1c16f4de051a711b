// The batches of a partition up to an offset, read and parsed on the caller's thread or one ahead
// of it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/projection/source.h"

namespace daybook::projection {

class Pipeline {
 public:
  // `log` must outlive it. `two_stages`: a thread reads, hashes and parses ahead.
  Pipeline(log::EventLog& log, int partition, const log::Position& from, int64_t until, size_t max,
           bool two_stages);
  ~Pipeline();

  // The next batch, good until the call after; never empty as long as `until` is not reached. Waits
  // for a log that does not answer, a minute at most.
  absl::StatusOr<const ParsedBatch*> Next();

 private:
  absl::Status Fill(ParsedBatch* batch);
  void ReadAhead();

  static constexpr size_t kAhead = 8;  // batches

  Source source_;
  const int64_t until_;
  const size_t max_;
  std::unique_ptr<ParsedBatch> current_;

  // Only with two stages:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<ParsedBatch>> filled_;
  std::deque<std::unique_ptr<ParsedBatch>> empty_;
  absl::Status status_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace daybook::projection
