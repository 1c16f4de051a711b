#include "common/base/proto_text.h"

#include <mutex>

#include "absl/strings/match.h"
#include "google/protobuf/stubs/logging.h"

namespace daybook {
namespace {

thread_local bool broken_text = false;
google::protobuf::LogHandler* log_before = nullptr;

void Listen(google::protobuf::LogLevel level, const char* file, int line,
            const std::string& message) {
  if (absl::StrContains(message, "invalid UTF-8 data when serializing")) {
    broken_text = true;
  } else if (log_before != nullptr) {
    log_before(level, file, line, message);
  }
}

}  // namespace

bool AppendParsable(const google::protobuf::MessageLite& message, std::string* bytes) {
  static std::once_flag once;
  std::call_once(once, [] { log_before = google::protobuf::SetLogHandler(&Listen); });
  broken_text = false;
  return message.AppendToString(bytes) && !broken_text;
}

}  // namespace daybook
