#include "services/daybook/config/connect.h"

namespace daybook {

std::unique_ptr<rpc::Client> Connect(const Config& config) {
  return std::make_unique<rpc::Client>(
      config.server_address(), rpc::ClientOptions{.ca = config.tls_ca,
                                                  .certificate_chain = config.tls_client_cert,
                                                  .private_key = config.tls_client_key,
                                                  .server_name = config.tls_server_name});
}

}  // namespace daybook
