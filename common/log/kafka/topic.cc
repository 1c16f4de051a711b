#include "common/log/kafka/topic.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"

namespace daybook::log {
namespace {

constexpr int kDefaultPartitions = 16;
constexpr absl::Duration kPatience = absl::Seconds(10);
constexpr absl::Duration kCreation = absl::Seconds(30);

template <class T, void (*Free)(T*)>
struct Freer {
  void operator()(T* p) const { Free(p); }
};
using NewTopic =
    std::unique_ptr<rd_kafka_NewTopic_t, Freer<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Freer<rd_kafka_event_t, rd_kafka_event_destroy>>;
using Resource = std::unique_ptr<rd_kafka_ConfigResource_t,
                                 Freer<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy>>;
using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t,
                                     Freer<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>>;
struct MetadataFreer {
  void operator()(const rd_kafka_metadata_t* m) const { rd_kafka_metadata_destroy(m); }
};
using MetadataPtr = std::unique_ptr<const rd_kafka_metadata_t, MetadataFreer>;

absl::Status ToStatus(rd_kafka_resp_err_t error, const char* detail, const std::string& doing) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  const std::string message =
      absl::StrCat(doing, ": ", rd_kafka_err2str(error),
                   detail && *detail ? absl::StrCat(" (", detail, ")") : "");
  switch (error) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      return absl::NotFoundError(message);
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return absl::PermissionDeniedError(message);
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
      return absl::FailedPreconditionError(message);
    default:
      return absl::UnavailableError(message);
  }
}

int Milliseconds(absl::Duration d) { return static_cast<int>(absl::ToInt64Milliseconds(d)); }

absl::StatusOr<MetadataPtr> AskMetadata(rd_kafka_t* rk, const std::string& topic,
                                        absl::Duration patience) {
  const KafkaTopic handle(rd_kafka_topic_new(rk, topic.c_str(), nullptr));
  const rd_kafka_metadata_t* metadata = nullptr;
  RETURN_IF_ERROR(
      ToStatus(rd_kafka_metadata(rk, 0, handle.get(), &metadata, Milliseconds(patience)), "",
               "asking the brokers for their metadata"));
  return MetadataPtr(metadata);
}

// The answer to an admin request that was sent to `queue`.
absl::StatusOr<Event> Answer(rd_kafka_queue_t* queue, absl::Duration patience,
                             const std::string& doing) {
  // librdkafka keeps the time and says so; this is only in case that it does not.
  Event event(rd_kafka_queue_poll(queue, 2 * Milliseconds(patience)));
  if (!event) return absl::UnavailableError(absl::StrCat(doing, ": no broker answers"));
  RETURN_IF_ERROR(
      ToStatus(rd_kafka_event_error(event.get()), rd_kafka_event_error_string(event.get()), doing));
  return event;
}

AdminOptions Waiting(rd_kafka_t* rk, rd_kafka_admin_op_t operation, absl::Duration patience) {
  AdminOptions options(rd_kafka_AdminOptions_new(rk, operation));
  char error[256];
  rd_kafka_AdminOptions_set_request_timeout(options.get(), Milliseconds(patience), error,
                                            sizeof error);
  return options;
}

absl::Status DescribeProperties(rd_kafka_t* rk, absl::Duration patience, TopicFacts* topic) {
  const std::string doing =
      absl::StrCat("reading the configuration of topic ", topic->name, " (ACL: DescribeConfigs)");
  const KafkaQueue queue(rd_kafka_queue_new(rk));
  const Resource resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic->name.c_str()));
  rd_kafka_ConfigResource_t* resources[] = {resource.get()};
  rd_kafka_DescribeConfigs(rk, resources, 1,
                           Waiting(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, patience).get(),
                           queue.get());
  ASSIGN_OR_RETURN(const Event event, Answer(queue.get(), patience, doing));
  const auto* result = rd_kafka_event_DescribeConfigs_result(event.get());
  DAYBOOK_CHECK(result != nullptr);
  size_t count = 0;
  const rd_kafka_ConfigResource_t** answers =
      rd_kafka_DescribeConfigs_result_resources(result, &count);
  DAYBOOK_CHECK(count == 1);
  RETURN_IF_ERROR(ToStatus(rd_kafka_ConfigResource_error(answers[0]),
                           rd_kafka_ConfigResource_error_string(answers[0]), doing));
  const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(answers[0], &count);
  for (size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    topic->properties[rd_kafka_ConfigEntry_name(entries[i])] = value ? value : "";
  }
  return absl::OkStatus();
}

