// Figures of the read models, for /metrics.
#pragma once

#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "common/base/metrics.h"
#include "common/command/engine.h"
#include "common/projection/models.h"
#include "common/projection/topology.h"

namespace daybook {

// Lag is measured against what the write side of this process has read of the log. `engine` and
// `models` must outlive the last Expose.
void AddModelFigures(const projection::Topology& topology, const command::Engine& engine,
                     const projection::Models& models, Metrics* metrics);

// How long ago a projection's worst partition last held everything; one that never has: since
// `start`. In seconds.
double LagSeconds(const std::vector<projection::ShardStatus>& shards, std::string_view projection,
                  absl::Time start, absl::Time now);

}  // namespace daybook
