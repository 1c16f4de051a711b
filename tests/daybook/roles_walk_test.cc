// A server on the embedded log that does less than all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "tests/support/child_program.h"
#include "tests/support/daybook_process.h"
#include "tests/support/scratch.h"

namespace daybook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class RolesWalk : public testing::Test {
 protected:
  std::unique_ptr<DaybookProcess> Server(const std::string& roles) {
    return std::make_unique<DaybookProcess>(
        ProcessOptions{.data_dir = data_, .arguments = {"--roles=" + roles}});
  }
  Ran Run(std::vector<std::string> words, const DaybookProcess& server, const char* roles) const {
    words.push_back("--data-dir=" + data_);
    words.push_back("--server=" + server.address());
    words.push_back(std::string("--roles=") + roles);
    return RunDaybook(std::move(words));
  }

  const ScratchDirectory scratch_;
  const std::string data_ = scratch_.path() + "/data";
};

TEST_F(RolesWalk, KeepsTheReadModelsThatItIsTold) {
  const char* const kRoles = "commands,projections:directory";
  auto server = Server(kRoles);
  ASSERT_TRUE(server->StartAndWait().ok()) << server->words();
  EXPECT_THAT(server->words(), HasSubstr("\"roles\":\"commands,projections:directory\""));
  const Ran registered = Run({"call", "RegisterCustomer",
                              R"({"customer_id": "c-1", "kind": "CUSTOMER_KIND_PERSON",
                                  "profile": {"personal": {"display_name": "Ada"}},
                                  "request_id": "r-1"})"},
                             *server, kRoles);
  EXPECT_EQ(registered.code, 0) << registered.err;
  const Ran found = Run({"call", "GetCustomer", R"({"customer_id": "c-1"})"}, *server, kRoles);
  EXPECT_THAT(found.out, HasSubstr("Ada")) << found.err;
  const Ran balance = Run({"call", "GetBalance", R"({"customer_id": "c-1"})"}, *server, kRoles);
  EXPECT_EQ(balance.code, 4);
  EXPECT_THAT(balance.err, AllOf(HasSubstr("NOT_SERVED_HERE"), HasSubstr("'balances'")));
  const Ran doctor = Run({"doctor"}, *server, kRoles);
  EXPECT_EQ(doctor.code, 0) << doctor.out << doctor.err;
  EXPECT_THAT(doctor.out, AllOf(HasSubstr("without balances"), HasSubstr("directory"),
                                Not(HasSubstr("journal"))));
  const Ran verify = Run({"verify"}, *server, kRoles);
  EXPECT_EQ(verify.code, 0) << verify.err;
  EXPECT_THAT(verify.err, Not(HasSubstr("not there yet")));
  server->Terminate();
  EXPECT_EQ(server->WaitUntilEnded(absl::Seconds(30)), 0) << server->words();

  // Later with all of them: what was not kept is made from the log.
  const char* const kAll = "commands,projections";
  server = Server(kAll);
  ASSERT_TRUE(server->StartAndWait().ok()) << server->words();
  EXPECT_EQ(Run({"call", "GetBalance", R"({"customer_id": "c-1"})"}, *server, kAll).code, 1)
      << "the customer has no account";
  EXPECT_EQ(Run({"verify"}, *server, kAll).code, 0);
}

TEST_F(RolesWalk, IsReadyWithoutReadModels) {
  auto server = Server("commands");
  ASSERT_TRUE(server->StartAndWait().ok()) << server->words();
  const Ran asked = Run({"call", "GetCustomer", R"({"customer_id": "c-1"})"}, *server, "commands");
  EXPECT_THAT(asked.err, HasSubstr("NOT_SERVED_HERE"));
  server->Terminate();
  EXPECT_EQ(server->WaitUntilEnded(absl::Seconds(30)), 0) << server->words();
}

TEST_F(RolesWalk, RefusesToReadALogThatNobodyElseCanWrite) {
  const auto said = Server("projections:balances")->StartInVain();
  ASSERT_TRUE(said.ok()) << said.status();
  EXPECT_THAT(*said, AllOf(HasSubstr("roles"), HasSubstr("log = kafka")));
}

}  // namespace
}  // namespace daybook
