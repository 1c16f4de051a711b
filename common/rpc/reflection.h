// Server reflection, v1alpha: what this server has, for clients that know nothing of it.
#pragma once

#include <vector>

#include "common/rpc/server.h"

namespace daybook::rpc {

// The service that tells of `services` and of itself. Files come with all that they import.
Service ReflectionOf(const std::vector<Service>& services);

}  // namespace daybook::rpc
