#include <librdkafka/rdkafka.h>

#include <atomic>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/log/kafka/core.h"
#include "common/log/kafka/reported_offsets.h"

namespace daybook::log {
namespace {

constexpr int kMetadataMs = 3000;

class KafkaWriter;

class KafkaProducer : public LogProducer, public HandleEvents {
 public:
  KafkaProducer(KafkaCore& core, std::function<void()> wake)
      : HandleEvents(core.options.warn),
        core_(core),
        wake_(std::move(wake)),
        offsets_(core.recent.size()) {
    broken_ = Open(core);
  }

  ~KafkaProducer() override {
    DAYBOOK_CHECK(writers_.empty());
    Announce();
    if (!handle_) return;
    rd_kafka_queue_cb_event_enable(reports_.get(), nullptr, nullptr);
    // What is under way may still be stored; nobody is left to hear of it.
    rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                      RD_KAFKA_PURGE_F_NON_BLOCKING);
    reports_.reset();
    topic_.reset();
    handle_.reset();
  }

  std::unique_ptr<LogWriter> NewWriter(int partition) override;

  // librdkafka sends without being asked.
  void Send() override {}

  void Announce() override {
    if (std::exchange(unannounced_, false)) core_.bell->Ring();
  }

  absl::Status health() const override {
    if (!broken_.ok()) return broken_;
    char text[512];
    const rd_kafka_resp_err_t error = rd_kafka_fatal_error(handle_.get(), text, sizeof text);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
    return absl::UnavailableError(
        absl::StrCat("kafka: the producer is broken: ", rd_kafka_err2str(error), ": ", text));
  }

  absl::Status Send(int partition, std::string_view key, std::string_view value, void* opaque) {
    if (!broken_.ok()) return broken_;
    const int failed = rd_kafka_produce(topic_.get(), partition, RD_KAFKA_MSG_F_COPY,
                                        const_cast<char*>(value.data()), value.size(),
                                        key.empty() ? nullptr : key.data(), key.size(), opaque);
    if (!failed) return absl::OkStatus();
    return absl::UnavailableError(
        absl::StrCat("kafka: not sent: ", rd_kafka_err2str(rd_kafka_last_error())));
  }

  // Each writer polls for all: only the first does, after librdkafka has told that there is
  // something.
  void Poll() {
    if (handle_ && any_reports_.exchange(false)) rd_kafka_poll(handle_.get(), 0);
  }
  void Wake() const {
    if (wake_) wake_();
  }
  void Remove(uint32_t id) { writers_.erase(id); }

  // From Poll, on the producer's thread.
  void OnDelivery(const rd_kafka_message_s* message) override;

 private:
  // From a thread of librdkafka, when the queue is not empty any more.
  void OnReports() {
    any_reports_ = true;
    Wake();
  }

  absl::Status Open(KafkaCore& core) {
    ASSIGN_OR_RETURN(KafkaConf conf, ProducerConf(core.options, this));
    ASSIGN_OR_RETURN(handle_, NewProducerHandle(std::move(conf)));
    topic_.reset(rd_kafka_topic_new(handle_.get(), core.topic.c_str(), nullptr));
    DAYBOOK_CHECK(topic_ != nullptr);
    reports_.reset(rd_kafka_queue_get_main(handle_.get()));
    rd_kafka_queue_cb_event_enable(
        reports_.get(),
        [](rd_kafka_t*, void* producer) { static_cast<KafkaProducer*>(producer)->OnReports(); },
        this);
    // Without metadata the first record would wait for the next round of librdkafka's timer, up to
    // a second. No answer is no harm: the records wait as long.
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(handle_.get(), 0, topic_.get(), &metadata, kMetadataMs) ==
        RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_metadata_destroy(metadata);
    }
    return absl::OkStatus();
  }

