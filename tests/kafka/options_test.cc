// What is decided without a broker: properties and the rules for a topic.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/log/kafka/config.h"
#include "common/log/kafka/kafka_log.h"
#include "common/log/kafka/topic_rules.h"

namespace daybook::log {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TopicFacts GoodTopic(int replicas) {
  return {.name = "t",
          .partitions = 16,
          .replication_factor = replicas,
          .properties = WantedProperties(replicas)};
}

TEST(TopicRules, AcceptWhatTheDriverCreates) {
  for (const int replicas : {1, 2, 3, 5}) {
    std::vector<std::string> warnings;
    EXPECT_TRUE(CheckTopic(GoodTopic(replicas), &warnings).ok());
    EXPECT_THAT(warnings, SizeIs(replicas < 3 ? 1 : 0));
  }
}

TEST(TopicRules, RefuseEveryPropertyThatLosesHistory) {
  const std::pair<const char*, const char*> wrong[] = {
      {"cleanup.policy", "compact"},
      {"cleanup.policy", "compact,delete"},
      {"retention.ms", "604800000"},
      {"retention.bytes", "1073741824"},
      {"unclean.leader.election.enable", "true"},
      {"message.timestamp.type", "CreateTime"},
      {"max.message.bytes", "1048575"},
      {"min.insync.replicas", "1"},
  };
  for (const auto& [property, value] : wrong) {
    TopicFacts topic = GoodTopic(3);
    topic.properties[property] = value;
    std::vector<std::string> warnings;
    const absl::Status status = CheckTopic(topic, &warnings);
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << property;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(std::string(property) + " is " + value + ", must be"));
    topic.properties.erase(property);
    EXPECT_FALSE(CheckTopic(topic, &warnings).ok()) << property << " not known";
  }
}

TEST(TopicRules, AcceptMoreThanEnough) {
  TopicFacts topic = GoodTopic(3);
  topic.properties["max.message.bytes"] = "20000000";
  std::vector<std::string> warnings;
  EXPECT_TRUE(CheckTopic(topic, &warnings).ok());
  EXPECT_THAT(warnings, IsEmpty());
  topic.properties["min.insync.replicas"] = "3";
  EXPECT_TRUE(CheckTopic(topic, &warnings).ok());
  EXPECT_THAT(warnings, SizeIs(1));
  topic.properties["min.insync.replicas"] = "4";
  EXPECT_FALSE(CheckTopic(topic, &warnings).ok());
}

TEST(KafkaProperties, ThatTheLogDependsOnAreRefused) {
  for (const char* name :
       {"enable.idempotence", "acks", "request.required.acks", "linger.ms", "message.timeout.ms",
        "auto.offset.reset", "enable.auto.commit", "check.crcs", "isolation.level",
        "queued.min.messages", "transactional.id", "group.id", "bootstrap.servers", "client.id"}) {
    const absl::Status status =
        OpenKafka({.brokers = "127.0.0.1:1", .properties = {{name, "1"}}}).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(std::string("kafka.") + name));
  }
}

TEST(KafkaProperties, PassThrough) {
  HandleEvents events({});
  const KafkaOptions options = {.brokers = "127.0.0.1:1",
                                .properties = {{"security.protocol", "SASL_PLAINTEXT"},
                                               {"sasl.mechanisms", "PLAIN"},
                                               {"sasl.username", "u"},
                                               {"sasl.password", "p"}}};
  EXPECT_TRUE(CheckProperties(options.properties).ok());
  EXPECT_TRUE(ProducerConf(options, &events).ok());
  EXPECT_TRUE(ReaderConf(options, Fetching::kAll, 16, &events).ok());
}

TEST(KafkaProperties, ThatDoNotExistAreRefusedByName) {
  const absl::Status status =
      OpenKafka({.brokers = "127.0.0.1:1", .properties = {{"no.such", "1"}}}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("kafka.no.such"));
}

TEST(KafkaOptions, WithoutBrokersAreRefused) {
  EXPECT_TRUE(absl::IsInvalidArgument(OpenKafka({.brokers = ""}).status()));
  EXPECT_TRUE(
      absl::IsInvalidArgument(OpenKafka({.brokers = "127.0.0.1:1", .partitions = 0}).status()));
}

TEST(KafkaProperties, WarningsAreLimited) {
  int lines = 0;
  HandleEvents events([&](std::string_view) { ++lines; });
  for (int i = 0; i < 1000; ++i) events.Warn("again");
  EXPECT_EQ(lines, 20);
}

}  // namespace
}  // namespace daybook::log
