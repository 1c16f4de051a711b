#include "common/rpc/library_logs.h"

#include <grpc/support/log.h>

#include <mutex>
#include <string>
#include <utility>

#include "google/protobuf/stubs/logging.h"

namespace daybook::rpc {
namespace {

using Log = std::function<void(LibraryLogLevel, std::string_view)>;

// Both libraries take plain function pointers, so that the function stands here; never destroyed,
// because they may write until the very end.
Log* the_log = nullptr;

// What all LibraryLogsKept keep, as long as there is one. Never destroyed, as above.
struct Kept {
  std::mutex mutex;
  int keepers = 0;
  std::string lines;
};
Kept& TheKept() {
  static Kept& kept = *new Kept;
  return kept;
}

bool Keep(const char* message) {
  Kept& kept = TheKept();
  const std::lock_guard lock(kept.mutex);
  if (kept.keepers > 0) kept.lines += std::string(message) + "\n";
  return kept.keepers > 0;
}

void FromGrpc(gpr_log_func_args* args) {
  // What it calls errors is recovered from, such as a client that speaks something else.
  const bool warning = args->severity == GPR_LOG_SEVERITY_ERROR && !Keep(args->message);
  const auto level = warning ? LibraryLogLevel::kWarning : LibraryLogLevel::kInfo;
  (*the_log)(level, std::string("grpc: ") + args->message);
}

void FromProtobuf(google::protobuf::LogLevel level, const char*, int, const std::string& line) {
  // What it calls errors are requests that do not parse: the caller is told.
  const auto ours =
      level == google::protobuf::LOGLEVEL_FATAL ? LibraryLogLevel::kError : LibraryLogLevel::kInfo;
  (*the_log)(ours, "protobuf: " + line);
}

}  // namespace

void SendLibraryLogsTo(Log log) {
  the_log = new Log(std::move(log));
  gpr_set_log_function(&FromGrpc);
  google::protobuf::SetLogHandler(&FromProtobuf);
}

LibraryLogsKept::LibraryLogsKept() {
  const std::lock_guard lock(TheKept().mutex);
  ++TheKept().keepers;
}

LibraryLogsKept::~LibraryLogsKept() {
  const std::lock_guard lock(TheKept().mutex);
  if (--TheKept().keepers == 0) TheKept().lines.clear();
}

bool LibraryLogsKept::Held(std::string_view text) const {
  const std::lock_guard lock(TheKept().mutex);
  return TheKept().lines.find(text) != std::string::npos;
}

}  // namespace daybook::rpc
