// What the log, its producers and its readers share.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/log/bell.h"
#include "common/log/kafka/fetcher.h"
#include "common/log/kafka/first_records.h"
#include "common/log/kafka/kafka_log.h"
#include "common/log/kafka/reached_ends.h"
#include "common/log/recent_records.h"

namespace daybook::log {

struct KafkaCore {
  KafkaOptions options;
  std::string topic;
  int partitions = 0;
  // By partition: what producers of this process wrote, from its report on.
  std::vector<RecentRecords> recent = {};
  std::shared_ptr<KnownFirsts> firsts = std::make_shared<KnownFirsts>();
  std::shared_ptr<ReachedEnds> reached = nullptr;
  std::shared_ptr<Bell> bell = std::make_shared<Bell>();
  BatchBytes batch_bytes = {};
  // For questions. A handle that also fetched would answer them only after its waiting fetch.
  std::shared_ptr<Fetcher> asker = nullptr;
  std::unique_ptr<FetcherPool> pool = nullptr;
};

std::unique_ptr<LogProducer> NewKafkaProducer(KafkaCore& core, std::function<void()> wake);
absl::StatusOr<std::unique_ptr<LogReader>> NewKafkaReader(KafkaCore& core, int partition,
                                                          int64_t from);

}  // namespace daybook::log
