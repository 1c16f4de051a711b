// Why the gRPC server itself says no.
#pragma once

#include "common/base/reasons.h"

namespace daybook::reason {

inline constexpr Reason kUnknownFields{
    "UNKNOWN_FIELDS", absl::StatusCode::kInvalidArgument,
    "The request carries fields that this server does not know; nothing is dropped in silence.",
    "Use the protos of this server, or upgrade the server first."};

inline constexpr Reason kHealthNameUnknown{
    "HEALTH_NAME_UNKNOWN", absl::StatusCode::kNotFound, "Nothing of this server is called so.",
    "Name a service in full, a projection, or leave the name empty for the whole server."};

inline constexpr Reason kMalformedRequest{"MALFORMED_REQUEST", absl::StatusCode::kInvalidArgument,
                                          "The bytes of the request are not a message of its type.",
                                          "Send a message of the method's request type."};

// All of the above.
inline constexpr const Reason* kRpcReasons[] = {&kUnknownFields, &kHealthNameUnknown,
                                                &kMalformedRequest};

}  // namespace daybook::reason
