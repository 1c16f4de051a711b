#include "common/log/kafka/config.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <cstdio>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"

namespace daybook::log {
namespace {

constexpr int kLinesAMinute = 20;

using Properties = std::vector<std::pair<std::string, std::string>>;

// With idempotence librdkafka numbers what it sends, so that a retry is neither doubled nor
// reordered.
Properties ForProducers(const KafkaOptions& options) {
  return {
      {"bootstrap.servers", options.brokers},
      {"client.id", options.client_role + "-w"},
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"linger.ms", "0"},
      {"socket.nagle.disable", "true"},
      // Longer than the brokers' session of 9 s: the death of one is a retry, not a take-over.
      {"message.timeout.ms", "20000"},
      {"socket.timeout.ms", "3000"},
      {"reconnect.backoff.ms", "50"},
      {"reconnect.backoff.max.ms", "500"},
      {"message.max.bytes", "1048576"},
      {"queue.buffering.max.messages", "1000000"},
      {"queue.buffering.max.kbytes", "524288"},
      {"allow.auto.create.topics", "false"},
  };
}

Properties ForReaders(const KafkaOptions& options, Fetching fetching, int partitions) {
  const uint64_t each =
      fetching == Fetching::kAll
          ? options.prefetch_bytes / static_cast<uint64_t>(std::max(partitions, 1))
          : 0;
  Properties properties = {
      {"bootstrap.servers", options.brokers},
      {"client.id", options.client_role + "-r"},
      {"auto.offset.reset", "error"},
      {"enable.auto.commit", "false"},
      {"auto.commit.enable", "false"},
      {"enable.auto.offset.store", "false"},
      {"check.crcs", "true"},
      // A foreign open transaction must not stall us.
      {"isolation.level", "read_uncommitted"},
      {"enable.partition.eof", "true"},
      // New records are answered at once; this is how long a partition that a reader has just taken
      // waits to be asked for at all.
      {"fetch.wait.max.ms", "100"},
      {"fetch.error.backoff.ms", "100"},
      // Only bytes bound what is fetched ahead: the queue of a replay must never run dry.
      {"queued.min.messages", "10000000"},
      {"queued.max.messages.kbytes", absl::StrCat(std::clamp<uint64_t>(each >> 10, 1024, 2097151))},
      {"socket.timeout.ms", "3000"},
      {"socket.nagle.disable", "true"},
      {"reconnect.backoff.ms", "50"},
      {"reconnect.backoff.max.ms", "500"},
      {"allow.auto.create.topics", "false"},
  };
  // A record that is larger comes all the same, alone.
  if (fetching == Fetching::kFirst) properties.emplace_back("fetch.message.max.bytes", "4096");
  return properties;
}

// Those above and the other names of the same, and what would change the driver's own game.
const std::set<std::string>& Reserved() {
  static const auto* const reserved = [] {
    auto* names = new std::set<std::string>{"metadata.broker.list",
                                            "request.required.acks",
                                            "queue.buffering.max.ms",
                                            "delivery.timeout.ms",
                                            "delivery.report.only.error",
                                            "transactional.id",
                                            "group.id",
                                            "group.instance.id",
                                            "max.in.flight",
                                            "max.in.flight.requests.per.connection",
                                            "retries",
                                            "message.send.max.retries",
                                            "enable.gapless.guarantee",
                                            "statistics.interval.ms",
                                            "fetch.min.bytes",
                                            "offset.store.method",
                                            "queue.buffering.backpressure.threshold",
                                            "log.queue",
                                            "enabled_events",
                                            "opaque",
                                            "default_topic_conf"};
    for (const auto& [name, value] : ForProducers({})) names->insert(name);
    for (const auto& [name, value] : ForReaders({}, Fetching::kAll, 1)) names->insert(name);
    return names;
  }();
  return *reserved;
}

absl::StatusOr<KafkaConf> MakeConf(const Properties& ours, const KafkaOptions& options,
                                   HandleEvents* events) {
  KafkaConf conf(rd_kafka_conf_new());
  char error[512];
  const auto set = [&](const std::string& name, const std::string& value) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), error, sizeof error) !=
        RD_KAFKA_CONF_OK) {
      return absl::InvalidArgumentError(absl::StrCat("kafka.", name, ": ", error));
    }
    return absl::OkStatus();
  };
  for (const auto& [name, value] : options.properties) RETURN_IF_ERROR(set(name, value));
  for (const auto& [name, value] : ours) RETURN_IF_ERROR(set(name, value));
  rd_kafka_conf_set_opaque(conf.get(), events);
  rd_kafka_conf_set_log_cb(
      conf.get(), [](const rd_kafka_t* rk, int level, const char* facility, const char* text) {
        constexpr int kWarning = 4;
        // Properties for the other kind of handle are passed to both.
        if (level > kWarning || std::string_view(facility) == "CONFWARN") return;
        static_cast<HandleEvents*>(rd_kafka_opaque(rk))->Warn(absl::StrCat("kafka: ", text));
      });
  rd_kafka_conf_set_error_cb(conf.get(), [](rd_kafka_t*, int code, const char*, void* opaque) {
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
      static_cast<HandleEvents*>(opaque)->down = true;
    }
  });
  return conf;
}

absl::StatusOr<KafkaHandle> NewHandle(rd_kafka_type_t type, KafkaConf conf) {
  char error[512];
  KafkaHandle handle(rd_kafka_new(type, conf.get(), error, sizeof error));
  if (!handle) {
    // Anything but the configuration, such as a shortage of threads, may pass.
    const std::string message = absl::StrCat("kafka: ", error);
    return rd_kafka_last_error() == RD_KAFKA_RESP_ERR__INVALID_ARG
               ? absl::InvalidArgumentError(message)
               : absl::UnavailableError(message);
  }
  (void)conf.release();  // the handle's now
  return handle;
}

}  // namespace

void HandleEvents::Warn(std::string_view line) {
  const std::lock_guard lock(mutex_);
  const absl::Time now = absl::Now();
  if (now - minute_ > absl::Minutes(1)) {
    minute_ = now;
    lines_ = 0;
  }
  if (++lines_ > kLinesAMinute) return;
  if (warn_) return warn_(line);
  std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

absl::Status CheckProperties(const std::map<std::string, std::string>& properties) {
  for (const auto& [name, value] : properties) {
    if (Reserved().contains(name)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "kafka.", name, " cannot be configured: the guarantees of the log depend on its value"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<KafkaConf> ProducerConf(const KafkaOptions& options, HandleEvents* events) {
  ASSIGN_OR_RETURN(KafkaConf conf, MakeConf(ForProducers(options), options, events));
  rd_kafka_conf_set_dr_msg_cb(conf.get(),
                              [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
                                static_cast<HandleEvents*>(opaque)->OnDelivery(message);
                              });
  return conf;
}

absl::StatusOr<KafkaConf> ReaderConf(const KafkaOptions& options, Fetching fetching, int partitions,
                                     HandleEvents* events) {
  return MakeConf(ForReaders(options, fetching, partitions), options, events);
}

absl::StatusOr<KafkaHandle> NewProducerHandle(KafkaConf conf) {
  return NewHandle(RD_KAFKA_PRODUCER, std::move(conf));
}

absl::StatusOr<KafkaHandle> NewReaderHandle(KafkaConf conf) {
  return NewHandle(RD_KAFKA_CONSUMER, std::move(conf));
}

}  // namespace daybook::log
