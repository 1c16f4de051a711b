// A directory for one test, gone with it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "common/base/status.h"

namespace daybook {

class ScratchDirectory {
 public:
  explicit ScratchDirectory(
      const std::filesystem::path& parent = std::filesystem::temp_directory_path()) {
    path_ = parent / "daybook-test-XXXXXX";
    DAYBOOK_CHECK(::mkdtemp(path_.data()) != nullptr);
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  // In memory where the machine has such a place: for tests that open thousands of stores and for
  // which it is the same whether a sync reaches a disk.
  static std::filesystem::path Memory() {
    std::error_code ignored;
    return std::filesystem::is_directory("/dev/shm", ignored)
               ? std::filesystem::path("/dev/shm")
               : std::filesystem::temp_directory_path();
  }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace daybook
