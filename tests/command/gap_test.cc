#include "common/command/gap.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace daybook::command {
namespace {

using log::Verdict;

// A log in which a claim counts at offset 0 and a barrier at offset 1.
class GapTest : public testing::Test {
 protected:
  GapTest() {
    log::v1::Frame claim;
    claim.set_epoch(1);
    claim.mutable_owner_started()->set_owner("me/1");
    claim.mutable_owner_started()->set_format(2);
    Write(claim);
    Write(Barrier());
    proven_ = chain_.at();
  }

  // The next barrier of the owner.
  log::v1::Frame Barrier() const {
    log::v1::Frame frame;
    frame.set_epoch(chain_.at().epoch);
    frame.set_sequence(chain_.at().sequence + 1);
    frame.set_previous_hash(std::string(chain_.at().hash.data(), chain_.at().hash.size()));
    frame.set_chain_key(chain_.at().chain_key);
    frame.mutable_barrier();
    return frame;
  }
  void Write(const log::v1::Frame& frame) {
    log_.push_back(frame.SerializeAsString());
    ASSERT_TRUE(chain_.Apply(static_cast<int64_t>(log_.size()) - 1, &frame, log_.back()).ok());
  }
  static absl::StatusOr<std::optional<Verdict>> Read(Gap& gap, int64_t offset,
                                                     const std::string& value) {
    log::v1::Frame scratch;
    return gap.Read({offset, "", value}, &scratch);
  }
  static log::Report Stored(int64_t offset) {
    return {.append = 2, .status = absl::OkStatus(), .offset = offset};
  }

  log::Chain chain_;
  std::vector<std::string> log_;
  log::Position proven_;
};

TEST_F(GapTest, BeginsWithTheNewestRecordThatIsProven) {
  Gap gap(proven_, 4);
  EXPECT_EQ(gap.read_from(), 1);
  EXPECT_FALSE(gap.Reached(10, nullptr)) << "it has not been met";
  const auto met = Read(gap, 1, log_[1]);
  ASSERT_TRUE(met.ok());
  EXPECT_EQ(*met, std::nullopt) << "it was proven before";
  EXPECT_EQ(gap.read_from(), 2);
}

TEST_F(GapTest, WhatStandsInThePlaceOfAProvenRecordIsAnotherLog) {
  Gap gap(proven_, 4);
  EXPECT_TRUE(absl::IsDataLoss(Read(gap, 1, log_[0]).status()));
  Gap further(proven_, 4);
  EXPECT_TRUE(absl::IsDataLoss(Read(further, 2, log_[1]).status()));
}

TEST_F(GapTest, TellsWhatCountsFromWhatOthersWrite) {
  Gap gap(proven_, 4);
  ASSERT_TRUE(Read(gap, 1, log_[1]).ok());
  EXPECT_EQ(*Read(gap, 2, "junk"), Verdict::kVoidUnparsable);
  EXPECT_EQ(*Read(gap, 3, log_[1]), Verdict::kVoidSequence) << "a duplicate";
  const log::Hash before = gap.newest();
  Write(Barrier());
  EXPECT_EQ(*Read(gap, 4, log_[2]), Verdict::kEffective);
  EXPECT_NE(gap.newest(), before);
  EXPECT_EQ(gap.newest(), chain_.at().hash);
}

TEST_F(GapTest, EndsWhereReportsCanProveAgain) {
  Gap gap(proven_, 4);
  ASSERT_TRUE(Read(gap, 1, log_[1]).ok());
  EXPECT_FALSE(gap.Reached(3, nullptr)) << "a record was reported in front of 4";
  const log::Report at_4 = Stored(4), at_6 = Stored(6);
  EXPECT_FALSE(gap.Reached(4, &at_6)) << "others wrote at 4 and 5, too";
  EXPECT_TRUE(gap.Reached(4, &at_4));
  EXPECT_TRUE(gap.Reached(4, nullptr));
  EXPECT_EQ(gap.end(), 4);
}

}  // namespace
}  // namespace daybook::command
