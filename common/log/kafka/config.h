// Properties of the librdkafka handles.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/log/kafka/handles.h"
#include "common/log/kafka/kafka_log.h"

namespace daybook::log {

// What librdkafka's callbacks write to. A handle's conf points to one, which must outlive the
// handle.
class HandleEvents {
 public:
  explicit HandleEvents(std::function<void(std::string_view)> warn) : warn_(std::move(warn)) {}
  virtual ~HandleEvents() = default;

  // At most some lines a minute: a broker that is away is not worth a full disk.
  void Warn(std::string_view line);
  virtual void OnDelivery(const rd_kafka_message_s* message) {}

  // All brokers are away, as far as the handle knows.
  std::atomic<bool> down = false;

 private:
  const std::function<void(std::string_view)> warn_;
  std::mutex mutex_;
  absl::Time minute_ = absl::InfinitePast();
  int lines_ = 0;
};

// INVALID_ARGUMENT if a property belongs to the driver.
absl::Status CheckProperties(const std::map<std::string, std::string>& properties);

absl::StatusOr<KafkaConf> ProducerConf(const KafkaOptions& options, HandleEvents* events);
// What a handle of a reader fetches: everything that comes, `partitions` sharing
// options.prefetch_bytes, or the first records that it is asked for and little more.
enum class Fetching { kAll, kFirst };
absl::StatusOr<KafkaConf> ReaderConf(const KafkaOptions& options, Fetching fetching, int partitions,
                                     HandleEvents* events);

// Makes the handle; the conf is used up.
absl::StatusOr<KafkaHandle> NewProducerHandle(KafkaConf conf);
absl::StatusOr<KafkaHandle> NewReaderHandle(KafkaConf conf);

}  // namespace daybook::log
