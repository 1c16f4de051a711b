#include "tests/e2e/embedded_campaign.h"

#include <gmock/gmock.h>

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "tests/support/read_history.h"

namespace daybook {

using testing::IsEmpty;

void EmbeddedCampaign::StartLoad(LoadOptions options) {
  ASSERT_IS_OK(server_.StartAndWait());
  options.endpoints = {server_.address()};
  load_ = std::make_unique<Load>(std::move(options));
  load_->Connect(server_.address());
  load_->Start();
}

void EmbeddedCampaign::StartAgain() {
  ASSERT_IS_OK(server_.StartAndWait());
  load_->Connect(server_.address());
}

void EmbeddedCampaign::KillServer() {
  server_.Kill();
  load_->Disconnect(server_.address());
}

void EmbeddedCampaign::MakeHistory(int64_t commands, const std::string& name) {
  ASSERT_NO_FATAL_FAILURE(StartLoad({.name = name, .customers = 12, .max_commands = commands}));
  ASSERT_TRUE(load_->WaitForAccepted(commands / 2, absl::Seconds(30)));
  ASSERT_TRUE(load_->Finish(absl::Seconds(30)));
  server_.Terminate();
  ASSERT_EQ(server_.WaitUntilEnded(absl::Seconds(20)), 0) << server_.words();
}

void EmbeddedCampaign::Judge() {
  EXPECT_TRUE(load_->Finish(absl::Seconds(30)))
      << "some commands never got an outcome: " << load_->Summary();
  server_.Terminate();
  ASSERT_EQ(server_.WaitUntilEnded(absl::Seconds(20)), 0) << server_.words();

  const auto records = ReadEmbeddedHistory(data_dir() + "/log");
  ASSERT_TRUE(records.ok()) << records.status();
  const Checked checked = CheckHistory(*records, load_->Commands());
  std::printf("  %s\n  %s\n", checked.Summary().c_str(), load_->Summary().c_str());
  EXPECT_THAT(checked.violations->all(), IsEmpty());
  EXPECT_THAT(load_->violations().all(), IsEmpty());

  ASSERT_IS_OK(server_.StartAndWait());
  {
    rpc::Client client(server_.address());
    EXPECT_THAT(CompareBalances(checked, client), IsEmpty());
    EXPECT_THAT(AskAgain(load_->Commands(), 500, client), IsEmpty());
  }
  server_.Terminate();
  ASSERT_EQ(server_.WaitUntilEnded(absl::Seconds(20)), 0) << server_.words();
  const Ran verified = RunDaybook({"verify", "--data-dir=" + data_dir()});
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
}

std::vector<std::string> AskAgain(const std::vector<IssuedCommand>& commands, int count,
                                  rpc::Client& client) {
  std::vector<std::string> wrong;
  const size_t step = commands.size() / static_cast<size_t>(count) + 1;
  for (size_t i = 0; i < commands.size(); i += step) {
    const IssuedCommand& command = commands[i];
    if (command.outcome != IssuedCommand::Outcome::kAccepted) continue;
    const size_t dot = command.method.rfind('.');
    std::string response;
    const absl::Status status = client.CallRaw(
        absl::StrCat("/", command.method.substr(0, dot), "/", command.method.substr(dot + 1)),
        command.request, &response, absl::Now() + absl::Seconds(10));
    if (!status.ok() || AsFirstGiven(response) != command.response) {
      wrong.push_back(absl::StrCat(command.request_id, ": ", status.ToString()));
    }
  }
  return wrong;
}

}  // namespace daybook
