// The one broker of this binary and fresh topics on it.
#pragma once

#include <memory>
#include <string>

#include "common/log/kafka/kafka_log.h"
#include "tests/log/contract.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/scratch.h"

namespace daybook::log {

// Started at first use; null if this machine cannot have one, then `why_not` says why. Fails the
// program instead when CI is set.
struct SharedBroker {
  ScratchDirectory scratch;
  std::unique_ptr<KafkaBroker> broker;
  std::string why_not;
};
SharedBroker& TheBroker();

// A topic prefix that no test has used yet.
std::string FreshPrefix();

// Options for a fresh topic on the broker for tests that write what is no record of Daybook.
KafkaOptions FreshOptions(int partitions);

}  // namespace daybook::log

// In a test that needs a broker.
#define NEEDS_BROKER() \
  if (!TheBroker().broker) GTEST_SKIP() << TheBroker().why_not
