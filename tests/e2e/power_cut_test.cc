// The power goes while a server writes: what its disk holds at that moment is copied block by
// block, and a server must start on the copy with all that was acknowledged, and with stores that
// are whole.
//
// The data directory is a file system in a file, mounted through a loop device; needs root for
// that.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/embedded_campaign.h"
#include "tests/support/read_history.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr int kImageMegabytes = 640;  // the log keeps 256 free

// A file system in a file, mounted while this lives.
class Mounted {
 public:
  Mounted(const std::string& image, const std::string& at) : at_(at) {
    fs::create_directories(at);
    const auto ran = RunProgram({"mount", "-o", "loop", image, at}, absl::Seconds(60));
    mounted_ = ran.ok() && ran->code == 0;
    why_ = ran.ok() ? ran->err : ran.status().ToString();
  }
  ~Mounted() {
    if (mounted_) (void)RunProgram({"umount", at_}, absl::Seconds(60));
  }
  bool ok() const { return mounted_; }
  const std::string& why() const { return why_; }
  const std::string& path() const { return at_; }

 private:
  const std::string at_;
  bool mounted_ = false;
  std::string why_;
};

class PowerCut : public testing::Test {
 protected:
  std::string Image(const std::string& name) const { return images_.path() + "/" + name; }
  // Not OK: this machine cannot do it.
  absl::Status MakeFileSystem(const std::string& image) {
    if (::geteuid() != 0) return absl::PermissionDeniedError("only root can mount");
    std::ofstream(image).flush();
    fs::resize_file(image, uint64_t{kImageMegabytes} << 20);
    // Without what the kernel would go on writing for a while.
    const auto made = RunProgram(
        {"mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0", image},
        absl::Seconds(60));
    if (!made.ok()) return made.status();
    return made->code == 0 ? absl::OkStatus() : absl::UnavailableError(made->err);
  }
  static std::string Bytes(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  // What the disk holds at one moment: read until two readings are the same.
  static bool Copy(const std::string& image, const std::string& to) {
    std::string bytes = Bytes(image);
    for (int tries = 0; tries < 40; ++tries) {
      std::string again = Bytes(image);
      if (again == bytes) {
        std::ofstream(to, std::ios::binary) << bytes;
        return true;
      }
      bytes = std::move(again);
    }
    return false;
  }
  static std::vector<std::string> NamesOfIngested(const std::string& directory) {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
      const std::string name = entry.path().filename();
      if (entry.is_regular_file() && entry.path().extension() == ".sst" &&
          fs::hard_link_count(entry.path()) > 1) {
        names.push_back(entry.path());
      }
    }
    return names;
  }

  ScratchDirectory images_{ScratchDirectory::Memory()};
  ScratchDirectory scratch_;
};

TEST_F(PowerCut, LosesNothingAndLeavesStoresWhole) {
  const char* more = std::getenv("DAYBOOK_POWER_CUTS");
  const int cuts = more != nullptr ? std::atoi(more) : 4;
  if (const absl::Status made = MakeFileSystem(Image("disk")); !made.ok()) {
    GTEST_SKIP() << "NO POWER WAS CUT: " << made;
  }
  const Mounted disk(Image("disk"), scratch_.path() + "/disk");
  if (!disk.ok()) GTEST_SKIP() << "NO POWER WAS CUT: " << disk.why();

  DaybookProcess server({.data_dir = disk.path() + "/data"});
  ASSERT_IS_OK(server.StartAndWait());
  Load load({.endpoints = {server.address()}, .seed = 3, .commands_per_second = 400});
  load.Connect(server.address());
  load.Start();
  int double_names = 0;
  for (int cut = 0; cut < cuts; ++cut) {
    // So that stores have written files since.
    absl::SleepFor(absl::Seconds(more != nullptr ? 3 + cut % 7 : 6));
    ASSERT_TRUE(load.WaitForAccepted(load.accepted() + 100, absl::Seconds(60))) << load.Summary();
    server.Stop();
    const int64_t acknowledged = load.accepted();
    const bool copied = Copy(Image("disk"), Image("copy"));
    server.Continue();
    ASSERT_TRUE(copied) << "the disk never rests";

    const Mounted after(Image("copy"), absl::StrCat(scratch_.path(), "/after", cut));
    ASSERT_TRUE(after.ok()) << after.why();
    const std::string data = after.path() + "/data";
    double_names += static_cast<int>(NamesOfIngested(data).size());
    {
      DaybookProcess again({.data_dir = data});
      ASSERT_IS_OK(again.StartAndWait());
      EXPECT_THAT(again.words(), Not(HasSubstr("made anew"))) << "cut " << cut;
      EXPECT_THAT(again.words(), Not(HasSubstr("built again"))) << "cut " << cut;
      again.Terminate();
      ASSERT_EQ(again.WaitUntilEnded(absl::Seconds(30)), 0) << again.words();
    }
    const Ran verified = RunDaybook({"verify", "--data-dir=" + data});
    EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
    const auto records = ReadEmbeddedHistory(data + "/log");
    ASSERT_TRUE(records.ok()) << records.status();
    EXPECT_GE(static_cast<int64_t>(records->size()), acknowledged) << "cut " << cut;
  }
  EXPECT_EQ(double_names, 0);
  std::printf("  %d power cuts under load, %s\n", cuts, load.Summary().c_str());
  EXPECT_TRUE(load.Finish(absl::Seconds(30))) << load.Summary();
  server.Terminate();
  ASSERT_EQ(server.WaitUntilEnded(absl::Seconds(30)), 0) << server.words();
}

}  // namespace
}  // namespace daybook
