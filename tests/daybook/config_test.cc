#include "services/daybook/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "projections/topology.h"
#include "services/daybook/config/config_file.h"

namespace daybook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const char* const kNoEnvironment[] = {nullptr};

std::string FileWith(const std::string& content, mode_t mode = 0600) {
  // Tests run beside each other, each in a process of its own.
  const std::string path =
      absl::StrCat(testing::TempDir(), "/daybook_config_test.", getpid(), ".toml");
  std::ofstream(path) << content;
  chmod(path.c_str(), mode);
  return path;
}

std::string FromOf(const Config& config, std::string_view key) {
  for (const Config::Origin& origin : config.origins) {
    if (origin.key == key) return origin.from;
  }
  return "";
}

std::string ErrorOf(const std::string& toml) {
  return std::string(LoadConfig(FileWith(toml), {}, kNoEnvironment).status().message());
}

TEST(Config, HasDefaults) {
  const auto config = MakeConfig({});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->log, "embedded");
  EXPECT_EQ(config->partitions, 16);
  EXPECT_EQ(config->listen, "127.0.0.1:7464");
  EXPECT_FALSE(config->data_dir.empty());
  EXPECT_EQ(FromOf(*config, "listen"), "default");
}

TEST(Config, FlagsBeatEnvironmentBeatsFile) {
  const std::string path =
      FileWith("listen = '127.0.0.1:1'\npartitions = 2\nlog_level = 'error'\n");
  const char* const environment[] = {"DAYBOOK_LISTEN=127.0.0.1:2", "DAYBOOK_PARTITIONS=3",
                                     "HOME=/x", nullptr};
  const auto config = LoadConfig(path, {{"listen", "127.0.0.1:3", "flag --listen"}}, environment);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listen, "127.0.0.1:3");
  EXPECT_EQ(config->partitions, 3);
  EXPECT_EQ(config->log_level, "error");
  EXPECT_EQ(FromOf(*config, "listen"), "flag --listen");
  EXPECT_EQ(FromOf(*config, "partitions"), "environment DAYBOOK_PARTITIONS");
  EXPECT_EQ(FromOf(*config, "log_level"), path + ":3");
}

TEST(Config, TakesTheFileThatTheEnvironmentNames) {
  const std::string named = "DAYBOOK_CONFIG=" + FileWith("partitions = 5\n");
  const char* const environment[] = {named.c_str(), nullptr};
  EXPECT_EQ(LoadConfig("", {}, environment)->partitions, 5);
}

TEST(Config, NamesKeyFileAndLineOfWhatIsWrong) {
  EXPECT_THAT(ErrorOf("listen = '127.0.0.1:1'\nlisten_adress = 'x'\n"),
              AllOf(HasSubstr(".toml:2"), HasSubstr("listen_adress")));
  EXPECT_THAT(ErrorOf("partitons = 2\n"), HasSubstr("did you mean 'partitions'?"));
  EXPECT_THAT(ErrorOf("\n\npartitions = 0\n"),
              AllOf(HasSubstr(".toml:3"), HasSubstr("partitions"), HasSubstr("1 to 1024")));
  EXPECT_THAT(ErrorOf("partitions = 1.5\n"), HasSubstr(".toml:1"));
  EXPECT_THAT(ErrorOf("log = 'paper'\n"), HasSubstr("embedded, kafka"));
  EXPECT_THAT(ErrorOf("insecure = 'maybe'\n"), HasSubstr("true or false"));
  EXPECT_THAT(ErrorOf("listen = 'localhost'\n"), HasSubstr("host:port"));
  EXPECT_THAT(ErrorOf("listen = ['a']\n"), HasSubstr(".toml:1"));
  EXPECT_THAT(ErrorOf("partitions = 1\npartitions = 2\n"), HasSubstr(".toml:2"));
  EXPECT_THAT(ErrorOf("[tls\n"), AllOf(HasSubstr(".toml:1"), HasSubstr("not valid TOML")));
  EXPECT_THAT(ErrorOf("[limits]\nmax_queu = 3\n"), HasSubstr("limits.max_queu"));
}

TEST(Config, ChecksAlsoWhatAStrongerSourceHides) {
  EXPECT_FALSE(
      LoadConfig(FileWith("partitions = 0\n"), {{"partitions", "4", "flag"}}, kNoEnvironment).ok());
}

