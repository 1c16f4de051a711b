#include "services/daybook/server/model_metrics.h"

#include "gtest/gtest.h"

namespace daybook {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'000);

projection::ShardStatus Shard(std::string projection, absl::Time complete_at) {
  projection::ShardStatus shard;
  shard.projection = std::move(projection);
  shard.complete_at = complete_at;
  return shard;
}

TEST(LagOfAReadModel, IsThatOfItsWorstPartition) {
  const absl::Time now = kStart + absl::Seconds(100);
  EXPECT_EQ(LagSeconds({Shard("balances", now - absl::Seconds(3)),
                        Shard("balances", now - absl::Seconds(7)),
                        Shard("journal", now - absl::Seconds(50))},
                       "balances", kStart, now),
            7);
}

TEST(LagOfAReadModel, GrowsFromTheStartWhereThePartitionWasNeverComplete) {
  const absl::Time now = kStart + absl::Seconds(100);
  EXPECT_EQ(LagSeconds({Shard("balances", now), Shard("balances", absl::InfinitePast())},
                       "balances", kStart, now),
            100);
}

}  // namespace
}  // namespace daybook
