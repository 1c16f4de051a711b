// ExecuteBatch: many commands in a call, answered when the last outcome is there.
#pragma once

#include <memory>

#include "common/command/engine.h"
#include "common/rpc/server.h"
#include "common/serving/wrapped_command.h"

namespace daybook {

void SubmitBatch(command::Engine& engine, const CommandKinds& kinds,
                 std::unique_ptr<rpc::Call> call);

}  // namespace daybook
