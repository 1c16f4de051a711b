// The binary as shells and operators treat it: full disks, closed streams, signals, wrong
// directories.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "absl/time/clock.h"
#include "common/base/text.h"
#include "common/log/embedded/embedded_log.h"
#include "common/store/store.h"
#include "tests/rpc/authority.h"
#include "tests/support/child_program.h"
#include "tests/support/daybook_process.h"
#include "tests/support/scratch.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// A data directory in which the story was told and the server stopped.
class Plumbing : public testing::Test {
 protected:
  Plumbing() {
    DaybookProcess server({.data_dir = data(), .partitions = 2});
    EXPECT_TRUE(server.StartAndWait().ok());
    EXPECT_EQ(RunDaybook({"story", "--server=" + server.address()}).code, 0);
    server.Terminate();
    EXPECT_EQ(server.WaitUntilEnded(absl::Seconds(20)), 0);
  }

  std::string data() const { return scratch_.path() + "/data"; }

  Ran Run(std::vector<std::string> words) const {
    words.push_back("--data-dir=" + data());
    return RunDaybook(std::move(words));
  }

  // With $daybook, the binary, and $data. `$held $daybook` is held to the modes of files, as nobody
  // but root is not.
  Ran Shell(const std::string& line) const {
    const std::string held =
        geteuid() == 0 ? "setpriv --bounding-set=-dac_override,-dac_read_search" : "";
    auto child = ChildProgram::Spawn(
        {"/bin/sh", "-c",
         "daybook='" + DaybookBinary() + "' data='" + data() + "' held='" + held + "'; " + line});
    EXPECT_TRUE(child.ok()) << child.status();
    const auto code = (*child)->WaitUntilEnded(absl::Now() + absl::Minutes(2));
    return {.code = code.value_or(-1), .out = (*child)->out(), .err = (*child)->err()};
  }

  static std::vector<std::string> LeftOver(const std::string& directory) {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(directory)) {
      const std::string name = entry.path().filename();
      if (name.rfind("scratch.", 0) == 0) found.push_back(name);
    }
    return found;
  }

  ScratchDirectory scratch_;
};

TEST_F(Plumbing, HalfAnAnswerIsNoSuccess) {
  for (const std::string words : {"history", "verify", "dump", "config", "--help"}) {
    const Ran full = Shell("\"$daybook\" " + words + " --data-dir \"$data\" > /dev/full");
    EXPECT_EQ(full.code, 1) << words;
    EXPECT_THAT(full.err, HasSubstr("standard output cannot be written")) << words;
    EXPECT_EQ(Shell("\"$daybook\" " + words + " --data-dir \"$data\" >&-").code, 1) << words;
  }
  const Ran head = Shell("\"$daybook\" history --data-dir \"$data\" | head -n 1");
  EXPECT_THAT(head, testing::Field(&Ran::err, ""));
}

TEST_F(Plumbing, NoMessageIsWrittenIntoTheLogWhenStreamsAreClosed) {
  for (const std::string streams : {"2>&-", "0<&- 1>&- 2>&-"}) {
    Shell(Cat("\"$daybook\" serve --data-dir \"$data\" --listen 127.0.0.1:0 --http-listen '' ",
              streams, " & pid=$!; sleep 1; kill -TERM $pid; wait $pid"));
    for (const auto& entry : fs::recursive_directory_iterator(data())) {
      if (!entry.is_regular_file()) continue;
      std::stringstream content;
      content << std::ifstream(entry.path()).rdbuf();
      EXPECT_THAT(content.str(), Not(HasSubstr("\"message\":"))) << entry.path();
    }
  }
}

