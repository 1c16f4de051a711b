#include "services/daybook/process/read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "common/base/text.h"

namespace daybook {

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  const auto error = [&](int code) {
    return absl::Status(absl::ErrnoToStatusCode(code), Cat(path, ": ", std::strerror(code)));
  };
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return error(errno);
  std::string content;
  char buffer[1 << 16];
  ssize_t n;
  while ((n = read(fd, buffer, sizeof buffer)) > 0) {
    if (content.size() + static_cast<size_t>(n) > max_bytes) {
      close(fd);
      return absl::InvalidArgumentError(Cat(path, ": is larger than ", max_bytes,
                                            " bytes, which is as much as is read; split it"));
    }
    content.append(buffer, n);
  }
  const int code = errno;
  close(fd);
  if (n < 0) return error(code);
  return content;
}

}  // namespace daybook
