// The gRPC server that the settings describe.
#pragma once

#include "common/base/metrics.h"
#include "common/rpc/server.h"
#include "services/daybook/config/config.h"

namespace daybook {

// `metrics` must outlive the server.
rpc::ServerOptions ServerOptionsOf(const Config& config, Metrics* metrics);

}  // namespace daybook
