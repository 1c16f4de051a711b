// A machine whose clock is set while it serves, or was wrong when it was started. What is decided
// when is in tests/command/clock_guard_test.cc and partition_test.cc; here is what people see.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "tests/e2e/embedded_campaign.h"

namespace daybook {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr absl::Duration kYear = absl::Hours(24 * 365);

class WrongClock : public testing::Test {
 protected:
  void SetUp() override {
    if (kSanitized) GTEST_SKIP() << "a sanitizer's runtime must be the first library";
    SetClock(absl::ZeroDuration());
  }

  // Off by so much, from now on.
  void SetClock(absl::Duration by) {
    const int64_t nanos = absl::ToInt64Nanoseconds(by);
    const int fd = ::open(clock_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_EQ(::pwrite(fd, &nanos, sizeof nanos, 0), static_cast<ssize_t>(sizeof nanos));
    ::close(fd);
  }

  void Start(std::vector<std::string> arguments = {}) {
    server_.emplace(ProcessOptions{
        .data_dir = directory_,
        .partitions = 2,
        .http_listen = http_,
        .arguments = std::move(arguments),
        .environment = {"LD_PRELOAD=" DAYBOOK_MOVED_CLOCK, "DAYBOOK_TEST_CLOCK=" + clock_}});
    ASSERT_IS_OK(server_->Start());
  }
  void StartAndWait(std::vector<std::string> arguments = {}) {
    ASSERT_NO_FATAL_FAILURE(Start(std::move(arguments)));
    ASSERT_IS_OK(server_->WaitUntilReady());
  }
  void AwaitWords(const std::string& words) {
    const absl::Time give_up = absl::Now() + absl::Seconds(30);
    while (server_->words().find(words) == std::string::npos) {
      ASSERT_LT(absl::Now(), give_up) << "not said: " << words << "\n" << server_->words();
      absl::SleepFor(absl::Milliseconds(10));
    }
  }

  Ran Call(const std::string& method, const std::string& request) {
    return RunDaybook({"call", method, request, "--server=" + server_->address()});
  }
  void OpenBook() {
    ASSERT_EQ(Call("RegisterCustomer", R"({"customer_id": "c", "request_id": "r-1",
        "kind": "CUSTOMER_KIND_ORGANIZATION",
        "profile": {"personal": {"display_name": "Blue Door"}}})")
                  .code,
              0);
    ASSERT_EQ(Call("OpenAccount", R"({"customer_id": "c", "request_id": "r-2",
        "currency_code": "GBP", "time_zone": "UTC", "terms": {"net_days": 30}})")
                  .code,
              0);
  }
  Ran Invoice(const std::string& id) {
    return Call("IssueInvoice", absl::StrCat(R"({"customer_id": "c", "request_id": ")", id, R"(",
        "lines": [{"description": "Paint", "quantity": {"value": "1"},
                   "unit_price": {"value": "20"}, "tax_rate_percent": {"value": "20"}}]})"));
  }
  // Also what counts from a day of next year on.
  std::string BalanceOfAllDays() {
    return Call("GetBalance", R"({"customer_id": "c",
        "as_of_date": {"year": 9000, "month": 1, "day": 1}})")
        .out;
  }
  std::vector<std::string> History(bool all = false) {
    std::vector<std::string> arguments = {"history", "--data-dir=" + directory_};
    if (all) arguments.push_back("--all");
    std::vector<std::string> lines =
        absl::StrSplit(RunDaybook(arguments).out, '\n', absl::SkipEmpty());
    return lines;
  }
  static std::string Year(absl::Duration off) {
    return absl::FormatTime("%Y", absl::Now() + off, absl::UTCTimeZone());
  }
  static std::string Day(absl::Duration off) {
    return absl::FormatTime("%Y-%m-%d", absl::Now() + off, absl::UTCTimeZone());
  }

  ScratchDirectory scratch_;
  const std::string directory_ = scratch_.path() + "/data", clock_ = scratch_.path() + "/clock";
  const std::string http_ = absl::StrCat("127.0.0.1:", UnusedPort());
  std::optional<DaybookProcess> server_;
};

TEST_F(WrongClock, AJumpWhileServingRecordsNothing) {
  ASSERT_NO_FATAL_FAILURE(StartAndWait());
  ASSERT_NO_FATAL_FAILURE(OpenBook());
  const size_t records = History(true).size();
  SetClock(kYear);
  ASSERT_NO_FATAL_FAILURE(AwaitWords("was set forward by 8760h"));
  ASSERT_NO_FATAL_FAILURE(AwaitWords("not ready: commands: this machine's clock"));
  const Ran refused = Invoice("r-3");
  EXPECT_EQ(refused.code, 4) << refused.out;
  EXPECT_THAT(refused.err, HasSubstr("CLOCK_WRONG"));
  EXPECT_EQ(History(true).size(), records);
  // It answers, and is not ready.
  const std::string server = "--server=" + server_->address(), data = "--data-dir=" + directory_;
  const Ran asked = RunDaybook({"doctor", data, server, "--http-listen=" + http_});
  EXPECT_EQ(asked.code, 1);
  EXPECT_THAT(asked.out, HasSubstr("and is not ready: commands: this machine's clock"));
  const Ran by_health = RunDaybook({"doctor", data, server});
  EXPECT_EQ(by_health.code, 1);
  EXPECT_THAT(by_health.out, HasSubstr("not serving: daybook.customer.v1.CustomerService"));

  SetClock(absl::ZeroDuration());
  Ran again = Invoice("r-3");
  for (int i = 0; i < 300 && again.code == 4; ++i) again = Invoice("r-3");
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr(absl::StrCat("A-", Year({}), "-")));
}

