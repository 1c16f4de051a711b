// A client of the server that the configuration names.
#pragma once

#include <memory>

#include "common/rpc/client.h"
#include "services/daybook/config/config.h"

namespace daybook {

std::unique_ptr<rpc::Client> Connect(const Config& config);

}  // namespace daybook
