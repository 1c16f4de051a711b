// The same orders on Kafka and on the embedded log give the same book.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/child_program.h"
#include "tests/support/daybook_process.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/scratch.h"

namespace daybook {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

const char* const kCdnow = DAYBOOK_TEST_DATA "/cdnow_orders.csv";

class KafkaWalk : public testing::Test {
 protected:
  void SetUp() override {
    auto broker = KafkaBroker::Start({.directory = scratch_.path() + "/broker"});
    if (!broker.ok()) {
      if (BrokerIsRequired()) FAIL() << broker.status();
      GTEST_SKIP() << "skipped: no broker: " << broker.status();
    }
    broker_ = *std::move(broker);
  }

  // Flags that point a subcommand at the topic with this prefix.
  std::vector<std::string> OnKafka(const std::string& prefix) const {
    return {"--log=kafka", "--kafka-brokers=" + broker_->address(),
            "--kafka-topic-prefix=" + prefix};
  }

  static Ran Run(std::vector<std::string> words, const std::vector<std::string>& more = {}) {
    words.insert(words.end(), more.begin(), more.end());
    return RunDaybook(std::move(words));
  }

  // Imports through a server of its own; `data_dir` keeps what it leaves.
  static void Import(const std::string& data_dir, const std::vector<std::string>& flags) {
    DaybookProcess server({.data_dir = data_dir, .partitions = 4, .arguments = flags});
    const absl::Status status = server.StartAndWait();
    ASSERT_TRUE(status.ok()) << status;
    const Ran ran = Run({"import", "orders", kCdnow, "--json", "--server=" + server.address()});
    ASSERT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(json::parse(ran.out)["total_minor"], 24'409'194);
    EXPECT_EQ(json::parse(ran.out)["payments"]["new"], 6'911);
    server.Terminate();
    EXPECT_EQ(server.WaitUntilEnded(absl::Seconds(30)), 0) << server.words();
  }

  static std::string HashOf(const Ran& dump) {
    EXPECT_EQ(dump.code, 0) << dump.err;
    return json::parse(dump.out)["sha256"];
  }

  ScratchDirectory scratch_;
  std::unique_ptr<KafkaBroker> broker_;
};

TEST_F(KafkaWalk, GivesTheSameBookAsTheEmbeddedLog) {
  const std::string embedded = scratch_.path() + "/embedded", kafka = scratch_.path() + "/kafka";
  Import(embedded, {});
  Import(kafka, OnKafka("walk-"));

  const std::string at_embedded = "--data-dir=" + embedded, at_kafka = "--data-dir=" + kafka;
  EXPECT_EQ(HashOf(Run({"dump", "--business", "--json", at_embedded})),
            HashOf(Run({"dump", "--business", "--json", at_kafka}, OnKafka("walk-"))));
  const Ran proof = Run({"verify", at_kafka}, OnKafka("walk-"));
  EXPECT_EQ(proof.code, 0) << proof.err;

  // With another prefix, or none of Kafka's flags, the log is gone and not about to be made.
  const Ran typo = Run({"doctor", at_kafka, "--server=127.0.0.1:1"}, OnKafka("typo-"));
  EXPECT_EQ(typo.code, 1);
  EXPECT_THAT(typo.out, HasSubstr("models/balances was computed from one"));
  const Ran forgotten = Run({"verify", at_kafka});
  EXPECT_EQ(forgotten.code, 1);
  EXPECT_THAT(forgotten.err, testing::AllOf(HasSubstr("is gone"), HasSubstr("--log kafka")));

  // Carried over, it is the same to the last byte.
  const Ran copied =
      Run({"copy", "--to=kafka:" + broker_->address() + "/copy-", at_embedded, "--quiet"});
  ASSERT_EQ(copied.code, 0) << copied.err;
  const std::string fresh = "--data-dir=" + scratch_.path() + "/fresh";
  EXPECT_EQ(HashOf(Run({"dump", "--json", at_embedded})),
            HashOf(Run({"dump", "--json", "--from-zero", fresh}, OnKafka("copy-"))));
  EXPECT_EQ(Run({"history", at_embedded}).out, Run({"history", fresh}, OnKafka("copy-")).out);
  std::istringstream history(Run({"history", at_kafka}, OnKafka("walk-")).out);
  for (std::string line; std::getline(history, line);) {
    ASSERT_EQ(json::parse(line)["actor"], "local") << line;
  }

  const Ran twice = Run({"copy", "--to=kafka:" + broker_->address() + "/copy-", at_embedded});
  EXPECT_EQ(twice.code, 1);
  EXPECT_THAT(twice.err, HasSubstr("must be empty"));
}

}  // namespace
}  // namespace daybook
