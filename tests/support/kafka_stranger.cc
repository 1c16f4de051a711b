#include "tests/support/kafka_stranger.h"

#include <librdkafka/rdkafka.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"

namespace daybook {
namespace {

constexpr int kPatienceMs = 20'000;
constexpr size_t kErrorBytes = 512;

absl::Status ToStatus(rd_kafka_resp_err_t error, const char* detail = nullptr) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  return absl::UnknownError(
      absl::StrCat(rd_kafka_err2str(error), detail != nullptr ? ": " : "", detail ? detail : ""));
}

absl::Status ToStatus(rd_kafka_error_t* error) {
  if (error == nullptr) return absl::OkStatus();
  const absl::Status status = absl::UnknownError(rd_kafka_error_string(error));
  rd_kafka_error_destroy(error);
  return status;
}

absl::Status FirstError(const rd_kafka_topic_result_t* const* results, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    RETURN_IF_ERROR(ToStatus(rd_kafka_topic_result_error(results[i]),
                             rd_kafka_topic_result_error_string(results[i])));
  }
  return absl::OkStatus();
}

// Sends an admin request and looks at its answer.
absl::Status Ask(rd_kafka_t* handle, rd_kafka_admin_op_t operation,
                 const std::function<void(rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>& send,
                 const std::function<absl::Status(rd_kafka_event_t*)>& look) {
  rd_kafka_queue_t* const queue = rd_kafka_queue_new(handle);
  rd_kafka_AdminOptions_t* const options = rd_kafka_AdminOptions_new(handle, operation);
  char error[kErrorBytes];
  rd_kafka_AdminOptions_set_request_timeout(options, kPatienceMs, error, sizeof error);
  rd_kafka_AdminOptions_set_operation_timeout(options, kPatienceMs, error, sizeof error);
  send(options, queue);
  rd_kafka_event_t* const event = rd_kafka_queue_poll(queue, 2 * kPatienceMs);
  absl::Status status = absl::DeadlineExceededError("no broker answers");
  if (event != nullptr) {
    status = ToStatus(rd_kafka_event_error(event), rd_kafka_event_error_string(event));
    if (status.ok()) status = look(event);
    rd_kafka_event_destroy(event);
  }
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_queue_destroy(queue);
  return status;
}

absl::Status Produce(rd_kafka_t* handle, const std::string& topic, int partition,
                     const ForeignRecord& record) {
  rd_kafka_headers_t* const headers = rd_kafka_headers_new(record.headers.size());
  for (const auto& [name, value] : record.headers) {
    rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  const auto bytes = [](const std::optional<std::string>& text) {
    return const_cast<char*>(text ? text->data() : nullptr);
  };
  const auto size = [](const std::optional<std::string>& text) {
    return text ? text->size() : size_t{0};
  };
  const rd_kafka_resp_err_t error = rd_kafka_producev(
      handle, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(bytes(record.key), size(record.key)),
      RD_KAFKA_V_VALUE(bytes(record.value), size(record.value)), RD_KAFKA_V_HEADERS(headers),
      RD_KAFKA_V_END);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_headers_destroy(headers);
  return ToStatus(error);
}

}  // namespace

void KafkaStranger::Freer::operator()(rd_kafka_s* p) const {
  // What is under way, an open transaction among it, is left as it stands.
  rd_kafka_purge(p, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_destroy(p);
}

KafkaStranger::KafkaStranger(std::string brokers)
    : brokers_(std::move(brokers)), admin_(NewProducer({})) {}

KafkaStranger::~KafkaStranger() = default;

KafkaStranger::Handle KafkaStranger::NewProducer(
    const std::vector<std::pair<std::string, std::string>>& properties) const {
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  char error[kErrorBytes];
  const auto set = [&](const std::string& name, const std::string& value) {
    DAYBOOK_CHECK(rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error, sizeof error) ==
                  RD_KAFKA_CONF_OK);
  };
  set("bootstrap.servers", brokers_);
  set("linger.ms", "5");  // so that what is written together becomes one batch
  set("log_level", "2");
  for (const auto& [name, value] : properties) set(name, value);
  Handle handle(rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error));
  DAYBOOK_CHECK(handle != nullptr);
  return handle;
}

absl::Status KafkaStranger::CreateTopic(
    const std::string& topic, int partitions,
    const std::vector<std::pair<std::string, std::string>>& properties) {
  char error[kErrorBytes];
  rd_kafka_NewTopic_t* fresh =
      rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, error, sizeof error);
  for (const auto& [name, value] : properties) {
    rd_kafka_NewTopic_set_config(fresh, name.c_str(), value.c_str());
  }
  const absl::Status status = Ask(
      admin_.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS,
      [&](auto* options, auto* queue) {
        rd_kafka_CreateTopics(admin_.get(), &fresh, 1, options, queue);
      },
      [](rd_kafka_event_t* event) {
        size_t count = 0;
        const auto* result = rd_kafka_event_CreateTopics_result(event);
        const rd_kafka_topic_result_t** results =
            rd_kafka_CreateTopics_result_topics(result, &count);
        return FirstError(results, count);
      });
  rd_kafka_NewTopic_destroy(fresh);
  return status;
}

