#include "services/daybook/config/config.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/status.h"
#include "common/base/suggestion.h"
#include "common/base/text.h"
#include "projections/topology.h"
#include "services/daybook/config/config_file.h"

namespace daybook {
namespace {

using Kind = Setting::Kind;

constexpr std::string_view kKafka = "kafka.";

// Names in the environment that are no settings: the file's, and those of tests.
constexpr std::string_view kNoSettings[] = {"DAYBOOK_CONFIG",      "DAYBOOK_BINARY",
                                            "DAYBOOK_KAFKA_CACHE", "DAYBOOK_PYTHON_ENV",
                                            "DAYBOOK_SEED",        "DAYBOOK_SEEDS"};

bool IsNoSetting(std::string_view name) {
  return name.substr(0, 13) == "DAYBOOK_TEST_" ||
         std::find(std::begin(kNoSettings), std::end(kNoSettings), name) != std::end(kNoSettings);
}

// Where a service's state belongs by the XDG rules; beside the caller when there is no home.
std::string DefaultDataDir(const char* state_home, const char* home) {
  if (state_home != nullptr && *state_home == '/') return Cat(state_home, "/daybook");
  if (home != nullptr && *home == '/') return Cat(home, "/.local/state/daybook");
  return "daybook-data";
}

absl::Status Bad(const Given& given, std::string_view what) {
  const std::string shown = IsSecret(given.key) ? "" : Cat(", is '", given.value, "'");
  return absl::InvalidArgumentError(Cat(given.from, ": ", given.key, " ", what, shown));
}

absl::Status CheckAddress(const Given& given) {
  if (given.value.empty()) return absl::OkStatus();
  const size_t colon = given.value.rfind(':');
  int port = 0;
  if (colon == std::string::npos || colon == 0 ||
      !absl::SimpleAtoi(given.value.substr(colon + 1), &port) || port < 0 || port > 65535) {
    return Bad(given, "must be host:port, such as 127.0.0.1:7464");
  }
  return absl::OkStatus();
}

absl::Status CheckTime(const Given& given) {
  absl::Time time;
  if (given.value.empty() || absl::ParseTime(absl::RFC3339_full, given.value, &time, nullptr)) {
    return absl::OkStatus();
  }
  return Bad(given, "must be a time such as 2026-11-30T12:00:00Z");
}

absl::StatusOr<bool> ParseSwitch(const Given& given) {
  const std::string value = absl::AsciiStrToLower(given.value);
  if (value == "true" || value == "1" || value == "yes" || value == "on") return true;
  if (value == "false" || value == "0" || value == "no" || value == "off") return false;
  return Bad(given, "must be true or false");
}

absl::StatusOr<int64_t> ParseNumber(const Setting& setting, const Given& given) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(given.value, &number) || number < setting.min || number > setting.max) {
    return Bad(given, Cat("must be a whole number from ", setting.min, " to ", setting.max));
  }
  return number;
}

absl::Status Store(const Setting& setting, const Given& given, Config* config) {
  switch (setting.kind) {
    case Kind::kNumber: {
      ASSIGN_OR_RETURN(config->*std::get<int64_t Config::*>(setting.target),
                       ParseNumber(setting, given));
      return absl::OkStatus();
    }
    case Kind::kSwitch: {
      ASSIGN_OR_RETURN(config->*std::get<bool Config::*>(setting.target), ParseSwitch(given));
      return absl::OkStatus();
    }
    case Kind::kRoles: {
      const auto roles = ParseRoles(given.value, TheTopology().names());
      if (!roles.ok()) return Bad(given, ToStd(roles.status().message()));
      config->*std::get<Roles Config::*>(setting.target) = *roles;
      return absl::OkStatus();
    }
    case Kind::kAddress:
      RETURN_IF_ERROR(CheckAddress(given));
      break;
    case Kind::kTime:
      RETURN_IF_ERROR(CheckTime(given));
      break;
    case Kind::kChoice: {
      const std::vector<std::string> choices = absl::StrSplit(ToAbsl(setting.choices), '|');
      if (std::find(choices.begin(), choices.end(), given.value) == choices.end()) {
        return Bad(given, Cat("must be one of ", absl::StrJoin(choices, ", ")));
      }
      break;
    }
    case Kind::kText:
      break;
  }
  config->*std::get<std::string Config::*>(setting.target) = given.value;
  return absl::OkStatus();
}

const Setting* Find(std::string_view key) {
  for (const Setting& setting : Settings()) {
    if (setting.key == key) return &setting;
  }
  return nullptr;
}

// `sasl.mechanism` of `kafka.sasl.mechanism`; empty if the key is no librdkafka property.
std::string_view KafkaProperty(std::string_view key) {
  return key.substr(0, kKafka.size()) == kKafka ? key.substr(kKafka.size()) : std::string_view();
}

absl::Status CheckTogether(const Config& config) {
  const auto refuse = [](const std::string& why) { return absl::InvalidArgumentError(why); };
  if (config.data_dir.empty())
    return refuse("data_dir is empty; name a directory, or leave it out");
  if (config.log == "kafka" && config.kafka_brokers.empty()) {
    return refuse("log = kafka needs kafka.brokers (--kafka-brokers host:9092)");
  }
  if (config.log == "embedded" && !config.roles.commands) {
    return refuse(
        "roles without commands needs log = kafka: only one process can have an embedded log, so "
        "nobody would write it");
  }
  if (config.tls_cert.empty() != config.tls_key.empty()) {
    return refuse("tls.cert and tls.key go together; only one is set");
  }
  if (!config.tls_client_ca.empty() && config.tls_cert.empty()) {
    return refuse("tls.client_ca needs tls.cert and tls.key");
  }
  if (config.tls_client_cert.empty() != config.tls_client_key.empty()) {
    return refuse("tls.client_cert and tls.client_key go together; only one is set");
  }
  if (!config.tls_client_cert.empty() && config.tls_ca.empty()) {
    return refuse("tls.client_cert needs tls.ca");
  }
  struct stat status;
  if (!config.tls_key.empty() && stat(config.tls_key.c_str(), &status) == 0 &&
      (status.st_mode & S_IROTH) != 0) {
    return refuse(Cat("tls.key: everybody may read ", config.tls_key, ": chmod o-r it"));
  }
  return absl::OkStatus();
}

}  // namespace

