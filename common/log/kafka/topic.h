// The topic as the cluster has it: looked at and created through the admin API.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/log/kafka/handles.h"
#include "common/log/kafka/kafka_log.h"
#include "common/log/kafka/topic_rules.h"

namespace daybook::log {

// The topic's partitions, replication and properties; asks twice, each time waiting for `patience`
// at most. NOT_FOUND, PERMISSION_DENIED, UNAVAILABLE.
absl::StatusOr<TopicFacts> DescribeTopic(rd_kafka_s* handle, const std::string& topic,
                                         absl::Duration patience);

// Creates it and waits until it can be used. Fine if somebody else was quicker.
absl::Status CreateTopic(rd_kafka_s* handle, const std::string& topic, const KafkaOptions& options);

}  // namespace daybook::log
