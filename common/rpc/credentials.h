// TLS by files that are watched. Private to common/rpc (gRPC types).
#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "common/rpc/certificates.h"
#include "common/rpc/client.h"

namespace daybook::rpc {

// Every handshake uses what `certificates` has then.
std::shared_ptr<grpc::ServerCredentials> ServerCredentialsOf(
    std::shared_ptr<Certificates> certificates);

// Plain text unless `options.ca` is set.
std::shared_ptr<grpc::ChannelCredentials> ChannelCredentialsOf(const ClientOptions& options);

}  // namespace daybook::rpc