TEST(Config, RefusesUnknownNamesInTheEnvironment) {
  const char* const typo[] = {"DAYBOOK_LISTN=127.0.0.1:2", nullptr};
  EXPECT_THAT(FromEnvironment(typo).status().message(), HasSubstr("DAYBOOK_LISTN"));
  const char* const ours[] = {"DAYBOOK_TEST_SEED=1", "DAYBOOK_CONFIG=x", nullptr};
  EXPECT_TRUE(FromEnvironment(ours)->empty());
}

TEST(Config, PassesLibrdkafkaPropertiesOn) {
  const char* const environment[] = {"DAYBOOK_KAFKA_SASL_MECHANISM=PLAIN", nullptr};
  const auto config = LoadConfig(
      FileWith("[kafka]\nbrokers = 'b:9092'\nlinger.ms = 5\n'security.protocol' = 'ssl'\n"), {},
      environment);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->kafka_brokers, "b:9092");
  EXPECT_EQ(config->kafka_properties.at("linger.ms"), "5");
  EXPECT_EQ(config->kafka_properties.at("security.protocol"), "ssl");
  EXPECT_EQ(config->kafka_properties.at("sasl.mechanism"), "PLAIN");
  EXPECT_EQ(config->kafka_properties.size(), 3);
}

TEST(Config, HidesSecretsAndRefusesThemWhereEverybodyReads) {
  const std::string secret = "[kafka]\nsasl.password = 'hunter2'\n";
  const auto config = LoadConfig(FileWith(secret), {}, kNoEnvironment);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->kafka_properties.at("sasl.password"), "hunter2");
  for (const Config::Origin& origin : config->origins) EXPECT_NE(origin.value, "hunter2");
  const auto open = LoadConfig(FileWith(secret, 0644), {}, kNoEnvironment);
  EXPECT_THAT(open.status().message(), AllOf(HasSubstr("chmod"), HasSubstr(":2")));
  EXPECT_THAT(open.status().message(), testing::Not(HasSubstr("hunter2")));
}

TEST(Config, RefusesWhatDoesNotFitTogether) {
  EXPECT_THAT(ErrorOf("log = 'kafka'\n"), HasSubstr("kafka.brokers"));
  EXPECT_THAT(ErrorOf("tls.cert = 'a.pem'\n"), HasSubstr("tls.key"));
  EXPECT_THAT(ErrorOf("tls.client_ca = 'a.pem'\n"), HasSubstr("tls.cert"));
}

TEST(Config, SaysWhatAServerDoes) {
  EXPECT_TRUE(MakeConfig({})->roles.commands);
  EXPECT_EQ(MakeConfig({})->roles.projections, TheTopology().names());
  const char* const environment[] = {"DAYBOOK_ROLES=commands,projections:journal", nullptr};
  const auto config = LoadConfig(FileWith("roles = 'commands'\n"), {}, environment);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(config->roles.commands);
  EXPECT_THAT(config->roles.projections, testing::ElementsAre("journal"));
  EXPECT_EQ(FromOf(*config, "roles"), "environment DAYBOOK_ROLES");
  EXPECT_THAT(ErrorOf("roles = 'comands'\n"),
              AllOf(HasSubstr(".toml:1"), HasSubstr("roles"), HasSubstr("'commands'?")));
  EXPECT_THAT(ErrorOf("roles = 'projections:journl'\n"), HasSubstr("'journal'?"));
  // One process has the directory of an embedded log; nobody else could write it.
  EXPECT_THAT(ErrorOf("roles = 'projections'\n"),
              AllOf(HasSubstr("roles"), HasSubstr("log = kafka")));
  EXPECT_EQ(ErrorOf("roles = 'projections'\nlog = 'kafka'\nkafka.brokers = 'b:1'\n"), "");
  EXPECT_EQ(ErrorOf("roles = 'commands'\n"), "");
}

TEST(Config, RefusesAFileThatIsNotThere) {
  EXPECT_THAT(LoadConfig("/nowhere/x.toml", {}, kNoEnvironment).status().message(),
              HasSubstr("/nowhere/x.toml"));
}

TEST(Config, EverySettingHasItsNames) {
  for (const Setting& setting : Settings()) {
    EXPECT_EQ(setting.flag().substr(0, 2), "--");
    EXPECT_EQ(setting.environment().substr(0, 8), "DAYBOOK_");
    EXPECT_FALSE(setting.help.empty()) << setting.key;
  }
}

}  // namespace
}  // namespace daybook
