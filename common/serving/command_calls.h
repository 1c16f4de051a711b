// From gRPC calls to the command engine and back: unary, batch and stream are one thing; a batch
// counts down its outcomes, a stream sends them as they come.
//
// Concurrency: handlers run on the server's threads, replies on the engine's workers.
#pragma once

#include <vector>

#include "common/command/engine.h"
#include "common/rpc/server.h"

namespace daybook {

// One service a domain; every rpc is a command. `engine` must outlive the server.
std::vector<rpc::Service> UnaryCommands(command::Engine& engine);

// `daybook.book.v1.CommandService`.
rpc::Service WrappedCommands(command::Engine& engine);

inline constexpr int kMaxBatchCommands = 5'000;

}  // namespace daybook
