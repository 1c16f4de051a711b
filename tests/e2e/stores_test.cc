// Read models and the command cache that are damaged, or whose disk fails under a serving process:
// the rest goes on, and what was acknowledged stays what it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "daybook/balances/v1/balances_service.pb.h"
#include "daybook/directory/v1/directory_service.pb.h"
#include "tests/e2e/embedded_campaign.h"
#include "tests/support/read_history.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Stores : public EmbeddedCampaign {
 protected:
  template <class Response, class Request>
  absl::Status Ask(rpc::Client& client, const char* method, const Request& request) {
    Response response;
    return client.Call(*Request::descriptor()->file()->service(0)->FindMethodByName(method),
                       request, &response, absl::Now() + absl::Seconds(5));
  }
  absl::Status AskBalances(rpc::Client& client) {
    return Ask<balances::v1::GetControlTotalsResponse>(client, "GetControlTotals",
                                                       balances::v1::GetControlTotalsRequest());
  }
  absl::Status AskDirectory(rpc::Client& client) {
    return Ask<directory::v1::ListCustomersResponse>(client, "ListCustomers",
                                                     directory::v1::ListCustomersRequest());
  }
  // Until the server says so.
  void WaitUntilSaid(const std::string& text) {
    const absl::Time patience = absl::Now() + absl::Seconds(90);
    while (server_.words().find(text) == std::string::npos && absl::Now() < patience) {
      ASSERT_TRUE(server_.running()) << server_.words();
      absl::SleepFor(absl::Milliseconds(20));
    }
    ASSERT_THAT(server_.words(), HasSubstr(text));
  }
  // What MakeHistory made is served, and what was accepted is answered as it was.
  void ExpectServes() {
    const auto records = ReadEmbeddedHistory(data_dir() + "/log");
    ASSERT_TRUE(records.ok()) << records.status();
    const Checked checked = CheckHistory(*records, load_->Commands());
    ASSERT_THAT(checked.violations->all(), IsEmpty());
    rpc::Client client(server_.address());
    EXPECT_THAT(CompareBalances(checked, client), IsEmpty());
    EXPECT_THAT(AskAgain(load_->Commands(), 100, client), IsEmpty());
  }
  void Break(const std::string& rules) { std::ofstream(Rules()) << rules; }
  std::string Rules() const { return scratch_.path() + "/disk"; }
  Ran Doctor() { return RunDaybook({"doctor", "--data-dir=" + data_dir()}); }
  static std::string LargestTable(const std::string& directory) {
    std::string largest;
    for (const auto& entry : fs::directory_iterator(directory)) {
      if (entry.path().extension() != ".sst") continue;
      if (largest.empty() || entry.file_size() > fs::file_size(largest)) largest = entry.path();
    }
    return largest;
  }
  static void Flip(const std::string& file, uint64_t at) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(at));
    const char byte = static_cast<char>(stream.get() ^ 0x10);
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put(byte);
  }
};

TEST_F(Stores, ADamagedReadModelIsSeenByDoctorAndMadeAnewByServe) {
  ASSERT_NO_FATAL_FAILURE(MakeHistory(1000));
  EXPECT_EQ(Doctor().code, 0) << Doctor().out;
  const std::string table = LargestTable(data_dir() + "/models/balances");
  Flip(table, fs::file_size(table) / 2);
  const Ran doctor = Doctor();
  EXPECT_EQ(doctor.code, 1);
  EXPECT_THAT(doctor.out, HasSubstr(fs::path(table).filename().string())) << doctor.out;
  EXPECT_THAT(doctor.out, HasSubstr("balances       WRONG"));
  EXPECT_THAT(doctor.out, HasSubstr("journal        ok"));
  EXPECT_THAT(doctor.out, HasSubstr("command-cache  ok"));

  ASSERT_IS_OK(server_.StartAndWait());
  EXPECT_THAT(server_.words(), HasSubstr("read model 'balances' is made anew from the log"));
  EXPECT_TRUE(fs::exists(data_dir() + "/models/balances.aside"));
  const Ran mended = Doctor();
  EXPECT_EQ(mended.code, 0) << mended.out;
  EXPECT_THAT(mended.out, HasSubstr("balances.aside was set aside and may be removed"));
  ExpectServes();
}

TEST_F(Stores, DoctorNamesADoubleLinkedTableAndACacheThatIsNotWhole) {
  ASSERT_NO_FATAL_FAILURE(MakeHistory(500));
  const std::string table = LargestTable(data_dir() + "/command-cache");
  fs::create_hard_link(table, data_dir() + "/command-cache/ingest-3.sst");
  const Ran twice = Doctor();
  EXPECT_EQ(twice.code, 1);
  EXPECT_THAT(twice.out, HasSubstr("command-cache/ingest-3.sst"));
  // Elsewhere, as a copy by hard links has it.
  fs::rename(data_dir() + "/command-cache/ingest-3.sst", scratch_.path() + "/elsewhere");
  EXPECT_THAT(Doctor().out, HasSubstr("samefile"));
  fs::remove(scratch_.path() + "/elsewhere");
  EXPECT_EQ(Doctor().code, 0) << Doctor().out;
  Flip(table, fs::file_size(table) / 2);
  EXPECT_EQ(Doctor().code, 1);
  EXPECT_THAT(Doctor().out, HasSubstr("command-cache  WRONG"));
  ASSERT_IS_OK(server_.StartAndWait());
  EXPECT_THAT(server_.words(), HasSubstr("the command cache is built again from the log"));
  ExpectServes();
}

