#include "services/daybook/models_copy.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "gtest/gtest.h"
#include "tests/support/scratch.h"

namespace daybook {
namespace {

TEST(CopyOfAReadModel, IsMadeAcrossFileSystems) {
  const ScratchDirectory scratch;
  const ScratchDirectory other(ScratchDirectory::Memory());
  struct stat here, there;
  if (stat(scratch.path().c_str(), &here) != 0 || stat(other.path().c_str(), &there) != 0 ||
      here.st_dev == there.st_dev) {
    GTEST_SKIP() << "there is only one file system";
  }
  for (const char* file : {"CURRENT", "000001.sst"})
    std::ofstream(other.path() + "/" + file) << file;
  const absl::Status copied = CopyStore(other.path(), scratch.path() + "/copy");
  EXPECT_TRUE(copied.ok()) << copied;
  EXPECT_TRUE(std::filesystem::exists(scratch.path() + "/copy/000001.sst"));
}

}  // namespace
}  // namespace daybook
