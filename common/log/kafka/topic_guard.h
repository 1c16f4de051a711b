// Looks after the topic of a log that is open for long: whether it is still the same, whole, and
// going to stay so. What somebody did to it is noticed within some looks; see EventLog::health.
//
// A thread of its own, with a handle of its own. `health` from any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/log/kafka/fetcher.h"
#include "common/log/kafka/first_records.h"
#include "common/log/kafka/kafka_log.h"
#include "common/log/kafka/reached_ends.h"
#include "common/log/kafka/topic_rules.h"

namespace daybook::log {

// What one look at a topic has shown.
struct TopicLook {
  absl::StatusOr<TopicFacts> facts;
  std::vector<Extent> extents;      // one a partition
  std::vector<FirstRecord> firsts;  // the same; offset -1 where none is there or none came in time
};

// What looks make of a topic. Pure.
class TopicJudge {
 public:
  // Looks that must agree before something is believed that a broker which has just become the
  // leader may say in passing: that there is no such topic, or that it ends earlier than it did.
  static constexpr int kBelieve = 3;

  TopicJudge(std::string topic, int partitions)
      : topic_(std::move(topic)), ends_(static_cast<size_t>(partitions)), firsts_(ends_.size()) {}

  // What was met elsewhere, before the look that is judged next: first records, of which those that
  // are known already stand, and how far partitions went.
  void Know(const std::vector<FirstRecord>& firsts, const std::vector<int64_t>& ends);
  // What is wrong by this look; UNAVAILABLE: nothing can be said yet, what was known stands.
  // Records that were lost stay lost, whatever later looks show.
  absl::Status Judge(const TopicLook& look);

 private:
  absl::Status JudgeOnce(const TopicLook& look);
  absl::Status Passing(absl::Status finding);

  const std::string topic_;
  std::vector<int64_t> ends_;        // as far as the log has been seen to go
  std::vector<FirstRecord> firsts_;  // once seen
  int passing_ = 0;                  // looks on end that found something which may pass
  absl::Status lost_;                // for good
};

class TopicGuard {
 public:
  // Looks every `interval`. INVALID_ARGUMENT: see Fetcher.
  static absl::StatusOr<std::unique_ptr<TopicGuard>> Start(const KafkaOptions& options,
                                                           const std::string& topic, int partitions,
                                                           std::shared_ptr<KnownFirsts> firsts,
                                                           std::shared_ptr<ReachedEnds> reached);
  // Waits for a question under way, some seconds at most.
  ~TopicGuard();

  absl::Status health() const;

 private:
  TopicGuard(std::shared_ptr<Fetcher> fetcher, int partitions, std::shared_ptr<KnownFirsts> firsts,
             std::shared_ptr<ReachedEnds> reached, absl::Duration interval);
  void Run();
  absl::Status LookOnce();
  bool stopping() const;

  const std::shared_ptr<Fetcher> fetcher_;
  const int partitions_;
  const std::shared_ptr<KnownFirsts> firsts_;
  const std::shared_ptr<ReachedEnds> reached_;
  const absl::Duration interval_;
  TopicJudge judge_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  absl::Status health_;
  std::atomic<bool> well_{true};
  std::thread thread_;
};

}  // namespace daybook::log
