#include "tests/kafka/kafka_under_test.h"

#include <atomic>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace daybook::log {

SharedBroker& TheBroker() {
  // Not deleted by a static destructor: the environment below ends it while main still runs.
  static SharedBroker* shared = nullptr;
  class Environment : public testing::Environment {
   public:
    void TearDown() override {
      delete shared;
      shared = nullptr;
    }
  };
  if (shared == nullptr) {
    shared = new SharedBroker;
    auto broker = KafkaBroker::Start({.directory = shared->scratch.path() + "/broker"});
    if (broker.ok()) {
      shared->broker = *std::move(broker);
    } else {
      shared->why_not = absl::StrCat("skipped: no broker: ", broker.status().ToString());
      if (BrokerIsRequired()) Die(shared->why_not);
      std::fprintf(stderr, "%s\n", shared->why_not.c_str());
    }
    testing::AddGlobalTestEnvironment(new Environment);
  }
  return *shared;
}

std::string FreshPrefix() {
  static std::atomic<int> next = 0;
  return absl::StrCat("t", next++, ".");
}

KafkaOptions FreshOptions(int partitions) {
  return {.brokers = TheBroker().broker->address(),
          .topic_prefix = FreshPrefix(),
          .partitions = partitions,
          .check_beginnings = false,
          .warn = [](std::string_view) {}};
}

namespace {

class KafkaUnderTest : public LogUnderTest {
 public:
  explicit KafkaUnderTest(size_t recent_bytes) : recent_bytes_(recent_bytes) {}

  std::unique_ptr<EventLog> Open(int partitions) override {
    if (options_.brokers.empty()) options_ = FreshOptions(partitions);
    options_.recent_bytes = recent_bytes_;
    auto log = OpenKafka(options_);
    EXPECT_TRUE(log.ok()) << log.status();
    return log.ok() ? *std::move(log) : nullptr;
  }

 private:
  const size_t recent_bytes_;
  KafkaOptions options_;
};

Driver Keeping(const char* name, size_t recent_bytes) {
  return {name, [=]() -> std::unique_ptr<LogUnderTest> {
            if (!TheBroker().broker) return nullptr;
            return std::make_unique<KafkaUnderTest>(recent_bytes);
          }};
}

// Readers that follow find records in memory, fetch them, or now this and now that.
INSTANTIATE_TEST_SUITE_P(Kafka, LogContract,
                         testing::Values(Keeping("kafka", KafkaOptions().recent_bytes),
                                         Keeping("kafka_fetched", 0),
                                         Keeping("kafka_from_both", 400)),
                         NameOf);

}  // namespace
}  // namespace daybook::log