TEST_F(Plumbing, CopiesOfAKilledProcessAreRemovedByTheNext) {
  // As a killed `verify` leaves it, and one that is at work.
  fs::create_directories(data() + "/scratch.killed/balances");
  std::ofstream(data() + "/scratch.killed/balances/000001.sst") << "rows";
  fs::create_directories(data() + "/scratch.alive");
  const Ran ran = Shell(
      "exec 9<\"$data/scratch.alive\"; flock 9; \"$daybook\" verify --data-dir \"$data\" 9<&-");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(LeftOver(data()), testing::ElementsAre("scratch.alive"));
  DaybookProcess server({.data_dir = data(), .partitions = 2});
  ASSERT_TRUE(server.StartAndWait().ok());
  EXPECT_THAT(LeftOver(data()), testing::IsEmpty());
}

TEST_F(Plumbing, AMistypedDirectoryIsNamedAndNotMade) {
  const std::string wrong = scratch_.path() + "/wrong";
  for (const std::string name : {"history", "verify", "dump", "rebuild"}) {
    const Ran ran = RunDaybook({name, "--data-dir=" + wrong});
    EXPECT_EQ(ran.code, 1) << name;
    EXPECT_THAT(ran.err,
                AllOf(HasSubstr("there is no log in " + wrong + "/log"), HasSubstr("--data-dir")))
        << name;
    EXPECT_FALSE(fs::exists(wrong)) << name;
  }
  const Ran above = RunDaybook({"copy", "--from=embedded:" + data(), "--to=embedded:" + wrong});
  EXPECT_THAT(above.err, HasSubstr("there is one in " + data() + "/log"));
  EXPECT_EQ(RunDaybook({"history", "--data-dir="}).code, 2);
}

// A mount that did not come up: nothing begins another book in its place, and nothing is thrown
// away.
class GoneLog : public Plumbing {
 protected:
  // Every file and directory, and the bytes of each.
  std::map<std::string, std::string> Everything() const {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(data())) {
      std::stringstream content;
      if (entry.is_regular_file()) content << std::ifstream(entry.path()).rdbuf();
      all[entry.path()] = content.str();
    }
    return all;
  }

  void ExpectAllRefuse(const std::string& computed) const {
    const auto before = Everything();
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"serve", "--listen=127.0.0.1:0", "--http-listen="},
          {"history"},
          {"verify"},
          {"dump"},
          {"dump", "--from-zero"},
          {"rebuild"},
          {"rebuild", "--accept-difference"},
          {"copy", "--to=embedded:" + scratch_.path() + "/copy"},
          {"doctor", "--server=127.0.0.1:1"}}) {
      const Ran ran = Run(words);
      EXPECT_EQ(ran.code, 1) << words[0];
      EXPECT_THAT(ran.out + ran.err, AllOf(HasSubstr("the log " + data() + "/log is gone: "),
                                           HasSubstr(computed + " was computed from one"),
                                           HasSubstr("restore"), HasSubstr("Nothing was changed")))
          << words[0];
    }
    EXPECT_TRUE(Everything() == before);
  }
};

TEST_F(GoneLog, IsNotTakenForANewBook) {
  fs::remove_all(data() + "/log");
  ExpectAllRefuse(data() + "/models/balances");
  fs::create_directory(data() + "/log");
  ExpectAllRefuse(data() + "/models/balances");
  ASSERT_TRUE(log::OpenEmbedded({.directory = data() + "/log", .partitions = 2}).ok());
  ExpectAllRefuse(data() + "/models/balances");
  fs::remove_all(data() + "/models");
  ExpectAllRefuse(data() + "/command-cache");
  // As it says.
  fs::remove_all(data() + "/command-cache");
  DaybookProcess server({.data_dir = data(), .partitions = 2});
  EXPECT_TRUE(server.StartAndWait().ok()) << server.words();
}

TEST_F(GoneLog, ADamagedReadModelShowsItToo) {
  fs::remove_all(data() + "/log");
  fs::remove_all(data() + "/command-cache");
  for (const auto& model : fs::directory_iterator(data() + "/models")) {
    fs::remove(model.path() / "CURRENT");
  }
  DaybookProcess server({.data_dir = data(), .partitions = 2});
  const auto said = server.StartInVain();
  ASSERT_TRUE(said.ok()) << said.status();
  EXPECT_THAT(*said, HasSubstr("models/balances has tables, although damaged ones"));
  EXPECT_FALSE(fs::exists(data() + "/log"));
}

