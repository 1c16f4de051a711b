// Logs by configuration and by name.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/log/event_log.h"
#include "services/daybook/config/config.h"

namespace daybook {

enum class LogUse {
  kServe,    // read and write; made when missing
  kFollow,   // read for as long as the process lives; NOT_FOUND when missing
  kRead,     // beside a server or without one; NOT_FOUND when missing
  kSalvage,  // as kRead, and a topic may have more partitions than are asked for: they are left out
};

// Where a log is: `embedded:/var/lib/daybook/log`, `kafka:host:9092,host:9092/prefix`.
struct LogPlace {
  std::string driver;  // `embedded` or `kafka`
  std::string where;   // directory, or brokers
  std::string prefix;  // of the Kafka topic
};
LogPlace PlaceOf(const Config& config);
// INVALID_ARGUMENT says how a place is written.
absl::StatusOr<LogPlace> ParsePlace(const std::string& text);

// `partitions`: for a log that is made now, or that must have so many; 0 = whatever there is, or
// the driver's default. librdkafka's properties come from the configuration.
absl::StatusOr<std::unique_ptr<log::EventLog>> OpenLogAt(const LogPlace& place, LogUse use,
                                                         int partitions, const Config& config);

// The log that the configuration names. FAILED_PRECONDITION if it is gone, see gone_log.h.
absl::StatusOr<std::unique_ptr<log::EventLog>> OpenLog(const Config& config, LogUse use);

}  // namespace daybook
