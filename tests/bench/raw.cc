#include "tests/bench/raw.h"

#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <rocksdb/db.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "daybook/book/v1/record.pb.h"
#include "tests/bench/child.h"

namespace daybook::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Properties = std::vector<std::pair<std::string, std::string>>;

constexpr int kTimeoutMs = 10'000;
constexpr size_t kPlaceBytes = 12;  // partition and offset in front of the record's key

double SecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<int64_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

absl::Status FromKafka(rd_kafka_resp_err_t error, std::string_view doing) {
  return absl::UnavailableError(absl::StrCat(std::string(doing), ": ", rd_kafka_err2str(error)));
}

absl::StatusOr<rd_kafka_t*> NewHandle(rd_kafka_type_t type, const Properties& properties,
                                      void (*on_report)(rd_kafka_t*, const rd_kafka_message_t*,
                                                        void*),
                                      void* opaque) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char error[512];
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error, sizeof error) !=
        RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      return absl::InvalidArgumentError(absl::StrCat(name, ": ", error));
    }
  }
  if (on_report != nullptr) rd_kafka_conf_set_dr_msg_cb(conf, on_report);
  rd_kafka_conf_set_opaque(conf, opaque);
  rd_kafka_t* handle = rd_kafka_new(type, conf, error, sizeof error);
  if (handle == nullptr) return absl::UnavailableError(error);
  return handle;
}

absl::Status CreateTopic(rd_kafka_t* handle, const std::string& topic) {
  char error[512];
  rd_kafka_NewTopic_t* wanted = rd_kafka_NewTopic_new(topic.c_str(), 1, 1, error, sizeof error);
  DAYBOOK_CHECK(wanted != nullptr);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(handle);
  rd_kafka_CreateTopics(handle, &wanted, 1, nullptr, queue);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, kTimeoutMs);
  absl::Status status;
  if (event == nullptr || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    status = absl::UnavailableError(absl::StrCat("the topic ", topic, " cannot be made"));
  }
  if (event != nullptr) rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  rd_kafka_NewTopic_destroy(wanted);
  return status;
}

}  // namespace

absl::StatusOr<double> SyncP50(const std::string& directory, size_t bytes,
                               absl::Duration duration) {
  const std::string path = directory + "/sync";
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return absl::UnavailableError(absl::StrCat("cannot write ", path));
  const std::string record(bytes, 'x');
  std::vector<double> times;
  bool good = true;
  const Clock::time_point end = Clock::now() + absl::ToChronoNanoseconds(duration);
  while (good && Clock::now() < end) {
    const Clock::time_point begin = Clock::now();
    good = ::write(fd, record.data(), record.size()) == static_cast<ssize_t>(record.size()) &&
           ::fdatasync(fd) == 0;
    times.push_back(SecondsSince(begin) * 1e6);
  }
  ::close(fd);
  ::unlink(path.c_str());
  if (!good) return absl::UnavailableError(absl::StrCat("cannot sync ", path));
  return Median(std::move(times));
}

absl::StatusOr<Scanned> ScanAndParse(const std::string& directory) {
  rocksdb::Options options;
  options.max_open_files = -1;
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::OpenForReadOnly(options, directory + "/records", &raw);
  if (!opened.ok()) return absl::UnavailableError(opened.ToString());
  const std::unique_ptr<rocksdb::DB> db(raw);
  rocksdb::ReadOptions read;
  read.fill_cache = false;
  Scanned scanned;
  book::v1::Record record;
  const Clock::time_point begin = Clock::now();
  const double cpu = OwnCpuSeconds();
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator(read));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    // What the log says of itself stands last, under a shorter key's prefix of 0xff.
    if (it->key().size() < kPlaceBytes || it->key()[0] == '\xff') break;
    const rocksdb::Slice value = it->value();
    if (!record.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      return absl::DataLossError("a record does not parse");
    }
    ++scanned.records;
    scanned.bytes += value.size();
  }
  if (!it->status().ok()) return absl::UnavailableError(it->status().ToString());
  scanned.seconds = SecondsSince(begin);
  scanned.cpu_seconds = OwnCpuSeconds() - cpu;
  return scanned;
}

absl::StatusOr<Scanned> NullConsume(const std::string& brokers, const std::string& topic) {
  ASSIGN_OR_RETURN(rd_kafka_t* const handle, NewHandle(RD_KAFKA_CONSUMER,
                                                       {{"bootstrap.servers", brokers},
                                                        {"enable.auto.commit", "false"},
                                                        {"auto.offset.reset", "error"},
                                                        {"enable.partition.eof", "true"},
                                                        {"isolation.level", "read_uncommitted"},
                                                        {"check.crcs", "true"},
                                                        {"queued.min.messages", "10000000"},
                                                        {"queued.max.messages.kbytes", "262144"}},
                                                       nullptr, nullptr));
  rd_kafka_topic_t* const t = rd_kafka_topic_new(handle, topic.c_str(), nullptr);
  rd_kafka_queue_t* const queue = rd_kafka_queue_new(handle);
  const rd_kafka_metadata_t* metadata = nullptr;
  absl::Status status;
  Scanned scanned;
  if (const auto error = rd_kafka_metadata(handle, 0, t, &metadata, kTimeoutMs);
      error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    status = FromKafka(error, topic);
  } else {
    const int partitions = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(metadata);
    const Clock::time_point begin = Clock::now();
    const double cpu = OwnCpuSeconds();
    for (int p = 0; p < partitions; ++p) rd_kafka_consume_start_queue(t, p, 0, queue);
    // A call ends when the batch is full or the time is over, not when nothing more can come.
    constexpr int kBatchMs = 10;
    int ended = 0;
    Clock::time_point last = begin;
    std::vector<rd_kafka_message_t*> batch(10'000);
    while (status.ok() && ended < partitions) {
      const ssize_t n = rd_kafka_consume_batch_queue(queue, kBatchMs, batch.data(), batch.size());
      if (n > 0) last = Clock::now();
      if (n < 0 || SecondsSince(last) > kTimeoutMs / 1000.0) {
        status = absl::UnavailableError(absl::StrCat(topic, ": nothing comes"));
      }
      for (ssize_t i = 0; i < n; ++i) {
        const rd_kafka_message_t& message = *batch[static_cast<size_t>(i)];
        if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
          ++ended;
        } else if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
          status = FromKafka(message.err, topic);
        } else {
          ++scanned.records;
          scanned.bytes += message.len;
        }
        rd_kafka_message_destroy(batch[static_cast<size_t>(i)]);
      }
    }
    scanned.seconds = SecondsSince(begin);
    scanned.cpu_seconds = OwnCpuSeconds() - cpu;
    for (int p = 0; p < partitions; ++p) rd_kafka_consume_stop(t, p);
  }
  rd_kafka_queue_destroy(queue);
  rd_kafka_topic_destroy(t);
  rd_kafka_destroy(handle);
  RETURN_IF_ERROR(status);
  return scanned;
}

