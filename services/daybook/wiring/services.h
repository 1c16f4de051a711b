// The gRPC services of this binary, by descriptor.
#pragma once

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"

namespace daybook {

// Whose rpcs are commands, one customer each.
std::vector<const google::protobuf::ServiceDescriptor*> CommandServices();

// The above, and the service of batches and streams: what the role `commands` serves.
std::vector<const google::protobuf::ServiceDescriptor*> AllCommandServices();

// What asks the read models of these names.
std::vector<const google::protobuf::ServiceDescriptor*> QueryServices(
    const std::vector<std::string>& projections);

// All: the above, of all read models.
std::vector<const google::protobuf::ServiceDescriptor*> KnownServices();

}  // namespace daybook