// Partitions and replication, once every partition has a leader.
absl::StatusOr<TopicFacts> DescribePartitions(rd_kafka_t* rk, const std::string& name,
                                              absl::Duration patience) {
  ASSIGN_OR_RETURN(const MetadataPtr metadata, AskMetadata(rk, name, patience));
  const std::string doing = absl::StrCat("looking at topic ", name);
  if (metadata->topic_cnt != 1) return absl::UnavailableError(doing + ": no answer");
  const rd_kafka_metadata_topic& topic = metadata->topics[0];
  RETURN_IF_ERROR(ToStatus(topic.err, "", doing));
  TopicFacts facts{.name = name, .partitions = topic.partition_cnt, .properties = {}};
  for (int i = 0; i < topic.partition_cnt; ++i) {
    const rd_kafka_metadata_partition& p = topic.partitions[i];
    if (p.leader < 0) {
      return absl::UnavailableError(absl::StrCat(doing, ": partition ", p.id, " has no leader"));
    }
    facts.replication_factor =
        i == 0 ? p.replica_cnt : std::min(facts.replication_factor, p.replica_cnt);
  }
  return facts;
}

}  // namespace

absl::StatusOr<TopicFacts> DescribeTopic(rd_kafka_s* handle, const std::string& topic,
                                         absl::Duration patience) {
  ASSIGN_OR_RETURN(TopicFacts facts, DescribePartitions(handle, topic, patience));
  RETURN_IF_ERROR(DescribeProperties(handle, patience, &facts));
  return facts;
}

absl::Status CreateTopic(rd_kafka_s* handle, const std::string& topic,
                         const KafkaOptions& options) {
  const std::string doing = absl::StrCat("creating topic ", topic);
  ASSIGN_OR_RETURN(const MetadataPtr cluster, AskMetadata(handle, topic, kPatience));
  const int replicas = options.replication_factor.value_or(std::min(3, cluster->broker_cnt));
  char error[512];
  const NewTopic wanted(rd_kafka_NewTopic_new(topic.c_str(),
                                              options.partitions.value_or(kDefaultPartitions),
                                              replicas, error, sizeof error));
  if (!wanted) return absl::InvalidArgumentError(absl::StrCat(doing, ": ", error));
  for (const auto& [name, value] : WantedProperties(replicas)) {
    rd_kafka_NewTopic_set_config(wanted.get(), name.c_str(), value.c_str());
  }
  const KafkaQueue queue(rd_kafka_queue_new(handle));
  rd_kafka_NewTopic_t* topics[] = {wanted.get()};
  rd_kafka_CreateTopics(handle, topics, 1,
                        Waiting(handle, RD_KAFKA_ADMIN_OP_CREATETOPICS, kPatience).get(),
                        queue.get());
  ASSIGN_OR_RETURN(const Event event, Answer(queue.get(), kPatience, doing));
  const auto* result = rd_kafka_event_CreateTopics_result(event.get());
  DAYBOOK_CHECK(result != nullptr);
  size_t count = 0;
  const rd_kafka_topic_result_t** answers = rd_kafka_CreateTopics_result_topics(result, &count);
  for (size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t code = rd_kafka_topic_result_error(answers[i]);
    if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
    RETURN_IF_ERROR(ToStatus(code, rd_kafka_topic_result_error_string(answers[i]), doing));
  }
  for (const absl::Time deadline = absl::Now() + kCreation;;) {
    const absl::Status usable = DescribePartitions(handle, topic, kPatience).status();
    if (usable.ok()) return usable;
    if (absl::Now() > deadline) return usable;
    absl::SleepFor(absl::Milliseconds(50));
  }
}

}  // namespace daybook::log
