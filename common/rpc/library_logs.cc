#include "common/rpc/library_logs.h"

#include <grpc/support/log.h>

#include <string>
#include <utility>

#include "google/protobuf/stubs/logging.h"

namespace daybook::rpc {
namespace {

using Log = std::function<void(LibraryLogLevel, std::string_view)>;

// Both libraries take plain function pointers, so that the function stands here; never destroyed,
// because they may write until the very end.
Log* the_log = nullptr;

void FromGrpc(gpr_log_func_args* args) {
  // What it calls errors is recovered from, such as a client that speaks something else.
  const auto level =
      args->severity == GPR_LOG_SEVERITY_ERROR ? LibraryLogLevel::kWarning : LibraryLogLevel::kInfo;
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

}  // namespace daybook::rpc