class RawProducer::Impl {
 public:
  ~Impl() {
    if (topic_ != nullptr) rd_kafka_topic_destroy(topic_);
    if (handle_ != nullptr) rd_kafka_destroy(handle_);
  }

  absl::Status Open(const std::string& brokers, const std::string& topic) {
    ASSIGN_OR_RETURN(handle_, NewHandle(RD_KAFKA_PRODUCER,
                                        {{"bootstrap.servers", brokers},
                                         {"enable.idempotence", "true"},
                                         {"acks", "all"},
                                         {"linger.ms", "0"},
                                         {"socket.nagle.disable", "true"},
                                         {"queue.buffering.max.messages", "1000000"}},
                                        &Impl::OnReport, this));
    RETURN_IF_ERROR(CreateTopic(handle_, topic));
    topic_ = rd_kafka_topic_new(handle_, topic.c_str(), nullptr);
    const rd_kafka_metadata_t* metadata = nullptr;
    const auto error = rd_kafka_metadata(handle_, 0, topic_, &metadata, kTimeoutMs);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return FromKafka(error, topic);
    rd_kafka_metadata_destroy(metadata);
    return absl::OkStatus();
  }

  // Keeps `in_flight` on their way until the time is over; `times`: of each, if not null.
  absl::Status Produce(size_t bytes, int in_flight, absl::Duration duration, uint64_t* count,
                       double* seconds, std::vector<double>* times) {
    const std::string value(bytes, 'x');
    const Clock::time_point begin = Clock::now();
    const Clock::time_point end = begin + absl::ToChronoNanoseconds(duration);
    const Clock::time_point give_up = end + std::chrono::seconds(10);
    reported_ = 0;
    failed_ = 0;
    uint64_t sent = 0;
    Clock::time_point last = begin;
    while (last < end) {
      while (sent - reported_ < static_cast<uint64_t>(in_flight)) {
        if (rd_kafka_produce(topic_, 0, RD_KAFKA_MSG_F_COPY, const_cast<char*>(value.data()),
                             value.size(), "0123456789abcdef0123456789abcdef0123", 36,
                             nullptr) != 0) {
          return FromKafka(rd_kafka_last_error(), "producing");
        }
        ++sent;
      }
      const uint64_t before = reported_;
      rd_kafka_poll(handle_, 100);
      const Clock::time_point now = Clock::now();
      if (now > give_up) return absl::UnavailableError("the broker does not answer");
      if (reported_ == before) continue;
      if (times != nullptr) {
        times->push_back(std::chrono::duration<double, std::micro>(now - last).count());
      }
      last = now;
    }
    *count = reported_;
    *seconds = std::chrono::duration<double>(last - begin).count();
    const rd_kafka_resp_err_t flushed = rd_kafka_flush(handle_, kTimeoutMs);
    if (failed_ > 0 || flushed != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return absl::UnavailableError("records were not stored");
    }
    return absl::OkStatus();
  }

 private:
  static void OnReport(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    auto* self = static_cast<Impl*>(opaque);
    ++self->reported_;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) ++self->failed_;
  }

  rd_kafka_t* handle_ = nullptr;
  rd_kafka_topic_t* topic_ = nullptr;
  uint64_t reported_ = 0;
  uint64_t failed_ = 0;
};

RawProducer::RawProducer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RawProducer::~RawProducer() = default;

absl::StatusOr<std::unique_ptr<RawProducer>> RawProducer::Open(const std::string& brokers,
                                                               const std::string& topic) {
  auto impl = std::make_unique<Impl>();
  RETURN_IF_ERROR(impl->Open(brokers, topic));
  return std::unique_ptr<RawProducer>(new RawProducer(std::move(impl)));
}

absl::StatusOr<double> RawProducer::ProduceP50(size_t bytes, absl::Duration duration) {
  std::vector<double> times;
  uint64_t count = 0;
  double seconds = 0;
  RETURN_IF_ERROR(impl_->Produce(bytes, 1, duration, &count, &seconds, &times));
  return Median(std::move(times));
}

absl::StatusOr<double> RawProducer::ProduceRate(size_t bytes, int in_flight,
                                                absl::Duration duration) {
  uint64_t count = 0;
  double seconds = 0;
  RETURN_IF_ERROR(impl_->Produce(bytes, in_flight, duration, &count, &seconds, nullptr));
  return static_cast<double>(count) / seconds;
}

}  // namespace daybook::bench
