#include "common/rpc/credentials.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace daybook::rpc {
namespace {

using grpc::experimental::FileWatcherCertificateProvider;

constexpr unsigned kReloadEverySeconds = 10;

absl::Status Readable(const std::string& file, const char* what) {
  if (::access(file.c_str(), R_OK) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("TLS: the ", what, " '", file, "' cannot be read"));
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentialsOf(
    const TlsFiles& files) {
  RETURN_IF_ERROR(Readable(files.certificate_chain, "certificate"));
  RETURN_IF_ERROR(Readable(files.private_key, "private key"));
  const bool mutual = !files.client_ca.empty();
  if (mutual) RETURN_IF_ERROR(Readable(files.client_ca, "client CA"));
  grpc::experimental::TlsServerCredentialsOptions options(
      std::make_shared<FileWatcherCertificateProvider>(files.private_key, files.certificate_chain,
                                                       files.client_ca, kReloadEverySeconds));
  options.watch_identity_key_cert_pairs();
  if (mutual) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  } else {
    options.set_cert_request_type(GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  }
  return grpc::experimental::TlsServerCredentials(options);
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
