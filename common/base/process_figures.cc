#include "common/base/process_figures.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace daybook {
namespace {

// Fields of /proc/self/stat from the third on (`man 5 proc`): the second, the name, may hold
// blanks.
double StatField(size_t number) {
  std::ifstream file("/proc/self/stat");
  std::string line;
  if (!std::getline(file, line)) return 0;
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(line.substr(name_end + 1));
  std::string field;
  for (size_t i = 3; i <= number; ++i) {
    if (!(fields >> field)) return 0;
  }
  return std::strtod(field.c_str(), nullptr);
}

double BootTimeSeconds() {
  std::ifstream file("/proc/stat");
  std::string word;
  while (file >> word) {
    double seconds = 0;
    if (word == "btime" && file >> seconds) return seconds;
  }
  return 0;
}

double TicksPerSecond() { return static_cast<double>(::sysconf(_SC_CLK_TCK)); }

}  // namespace

double CpuSeconds() { return (StatField(14) + StatField(15)) / TicksPerSecond(); }

double ResidentBytes() { return StatField(24) * static_cast<double>(::sysconf(_SC_PAGESIZE)); }

double VirtualBytes() { return StatField(23); }

double OpenDescriptors() {
  DIR* dir = ::opendir("/proc/self/fd");
  if (dir == nullptr) return 0;
  int count = -3;  // ".", ".." and the descriptor of this directory
  while (::readdir(dir) != nullptr) ++count;
  ::closedir(dir);
  return count;
}

double MaxDescriptors() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

double Threads() { return StatField(20); }

double StartTimeSeconds() { return BootTimeSeconds() + StatField(22) / TicksPerSecond(); }

}  // namespace daybook
