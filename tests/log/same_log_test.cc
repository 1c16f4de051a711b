#include "common/log/same_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/facts.h"
#include "tests/support/memory_log.h"

namespace daybook::log {
namespace {

using testing::HasSubstr;

class SameLogTest : public testing::Test {
 protected:
  SameLogTest() {
    pen_.Commit("ada", {facts::Registered(absl::CivilDay(2026, 1, 1))});
    pen_.Barrier(0);
  }
  MemoryLog log_{1};
  LogPen pen_{log_};
};

TEST_F(SameLogTest, FindsEveryPositionOfItsLog) {
  Chain chain;
  EXPECT_TRUE(CheckAgainst(log_, 0, chain.at()).ok());
  pen_.Garbage(0);
  for (const auto& [key, value] : log_.records(0)) {
    v1::Frame frame;
    const bool parses = ParseFrame(value, &frame);
    ASSERT_TRUE(chain.Apply(chain.at().next_offset, parses ? &frame : nullptr, value).ok());
    EXPECT_TRUE(CheckAgainst(log_, 0, chain.at()).ok()) << chain.at().next_offset;
  }
}

TEST_F(SameLogTest, RefusesAShorterLog) {
  const Position at = pen_.at(0);
  log_.records(0).pop_back();
  EXPECT_TRUE(absl::IsFailedPrecondition(CheckAgainst(log_, 0, at)));
  EXPECT_THAT(std::string(CheckAgainst(log_, 0, at).message()), HasSubstr("ends at offset 2"));
}

TEST_F(SameLogTest, RefusesALogWithAnotherRecordThere) {
  const Position at = pen_.at(0);
  log_.records(0).back().second += '\0';
  EXPECT_THAT(std::string(CheckAgainst(log_, 0, at).message()), HasSubstr("is another one"));
}

TEST_F(SameLogTest, RefusesALogWithAnotherPast) {
  // As long as the other, with another customer in front of the record at the position.
  MemoryLog other(1);
  LogPen pen(other);
  pen.Commit("eve", {facts::Registered(absl::CivilDay(2026, 1, 1))});
  pen.Barrier(0);
  EXPECT_TRUE(absl::IsFailedPrecondition(CheckAgainst(other, 0, pen_.at(0))));
}

TEST_F(SameLogTest, SaysWhenTheLogDoesNotAnswer) {
  log_.FailReads(absl::UnavailableError("no answer"));
  EXPECT_TRUE(absl::IsUnavailable(CheckAgainst(log_, 0, pen_.at(0))));
}

// A program of the format without keys went on reading where one with keys was writing.
TEST_F(SameLogTest, APositionThatMissesTheKeyWasReachedByAnOlderVersion) {
  for (int claims = 0; claims < 2; ++claims) {
    Position at = pen_.at(0);
    ASSERT_NE(at.chain_key, 0u);
    EXPECT_TRUE(CheckAgainst(log_, 0, at).ok());
    at.chain_key = 0;
    EXPECT_THAT(std::string(CheckAgainst(log_, 0, at).message()), HasSubstr("older version"));
    pen_.Claim(0);
  }
  MemoryLog old_log(1);
  LogPen old_pen(old_log, "log-1", 1);
  old_pen.Claim(0);
  EXPECT_TRUE(CheckAgainst(old_log, 0, old_pen.at(0)).ok());
}

}  // namespace
}  // namespace daybook::log
