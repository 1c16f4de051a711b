// Details of an error on the wire: google.rpc.Status in `grpc-status-details-bin`.
//
// A refusal must fit into the headers that clients take (8 KiB by default in gRPC, all of them
// together), or they see nothing but RESOURCE_EXHAUSTED. So what is long is cut here.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace daybook::rpc {

// The status's message: valid UTF-8 and, percent-encoded as gRPC sends it, at most 1.5 KiB.
std::string HeaderMessage(std::string_view message);

// google.rpc.Status of it, serialised, at most 4.5 KiB (6 KiB in base64); empty without payloads.
// The last violations of a BadRequest go first, and a last one says how many; then all but
// ErrorInfo; then everything.
std::string EncodeDetails(const absl::Status& status);

// The other way: payloads of the details that parse; others are dropped.
absl::Status DecodeDetails(absl::StatusCode code, std::string_view message,
                           std::string_view details);

}  // namespace daybook::rpc