  // Keeps the record for readers, if it surely stands where its report says.
  void Remember(const rd_kafka_message_t& message) {
    const auto partition = static_cast<size_t>(message.partition);
    const bool stored = message.err == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (partition >= offsets_.size() || !offsets_[partition].Believe(stored, message.offset)) {
      return;
    }
    if (message.offset == 0) {
      const std::string_view value(static_cast<const char*>(message.payload), message.len);
      core_.firsts->Learn(message.partition, {0, DigestOf(value)});
    }
    core_.reached->Raise(message.partition, message.offset + 1);
    core_.recent[partition].Add(message.offset,
                                {static_cast<const char*>(message.key), message.key_len},
                                {static_cast<const char*>(message.payload), message.len});
    unannounced_ = true;
  }

  KafkaCore& core_;
  const std::function<void()> wake_;
  std::vector<ReportedOffsets> offsets_;  // by partition
  bool unannounced_ = false;              // something is to be read that watchers were not told of
  absl::Status broken_;
  std::atomic<bool> any_reports_{true};
  KafkaHandle handle_;
  KafkaTopic topic_;
  KafkaQueue reports_;
  uint32_t next_id_ = 0;
  std::unordered_map<uint32_t, KafkaWriter*> writers_;
};

// What rides along with a message: which writer, which append. A number, so that the report of a
// dropped writer finds nobody instead of a stale pointer.
constexpr int kAppendBits = 40;
constexpr uint64_t kMostAppends = uint64_t{1} << kAppendBits;
constexpr uint32_t kMostWriters = 1u << (64 - kAppendBits);

class KafkaWriter : public LogWriter {
 public:
  KafkaWriter(KafkaProducer& producer, uint32_t id, int partition)
      : producer_(producer), id_(id), partition_(partition) {}
  ~KafkaWriter() override { producer_.Remove(id_); }

  void Append(std::string_view key, std::string_view value) override {
    const uint64_t append = appended_++;
    DAYBOOK_CHECK(append < kMostAppends);
    absl::Status sent;
    if (value.size() > kMaxRecordBytes) {
      sent = absl::InvalidArgumentError(
          absl::StrCat("a record has at most ", kMaxRecordBytes, " bytes"));
    } else {
      sent = producer_.Send(partition_, key, value,
                            reinterpret_cast<void*>(uint64_t{id_} << kAppendBits | append));
    }
    if (sent.ok()) return;
    Report report;
    report.append = append;
    report.status = std::move(sent);
    reports_.push_back(std::move(report));
    producer_.Wake();
  }

  void TakeReports(std::vector<Report>* reports) override {
    producer_.Poll();
    std::move(reports_.begin(), reports_.end(), std::back_inserter(*reports));
    reports_.clear();
  }

  void Add(Report report) { reports_.push_back(std::move(report)); }

 private:
  KafkaProducer& producer_;
  const uint32_t id_;
  const int partition_;
  uint64_t appended_ = 0;
  std::vector<Report> reports_;
};

std::unique_ptr<LogWriter> KafkaProducer::NewWriter(int partition) {
  const uint32_t id = next_id_++;
  DAYBOOK_CHECK(id < kMostWriters);
  auto writer = std::make_unique<KafkaWriter>(*this, id, partition);
  writers_.emplace(id, writer.get());
  return writer;
}

void KafkaProducer::OnDelivery(const rd_kafka_message_s* message) {
  Remember(*message);
  const auto opaque = reinterpret_cast<uint64_t>(message->_private);
  const auto writer = writers_.find(static_cast<uint32_t>(opaque >> kAppendBits));
  if (writer == writers_.end()) return;
  Report report;
  report.append = opaque & (kMostAppends - 1);
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    report.status = absl::UnavailableError(
        absl::StrCat("kafka: not acknowledged: ", rd_kafka_err2str(message->err)));
  }
  if (message->offset >= 0) report.offset = message->offset;
  rd_kafka_timestamp_type_t type;
  const int64_t ms = rd_kafka_message_timestamp(message, &type);
  if (type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME) report.stored_time = absl::FromUnixMillis(ms);
  writer->second->Add(std::move(report));
}

}  // namespace

std::unique_ptr<LogProducer> NewKafkaProducer(KafkaCore& core, std::function<void()> wake) {
  return std::make_unique<KafkaProducer>(core, std::move(wake));
}

}  // namespace daybook::log