bool Config::IsGiven(std::string_view key) const {
  return std::any_of(origins.begin(), origins.end(), [&](const Origin& origin) {
    return origin.key == key && origin.from != "default";
  });
}

absl::Time Config::accepted_records() const {
  absl::Time time = absl::InfinitePast();
  if (!clock_accept_until.empty()) {
    DAYBOOK_CHECK(absl::ParseTime(absl::RFC3339_full, clock_accept_until, &time, nullptr));
  }
  return time;
}

bool IsSecret(std::string_view key) {
  const absl::string_view k = ToAbsl(key);
  return k.find("password") != k.npos || k.find("secret") != k.npos || k.find(".pem") != k.npos ||
         k.find("sasl.jaas") != k.npos || k.find("oauthbearer.config") != k.npos;
}

static std::vector<std::string> Keys() {
  std::vector<std::string> keys;
  for (const Setting& setting : Settings()) keys.emplace_back(setting.key);
  return keys;
}

absl::StatusOr<Config> MakeConfig(const std::vector<Given>& weakest_first) {
  std::map<std::string, Given> last;
  for (const Setting& setting : Settings()) {
    last[std::string(setting.key)] = {std::string(setting.key), std::string(setting.fallback),
                                      "default"};
  }
  last["data_dir"].value = DefaultDataDir(std::getenv("XDG_STATE_HOME"), std::getenv("HOME"));

  for (const Given& given : weakest_first) {
    const Setting* setting = Find(given.key);
    if (setting == nullptr && KafkaProperty(given.key).empty()) {
      return absl::InvalidArgumentError(Cat(given.from, ": no setting is called '", given.key, "'",
                                            DidYouMean(given.key, Keys()),
                                            "; `daybook config` lists them"));
    }
    Config scratch;  // also what a stronger source hides must be right
    if (setting != nullptr) RETURN_IF_ERROR(Store(*setting, given, &scratch));
    last[given.key] = given;
  }

  Config config;
  const auto note = [&](const Given& given) {
    config.origins.push_back(
        {given.key, IsSecret(given.key) ? "(hidden)" : given.value, given.from});
  };
  for (const Setting& setting : Settings()) {
    const auto found = last.extract(std::string(setting.key));
    RETURN_IF_ERROR(Store(setting, found.mapped(), &config));
    note(found.mapped());
  }
  for (const auto& [key, given] : last) {
    config.kafka_properties[std::string(KafkaProperty(key))] = given.value;
    note(given);
  }
  RETURN_IF_ERROR(CheckTogether(config));
  return config;
}

absl::StatusOr<std::vector<Given>> FromEnvironment(const char* const* environment) {
  std::map<std::string, std::string> keys;
  for (const Setting& setting : Settings()) keys[setting.environment()] = setting.key;
  std::vector<Given> given;
  for (; *environment != nullptr; ++environment) {
    const std::string_view entry = *environment;
    const size_t equals = entry.find('=');
    if (entry.substr(0, kEnvironmentPrefix.size()) != kEnvironmentPrefix || equals == entry.npos)
      continue;
    const std::string name(entry.substr(0, equals));
    if (IsNoSetting(name)) continue;
    const std::string from = "environment " + name;
    const std::string value(entry.substr(equals + 1));
    if (const auto found = keys.find(name); found != keys.end()) {
      given.push_back({found->second, value, from});
    } else if (name.rfind("DAYBOOK_KAFKA_", 0) == 0) {  // librdkafka's names have dots only
      const std::string property = absl::AsciiStrToLower(name.substr(kEnvironmentPrefix.size()));
      given.push_back({absl::StrReplaceAll(property, {{"_", "."}}), value, from});
    } else {
      std::vector<std::string> names;
      for (const auto& [known, key] : keys) names.push_back(known);
      return absl::InvalidArgumentError(Cat(from, ": no setting is called so",
                                            DidYouMean(name, names),
                                            "; `daybook config` lists them"));
    }
  }
  return given;
}

absl::StatusOr<Config> LoadConfig(const std::string& config_file, std::vector<Given> flags,
                                  const char* const* environment) {
  std::string path = config_file;
  constexpr std::string_view kNamed = "DAYBOOK_CONFIG=";
  for (const char* const* entry = environment; path.empty() && *entry != nullptr; ++entry) {
    const std::string_view e = *entry;
    if (e.substr(0, kNamed.size()) == kNamed) path = e.substr(kNamed.size());
  }
  std::vector<Given> all;
  if (!path.empty()) {
    ASSIGN_OR_RETURN(all, ReadConfigFile(path));
  }
  ASSIGN_OR_RETURN(const std::vector<Given> from_environment, FromEnvironment(environment));
  all.insert(all.end(), from_environment.begin(), from_environment.end());
  all.insert(all.end(), flags.begin(), flags.end());
  return MakeConfig(all);
}

}  // namespace daybook
