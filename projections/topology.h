// The table of contents: one line a read model.
#pragma once

#include "common/projection/topology.h"

namespace daybook {

projection::Topology TheTopology();

}  // namespace daybook
