// Somebody else at a broker: changes topics under the feet of a log and writes what is none of its
// records. On librdkafka alone.
//
//   KafkaStranger stranger(broker->address());
//   EXPECT_TRUE(stranger.Write(topic, 3, {.value = "junk"}).ok());
//   EXPECT_TRUE(stranger.Transaction(topic, 3, {{.value = "x"}}, KafkaStranger::End::kAbort).ok());
//
// Concurrency: one thread. Failure: statuses say what the broker said.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

struct rd_kafka_s;

namespace daybook {

// What a stranger writes; keys, values and headers are any bytes or none at all.
struct ForeignRecord {
  std::optional<std::string> key = std::nullopt;
  std::optional<std::string> value = std::nullopt;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

class KafkaStranger {
 public:
  explicit KafkaStranger(std::string brokers);
  ~KafkaStranger();
  KafkaStranger(const KafkaStranger&) = delete;
  KafkaStranger& operator=(const KafkaStranger&) = delete;

  absl::Status CreateTopic(const std::string& topic, int partitions,
                           const std::vector<std::pair<std::string, std::string>>& properties);
  absl::Status DeleteTopic(const std::string& topic);
  // `total`: how many there are afterwards.
  absl::Status AddPartitions(const std::string& topic, int total);
  // Everything before `offset`.
  absl::Status DeleteRecords(const std::string& topic, int partition, int64_t offset);
  // The topic's properties are these and no others.
  absl::Status SetProperties(const std::string& topic,
                             const std::vector<std::pair<std::string, std::string>>& properties);

  // One batch outside of any transaction. `codec`: none, gzip, snappy, lz4, zstd.
  absl::Status Write(const std::string& topic, int partition,
                     const std::vector<ForeignRecord>& records, const std::string& codec = "none");

  enum class End {
    kCommit,
    kAbort,
    kOpen,  // stays open, and with it the partition's last stable offset, until this object goes
  };
  // A transaction with these records; empty ones leave nothing behind.
  absl::Status Transaction(const std::string& topic, int partition,
                           const std::vector<ForeignRecord>& records, End end);

 private:
  struct Freer {
    void operator()(rd_kafka_s* p) const;
  };
  using Handle = std::unique_ptr<rd_kafka_s, Freer>;
  Handle NewProducer(const std::vector<std::pair<std::string, std::string>>& properties) const;

  const std::string brokers_;
  Handle admin_;
  Handle transactional_;      // made at the first transaction
  std::vector<Handle> open_;  // with a transaction that stays open
};

}  // namespace daybook
