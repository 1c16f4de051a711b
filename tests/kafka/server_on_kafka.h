// Servers on one real broker of a test binary, each test on a topic of its own, and what tests of
// them ask.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "tests/support/daybook_process.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/kafka_stranger.h"
#include "tests/support/scratch.h"

namespace daybook {

#define ASSERT_IS_OK(expression)             \
  do {                                       \
    const absl::Status is_ok = (expression); \
    ASSERT_TRUE(is_ok.ok()) << is_ok;        \
  } while (false)

class ServerOnKafka : public testing::Test {
 protected:
  static constexpr int kPartitions = 4;

  static void SetUpTestSuite();
  static void TearDownTestSuite();
  void SetUp() override;

  // The properties that a topic of ours has, `changed` put over them.
  static std::vector<std::pair<std::string, std::string>> Properties(
      const std::vector<std::pair<std::string, std::string>>& changed = {});
  // A topic as `serve` would make it, of kPartitions.
  void CreateTopic();

  // Not started; it finds the number of partitions by itself.
  std::unique_ptr<DaybookProcess> NewServer(const std::string& data_dir = "data",
                                            const std::string& prefix = Prefix());
  // The flags that point a subcommand at the log of `prefix` and at a data directory.
  std::vector<std::string> Place(const std::string& data_dir = "data",
                                 const std::string& prefix = Prefix()) const;
  Ran Run(std::vector<std::string> words, const std::string& data_dir = "data") const;

  // Registers a customer by a request id of its own.
  absl::Status Register(const DaybookProcess& server, const std::string& customer);
  // Registers `count` of them, which end up in all partitions.
  void RegisterSome(const DaybookProcess& server, int count);
  // Asks the read models for it.
  static absl::Status Query(const DaybookProcess& server, const std::string& customer);

  // It is not busy with what is not there. Looks for some seconds.
  static void ExpectIdle(const DaybookProcess& server);

  static std::string Prefix();
  static std::string Topic() { return Prefix() + "daybook.log.v1"; }
  std::string Directory(const std::string& name) const;

  static ScratchDirectory* scratch_;
  static KafkaBroker* broker_;
  static std::string* why_not_;

  std::unique_ptr<KafkaStranger> stranger_;
  int requests_ = 0;
};

}  // namespace daybook
