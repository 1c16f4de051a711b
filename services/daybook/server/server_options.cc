#include "services/daybook/server/server_options.h"

#include "services/daybook/process/logging.h"

namespace daybook {
namespace {

void SayOfServer(rpc::Notice notice, std::string_view message) {
  Log(notice == rpc::Notice::kInfo ? Severity::kInfo : Severity::kWarning, message);
}

}  // namespace

rpc::ServerOptions ServerOptionsOf(const Config& config, Metrics* metrics) {
  rpc::ServerOptions options;
  options.address = config.listen;
  options.insecure = config.insecure;
  if (!config.tls_cert.empty()) {
    options.tls = rpc::TlsFiles{config.tls_cert, config.tls_key, config.tls_client_ca};
  }
  options.max_in_flight = static_cast<int>(config.max_in_flight);
  options.max_deadline = absl::Milliseconds(config.max_deadline_ms);
  options.max_in_flight_bytes = config.max_in_flight_bytes;
  options.max_unsent_bytes = config.max_unsent_bytes;
  options.max_streams = static_cast<int>(config.max_streams);
  options.stream_window = static_cast<int>(config.stream_window);
  options.max_message_bytes = static_cast<int>(config.max_message_bytes);
  options.max_connection_age = absl::Milliseconds(config.max_connection_age_ms);
  options.keepalive_time = absl::Milliseconds(config.keepalive_ms);
  options.say = SayOfServer;
  options.metrics = metrics;
  return options;
}

}  // namespace daybook
