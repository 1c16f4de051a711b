#include "services/daybook/process/logging.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "common/base/text.h"
#include "services/daybook/process/standard_streams.h"

namespace daybook {
namespace {

bool json_lines = false;

spdlog::level::level_enum LevelOf(Severity severity) {
  switch (severity) {
    case Severity::kDebug:
      return spdlog::level::debug;
    case Severity::kInfo:
      return spdlog::level::info;
    case Severity::kWarning:
      return spdlog::level::warn;
    case Severity::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// What comes after the time and level: `"message":"...","port":"7464"}` or `... port=7464`.
std::string Body(std::string_view message, LogFields fields) {
  const auto quoted = [](std::string_view s) {  // broken UTF-8 becomes a replacement character
    return nlohmann::json(std::string(s))
        .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  };
  std::string body = json_lines ? Cat("\"message\":", quoted(message)) : std::string(message);
  for (const auto& [key, value] : fields) {
    body += json_lines ? Cat(",", quoted(key), ":", quoted(value)) : Cat("  ", key, "=", value);
  }
  return body;
}

}  // namespace

void StartLogging(std::string_view level, std::string_view format) {
  const bool terminal = IsTerminal(STDERR_FILENO);
  json_lines = format == "json" || (format == "auto" && !terminal);
  const bool colour = terminal && !json_lines && std::getenv("NO_COLOR") == nullptr;
  spdlog::drop("daybook");
  auto logger = colour ? spdlog::stderr_color_mt("daybook") : spdlog::stderr_logger_mt("daybook");
  logger->set_pattern(json_lines ? "{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%l\",%v}"
                                 : "%Y-%m-%d %H:%M:%S.%e %^%-7l%$ %v",
                      spdlog::pattern_time_type::utc);
  logger->set_level(spdlog::level::from_str(std::string(level)));
  logger->flush_on(spdlog::level::debug);
  spdlog::set_default_logger(std::move(logger));
}

void Log(Severity severity, std::string_view message, LogFields fields) {
  const auto level = LevelOf(severity);
  if (!spdlog::should_log(level)) return;
  spdlog::log(level, "{}", Body(message, fields));
}

}  // namespace daybook
