#include "tests/bench/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"

namespace daybook::bench {
namespace {

// `daybook` takes its name for a setting, and refuses those it does not know.
std::vector<char*> Environment(bool with_broker_files) {
  std::vector<char*> kept;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view entry = *at;
    if (entry.starts_with("DAYBOOK_") &&
        !(with_broker_files && entry.starts_with("DAYBOOK_KAFKA_CACHE="))) {
      continue;
    }
    kept.push_back(*at);
  }
  kept.push_back(nullptr);
  return kept;
}

std::string EndOf(const std::string& file) {
  std::ifstream in(file);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  return text.size() > 600 ? text.substr(text.size() - 600) : text;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Child>> Child::Start(const std::vector<std::string>& argv,
                                                    const std::string& log_file) {
  std::vector<char*> raw;
  for (const std::string& arg : argv) raw.push_back(const_cast<char*>(arg.c_str()));
  raw.push_back(nullptr);
  const std::vector<char*> environment = Environment(argv[0].ends_with("kafka_broker"));
  int pipe[2];
  DAYBOOK_CHECK(::pipe2(pipe, O_CLOEXEC) == 0);
  const int log = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  DAYBOOK_CHECK(log >= 0);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  DAYBOOK_CHECK(pid >= 0);
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(1);
    ::dup2(pipe[1], STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::execve(raw[0], raw.data(), environment.data());
    ::_exit(127);
  }
  ::close(pipe[1]);
  ::close(log);
  std::unique_ptr<Child> child(new Child);
  child->pid_ = pid;
  child->output_ = pipe[0];
  child->log_file_ = log_file;
  return child;
}

Child::~Child() {
  Stop();
  ::close(output_);
}

absl::StatusOr<std::string> Child::ReadLine(absl::Duration timeout) {
  const absl::Time give_up = absl::Now() + timeout;
  while (true) {
    if (const size_t end = unread_.find('\n'); end != std::string::npos) {
      std::string line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      return line;
    }
    pollfd ready{output_, POLLIN, 0};
    const int64_t left = absl::ToInt64Milliseconds(give_up - absl::Now());
    if (left <= 0 || ::poll(&ready, 1, static_cast<int>(left)) <= 0) {
      return absl::UnavailableError(absl::StrCat("it says nothing: ", EndOf(log_file_)));
    }
    char buffer[512];
    const ssize_t n = ::read(output_, buffer, sizeof buffer);
    if (n <= 0) return absl::UnavailableError(absl::StrCat("it has ended: ", EndOf(log_file_)));
    unread_.append(buffer, static_cast<size_t>(n));
  }
}

absl::Status Child::Running() {
  if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == 0) return absl::OkStatus();
  pid_ = -1;
  return absl::UnavailableError(absl::StrCat("it has ended: ", EndOf(log_file_)));
}

void Child::Stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  for (int i = 0; i < 400 && ::waitpid(pid_, nullptr, WNOHANG) == 0; ++i) {
    absl::SleepFor(absl::Milliseconds(50));
    if (i == 398) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      break;
    }
  }
  pid_ = -1;
}

void Child::Settle(absl::Duration timeout) {
  const absl::Time give_up = absl::Now() + timeout;
  constexpr double kLook = 0.25;  // seconds
  while (absl::Now() < give_up) {
    const double before = CpuSeconds();
    absl::SleepFor(absl::Seconds(kLook));
    if (CpuSeconds() - before < 0.1 * kLook) return;
  }
}

double Child::CpuSeconds() const {
  std::ifstream in(absl::StrCat("/proc/", pid_, "/stat"));
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double OwnCpuSeconds() {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double Child::ResidentMiB() const { return StatusMiB("VmRSS:"); }
double Child::MostResidentMiB() const { return StatusMiB("VmHWM:"); }

double Child::StatusMiB(std::string_view field) const {
  std::ifstream in(absl::StrCat("/proc/", pid_, "/status"));
  for (std::string word; in >> word;) {
    double kib = 0;
    if (word == field && in >> kib) return kib / 1024;
  }
  return 0;
}

}  // namespace daybook::bench
