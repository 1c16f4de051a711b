#include "tests/support/daybook_process.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"

namespace daybook {
namespace {

constexpr std::string_view kReady = "\"message\":\"ready\"";

std::string LastOf(const std::string& text) {
  return text.size() > 3000 ? text.substr(text.size() - 3000) : text;
}

int AnyPort() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  DAYBOOK_CHECK(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  DAYBOOK_CHECK(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(fd);
  return ::ntohs(address.sin_port);
}

}  // namespace

std::string DaybookBinary() {
  const char* given = std::getenv("DAYBOOK_BINARY");
  return given != nullptr ? given : DAYBOOK_BUILT_BINARY;
}

Ran RunDaybook(std::vector<std::string> arguments, absl::Duration at_most) {
  arguments.insert(arguments.begin(), DaybookBinary());
  auto ran = RunProgram(std::move(arguments), at_most);
  if (ran.ok()) return *std::move(ran);
  return {.code = absl::IsDeadlineExceeded(ran.status()) ? -SIGKILL : 127,
          .out = "",
          .err = ran.status().ToString()};
}

int UnusedPort() {
  static std::set<int> given;
  int port = AnyPort();
  while (!given.insert(port).second) port = AnyPort();
  return port;
}

DaybookProcess::DaybookProcess(ProcessOptions options)
    : options_(std::move(options)), address_(absl::StrCat("127.0.0.1:", UnusedPort())) {}

void DaybookProcess::SetEnvironment(std::vector<std::string> environment) {
  options_.environment = std::move(environment);
}

absl::Status DaybookProcess::Start() {
  DAYBOOK_CHECK(!running());
  std::vector<std::string> command = {DaybookBinary(),
                                      "serve",
                                      "--data-dir=" + options_.data_dir,
                                      "--listen=" + address_,
                                      "--http-listen=" + options_.http_listen,
                                      "--log-format=json"};
  if (options_.partitions > 0) {
    command.push_back(absl::StrCat("--partitions=", options_.partitions));
  }
  command.insert(command.end(), options_.arguments.begin(), options_.arguments.end());
  ASSIGN_OR_RETURN(child_, ChildProgram::Spawn(std::move(command), options_.environment));
  return absl::OkStatus();
}

absl::Status DaybookProcess::WaitUntilReady(absl::Duration at_most) {
  if (child_->WaitUntilSays(kReady, absl::Now() + at_most)) return absl::OkStatus();
  const auto code = child_->WaitUntilEnded(absl::Now() + absl::Milliseconds(100));
  if (!code) {
    return absl::DeadlineExceededError(
        absl::StrCat("daybook is not ready in time: ", LastOf(words())));
  }
  return absl::FailedPreconditionError(
      absl::StrCat("daybook ended with ", *code, ": ", LastOf(words())));
}

absl::Status DaybookProcess::StartAndWait() {
  RETURN_IF_ERROR(Start());
  return WaitUntilReady();
}

absl::StatusOr<std::string> DaybookProcess::StartInVain() {
  RETURN_IF_ERROR(Start());
  const auto code = WaitUntilEnded(absl::Seconds(20));
  const std::string said = words();
  if (code && *code > 0) return said;
  child_->Kill();
  return absl::FailedPreconditionError(absl::StrCat(
      code ? absl::StrCat("daybook ended with ", *code) : "daybook runs", ": ", LastOf(said)));
}

bool DaybookProcess::WaitUntilSays(std::string_view text, absl::Duration at_most) {
  return child_->WaitUntilSays(text, absl::Now() + at_most);
}

bool DaybookProcess::running() { return child_ != nullptr && !child_->ended(); }

void DaybookProcess::Kill() {
  if (child_ != nullptr) child_->Kill();
}
void DaybookProcess::Stop() { child_->Signal(SIGSTOP); }
void DaybookProcess::Continue() { child_->Signal(SIGCONT); }
void DaybookProcess::Terminate() { child_->Signal(SIGTERM); }
void DaybookProcess::AskToClaim() { child_->Signal(SIGUSR1); }

std::optional<int> DaybookProcess::WaitUntilEnded(absl::Duration at_most) {
  return child_->WaitUntilEnded(absl::Now() + at_most);
}

std::string DaybookProcess::words() { return child_ == nullptr ? "" : child_->err(); }

}  // namespace daybook
