#include "common/rpc/credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <string>
#include <utility>

#include "common/base/status.h"

namespace daybook::rpc {
namespace {

using grpc::experimental::FileWatcherCertificateProvider;

constexpr unsigned kReloadEverySeconds = 10;

// gRPC's file watcher would take whatever stands in the files and fail every handshake from then
// on. Core asks instead at each handshake, through a function that C++ does not wrap.
class WatchedCredentials final : public grpc::ServerCredentials {
 public:
  explicit WatchedCredentials(std::shared_ptr<Certificates> certificates, bool mutual)
      : certificates_(std::move(certificates)) {
    core_ = grpc_ssl_server_credentials_create_with_options(
        grpc_ssl_server_credentials_create_options_using_config_fetcher(
            mutual ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                   : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE,
            &Fetch, certificates_.get()));
  }
  ~WatchedCredentials() override { grpc_server_credentials_release(core_); }

  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>& processor) override {
    DAYBOOK_CHECK(processor == nullptr);  // nobody here has one
  }

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), core_);
  }

  static grpc_ssl_certificate_config_reload_status Fetch(
      void* certificates, grpc_ssl_server_certificate_config** config) {
    const auto change = static_cast<Certificates*>(certificates)->TakeChange();
    if (!change.has_value()) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    const grpc_ssl_pem_key_cert_pair pair = {change->private_key.c_str(),
                                             change->certificate_chain.c_str()};
    // Core wants some authority even where clients are not asked for a certificate.
    const std::string& roots =
        change->client_ca.empty() ? change->certificate_chain : change->client_ca;
    *config = grpc_ssl_server_certificate_config_create(roots.c_str(), &pair, 1);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const std::shared_ptr<Certificates> certificates_;
  grpc_server_credentials* core_;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> ServerCredentialsOf(
    std::shared_ptr<Certificates> certificates) {
  const bool mutual = certificates->mutual();
  return std::make_shared<WatchedCredentials>(std::move(certificates), mutual);
}

std::shared_ptr<grpc::ChannelCredentials> ChannelCredentialsOf(const ClientOptions& options) {
  if (options.ca.empty()) return grpc::InsecureChannelCredentials();
  grpc::experimental::TlsChannelCredentialsOptions tls;
  tls.set_certificate_provider(std::make_shared<FileWatcherCertificateProvider>(
      options.private_key, options.certificate_chain, options.ca, kReloadEverySeconds));
  tls.watch_root_certs();
  if (!options.private_key.empty()) tls.watch_identity_key_cert_pairs();
  return grpc::experimental::TlsCredentials(tls);
}

}  // namespace daybook::rpc
