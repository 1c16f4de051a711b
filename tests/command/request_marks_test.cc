#include "common/command/request_marks.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace daybook::command {
namespace {

std::string Id(int i) { return std::string(absl::StrCat("11111111-2222-3333-4444-", i)); }

TEST(RequestMarks, KnowEveryIdThatWasAccepted) {
  internal::book::v1::Stream state;
  for (int i = 0; i < kMaxRequestMarks; ++i) {
    MarkRequest(Id(i), state);
    for (int j = 0; j <= i; ++j) ASSERT_TRUE(MayKnowRequest(state, Id(j))) << j << " of " << i;
  }
}

TEST(RequestMarks, AreSureOfOtherIds) {
  internal::book::v1::Stream state;
  EXPECT_FALSE(MayKnowRequest(state, "r")) << "a customer without commits";
  for (int i = 0; i < kMaxRequestMarks; ++i) MarkRequest(Id(i), state);
  int unsure = 0;
  for (int i = 0; i < 10'000; ++i) unsure += MayKnowRequest(state, Id(kMaxRequestMarks + i));
  EXPECT_LE(unsure, 2) << "of 32 bits, 0.002 are expected";
}

TEST(RequestMarks, TellIdsApartThatDifferInOneCharacterOrInLength) {
  internal::book::v1::Stream state;
  MarkRequest("0123456789", state);
  for (int i = 0; i < 10; ++i) {
    std::string other = "0123456789";
    other[static_cast<size_t>(i)] = 'x';
    EXPECT_FALSE(MayKnowRequest(state, other)) << other;
  }
  EXPECT_FALSE(MayKnowRequest(state, "012345678"));
  EXPECT_FALSE(MayKnowRequest(state, std::string("0123456789\0", 11)));
}

TEST(RequestMarks, AreNotKeptForVeryManyCommitsAndThenNothingIsSure) {
  internal::book::v1::Stream state;
  for (int i = 0; i < kMaxRequestMarks + 3; ++i) MarkRequest(Id(i), state);
  EXPECT_EQ(state.request_marks_size(), 0);
  EXPECT_TRUE(MayKnowRequest(state, Id(0)));
  EXPECT_TRUE(MayKnowRequest(state, "never used"));
}

TEST(RequestMarks, ThatAreNotCompleteMakeNothingSure) {
  internal::book::v1::Stream state;
  state.set_commit_count(5);  // whose marks are gone
  MarkRequest("r6", state);
  EXPECT_TRUE(MayKnowRequest(state, "r6"));
  EXPECT_TRUE(MayKnowRequest(state, "never used"));
}

}  // namespace
}  // namespace daybook::command
