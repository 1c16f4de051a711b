// The table of contents: one line a read model.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "common/projection/topology.h"

namespace daybook {

projection::Topology TheTopology();

// INVALID_ARGUMENT, which names those that there are, if no projection is called so.
absl::Status CheckProjection(const projection::Topology& topology, std::string_view name);

}  // namespace daybook
