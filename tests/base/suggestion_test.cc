#include "common/base/suggestion.h"

#include <gtest/gtest.h>

namespace daybook {
namespace {

TEST(Suggestion, IsNearOrNothing) {
  const std::vector<std::string> known = {"serve", "story", "verify", "history"};
  EXPECT_EQ(Nearest("serv", known), "serve");
  EXPECT_EQ(Nearest("sevre", known), "serve");
  EXPECT_EQ(Nearest("sarva", known), "");  // two letters of five
  EXPECT_EQ(Nearest("verfiy", known), "verify");
  EXPECT_EQ(Nearest("histroy", known), "history");
  EXPECT_EQ(Nearest("hstory", known), "history");  // as near as story, but begins alike
  EXPECT_EQ(Nearest("x", known), "");
  EXPECT_EQ(Nearest("", known), "");
  EXPECT_EQ(Nearest(std::string(100'000, 'x'), known), "");
  EXPECT_EQ(DidYouMean("stori", known), "; did you mean 'story'?");
  EXPECT_EQ(DidYouMean("nonsense", known), "");
}

}  // namespace
}  // namespace daybook
