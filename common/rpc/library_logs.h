// gRPC and protobuf write to stderr on their own; this hands their lines to the program's log.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace daybook::rpc {

enum class LibraryLogLevel { kInfo, kWarning, kError };

// For the whole process, once, before the first server or client; `log` is called from any thread,
// for ever. Lines hold no payloads, but may hold addresses and names of fields.
void SendLibraryLogsTo(std::function<void(LibraryLogLevel, std::string_view line)> log);

}  // namespace daybook::rpc
