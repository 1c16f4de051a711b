// librdkafka's handles as C++ values: the only place that names them in a header.
#pragma once

#include <memory>

struct rd_kafka_s;
struct rd_kafka_conf_s;
struct rd_kafka_topic_s;
struct rd_kafka_queue_s;
struct rd_kafka_message_s;

namespace daybook::log {

struct KafkaDeleter {
  void operator()(rd_kafka_s* p) const;
  void operator()(rd_kafka_conf_s* p) const;
  void operator()(rd_kafka_topic_s* p) const;
  void operator()(rd_kafka_queue_s* p) const;
  void operator()(rd_kafka_message_s* p) const;
};

template <class T>
using KafkaPtr = std::unique_ptr<T, KafkaDeleter>;

using KafkaHandle = KafkaPtr<rd_kafka_s>;
using KafkaConf = KafkaPtr<rd_kafka_conf_s>;
using KafkaTopic = KafkaPtr<rd_kafka_topic_s>;
using KafkaQueue = KafkaPtr<rd_kafka_queue_s>;
using KafkaMessage = KafkaPtr<rd_kafka_message_s>;

}  // namespace daybook::log
