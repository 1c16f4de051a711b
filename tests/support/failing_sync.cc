// Preloaded into a server (LD_PRELOAD): the sync of the log's write-ahead log fails once, as a disk
// that goes away makes it fail. What was written stays written; nobody can know.
//
//   DAYBOOK_TEST_FAIL_SYNC_AT=17     the 17th sync since the start fails with EIO
#include <dlfcn.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

bool IsWriteAheadLog(int fd) {
  char path[4096] = {};
  const ssize_t n =
      ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path, sizeof path - 1);
  if (n <= 4) return false;
  return std::strstr(path, "/log/records/") != nullptr && std::strcmp(path + n - 4, ".log") == 0;
}

}  // namespace

extern "C" int fdatasync(int fd) {
  static const auto real = reinterpret_cast<int (*)(int)>(::dlsym(RTLD_NEXT, "fdatasync"));
  static const char* const at = std::getenv("DAYBOOK_TEST_FAIL_SYNC_AT");
  static std::atomic<int> calls{0};
  if (at != nullptr && IsWriteAheadLog(fd) && ++calls == std::atoi(at)) {
    errno = EIO;
    return -1;
  }
  return real(fd);
}
