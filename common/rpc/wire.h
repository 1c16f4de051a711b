// Between gRPC's buffers and statuses and ours. Private to common/rpc (gRPC types).
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"
#include "common/rpc/method.h"
#include "google/protobuf/message.h"

namespace daybook::rpc {

grpc::ByteBuffer BufferOf(const google::protobuf::Message& message);
grpc::ByteBuffer BufferOf(std::string bytes);

// The request in `payload`, as far as it can be read. MALFORMED_REQUEST or UNKNOWN_FIELDS if that
// is not all of it.
absl::Status ReadRequest(const Method& method, grpc::ByteBuffer& payload,
                         google::protobuf::Message* request);

// With details, cut to what fits into headers.
grpc::Status WireStatus(const absl::Status& status);

absl::Status ShuttingDown();

}  // namespace daybook::rpc