TEST_F(WrongClock, AnOperatorConfirmsAJump) {
  ASSERT_NO_FATAL_FAILURE(StartAndWait());
  ASSERT_NO_FATAL_FAILURE(OpenBook());
  SetClock(absl::Hours(2));
  ASSERT_NO_FATAL_FAILURE(AwaitWords("not ready: commands: this machine's clock"));
  server_->AskToClaim();
  ASSERT_NO_FATAL_FAILURE(AwaitWords("told that this machine's clock is right"));
  Ran again = Invoice("r-3");
  for (int i = 0; i < 300 && again.code == 4; ++i) again = Invoice("r-3");
  EXPECT_EQ(again.code, 0) << again.err;
}

TEST_F(WrongClock, RecordsOfTheFutureStopTheBookUntilTheyAreAccepted) {
  SetClock(kYear);  // nobody can tell
  ASSERT_NO_FATAL_FAILURE(StartAndWait());
  ASSERT_NO_FATAL_FAILURE(OpenBook());
  const Ran wrong = Invoice("r-3");
  ASSERT_EQ(wrong.code, 0) << wrong.err;
  EXPECT_THAT(wrong.out, HasSubstr(absl::StrCat("A-", Year(kYear), "-")));
  SetClock(absl::ZeroDuration());
  ASSERT_NO_FATAL_FAILURE(AwaitWords("not ready: commands: the newest record is of"));
  EXPECT_THAT(Invoice("r-4").err, HasSubstr("CLOCK_WRONG"));
  nlohmann::json again = nlohmann::json::parse(Invoice("r-3").out);
  EXPECT_EQ(again["already_recorded"], true);
  again.erase("already_recorded");
  EXPECT_EQ(again, nlohmann::json::parse(wrong.out)) << "accepted before";

  const size_t records = History(true).size();
  server_->Kill();
  ASSERT_NO_FATAL_FAILURE(Start());
  ASSERT_NO_FATAL_FAILURE(AwaitWords("not ready: commands: the newest record is of"));
  EXPECT_THAT(Invoice("r-4").err, HasSubstr("CLOCK_WRONG"));
  EXPECT_THAT(BalanceOfAllDays(), HasSubstr("\"units\": \"24\"")) << "queries are answered";
  EXPECT_EQ(History(true).size(), records) << "not even a claim";

  // The way out, as the doctor says it.
  const Ran doctor = RunDaybook({"doctor", "--data-dir=" + directory_});
  EXPECT_EQ(doctor.code, 1);
  const std::string flag = "--clock-accept-until ";
  const size_t at = doctor.out.find(flag);
  ASSERT_NE(at, std::string::npos) << doctor.out;
  const std::string until = doctor.out.substr(at + flag.size(), 20);
  server_->Kill();
  ASSERT_NO_FATAL_FAILURE(StartAndWait({"--clock-accept-until=" + until}));
  EXPECT_THAT(server_->words(), HasSubstr("which is accepted"));
  const Ran right = Invoice("r-4");
  ASSERT_EQ(right.code, 0) << right.err;
  EXPECT_THAT(right.out, HasSubstr(absl::StrCat("A-", Year({}), "-")));
  const std::string last = History().back();
  EXPECT_THAT(last, HasSubstr(absl::StrCat("\"clock_time\":\"", Day({}))));
  EXPECT_THAT(last, HasSubstr(absl::StrCat("\"recorded_time\":\"", Day(kYear))));
  EXPECT_THAT(last, HasSubstr(absl::StrCat("\"effective_date\":\"", Day({}))));
  EXPECT_THAT(BalanceOfAllDays(), HasSubstr("\"units\": \"48\""));

  EXPECT_EQ(RunDaybook({"doctor", "--data-dir=" + directory_, "--clock-accept-until=" + until,
                        "--server=" + server_->address()})
                .code,
            0);
  server_->Terminate();
  EXPECT_EQ(server_->WaitUntilEnded(absl::Seconds(30)), 0);
  EXPECT_EQ(RunDaybook({"verify", "--data-dir=" + directory_}).code, 0);
}

// absl::Now() is one that is behind for two seconds after the clock was set, once it has been asked
// for some seconds.
TEST_F(WrongClock, ASmallStepBackIsSaidAndRefusesNothing) {
  ASSERT_NO_FATAL_FAILURE(StartAndWait());
  ASSERT_NO_FATAL_FAILURE(OpenBook());
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(Invoice(absl::StrCat("w-", i)).code, 0);
    absl::SleepFor(absl::Milliseconds(100));
  }
  SetClock(-absl::Seconds(50));
  for (int i = 0; i < 20; ++i) {
    const Ran ran = Invoice(absl::StrCat("b-", i));
    EXPECT_EQ(ran.code, 0) << i << ": " << ran.err;
  }
  ASSERT_NO_FATAL_FAILURE(AwaitWords("this machine's clock was set back by 50s"));
  EXPECT_THAT(server_->words(), Not(HasSubstr("not ready")));
}

}  // namespace
}  // namespace daybook
