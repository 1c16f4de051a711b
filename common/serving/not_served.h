// Services that a process lists and does not have: somebody else's.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "common/rpc/server.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace daybook {

// Every rpc of it is answered with `why`, which is asked for each call with its request, or with
// null where a stream is opened. `why` is never OK; it is called on the server's threads and must
// not block.
rpc::Service NotServed(const google::protobuf::ServiceDescriptor* service,
                       std::function<absl::Status(const google::protobuf::Message* request)> why);

// What a command is about, before anything has been checked: the first field of its request or, of
// a batch, of the first command in it. Empty if there is none.
std::string FirstStream(const google::protobuf::Message& request);

}  // namespace daybook
