#include "tests/support/child_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"

namespace daybook {
namespace {

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> Environment(const std::vector<std::string>& more) {
  std::vector<std::string> all;
  for (char** e = environ; *e != nullptr; ++e) {
    if (!absl::StartsWith(*e, "DAYBOOK_")) all.emplace_back(*e);
  }
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

struct Pipe {
  int read = -1;
  int write = -1;
};
Pipe MakePipe() {
  int ends[2];
  DAYBOOK_CHECK(::pipe2(ends, O_CLOEXEC) == 0);
  return {ends[0], ends[1]};
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChildProgram>> ChildProgram::Spawn(
    std::vector<std::string> command, std::vector<std::string> environment) {
  // Everything that allocates is done before the fork: other threads may hold the allocator.
  std::vector<char*> argv = Pointers(command);
  std::vector<std::string> variables = Environment(environment);
  std::vector<char*> envp = Pointers(variables);
  const Pipe out = MakePipe();
  const Pipe err = MakePipe();
  const Pipe failure = MakePipe();  // closed by a successful exec
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  DAYBOOK_CHECK(pid >= 0);
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    const int null = ::open("/dev/null", O_RDONLY);
    ::dup2(null, 0);
    ::dup2(out.write, 1);
    ::dup2(err.write, 2);
    ::execvpe(argv[0], argv.data(), envp.data());
    const int error = errno;
    [[maybe_unused]] const ssize_t told = ::write(failure.write, &error, sizeof error);
    ::_exit(127);
  }
  for (const int fd : {out.write, err.write, failure.write}) ::close(fd);
  int error = 0;
  const bool failed = ::read(failure.read, &error, sizeof error) > 0;
  ::close(failure.read);
  std::unique_ptr<ChildProgram> child(new ChildProgram(pid, out.read, err.read));
  if (!failed) return child;
  return absl::NotFoundError(absl::StrCat(command[0], ": ", std::strerror(error)));
}

ChildProgram::ChildProgram(pid_t pid, int out, int err) : pid_(pid) {
  listener_ = std::thread([this, out, err] { Listen(out, err); });
}

ChildProgram::~ChildProgram() {
  Kill();
  listener_.join();
}

void ChildProgram::Listen(int out, int err) {
  pollfd pipes[2] = {{out, POLLIN, 0}, {err, POLLIN, 0}};
  std::string* const to[2] = {&out_, &err_};
  std::string buffer(1 << 16, '\0');
  for (int open = 2; open > 0;) {
    ::poll(pipes, 2, -1);
    for (int i = 0; i < 2; ++i) {
      if (pipes[i].fd < 0 || pipes[i].revents == 0) continue;
      const ssize_t n = ::read(pipes[i].fd, buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        ::close(pipes[i].fd);
        pipes[i].fd = -1;
        --open;
        continue;
      }
      {
        const std::lock_guard lock(mutex_);
        to[i]->append(buffer.data(), static_cast<size_t>(n));
      }
      changed_.notify_all();
    }
  }
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

void ChildProgram::Signal(int signal) {
  if (!ended_) ::kill(pid_, signal);
}

void ChildProgram::Kill() {
  if (ended()) return;
  ::kill(pid_, SIGKILL);
  WaitUntilEnded(absl::InfiniteFuture());
}

std::optional<int> ChildProgram::ended() { return WaitUntilEnded(absl::InfinitePast()); }

std::optional<int> ChildProgram::WaitUntilEnded(absl::Time deadline) {
  const bool for_ever = deadline == absl::InfiniteFuture();
  while (!ended_) {
    int status = 0;
    const pid_t got = ::waitpid(pid_, &status, for_ever ? 0 : WNOHANG);
    if (got == pid_) {
      ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
      break;
    }
    DAYBOOK_CHECK(got == 0 || (got < 0 && errno == EINTR));
    if (absl::Now() >= deadline) return std::nullopt;
    absl::SleepFor(absl::Milliseconds(1));
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_; });
  return ended_;
}

bool ChildProgram::WaitUntilSays(std::string_view text, absl::Time deadline) {
  std::unique_lock lock(mutex_);
  const auto said = [&] { return err_.find(text) != std::string::npos; };
  changed_.wait_until(lock, absl::ToChronoTime(deadline), [&] { return said() || closed_; });
  return said();
}

std::string ChildProgram::out() {
  const std::lock_guard lock(mutex_);
  return out_;
}

std::string ChildProgram::err() {
  const std::lock_guard lock(mutex_);
  return err_;
}

absl::StatusOr<Ran> RunProgram(std::vector<std::string> command, absl::Duration at_most,
                               std::vector<std::string> environment) {
  const std::string name = command[0];
  ASSIGN_OR_RETURN(const auto child,
                   ChildProgram::Spawn(std::move(command), std::move(environment)));
  if (const auto code = child->WaitUntilEnded(absl::Now() + at_most)) {
    return Ran{*code, child->out(), child->err()};
  }
  child->Kill();
  return absl::DeadlineExceededError(absl::StrCat(
      name, " did not end within ", absl::FormatDuration(at_most), ": ", child->err()));
}

}  // namespace daybook
