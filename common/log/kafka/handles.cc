#include "common/log/kafka/handles.h"

#include <librdkafka/rdkafka.h>

namespace daybook::log {

void KafkaDeleter::operator()(rd_kafka_s* p) const { rd_kafka_destroy(p); }
void KafkaDeleter::operator()(rd_kafka_conf_s* p) const { rd_kafka_conf_destroy(p); }
void KafkaDeleter::operator()(rd_kafka_topic_s* p) const { rd_kafka_topic_destroy(p); }
void KafkaDeleter::operator()(rd_kafka_queue_s* p) const { rd_kafka_queue_destroy(p); }
void KafkaDeleter::operator()(rd_kafka_message_s* p) const { rd_kafka_message_destroy(p); }

}  // namespace daybook::log
