// What Daybook is told from outside: flags > environment DAYBOOK_* > TOML file > defaults.
//
//   daybook serve --listen 127.0.0.1:7464
//   DAYBOOK_LISTEN=127.0.0.1:7464 daybook serve
//   daybook serve --config daybook.toml            # listen = "127.0.0.1:7464"
//
// One row a setting (Settings()) gives key, flag, environment name, range and help. A setting that
// nobody knows, or a value out of range, refuses to start and names key and origin (file and line).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "services/daybook/config/roles.h"

namespace daybook {

struct Config {
  std::string data_dir;
  std::string log;  // `embedded` or `kafka`
  std::string kafka_brokers;
  std::string kafka_topic_prefix;
  std::map<std::string, std::string> kafka_properties;  // passed to librdkafka as they are
  int64_t kafka_replication_factor = 0;
  int64_t partitions = 0;
  std::string listen;
  std::string http_listen;
  Roles roles;            // of `serve`
  std::string advertise;  // what NOT_OWNER tells clients; empty = from `listen`
  bool insecure = false;
  std::string tls_cert;
  std::string tls_key;
  std::string tls_client_ca;
  std::string server;  // what clients call; empty = `listen`
  std::string tls_ca;
  std::string tls_client_cert;
  std::string tls_client_key;
  std::string tls_server_name;
  int64_t model_threads = 0;
  int64_t scan_threads = 0;
  int64_t max_in_flight = 0;
  int64_t max_queue = 0;
  int64_t max_deadline_ms = 0;
  int64_t max_in_flight_bytes = 0;
  int64_t max_unsent_bytes = 0;
  int64_t max_streams = 0;
  int64_t stream_window = 0;
  int64_t max_message_bytes = 0;
  int64_t max_connection_age_ms = 0;
  int64_t keepalive_ms = 0;
  std::string clock_accept_until;  // RFC 3339, or empty
  std::string log_level;
  std::string log_format;

  // One setting as it stands and where that came from: `default`, `flag --listen`,
  // `environment DAYBOOK_LISTEN`, `daybook.toml:3`.
  struct Origin {
    std::string key;
    std::string value;  // `(hidden)` if it is a secret
    std::string from;
  };
  std::vector<Origin> origins;

  // Whether somebody said it, rather than the default.
  bool IsGiven(std::string_view key) const;

  std::string server_address() const { return server.empty() ? listen : server; }
  std::string log_dir() const { return data_dir + "/log"; }
  std::string models_dir() const { return data_dir + "/models"; }
  std::string cache_dir() const { return data_dir + "/command-cache"; }  // of the write side
  // clock.accept_until; the infinite past if it is not given.
  absl::Time accepted_records() const;
};

// A row of the table of settings.
struct Setting {
  enum class Kind { kText, kChoice, kNumber, kSwitch, kAddress, kTime, kRoles };
  std::string_view key;  // as in the TOML file: `kafka.brokers`
  // Where the value goes: text, choices, addresses and times as text.
  std::variant<std::string Config::*, int64_t Config::*, bool Config::*, Roles Config::*> target;
  Kind kind;
  std::string_view fallback;  // the default
  std::string_view choices;   // kChoice: `a|b`
  int64_t min;                // kNumber
  int64_t max;                // kNumber
  std::string_view help;

  std::string flag() const;         // `--kafka-brokers`
  std::string environment() const;  // `DAYBOOK_KAFKA_BROKERS`
};
absl::Span<const Setting> Settings();

// What the names of settings begin with in the environment.
inline constexpr std::string_view kEnvironmentPrefix = "DAYBOOK_";

// A value somebody gave, as text, and where.
struct Given {
  std::string key;
  std::string value;
  std::string from;
};

// Lays the sources over each other, weakest first. INVALID_ARGUMENT names key, origin and what is
// allowed. Checks what must fit together (kafka needs brokers, a key needs its certificate).
absl::StatusOr<Config> MakeConfig(const std::vector<Given>& weakest_first);

// The settings in an environment (`environ`). INVALID_ARGUMENT for a DAYBOOK_ name that is no
// setting. DAYBOOK_CONFIG, DAYBOOK_TEST_* and a few more of the tests are passed over.
absl::StatusOr<std::vector<Given>> FromEnvironment(const char* const* environment);

// File, environment and flags together. `config_file` may be empty: then DAYBOOK_CONFIG, then none.
absl::StatusOr<Config> LoadConfig(const std::string& config_file, std::vector<Given> flags,
                                  const char* const* environment);

// Whether a key names something that must not be shown, logged or given as a flag.
bool IsSecret(std::string_view key);

}  // namespace daybook
