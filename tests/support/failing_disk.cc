// Preloaded into a server (LD_PRELOAD): a disk of which a part fails with EIO while a test says so.
//
//   DAYBOOK_TEST_DISK=FILE     what fails now: lines of FILE, each `OPERATIONS PART`, such as
//                              `write,sync /models/balances/`; empty or not there: nothing does
//
// PART is a piece of the path. OPERATIONS, of files and of the directories that hold them:
//   read    pread            write   write, pwrite         sync   fsync, fdatasync
//   open    of existing ones make    open with O_CREAT, link, rename, mkdir
//   remove  unlink           all     each of these
// What was written before a sync that fails stays written, as nobody can know.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

// Past the functions below.
std::string WhatFails() {
  static const char* const file = std::getenv("DAYBOOK_TEST_DISK");
  if (file == nullptr) return "";
  const long fd = ::syscall(SYS_openat, AT_FDCWD, file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  char text[512] = {};
  const long n = ::syscall(SYS_read, fd, text, sizeof text - 1);
  ::syscall(SYS_close, fd);
  return n > 0 ? std::string(text, static_cast<size_t>(n)) : "";
}

bool Fails(const char* operation, const char* path) {
  const int before = errno;
  std::string rules = WhatFails();
  errno = before;
  for (size_t end; (end = rules.find('\n')) != rules.npos; rules.erase(0, end + 1)) {
    const std::string rule = rules.substr(0, end);
    const size_t space = rule.find(' ');
    if (space == rule.npos) continue;
    const std::string operations = "," + rule.substr(0, space) + ",";
    const std::string part = rule.substr(space + 1);
    const bool named = operations.find("," + std::string(operation) + ",") != operations.npos ||
                       operations == ",all,";
    if (!named || part.empty() || std::strstr(path, part.c_str()) == nullptr) continue;
    errno = EIO;
    return true;
  }
  return false;
}

bool Fails(const char* operation, int fd) {
  if (std::getenv("DAYBOOK_TEST_DISK") == nullptr) return false;
  char path[4096] = {};
  const int before = errno;
  const ssize_t n =
      ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path, sizeof path - 2);
  errno = before;
  if (n <= 0) return false;
  if (path[0] == '/') path[n] = '/';  // so that a directory is named with its slash
  return Fails(operation, path);
}

template <class Function>
Function* Real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

#define DAYBOOK_REAL(name) static auto* const real = Real<decltype(name)>(#name)

extern "C" {

int open(const char* path, int flags, ...) {
  static auto* const real = Real<int(const char*, int, ...)>("open");
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    va_list more;
    va_start(more, flags);
    mode = va_arg(more, mode_t);
    va_end(more);
  }
  if (Fails((flags & O_CREAT) != 0 ? "make" : "open", path)) return -1;
  return real(path, flags, mode);
}
ssize_t pread(int fd, void* to, size_t size, off_t at) {
  DAYBOOK_REAL(pread);
  return Fails("read", fd) ? -1 : real(fd, to, size, at);
}
ssize_t write(int fd, const void* from, size_t size) {
  DAYBOOK_REAL(write);
  return Fails("write", fd) ? -1 : real(fd, from, size);
}
ssize_t pwrite(int fd, const void* from, size_t size, off_t at) {
  DAYBOOK_REAL(pwrite);
  return Fails("write", fd) ? -1 : real(fd, from, size, at);
}
int fdatasync(int fd) {
  DAYBOOK_REAL(fdatasync);
  return Fails("sync", fd) ? -1 : real(fd);
}
int fsync(int fd) {
  DAYBOOK_REAL(fsync);
  return Fails("sync", fd) ? -1 : real(fd);
}
int link(const char* from, const char* to) {
  DAYBOOK_REAL(link);
  return Fails("make", to) ? -1 : real(from, to);
}
int rename(const char* from, const char* to) {
  DAYBOOK_REAL(rename);
  return Fails("make", to) ? -1 : real(from, to);
}
int mkdir(const char* path, mode_t mode) {
  DAYBOOK_REAL(mkdir);
  return Fails("make", path) ? -1 : real(path, mode);
}
int unlink(const char* path) {
  DAYBOOK_REAL(unlink);
  return Fails("remove", path) ? -1 : real(path);
}

}  // extern "C"
