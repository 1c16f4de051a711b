// The table of settings, in the order in which they are listed.
#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "common/base/text.h"
#include "services/daybook/config/config.h"

namespace daybook {
namespace {

using Kind = Setting::Kind;

constexpr Setting kSettings[] = {
    {"data_dir", &Config::data_dir, Kind::kText, "", "", 0, 0,
     "directory of log and read models, on a local file system"},
    {"roles", &Config::roles, Kind::kRoles, "commands,projections", "", 0, 0,
     "what `serve` does: commands, projections, or both; projections:NAME+NAME = only these read "
     "models; what it does not do is refused with NOT_SERVED_HERE"},
    {"log", &Config::log, Kind::kChoice, "embedded", "embedded|kafka", 0, 0,
     "where the log is kept"},
    {"partitions", &Config::partitions, Kind::kNumber, "16", "", 1, 1024,
     "partitions of a log that is made now; fixed for its life"},
    {"kafka.brokers", &Config::kafka_brokers, Kind::kText, "", "", 0, 0,
     "host:port, several separated by commas"},
    {"kafka.topic_prefix", &Config::kafka_topic_prefix, Kind::kText, "", "", 0, 0,
     "the log is topic <prefix>daybook.log.v1"},
    {"kafka.replication_factor", &Config::kafka_replication_factor, Kind::kNumber, "0", "", 0,
     32767, "of a topic that is made now; 0 = 3, or as many as there are brokers"},
    {"listen", &Config::listen, Kind::kAddress, "127.0.0.1:7464", "", 0, 0,
     "gRPC address; port 0 = any free one, said when serving"},
    {"advertise", &Config::advertise, Kind::kAddress, "", "", 0, 0,
     "address where clients reach this server, written into the log with every claim and told to "
     "those who ask another one; empty = that of `listen`, with the port it got and this "
     "machine's name for 0.0.0.0 and [::]"},
    {"http_listen", &Config::http_listen, Kind::kAddress, "127.0.0.1:7465", "", 0, 0,
     "address of /metrics, /healthz, /readyz, /version; empty = none"},
    {"insecure", &Config::insecure, Kind::kSwitch, "false", "", 0, 0,
     "allow an address other than loopback without TLS"},
    {"tls.cert", &Config::tls_cert, Kind::kText, "", "", 0, 0,
     "PEM file: certificate chain of the server"},
    {"tls.key", &Config::tls_key, Kind::kText, "", "", 0, 0, "PEM file: private key of the server"},
    {"tls.client_ca", &Config::tls_client_ca, Kind::kText, "", "", 0, 0,
     "PEM file: only clients with a certificate of this authority may call"},
    {"server", &Config::server, Kind::kAddress, "", "", 0, 0,
     "address that import, call and story talk to; empty = that of `listen`"},
    {"tls.ca", &Config::tls_ca, Kind::kText, "", "", 0, 0,
     "PEM file: talk TLS to a server with a certificate of this authority"},
    {"tls.client_cert", &Config::tls_client_cert, Kind::kText, "", "", 0, 0,
     "PEM file: certificate chain of the client"},
    {"tls.client_key", &Config::tls_client_key, Kind::kText, "", "", 0, 0,
     "PEM file: private key of the client"},
    {"tls.server_name", &Config::tls_server_name, Kind::kText, "", "", 0, 0,
     "name in the server's certificate, if not its address"},
    {"models.threads", &Config::model_threads, Kind::kNumber, "1", "", 1, 64,
     "threads that fold the log into read models, each its part of the partitions"},
    {"models.scan_threads", &Config::scan_threads, Kind::kNumber, "2", "", 1, 64,
     "threads for queries that read whole partitions"},
    {"limits.max_in_flight", &Config::max_in_flight, Kind::kNumber, "4096", "", 1, 1'000'000,
     "unary calls in work at once; more are refused with RESOURCE_EXHAUSTED"},
    {"limits.max_queue", &Config::max_queue, Kind::kNumber, "32768", "", 1, 10'000'000,
     "commands waiting per worker; more are refused with RESOURCE_EXHAUSTED"},
    {"limits.max_deadline_ms", &Config::max_deadline_ms, Kind::kNumber, "60000", "", 100, 3'600'000,
     "longest that a call, or one command of a stream, may last, milliseconds"},
    {"limits.max_in_flight_bytes", &Config::max_in_flight_bytes, Kind::kNumber, "268435456", "",
     1'000'000, int64_t{64} << 30,
     "bytes of requests in work at once; more are refused with RESOURCE_EXHAUSTED"},
    {"limits.max_unsent_bytes", &Config::max_unsent_bytes, Kind::kNumber, "268435456", "",
     1'000'000, int64_t{64} << 30,
     "bytes of answers that callers have not taken; more are refused with RESOURCE_EXHAUSTED"},
    {"limits.max_streams", &Config::max_streams, Kind::kNumber, "1024", "", 1, 100'000,
     "streams open at once; more are refused with RESOURCE_EXHAUSTED"},
    {"limits.stream_window", &Config::stream_window, Kind::kNumber, "256", "", 1, 100'000,
     "commands of one stream in work at once; its sender is held when they are"},
    {"limits.max_message_bytes", &Config::max_message_bytes, Kind::kNumber, "4194304", "", 524'288,
     64 << 20, "largest message, either way"},
    {"limits.max_connection_age_ms", &Config::max_connection_age_ms, Kind::kNumber, "1800000", "",
     1'000, 604'800'000,
     "age at which a connection is told to go; closed max_deadline_ms + 5 s later"},
    {"limits.keepalive_ms", &Config::keepalive_ms, Kind::kNumber, "60000", "", 1'000, 7'200'000,
     "silence after which a connection is asked whether it lives"},
    {"clock.accept_until", &Config::clock_accept_until, Kind::kTime, "", "", 0, 0,
     "records up to this time are known to be of the future, by a clock that was wrong: serve "
     "all the same; read common/log/README.md first"},
    {"log_level", &Config::log_level, Kind::kChoice, "info", "debug|info|warning|error", 0, 0,
     "least severity of messages on stderr"},
    {"log_format", &Config::log_format, Kind::kChoice, "auto", "auto|text|json", 0, 0,
     "of messages on stderr; auto = text on a terminal, else JSON lines"},
};

}  // namespace

absl::Span<const Setting> Settings() { return kSettings; }

std::string Setting::flag() const {
  return "--" + absl::StrReplaceAll(ToAbsl(key), {{".", "-"}, {"_", "-"}});
}

std::string Setting::environment() const {
  return Cat(kEnvironmentPrefix,
             absl::AsciiStrToUpper(absl::StrReplaceAll(ToAbsl(key), {{".", "_"}})));
}

}  // namespace daybook
