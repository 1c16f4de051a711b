// What the parts below us reach by themselves: the denominators that are not calls.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace daybook::bench {

// Median time of one write of `bytes` bytes to the end of a file in `directory` and its fdatasync,
// µs.
absl::StatusOr<double> SyncP50(const std::string& directory, size_t bytes, absl::Duration duration);

struct Scanned {
  uint64_t records = 0;
  uint64_t bytes = 0;  // of values
  double seconds = 0;
  double cpu_seconds = 0;  // of this process, all threads
  double cpu_us() const {  // a record
    return records > 0 ? cpu_seconds * 1e6 / static_cast<double>(records) : 0;
  }
  double per_second() const { return seconds > 0 ? static_cast<double>(records) / seconds : 0; }
  double mean_bytes() const {
    return records > 0 ? static_cast<double>(bytes) / static_cast<double>(records) : 0;
  }
};

// Every record of the embedded log in `directory`, on one thread: RocksDB's iterator, and each
// value parsed into one reused Record. No hash, no order of events, nothing kept.
absl::StatusOr<Scanned> ScanAndParse(const std::string& directory);

// Every record of a topic, fetched in batches and dropped.
absl::StatusOr<Scanned> NullConsume(const std::string& brokers, const std::string& topic);

// librdkafka's idempotent producer with the settings of our own (acks=all, no linger), values of
// `bytes` bytes into the one partition of a topic of its own: a request carries one partition, so
// this is the most that it can do.
class RawProducer {
 public:
  static absl::StatusOr<std::unique_ptr<RawProducer>> Open(const std::string& brokers,
                                                           const std::string& topic);
  ~RawProducer();

  // One in flight: median time to the report, µs.
  absl::StatusOr<double> ProduceP50(size_t bytes, absl::Duration duration);
  // `in_flight` at a time: records a second.
  absl::StatusOr<double> ProduceRate(size_t bytes, int in_flight, absl::Duration duration);

 private:
  class Impl;
  explicit RawProducer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace daybook::bench
