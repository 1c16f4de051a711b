// TLS by files that are watched. Private to common/rpc (gRPC types).
#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "absl/status/statusor.h"
#include "common/rpc/client.h"
#include "common/rpc/server.h"

namespace daybook::rpc {

// FAILED_PRECONDITION names a file that cannot be read: gRPC would go on without a word and fail
// every handshake.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentialsOf(const TlsFiles& files);

// Plain text unless `options.ca` is set.
std::shared_ptr<grpc::ChannelCredentials> ChannelCredentialsOf(const ClientOptions& options);

}  // namespace daybook::rpc