absl::Status KafkaStranger::DeleteTopic(const std::string& topic) {
  rd_kafka_DeleteTopic_t* gone = rd_kafka_DeleteTopic_new(topic.c_str());
  const absl::Status status = Ask(
      admin_.get(), RD_KAFKA_ADMIN_OP_DELETETOPICS,
      [&](auto* options, auto* queue) {
        rd_kafka_DeleteTopics(admin_.get(), &gone, 1, options, queue);
      },
      [](rd_kafka_event_t* event) {
        size_t count = 0;
        const auto* result = rd_kafka_event_DeleteTopics_result(event);
        const rd_kafka_topic_result_t** results =
            rd_kafka_DeleteTopics_result_topics(result, &count);
        return FirstError(results, count);
      });
  rd_kafka_DeleteTopic_destroy(gone);
  return status;
}

absl::Status KafkaStranger::AddPartitions(const std::string& topic, int total) {
  char error[kErrorBytes];
  rd_kafka_NewPartitions_t* more =
      rd_kafka_NewPartitions_new(topic.c_str(), static_cast<size_t>(total), error, sizeof error);
  const absl::Status status = Ask(
      admin_.get(), RD_KAFKA_ADMIN_OP_CREATEPARTITIONS,
      [&](auto* options, auto* queue) {
        rd_kafka_CreatePartitions(admin_.get(), &more, 1, options, queue);
      },
      [](rd_kafka_event_t* event) {
        size_t count = 0;
        const auto* result = rd_kafka_event_CreatePartitions_result(event);
        const rd_kafka_topic_result_t** results =
            rd_kafka_CreatePartitions_result_topics(result, &count);
        return FirstError(results, count);
      });
  rd_kafka_NewPartitions_destroy(more);
  return status;
}

absl::Status KafkaStranger::DeleteRecords(const std::string& topic, int partition, int64_t offset) {
  rd_kafka_topic_partition_list_t* const offsets = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(offsets, topic.c_str(), partition)->offset = offset;
  rd_kafka_DeleteRecords_t* gone = rd_kafka_DeleteRecords_new(offsets);
  rd_kafka_topic_partition_list_destroy(offsets);
  const absl::Status status = Ask(
      admin_.get(), RD_KAFKA_ADMIN_OP_DELETERECORDS,
      [&](auto* options, auto* queue) {
        rd_kafka_DeleteRecords(admin_.get(), &gone, 1, options, queue);
      },
      [](rd_kafka_event_t* event) {
        const auto* result = rd_kafka_event_DeleteRecords_result(event);
        return ToStatus(rd_kafka_DeleteRecords_result_offsets(result)->elems[0].err);
      });
  rd_kafka_DeleteRecords_destroy(gone);
  return status;
}

absl::Status KafkaStranger::SetProperties(
    const std::string& topic, const std::vector<std::pair<std::string, std::string>>& properties) {
  rd_kafka_ConfigResource_t* resource =
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
  for (const auto& [name, value] : properties) {
    rd_kafka_ConfigResource_set_config(resource, name.c_str(), value.c_str());
  }
  const absl::Status status = Ask(
      admin_.get(), RD_KAFKA_ADMIN_OP_ALTERCONFIGS,
      [&](auto* options, auto* queue) {
        rd_kafka_AlterConfigs(admin_.get(), &resource, 1, options, queue);
      },
      [](rd_kafka_event_t* event) {
        size_t count = 0;
        const rd_kafka_ConfigResource_t** results = rd_kafka_AlterConfigs_result_resources(
            rd_kafka_event_AlterConfigs_result(event), &count);
        return count == 0 ? absl::OkStatus()
                          : ToStatus(rd_kafka_ConfigResource_error(results[0]),
                                     rd_kafka_ConfigResource_error_string(results[0]));
      });
  rd_kafka_ConfigResource_destroy(resource);
  return status;
}

absl::Status KafkaStranger::Write(const std::string& topic, int partition,
                                  const std::vector<ForeignRecord>& records,
                                  const std::string& codec) {
  const Handle producer = NewProducer({{"compression.codec", codec}});
  for (const ForeignRecord& record : records) {
    RETURN_IF_ERROR(Produce(producer.get(), topic, partition, record));
  }
  return ToStatus(rd_kafka_flush(producer.get(), kPatienceMs));
}

absl::Status KafkaStranger::Transaction(const std::string& topic, int partition,
                                        const std::vector<ForeignRecord>& records, End end) {
  Handle fresh;
  if (transactional_ == nullptr || end == End::kOpen) {
    fresh = NewProducer({{"transactional.id", absl::StrCat("stranger-", open_.size(), "-",
                                                           absl::ToUnixNanos(absl::Now()))},
                         {"transaction.timeout.ms", "600000"}});
    RETURN_IF_ERROR(ToStatus(rd_kafka_init_transactions(fresh.get(), kPatienceMs)));
    if (end != End::kOpen) transactional_ = std::move(fresh);
  }
  rd_kafka_t* const producer = end == End::kOpen ? fresh.get() : transactional_.get();
  RETURN_IF_ERROR(ToStatus(rd_kafka_begin_transaction(producer)));
  for (const ForeignRecord& record : records) {
    RETURN_IF_ERROR(Produce(producer, topic, partition, record));
  }
  RETURN_IF_ERROR(ToStatus(rd_kafka_flush(producer, kPatienceMs)));
  switch (end) {
    case End::kCommit:
      return ToStatus(rd_kafka_commit_transaction(producer, kPatienceMs));
    case End::kAbort:
      return ToStatus(rd_kafka_abort_transaction(producer, kPatienceMs));
    case End::kOpen:
      open_.push_back(std::move(fresh));
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

}  // namespace daybook
