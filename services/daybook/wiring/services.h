// The gRPC services of this binary, by descriptor.
#pragma once

#include <vector>

#include "google/protobuf/descriptor.h"

namespace daybook {

// Whose rpcs are commands, one customer each.
std::vector<const google::protobuf::ServiceDescriptor*> CommandServices();

// All: the above, the batch service, and the queries.
std::vector<const google::protobuf::ServiceDescriptor*> KnownServices();

}  // namespace daybook
