// Figures of the read models, for /metrics.
#pragma once

#include "common/base/metrics.h"
#include "common/command/engine.h"
#include "common/projection/models.h"
#include "common/projection/topology.h"

namespace daybook {

// Lag is measured against what the write side of this process has read of the log. `engine` and
// `models` must outlive the last Expose.
void AddModelFigures(const projection::Topology& topology, const command::Engine& engine,
                     const projection::Models& models, Metrics* metrics);

}  // namespace daybook
