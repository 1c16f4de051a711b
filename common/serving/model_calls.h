// From gRPC calls to the read models and back.
#pragma once

#include <vector>

#include "common/projection/models.h"
#include "common/rpc/server.h"

namespace daybook {

// One service a projection. `models` must outlive the server.
std::vector<rpc::Service> Queries(projection::Models& models);

}  // namespace daybook
