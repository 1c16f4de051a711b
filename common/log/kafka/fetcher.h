// Consumer handles and who reads which partition from which.
//
// A handle has a few threads of its own and fetches each partition at one place only. So readers of
// different partitions share a handle, and a second reader of a partition needs a second handle:
// the write side and two projections that follow all partitions come to three.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/log/event_log.h"
#include "common/log/kafka/config.h"
#include "common/log/kafka/handles.h"

namespace daybook::log {

class Fetcher : public HandleEvents {
 public:
  static absl::StatusOr<std::shared_ptr<Fetcher>> New(const KafkaOptions& options,
                                                      const std::string& topic, Fetching fetching,
                                                      int partitions);
  ~Fetcher() override;

  rd_kafka_s* handle() const { return handle_.get(); }
  rd_kafka_topic_s* topic() const { return topic_.get(); }
  const std::string& topic_name() const { return name_; }

  // Asks the leaders of the first `partitions` partitions. UNAVAILABLE after `patience`, and when
  // one does not answer.
  absl::StatusOr<std::vector<Extent>> AskExtents(int partitions, absl::Duration patience);
  // The same of one.
  absl::StatusOr<Extent> AskExtent(int partition, absl::Duration patience);

  // The fetching thread of librdkafka sleeps up to a second when its queue is full and does not
  // notice that it has been emptied; any request wakes it. Does not block.
  void Nudge(int partition);

 private:
  Fetcher(const KafkaOptions& options, std::string name)
      : HandleEvents(options.warn), name_(std::move(name)) {}
  // Of `count` partitions from `first` on.
  absl::StatusOr<std::vector<int64_t>> AskOffsets(int first, int count, int64_t which,
                                                  absl::Time deadline);
  absl::StatusOr<std::vector<Extent>> AskExtents(int first, int count, absl::Duration patience);
  void NudgeLoop();

  const std::string name_;
  KafkaHandle handle_;
  KafkaTopic topic_;

  std::mutex mutex_;
  std::condition_variable changed_;
  int nudged_ = -1;  // partition to ask about; -1: none
  bool stop_ = false;
  std::thread nudger_;  // started at the first nudge
};

// Hands out partitions of handles.
class FetcherPool {
 public:
  FetcherPool(const KafkaOptions& options, std::string topic, int partitions)
      : options_(options), topic_(std::move(topic)), partitions_(partitions) {}

  // The right to read a partition from a handle, given back when dropped.
  class Lease {
   public:
    Lease(FetcherPool* pool, std::shared_ptr<Fetcher> fetcher, int partition)
        : pool_(pool), fetcher_(std::move(fetcher)), partition_(partition) {}
    ~Lease() { pool_->Release(fetcher_, partition_); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    const std::shared_ptr<Fetcher>& fetcher() const { return fetcher_; }

   private:
    FetcherPool* const pool_;
    const std::shared_ptr<Fetcher> fetcher_;
    const int partition_;
  };
  absl::StatusOr<std::unique_ptr<Lease>> Take(int partition);

 private:
  void Release(const std::shared_ptr<Fetcher>& fetcher, int partition);

  struct Member {
    std::shared_ptr<Fetcher> fetcher;
    std::set<int> taken;
  };

  const KafkaOptions options_;
  const std::string topic_;
  const int partitions_;
  std::mutex mutex_;
  std::vector<Member> members_;
};

}  // namespace daybook::log
