#include "services/daybook/import/outcome_count.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/log/token.h"

namespace daybook {
namespace {

using ::testing::ElementsAre;

std::string At(int partition, int64_t offset) {
  return log::EncodeToken({.log_id = "log", .partition = partition, .next_offset = offset});
}

TEST(OutcomeCount, TellsWhatIsNewFromWhatWasThere) {
  OutcomeCount count;
  count.Add(false, false, At(0, 9), 2);
  count.Add(true, false, At(0, 4), 7);
  count.Add(true, false, At(1, 4), 5);
  count.AddRepeated(6);
  count.Settle();
  EXPECT_EQ(count.fresh(), 1);
  EXPECT_EQ(count.already(), 3);
  EXPECT_THAT(count.already_lines(), ElementsAre(5, 6, 7));
  EXPECT_THAT(count.fresh_lines(), ElementsAre(2));
}

// Sent twice since the first answer was lost: new, unless it stands in front of something that was
// there before.
TEST(OutcomeCount, SettlesDoubtsByTheOrderOfTheLog) {
  OutcomeCount count, other;
  count.Add(true, true, At(0, 3), 2);
  count.Add(true, true, At(0, 8), 3);
  count.Add(true, true, At(1, 3), 4);
  count.Add(false, true, At(1, 4), 5);
  other.Add(true, false, At(0, 5), 6);
  count.Add(other);
  count.Settle();
  EXPECT_EQ(count.fresh(), 3);
  EXPECT_THAT(count.already_lines(), ElementsAre(2, 6));
  EXPECT_THAT(count.fresh_lines(), ElementsAre(3, 4, 5));
}

}  // namespace
}  // namespace daybook
