#include "common/log/embedded/tail_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/log/embedded/big_endian.h"

namespace daybook::log {
namespace {

constexpr size_t kSlot = 32;
constexpr size_t kChecked = kSlot - 4;
constexpr std::string_view kMagic = "daybook.tail";
constexpr size_t kIdBytes = 12;

using Slot = std::array<char, kSlot>;

void Seal(char* slot) {
  const Hash sum = LinkHash({}, std::string_view(slot, kChecked));
  std::memcpy(slot + kChecked, sum.data(), kSlot - kChecked);
}

bool IsSealed(const char* slot) {
  const Hash sum = LinkHash({}, std::string_view(slot, kChecked));
  return std::memcmp(slot + kChecked, sum.data(), kSlot - kChecked) == 0;
}

Slot HeaderSlot(const Tail& tail) {
  Slot slot;
  std::memcpy(slot.data(), kMagic.data(), 12);
  StoreBigEndian(static_cast<uint32_t>(tail.entries.size()), slot.data() + 12);
  std::memcpy(slot.data() + 16, tail.log_id.data(), kIdBytes);
  Seal(slot.data());
  return slot;
}

Slot EntrySlot(int partition, const TailEntry& entry) {
  Slot slot;
  StoreBigEndian(static_cast<uint64_t>(entry.offset), slot.data());
  std::memcpy(slot.data() + 8, entry.hash.data(), entry.hash.size());
  StoreBigEndian(static_cast<uint32_t>(partition), slot.data() + 24);
  Seal(slot.data());
  return slot;
}

absl::Status Errno(std::string_view doing, const std::string& path) {
  return absl::UnavailableError(
      absl::StrCat("cannot ", std::string(doing), " ", path, ": ", std::strerror(errno)));
}

absl::Status SyncDirectoryOf(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path();
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Errno("open", directory);
  const int failed = ::fsync(fd);
  ::close(fd);
  return failed ? Errno("sync", directory) : absl::OkStatus();
}

}  // namespace

absl::StatusOr<Tail> LoadTail(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    const int why = errno;
    std::error_code error;  // one who may not look there cannot say that it is missing
    if (!std::filesystem::exists(path, error) && !error) {
      return absl::NotFoundError(absl::StrCat(path, " is missing"));
    }
    errno = why;
    return Errno("open", path);
  }
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (bytes.size() < kSlot || std::string_view(bytes).substr(0, 12) != kMagic ||
      !IsSealed(bytes.data())) {
    return absl::DataLossError(absl::StrCat(path, ": the header (byte 0) is altered"));
  }
  const size_t partitions = LoadBigEndian<uint32_t>(bytes.data() + 12);
  if (bytes.size() != kSlot * (1 + partitions)) {
    return absl::DataLossError(absl::StrCat(path, ": has ", bytes.size(), " bytes, not the ",
                                            kSlot * (1 + partitions), " of ", partitions,
                                            " partitions"));
  }
  Tail tail;
  tail.log_id = bytes.substr(16, kIdBytes);
  for (size_t p = 0; p < partitions; ++p) {
    const char* slot = bytes.data() + kSlot * (1 + p);
    if (!IsSealed(slot) || LoadBigEndian<uint32_t>(slot + 24) != p) {
      return absl::DataLossError(absl::StrCat(path, ": the entry of partition ", p, " (byte ",
                                              kSlot * (1 + p), ") is altered"));
    }
    TailEntry entry;
    entry.offset = static_cast<int64_t>(LoadBigEndian<uint64_t>(slot));
    std::memcpy(entry.hash.data(), slot + 8, entry.hash.size());
    tail.entries.push_back(entry);
  }
  return tail;
}

absl::Status CreateTail(const std::string& path, const Tail& tail) {
  DAYBOOK_CHECK(tail.log_id.size() == kIdBytes);
  std::string bytes;
  const auto add = [&](const Slot& slot) { bytes.append(slot.data(), slot.size()); };
  add(HeaderSlot(tail));
  for (size_t p = 0; p < tail.entries.size(); ++p) {
    add(EntrySlot(static_cast<int>(p), tail.entries[p]));
  }
  const std::string fresh = absl::StrCat(path, ".new");
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return Errno("create", fresh);
  const bool written =
      ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
      ::fsync(fd) == 0;
  ::close(fd);
  if (!written || ::rename(fresh.c_str(), path.c_str()) != 0) return Errno("write", path);
  return SyncDirectoryOf(path);
}

absl::StatusOr<std::unique_ptr<TailFile>> TailFile::Open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return Errno("open", path);
  return std::unique_ptr<TailFile>(new TailFile(path, fd));
}

TailFile::~TailFile() {
  ::fdatasync(fd_);
  ::close(fd_);
}

absl::Status TailFile::Set(const std::vector<std::pair<int, TailEntry>>& entries) {
  for (size_t i = 0; i < entries.size();) {
    // Neighbours go in one write: a busy flush touches all partitions.
    std::string run;
    const int first = entries[i].first;
    for (; i < entries.size() && entries[i].first == first + static_cast<int>(run.size() / kSlot);
         ++i) {
      const Slot slot = EntrySlot(entries[i].first, entries[i].second);
      run.append(slot.data(), slot.size());
    }
    const auto at = static_cast<off_t>(kSlot * (1 + static_cast<size_t>(first)));
    if (::pwrite(fd_, run.data(), run.size(), at) != static_cast<ssize_t>(run.size())) {
      return Errno("write", path_);
    }
  }
  return absl::OkStatus();
}

}  // namespace daybook::log