// A start that was killed before it claimed has stores that have read nothing.
TEST_F(GoneLog, StoresThatHaveReadNothingHoldNoStartUp) {
  const std::string fresh = scratch_.path() + "/fresh";
  fs::create_directories(fresh + "/models");
  ASSERT_TRUE(log::OpenEmbedded({.directory = fresh + "/log", .partitions = 2}).ok());
  const auto store =
      store::Store::Open({.directory = fresh + "/models/balances", .kind = "balances"});
  ASSERT_TRUE(store.ok()) << store.status();
  const Ran ran = RunDaybook({"verify", "--log-only", "--data-dir=" + fresh});
  EXPECT_EQ(ran.code, 0) << ran.err;
}

TEST_F(GoneLog, ARebuildFromAnotherLogMustBeAskedFor) {
  const std::string other = scratch_.path() + "/other";
  DaybookProcess server({.data_dir = other, .partitions = 2});
  ASSERT_TRUE(server.StartAndWait().ok());
  server.Terminate();
  ASSERT_EQ(server.WaitUntilEnded(absl::Seconds(20)), 0);
  fs::rename(data() + "/log", scratch_.path() + "/right");
  fs::rename(other + "/log", data() + "/log");
  const Ran verified = Run({"verify"});
  EXPECT_EQ(verified.code, 1);
  EXPECT_THAT(verified.err, AllOf(HasSubstr("'balances'"), HasSubstr("restore the log")));
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"rebuild"}, {"rebuild", "--dry-run"}}) {
    const Ran refused = Run(words);
    EXPECT_EQ(refused.code, 1) << refused.out;
    EXPECT_THAT(refused.err, AllOf(HasSubstr("'balances'"), HasSubstr("--accept-difference")));
  }
  // Nothing was changed: with the right log again all is well.
  fs::rename(data() + "/log", other + "/log");
  fs::rename(scratch_.path() + "/right", data() + "/log");
  EXPECT_EQ(Run({"verify"}).code, 0);
  fs::rename(data() + "/log", scratch_.path() + "/right");
  fs::rename(other + "/log", data() + "/log");
  const Ran told = Run({"rebuild", "--accept-difference"});
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_EQ(Run({"verify"}).code, 0);
}

TEST_F(Plumbing, ADirectoryThatCannotBeReachedIsAnErrorAndNoCrash) {
  const std::string loop = scratch_.path() + "/loop";
  fs::create_symlink(loop, loop);
  for (const std::string name : {"history", "verify", "dump", "serve", "doctor"}) {
    const Ran ran = RunDaybook({name, "--data-dir=" + loop, "--listen=127.0.0.1:0"});
    EXPECT_EQ(ran.code, 1) << name;
    EXPECT_THAT(ran.out + ran.err, HasSubstr("Too many levels of symbolic links")) << name;
  }
}

