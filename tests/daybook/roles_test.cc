#include "services/daybook/config/roles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace daybook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::vector<std::string> kAll = {"balances", "directory", "journal"};

TEST(Roles, AreReadAsTheyAreWritten) {
  const struct {
    const char* text;
    Roles roles;
    const char* written;
  } kCases[] = {
      {"commands", {true, {}}, "commands"},
      {"projections", {false, kAll}, "projections:balances+directory+journal"},
      {"commands,projections", {true, kAll}, "commands,projections:balances+directory+journal"},
      {" projections , commands ", {true, kAll}, nullptr},
      {"projections:balances", {false, {"balances"}}, "projections:balances"},
      {"projections:journal+balances", {false, {"journal", "balances"}}, nullptr},
      {"projections:journal,commands,projections:balances",
       {true, {"journal", "balances"}},
       "commands,projections:journal+balances"},
      {"projections:journal,projections", {false, {"journal", "balances", "directory"}}, nullptr},
      {"projections:journal+journal", {false, {"journal"}}, "projections:journal"},
  };
  for (const auto& test : kCases) {
    const auto roles = ParseRoles(test.text, kAll);
    ASSERT_TRUE(roles.ok()) << test.text << ": " << roles.status();
    EXPECT_EQ(*roles, test.roles) << test.text;
    if (test.written != nullptr) {
      EXPECT_EQ(roles->ToString(), test.written);
    }
    EXPECT_EQ(*ParseRoles(roles->ToString(), kAll), *roles) << test.text;
  }
}

TEST(Roles, ThatAreNoneAreRefusedWithASuggestion) {
  const auto error = [](std::string_view text) {
    const auto roles = ParseRoles(text, kAll);
    EXPECT_FALSE(roles.ok()) << text;
    return std::string(roles.status().message());
  };
  EXPECT_THAT(error("comands"), AllOf(HasSubstr("'comands', which is no role"),
                                      HasSubstr("did you mean 'commands'?")));
  EXPECT_THAT(error("commands,projection"), HasSubstr("did you mean 'projections'?"));
  EXPECT_THAT(error("projection:balances"), HasSubstr("did you mean 'projections'?"));
  EXPECT_THAT(
      error("projections:balence"),
      AllOf(HasSubstr("'balence', which is no projection"), HasSubstr("did you mean 'balances'?"),
            HasSubstr("there are balances, directory, journal")));
  EXPECT_THAT(error("projections:zzz"), HasSubstr("no projection; there are"));
  // What a list of projections looks like to somebody in a hurry.
  EXPECT_THAT(error("projections:balances,journal"),
              HasSubstr("did you mean 'projections:journal'?"));
  EXPECT_THAT(error("balances"), HasSubstr("did you mean 'projections:balances'?"));
  EXPECT_THAT(error("projections:"), HasSubstr("projections:balances+directory"));
  EXPECT_THAT(error("projections:balances+"), HasSubstr("projections:balances+directory"));
  EXPECT_THAT(error("commands:balances"), HasSubstr("'commands:balances', which is no role"));
  for (const char* nothing : {"", " ", ","}) {
    EXPECT_THAT(error(nothing), HasSubstr("commands, projections or both")) << nothing;
  }
}

}  // namespace
}  // namespace daybook
