// ExecuteStream: commands as they come, each answered as soon as its outcome is certain. Window,
// order of reading, deadline and drain are the stream's (common/rpc/server.h).
#pragma once

#include "common/command/engine.h"
#include "common/rpc/server.h"
#include "common/serving/wrapped_command.h"

namespace daybook {

// Refuses what CommandOrigin refuses. `engine` and `kinds` must outlive the stream.
absl::StatusOr<rpc::ItemHandler> OpenCommandStream(command::Engine& engine,
                                                   const CommandKinds& kinds, rpc::Caller& caller);

}  // namespace daybook