TEST_F(Plumbing, ARebuildThatOnlyLooksFailsWhenItDiffers) {
  EXPECT_EQ(Run({"rebuild", "--dry-run"}).code, 0);
  for (const auto& entry : fs::directory_iterator(data() + "/models/balances")) {
    if (entry.path().extension() != ".sst") continue;
    std::fstream table(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    table.seekg(10);
    const char other = static_cast<char>(table.get() ^ 1);
    table.seekp(10);
    table.put(other);
  }
  const Ran looked = Run({"rebuild", "--dry-run"});
  EXPECT_EQ(looked.code, 1);
  EXPECT_THAT(looked.out,
              AllOf(HasSubstr("balances: "), HasSubstr("nothing changed"), HasSubstr("journal: ")));
  EXPECT_THAT(Run({"rebuild", "--projection=balance"}).err, HasSubstr("balances, directory"));
}

TEST_F(Plumbing, VerifySaysWhatIsBrokenOfAReadModel) {
  fs::remove(data() + "/models/balances/CURRENT");
  const Ran verified = Run({"verify"});
  EXPECT_EQ(verified.code, 1);
  EXPECT_THAT(verified.err, HasSubstr("CURRENT is missing"));
}

TEST_F(Plumbing, DoctorTellsADamagedReadModelFromTheLog) {
  const auto expect = [this](const std::string& named) {
    const Ran ran = Run({"doctor", "--server=127.0.0.1:1"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.out, AllOf(HasSubstr("log            ok"), HasSubstr("clock          ok"),
                               HasSubstr("balances       WRONG"), HasSubstr("journal        ok"),
                               HasSubstr(named), Not(HasSubstr("scratch."))));
  };
  for (const auto& entry : fs::directory_iterator(data() + "/models/balances")) {
    if (entry.path().extension() != ".sst") continue;
    std::fstream table(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    table.seekp(8);
    table << "altered";
  }
  expect(data() + "/models/balances");
  for (const std::string name : {"verify", "dump"}) {
    EXPECT_THAT(Run({name}).err, AllOf(HasSubstr(data() + "/models/balances"), HasSubstr(".sst"),
                                       Not(HasSubstr("scratch."))));
  }
  fs::remove(data() + "/models/balances/CURRENT");
  expect(data() + "/models/balances/CURRENT is missing");
}

TEST_F(Plumbing, DoctorSaysWhatItMayNotRead) {
  const std::string doctor = "$held \"$daybook\" doctor --data-dir \"$data\" --server 127.0.0.1:1";
  ASSERT_EQ(Shell("chmod 000 \"$data/models\"").code, 0);
  const Ran closed = Shell(doctor);
  EXPECT_EQ(closed.code, 1);
  EXPECT_THAT(closed.out, AllOf(HasSubstr("balances       WRONG cannot read " + data() +
                                          "/models/balances: Permission denied"),
                                HasSubstr("log            ok"), HasSubstr("command-cache  ok"),
                                Not(HasSubstr("not there yet")), Not(HasSubstr("makes it anew"))));
  // No copy can be made.
  ASSERT_EQ(Shell("chmod 700 \"$data/models\"; chmod 500 \"$data\"").code, 0);
  const Ran full = Shell(doctor);
  EXPECT_EQ(full.code, 1);
  EXPECT_THAT(full.out, AllOf(HasSubstr("stores         WRONG"), HasSubstr("log            ok")));
  ASSERT_EQ(Shell("chmod 700 \"$data\"").code, 0);
}

// As root's copy is to the service's user: neither damage nor brokers that do not answer.
TEST_F(Plumbing, WhatThisUserMayNotTouchIsNamedAndLeftAlone) {
  const std::string serve = "serve --listen 127.0.0.1:0 --http-listen ''";
  struct Case {
    std::string path, mode;
    std::vector<std::string> commands;
  };
  for (const Case& at : {Case{"models", "500", {serve, "rebuild"}},
                         {"models", "000", {serve, "rebuild", "verify", "dump"}},
                         {"models/balances", "000", {serve, "rebuild", "verify", "dump"}},
                         {"command-cache", "500", {serve}},
                         {"command-cache/CURRENT", "000", {serve}},
                         {"log", "500", {serve}},
                         {"log", "000", {serve, "history", "verify"}},
                         {"log/tail", "000", {serve, "history", "verify"}}}) {
    const std::string path = data() + "/" + at.path;
    const fs::perms before = fs::status(path).permissions();
    ASSERT_EQ(Shell("chmod " + at.mode + " '" + path + "'").code, 0);
    for (const std::string& command : at.commands) {
      const Ran ran = Shell("timeout 30 $held \"$daybook\" " + command + " --data-dir \"$data\"");
      EXPECT_EQ(ran.code, 1) << command;
      EXPECT_THAT(ran.err, AllOf(HasSubstr(path), HasSubstr("Permission denied"),
                                 HasSubstr("owner"), Not(HasSubstr("anew"))))
          << command;
    }
    fs::permissions(path, before);
  }
  EXPECT_FALSE(fs::exists(data() + "/models/balances.aside"));
  // What is root's on a disk of its own is in nobody's way.
  const Ran mounted = Shell(
      "mkdir -m 000 \"$data/log/lost+found\" && "
      "$held \"$daybook\" verify --data-dir \"$data\"");
  EXPECT_EQ(mounted.code, 0) << mounted.err;
  DaybookProcess server({.data_dir = data(), .partitions = 2});
  ASSERT_TRUE(server.StartAndWait().ok());
  EXPECT_THAT(server.words(), Not(HasSubstr("again from the log")));
}

TEST_F(Plumbing, AVariableThatIsNotSetIsNotEverything) {
  const std::vector<std::vector<std::string>> mistakes = {
      {"history", "--customer="}, {"rebuild", "--projection="}, {"dump", "--projection", ""}};
  for (const auto& words : mistakes) {
    const Ran ran = Run(words);
    EXPECT_EQ(ran.code, 2) << words[0];
    EXPECT_THAT(ran.err, HasSubstr("needs a value")) << words[0];
  }
  EXPECT_THAT(RunDaybook({"history", "--limit"}).err, HasSubstr("--limit needs a value"));
}

TEST_F(Plumbing, ADumpThatCannotBeWrittenSaysWhy) {
  const Ran full = Run({"dump", "--out=/dev/full"});
  EXPECT_EQ(full.code, 1);
  EXPECT_THAT(full.err, HasSubstr("/dev/full: No space left"));
  EXPECT_THAT(Run({"dump", "--out=" + data()}).err, HasSubstr("Is a directory"));
}

TEST_F(Plumbing, AFileThatMayNotGrowIsAnErrorOfTheWrite) {
  const Ran ran =
      Shell("ulimit -f 1; exec \"$daybook\" history --data-dir \"$data\" > \"$data/out\"");
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("File too large"));
  const Ran served = Shell(
      "ulimit -f 1; exec timeout 30 \"$daybook\" serve --data-dir \"$data\" --listen 127.0.0.1:0 "
      "--http-listen ''");
  EXPECT_THAT(served.code, testing::AnyOf(1, 70)) << served.err;
  EXPECT_THAT(served.err, HasSubstr("File too large"));
}

TEST_F(Plumbing, StoppedMeansThatAnotherMayStart) {
  DaybookProcess server({.data_dir = data(), .partitions = 2});
  ASSERT_TRUE(server.StartAndWait().ok());
  server.Terminate();
  ASSERT_TRUE(server.WaitUntilSays("\"stopped\"", absl::Seconds(20)));
  EXPECT_TRUE(log::OpenEmbedded({.directory = data() + "/log"}).ok());
}

// What did not go as usual is seen by those who leave out what did.
class Warnings : public Plumbing {
 protected:
  // The words that come at this level.
  static void ExpectSays(DaybookProcess& server, const std::string& words) {
    EXPECT_TRUE(server.WaitUntilSays(words, absl::Seconds(30))) << words << "\n" << server.words();
  }
};

TEST_F(Warnings, OfACommandCacheThatIsDamaged) {
  for (const auto& entry : fs::directory_iterator(data() + "/command-cache")) {
    if (entry.path().extension() == ".sst") fs::resize_file(entry.path(), 100);
  }
  DaybookProcess server(
      {.data_dir = data(), .partitions = 2, .arguments = {"--log-level=warning"}});
  ASSERT_TRUE(server.Start().ok());
  ExpectSays(server, "the command cache is built again from the log");
}

TEST_F(Warnings, OfCertificates) {
  rpc::Authority authority;
  authority.Issue("good");
  authority.Issue("old", -1);
  const auto serve = [&](const std::string& name) {
    return ProcessOptions{
        .data_dir = data(),
        .partitions = 2,
        .arguments = {"--log-level=warning", "--tls-cert=" + authority.File(name + ".pem"),
                      "--tls-key=" + authority.File(name + ".key")}};
  };
  {
    DaybookProcess server(serve("old"));
    ASSERT_TRUE(server.Start().ok());
    ExpectSays(server, "clients will refuse it");
  }
  DaybookProcess server(serve("good"));
  ASSERT_TRUE(server.Start().ok());
  const auto call = [&] {
    return RunDaybook({"call", "BalancesService.GetControlTotals", "--server=" + server.address(),
                       "--tls-ca=" + authority.File("ca.pem"), "--tls-server-name=localhost"});
  };
  const absl::Time give_up = absl::Now() + absl::Seconds(30);
  Ran served;
  while ((served = call()).code != 0 && absl::Now() < give_up) {
  }
  ASSERT_EQ(served.code, 0) << served.err << server.words();
  std::ofstream(authority.File("good.pem")) << "junk";
  const std::string stays = "the one before stays in use";
  while (server.words().find(stays) == std::string::npos && absl::Now() < give_up) {
    EXPECT_EQ(call().code, 0);
  }
  EXPECT_THAT(server.words(), HasSubstr(stays));
  // Who speaks plainly to it is told that it is there.
  const Ran doctor = Run({"doctor", "--server=" + server.address()});
  EXPECT_EQ(doctor.code, 1);
  EXPECT_THAT(doctor.out, HasSubstr("server         WRONG something listens at"));
}

class Modes : public Plumbing {
 protected:
  // Paths under `directory` that others may read, write or enter.
  static std::vector<std::string> Open(const std::string& directory) {
    std::vector<std::string> open;
    const auto look = [&](const fs::directory_entry& entry) {
      const fs::perms others = fs::perms::group_all | fs::perms::others_all;
      if ((entry.status().permissions() & others) != fs::perms::none) open.push_back(entry.path());
    };
    look(fs::directory_entry(directory));
    for (const auto& entry : fs::recursive_directory_iterator(directory)) look(entry);
    return open;
  }
};

TEST_F(Modes, WhatIsMadeIsForItsUserAlone) {
  EXPECT_THAT(Open(data()), testing::IsEmpty());
  const Ran ran = Shell(
      "umask 0; cd \"$data\"/.. && \"$daybook\" copy --quiet --to embedded:copy/log --data-dir "
      "\"$data\" "
      "&& \"$daybook\" dump --out dump --data-dir \"$data\" "
      "&& \"$daybook\" rebuild --quiet --data-dir \"$data\"");
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(Open(data()), testing::IsEmpty());
  EXPECT_THAT(Open(scratch_.path() + "/copy"), testing::IsEmpty());
  EXPECT_EQ(fs::status(scratch_.path() + "/dump").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(Modes, WhatWasOpenIsSeenByTheDoctorAndClosedAtTheStart) {
  ASSERT_EQ(Shell("chmod -R go+rX \"$data\"").code, 0);
  const Ran ill = Run({"doctor"});
  EXPECT_EQ(ill.code, 1);
  EXPECT_THAT(ill.out, HasSubstr("others than this user can read"));
  DaybookProcess server({.data_dir = data(), .partitions = 2});
  ASSERT_TRUE(server.StartAndWait().ok());
  EXPECT_THAT(server.words(), HasSubstr("others than this user could read"));
  EXPECT_THAT(Open(data()), testing::IsEmpty());
  EXPECT_EQ(Run({"doctor", "--server=" + server.address()}).code, 0);
  server.Kill();
  ASSERT_TRUE(server.StartAndWait().ok());
  EXPECT_THAT(server.words(), Not(HasSubstr("others than this user")));
}

}  // namespace
}  // namespace daybook
