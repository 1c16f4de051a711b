#include "services/daybook/storage/data_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/support/scratch.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;

class DataDirectory : public testing::Test {
 protected:
  DataDirectory() {
    Make("log/records");
    Make("models/balances");
    for (const char* file : {"log/tail", "log/records/000009.sst", "models/balances/CURRENT"}) {
      File(file);
    }
    Chmod("", 0755);
  }
  std::string Path(const std::string& name) const { return scratch_.path() + "/data/" + name; }
  void Make(const std::string& name) {
    fs::create_directories(Path(name));
    Chmod(name, 0755);
  }
  void File(const std::string& name) {
    std::ofstream(Path(name)) << "x";
    Chmod(name, 0644);
  }
  void Chmod(const std::string& name, mode_t mode) const {
    ASSERT_EQ(chmod(Path(name).c_str(), mode), 0);
  }
  mode_t Mode(const std::string& name) const {
    struct stat at = {};
    EXPECT_EQ(stat(Path(name).c_str(), &at), 0) << name;
    return at.st_mode & 07777;
  }

  ScratchDirectory scratch_;
};

TEST_F(DataDirectory, IsClosedToOthers) {
  const auto closed = CloseToOthers(Path(""));
  ASSERT_TRUE(closed.ok()) << closed.status();
  EXPECT_EQ(closed->count, 8);  // log and models were made by others' mkdir
  for (const char* directory : {"", "log", "log/records", "models", "models/balances"}) {
    EXPECT_EQ(Mode(directory), 0700) << directory;
  }
  for (const char* file : {"log/tail", "log/records/000009.sst", "models/balances/CURRENT"}) {
    EXPECT_EQ(Mode(file), 0600) << file;
  }
  EXPECT_EQ(FindOpen(Path("")).count, 0);
}

TEST_F(DataDirectory, OneOpenFileIsFound) {
  ASSERT_TRUE(CloseToOthers(Path("")).ok());
  Chmod("log/records/000009.sst", 0640);
  const OpenFiles open = FindOpen(Path(""));
  EXPECT_EQ(open.count, 1);
  EXPECT_THAT(open.example, testing::HasSubstr("000009.sst"));
}

TEST_F(DataDirectory, WhatIsNotOursIsLeftAlone) {
  Make("photos");
  File("photos/cat.jpg");
  fs::create_symlink(Path("photos/cat.jpg"), Path("log/link"));
  ASSERT_TRUE(CloseToOthers(Path("")).ok());
  EXPECT_EQ(Mode("photos/cat.jpg"), 0644);
  EXPECT_EQ(Mode(""), 0755) << "others use it, too";
  EXPECT_EQ(Mode("log"), 0700);
  EXPECT_EQ(FindOpen(Path("")).count, 0) << "nothing of ours can be reached";
}

TEST_F(DataDirectory, ModelsOnAnotherDiskAreClosed) {
  fs::rename(Path("models"), scratch_.path() + "/elsewhere");
  fs::create_directory_symlink(scratch_.path() + "/elsewhere", Path("models"));
  ASSERT_TRUE(CloseToOthers(Path("")).ok());
  EXPECT_EQ(Mode("models"), 0700);
  EXPECT_EQ(Mode("models/balances/CURRENT"), 0600);
}

TEST_F(DataDirectory, IsMadeForItsOwnerAlone) {
  const mode_t before = umask(0);
  EXPECT_TRUE(MakeDataDirectory(Path("new/data")).ok());
  umask(before);
  EXPECT_EQ(Mode("new/data"), 0700);
}

TEST_F(DataDirectory, OneThatIsNotThereIsNotOpen) {
  EXPECT_EQ(FindOpen(Path("nowhere")).count, 0);
  EXPECT_TRUE(CloseToOthers(Path("nowhere")).ok());
}

}  // namespace
}  // namespace daybook
