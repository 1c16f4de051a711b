// The month of month_story.cc: on Kafka and on the embedded log the books are equal.
#include <gtest/gtest.h>

#include <string>

#include "tests/e2e/month_story.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/scratch.h"

namespace daybook {
namespace {

TEST(Month, IsToldTheSameOnBothLogs) {
  ScratchDirectory scratch;
  std::string embedded;
  {
    Firm firm(scratch.path() + "/embedded", {});
    TellTheMonth(firm);
    embedded = firm.BusinessDump();
    ASSERT_NE(embedded, "");
  }
  auto broker = KafkaBroker::Start({.directory = scratch.path() + "/broker"});
  if (!broker.ok()) {
    if (BrokerIsRequired()) FAIL() << broker.status();
    GTEST_SKIP() << "told on the embedded log only: no broker: " << broker.status();
  }
  Firm firm(scratch.path() + "/kafka", {"--log=kafka", "--kafka-brokers=" + (*broker)->address(),
                                        "--kafka-topic-prefix=month-"});
  TellTheMonth(firm);
  EXPECT_EQ(firm.BusinessDump(), embedded);
}

}  // namespace
}  // namespace daybook
