#include "services/daybook/storage/open_log.h"

#include <filesystem>
#include <utility>

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/log/embedded/embedded_log.h"
#include "common/log/kafka/kafka_log.h"
#include "services/daybook/process/interrupt.h"
#include "services/daybook/process/logging.h"
#include "services/daybook/storage/data_directory.h"
#include "services/daybook/storage/gone_log.h"

namespace daybook {
namespace {

absl::StatusOr<std::unique_ptr<log::EventLog>> OpenKafkaAt(const LogPlace& place, LogUse use,
                                                           int partitions, const Config& config) {
  log::KafkaOptions options;
  options.brokers = place.where;
  options.topic_prefix = place.prefix;
  if (partitions > 0) options.partitions = partitions;
  if (config.kafka_replication_factor > 0) {
    options.replication_factor = static_cast<int>(config.kafka_replication_factor);
  }
  options.create_topic = use == LogUse::kServe;
  const bool stays = use == LogUse::kServe || use == LogUse::kFollow;
  options.client_role = stays ? "daybook-serve" : "daybook-read";
  options.properties = config.kafka_properties;
  options.leave_out_added_partitions = use == LogUse::kSalvage;
  if (!stays) options.guard_interval = absl::ZeroDuration();
  options.cancelled = [] { return Interrupted().load(); };
  options.warn = [](std::string_view message) { Log(Severity::kWarning, message); };
  auto log = log::OpenKafka(std::move(options));
  if (absl::IsNotFound(log.status())) {
    return absl::NotFoundError(
        Cat(log.status().message(), "; the first `daybook serve` that takes commands makes one"));
  }
  if (!absl::IsUnavailable(log.status())) return log;
  return absl::UnavailableError(
      Cat("no answer from the brokers at ", place.where, ": ", log.status().message()));
}

}  // namespace

LogPlace PlaceOf(const Config& config) {
  if (config.log == "kafka") return {"kafka", config.kafka_brokers, config.kafka_topic_prefix};
  return {"embedded", config.log_dir(), ""};
}

absl::StatusOr<LogPlace> ParsePlace(const std::string& text) {
  const size_t colon = text.find(':');
  const std::string driver = text.substr(0, colon);
  std::string where = colon == std::string::npos ? "" : text.substr(colon + 1);
  if (driver == "embedded" && !where.empty()) return LogPlace{driver, where, ""};
  if (driver == "kafka" && !where.empty()) {
    const size_t slash = where.find('/');
    const std::string prefix = slash == std::string::npos ? "" : where.substr(slash + 1);
    return LogPlace{driver, where.substr(0, slash), prefix};
  }
  return absl::InvalidArgumentError(Cat(
      "'", text, "' is no place of a log; write embedded:DIRECTORY or kafka:HOST:PORT[/PREFIX]"));
}

absl::StatusOr<std::unique_ptr<log::EventLog>> OpenLogAt(const LogPlace& place, LogUse use,
                                                         int partitions, const Config& config) {
  if (place.driver == "kafka") return OpenKafkaAt(place, use, partitions, config);
  log::EmbeddedOptions options;
  options.directory = place.where;
  if (partitions > 0) options.partitions = partitions;
  options.create_if_missing = use == LogUse::kServe;
  options.read_only = use != LogUse::kServe;
  if (options.read_only) RETURN_IF_ERROR(CheckRights(place.where, Rights::kRead));
  auto log = log::OpenEmbedded(std::move(options));
  // Of this machine: nobody will answer later.
  if (absl::IsUnavailable(log.status())) {
    return absl::FailedPreconditionError(log.status().message());
  }
  if (!absl::IsNotFound(log.status())) return log;
  std::error_code error;
  const std::string below = place.where + "/log";
  return absl::NotFoundError(
      Cat(log.status().message(),
          std::filesystem::exists(below + "/tail", error)
              ? Cat("; there is one in ", below)
              : std::string("; --data-dir says where it is, `daybook serve` makes one")));
}

absl::StatusOr<std::unique_ptr<log::EventLog>> OpenLog(const Config& config, LogUse use) {
  RETURN_IF_ERROR(CheckLogIsThere(config));
  const int partitions = config.IsGiven("partitions") ? static_cast<int>(config.partitions) : 0;
  return OpenLogAt(PlaceOf(config), use, partitions, config);
}

}  // namespace daybook
