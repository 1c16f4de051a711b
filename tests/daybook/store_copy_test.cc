#include "services/daybook/storage/store_copy.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "common/store/store.h"
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

// What a server makes while it is copied, and what a crash of an older build left, are not taken,
// and what the copy writes is its own.
TEST(CopyOfAReadModel, CannotHarmWhatItWasMadeFrom) {
  const ScratchDirectory scratch;
  const std::string live = scratch.path() + "/live", copy = scratch.path() + "/copy";
  const auto open = [](const std::string& directory) {
    return *store::Store::Open({.directory = directory, .kind = "test"});
  };
  const auto write = [](store::Store& store, std::string_view key, int64_t at) {
    log::Position position;
    position.next_offset = at;
    const store::SortedRow row = {1, key, "value"};
    return (*store.OpenShard(0))->Ingest({&row, 1}, position);
  };
  const auto served = open(live);
  ASSERT_TRUE(write(*served, "a", 1).ok());
  std::string table;
  for (const auto& entry : std::filesystem::directory_iterator(live)) {
    if (entry.path().extension() == ".sst") table = entry.path();
  }
  std::filesystem::create_hard_link(table, live + "/ingest-0.sst");
  std::ofstream(live + "/000099.dbtmp") << "half";

  ASSERT_TRUE(CopyStore(live, copy).ok());
  EXPECT_FALSE(std::filesystem::exists(copy + "/ingest-0.sst"));
  EXPECT_FALSE(std::filesystem::exists(copy + "/000099.dbtmp"));
  // Even if it had been taken.
  std::filesystem::create_hard_link(table, copy + "/ingest-0.sst");
  {
    const auto looked_at = open(copy);
    for (int i = 2; i < 40; ++i) ASSERT_TRUE(write(*looked_at, "b", i).ok());
  }
  EXPECT_TRUE(served->Verify().ok()) << served->Verify();
  std::string value;
  EXPECT_TRUE(*(*served->OpenShard(0))->Get(1, "a", &value));
}

}  // namespace
}  // namespace daybook