// While it serves; again and again, beside a writer.
TEST_F(Stores, LookingBesideAServerThatWritesHarmsNothing) {
  ASSERT_NO_FATAL_FAILURE(StartLoad({.seed = 5, .commands_per_second = 500}));
  for (int i = 0; i < (kSanitized ? 2 : 8); ++i) {
    ASSERT_TRUE(load_->WaitForAccepted(load_->accepted() + 20, absl::Seconds(60)));
    for (const std::vector<std::string>& look :
         {std::vector<std::string>{"dump", "--projection=balances"},
          {"dump", "--projection=journal"},
          {"verify"},
          {"doctor"}}) {
      std::vector<std::string> arguments = look;
      arguments.push_back("--data-dir=" + data_dir());
      if (look[0] == "doctor") arguments.push_back("--server=" + server_.address());
      const Ran ran = RunDaybook(arguments);
      EXPECT_EQ(ran.code, 0) << look[0] << ": " << ran.out << ran.err;
    }
  }
  EXPECT_THAT(server_.words(), Not(HasSubstr("has failed")));
  Judge();
  EXPECT_EQ(Doctor().code, 0) << Doctor().out;
}

class FailingDisk : public Stores {
 protected:
  void Serve(uint64_t seed) {
    server_.SetEnvironment({"LD_PRELOAD=" DAYBOOK_FAILING_DISK, "DAYBOOK_TEST_DISK=" + Rules()});
    ASSERT_NO_FATAL_FAILURE(StartLoad({.seed = seed, .commands_per_second = 300}));
    ASSERT_TRUE(load_->WaitForAccepted(300, absl::Seconds(60)));
  }
  void ExpectCommandsGoOn() {
    ASSERT_TRUE(load_->WaitForAccepted(load_->accepted() + 100, absl::Seconds(60)))
        << load_->Summary() << server_.words();
  }
};

TEST_F(FailingDisk, AReadModelThatCannotBeReadFailsAlone) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer's runtime must be the first library";
  ASSERT_NO_FATAL_FAILURE(Serve(11));
  // Once more, so that rows must be read from files.
  server_.Terminate();
  ASSERT_EQ(server_.WaitUntilEnded(absl::Seconds(30)), 0) << server_.words();
  load_->Disconnect(server_.address());
  ASSERT_NO_FATAL_FAILURE(StartAgain());

  Break("read,open /models/balances/\n");
  rpc::Client client(server_.address());
  const absl::Time patience = absl::Now() + absl::Seconds(60);
  absl::Status status;
  while ((status = AskBalances(client)).ok() && absl::Now() < patience) {
  }
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(ReasonOf(status), testing::AnyOf("READ_MODEL_STOPPED", "REBUILDING"));
  ASSERT_NO_FATAL_FAILURE(WaitUntilSaid("read model 'balances' has failed and is opened anew"));
  ASSERT_NO_FATAL_FAILURE(ExpectCommandsGoOn());
  EXPECT_IS_OK(AskDirectory(client));
  Break("");
  ASSERT_NO_FATAL_FAILURE(WaitUntilSaid("read model 'balances' is whole again"));
  EXPECT_IS_OK(AskBalances(client));
  Judge();
}

TEST_F(FailingDisk, StoresThatCannotBeWrittenHoldNothingUp) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer's runtime must be the first library";
  ASSERT_NO_FATAL_FAILURE(Serve(12));
  // Rows become files after 20 s at the latest.
  Break("write,sync,make /models/journal/\nwrite,sync,make /command-cache/\n");
  ASSERT_NO_FATAL_FAILURE(WaitUntilSaid("read model 'journal' has failed and is opened anew"));
  ASSERT_NO_FATAL_FAILURE(WaitUntilSaid("command cache"));
  ASSERT_NO_FATAL_FAILURE(ExpectCommandsGoOn());
  rpc::Client client(server_.address());
  EXPECT_IS_OK(AskBalances(client));
  EXPECT_IS_OK(AskDirectory(client));
  Break("");
  ASSERT_NO_FATAL_FAILURE(WaitUntilSaid("read model 'journal' is whole again"));
  ASSERT_NO_FATAL_FAILURE(ExpectCommandsGoOn());
  Judge();
}

TEST_F(FailingDisk, ACommandCacheThatCannotBeReadIsWaitedFor) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer's runtime must be the first library";
  ASSERT_NO_FATAL_FAILURE(Serve(13));
  server_.Terminate();
  ASSERT_EQ(server_.WaitUntilEnded(absl::Seconds(30)), 0) << server_.words();
  load_->Disconnect(server_.address());
  ASSERT_IS_OK(server_.StartAndWait());
  Break("read,open /command-cache/\n");
  load_->Connect(server_.address());
  ASSERT_NO_FATAL_FAILURE(WaitUntilSaid("command cache"));
  rpc::Client client(server_.address());
  EXPECT_IS_OK(AskBalances(client));
  Break("");
  ASSERT_NO_FATAL_FAILURE(ExpectCommandsGoOn());
  Judge();
}

}  // namespace
}  // namespace daybook
