#include "services/daybook/cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace daybook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A subcommand that remembers what it was given.
class Probe : public Subcommand {
 public:
  Manual manual() const override {
    return {.name = "probe deep",
            .summary = "Looks",
            .examples = "daybook probe deep x",
            .details = ""};
  }
  void Declare(Flags& flags) override {
    flags.Argument("FILE", "a file", true, &file);
    flags.Text("--colour", "NAME", "a colour", &colour);
    flags.Number("--limit", "N", "a limit", 1, 10, &limit);
    flags.Switch("--json", "as JSON", &json);
  }
  int Run(const Config& config) override {
    listen = config.listen;
    http_listen = config.http_listen;
    return 7;
  }
  std::string file, colour, listen, http_listen;
  int64_t limit = 0;
  bool json = false;
};

struct Outcome {
  int code;
  std::string out, err;
  std::unique_ptr<Subcommand> owner;
  Probe* probe;
};

Outcome RunWith(std::vector<const char*> words) {
  Subcommands subcommands;
  auto owned = std::make_unique<Probe>();
  Probe* probe = owned.get();
  subcommands.push_back(std::move(owned));
  words.insert(words.begin(), "daybook");
  const char* const environment[] = {nullptr};
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code =
      RunCommandLine(static_cast<int>(words.size()), words.data(), environment, subcommands);
  std::string out = testing::internal::GetCapturedStdout();
  std::string err = testing::internal::GetCapturedStderr();
  return {code, out, err, std::move(subcommands[0]), probe};
}

TEST(CommandLine, HandsOverFlagsAndSettingsInAnyOrder) {
  const Outcome got = RunWith({"--listen", "127.0.0.1:1", "probe", "deep", "--limit=3", "f.csv",
                               "--json", "--http-listen=", "--colour", "red"});
  EXPECT_EQ(got.code, 7) << got.err;
  EXPECT_EQ(got.probe->file, "f.csv");
  EXPECT_EQ(got.probe->colour, "red");
  EXPECT_EQ(got.probe->limit, 3);
  EXPECT_TRUE(got.probe->json);
  EXPECT_EQ(got.probe->listen, "127.0.0.1:1");
  EXPECT_EQ(got.probe->http_listen, "");
}

TEST(CommandLine, TakesSettingsBehindTheSubcommand) {
  EXPECT_EQ(RunWith({"probe", "deep", "f", "--listen=127.0.0.1:2"}).probe->listen, "127.0.0.1:2");
}

TEST(CommandLine, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(RunWith({}).code, kExitUsage);
  EXPECT_EQ(RunWith({"prob"}).code, kExitUsage);
  EXPECT_EQ(RunWith({"probe", "deep"}).code, kExitUsage);
  EXPECT_EQ(RunWith({"probe", "deep", "f", "--limit", "11"}).code, kExitUsage);
  EXPECT_EQ(RunWith({"probe", "deep", "f", "--limit", "x"}).code, kExitUsage);
  EXPECT_EQ(RunWith({"probe", "deep", "f", "--colr", "red"}).code, kExitUsage);
  EXPECT_EQ(RunWith({"probe", "deep", "f", "g"}).code, kExitUsage);
  const Outcome range = RunWith({"probe", "deep", "f", "--partitions=0"});
  EXPECT_EQ(range.code, kExitUsage);
  EXPECT_THAT(range.err, AllOf(HasSubstr("--partitions"), HasSubstr("1 to 1024")));
}

TEST(CommandLine, SaysWhatMayHaveBeenMeant) {
  EXPECT_EQ(RunWith({"--colour", "red"}).err,
            "error: no flag is called '--colour'\nTry `daybook --help`.\n");
  EXPECT_EQ(
      RunWith({"probee"}).err,
      "error: no subcommand is called 'probee'; did you mean 'probe'?\nTry `daybook --help`.\n");
  EXPECT_EQ(RunWith({"probe", "deap", "f"}).err,
            "error: no subcommand is called 'deap'; did you mean 'deep'?\nTry `daybook --help`.\n");
  EXPECT_EQ(RunWith({"probe", "deep", "f", "--colr=red"}).err,
            "error: no flag is called '--colr'; did you mean '--colour'?\n"
            "Try `daybook probe deep --help`.\n");
  EXPECT_EQ(RunWith({"probe", "deep", "f", "--lisen", "127.0.0.1:1"}).err,
            "error: no flag is called '--lisen'; did you mean '--listen'?\n"
            "Try `daybook probe deep --help`.\n");
  EXPECT_EQ(RunWith({"probe", "deep", "f", "g"}).err,
            "error: 'g' is a word too many\nTry `daybook probe deep --help`.\n");
}

TEST(CommandLine, KeepsSecretsOutOfFlags) {
  const Outcome got = RunWith({"probe", "deep", "f", "-X", "sasl.password=hunter2"});
  EXPECT_EQ(got.code, kExitUsage);
  EXPECT_THAT(got.err, AllOf(HasSubstr("sasl.password"), testing::Not(HasSubstr("hunter2"))));
}

TEST(CommandLine, HelpsOnStdoutExamplesFirst) {
  const Outcome got = RunWith({"probe", "deep", "--help"});
  EXPECT_EQ(got.code, kExitOk);
  EXPECT_EQ(got.out.rfind("Examples\n  daybook probe deep x\n", 0), 0) << got.out;
  EXPECT_THAT(got.out, AllOf(HasSubstr("--colour NAME"), HasSubstr("Exit codes")));
  EXPECT_EQ(got.err, "");
  const Outcome mistyped = RunWith({"prob", "--help"});
  EXPECT_EQ(mistyped.code, kExitUsage);
  EXPECT_THAT(mistyped.err, HasSubstr("prob"));
  EXPECT_THAT(RunWith({"--help"}).out,
              AllOf(HasSubstr("probe deep"), HasSubstr("--kafka-brokers")));
}

}  // namespace
}  // namespace daybook
