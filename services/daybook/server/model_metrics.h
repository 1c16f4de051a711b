// What /metrics says of the read models.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "common/base/metrics.h"
#include "common/projection/models.h"
#include "services/daybook/server/log_ends.h"

namespace daybook {

// Of the read models `names`. Lag is measured against the end of the log. `ends` and `models` must
// outlive the last Expose.
void AddModelMetrics(const std::vector<std::string>& names, const projection::Models& models,
                     const LogEnds& ends, Metrics* metrics);

// How long ago a projection's worst partition last held everything; one that never has: since
// `start`. In seconds.
double LagSeconds(const std::vector<projection::ShardStatus>& shards, std::string_view projection,
                  absl::Time start, absl::Time now);

}  // namespace daybook
