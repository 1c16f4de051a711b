#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/clock_guard.h"
#include "common/rpc/certificates.h"
#include "services/daybook/cli/subcommands.h"
#include "services/daybook/inspect/doctor_log.h"
#include "services/daybook/inspect/doctor_server.h"
#include "services/daybook/inspect/doctor_stores.h"
#include "services/daybook/storage/data_directory.h"

namespace daybook {
namespace {

constexpr uint64_t kLeastFreeBytes = uint64_t{1} << 30;

class Doctor : public Subcommand {
 public:
  Manual manual() const override {
    return {
        .name = "doctor",
        .summary = "Look for what is wrong: directories, log, read models, server",
        .examples = "daybook doctor",
        .details =
            "Changes nothing; works beside a running server. Reads every block of the read models\n"
            "and of the command cache, and looks for files with a second name. Of the log it "
            "looks\n"
            "at the topic or the directory, and reads what has come since the read models were\n"
            "written. `daybook verify` proves what is in the log. A server that answers must\n"
            "say that it is ready; if not, what is missing stands there.",
        .exit_codes = "0 nothing is wrong · 1 something is · 2 the configuration is wrong"};
  }
  int Run(const Config& config) override {
    Say("configuration", CheckCertificates(config), "in order (`daybook config` shows it)");
    Say("data_dir", CheckDataDir(config.data_dir), config.data_dir);
    const int partitions = CheckLog(config);
    for (const Finding& found : CheckStores(config, partitions)) {
      Say(found.what, found.status, found.fine);
    }
    CheckServer(config);
    return bad_ ? kExitFailed : kExitOk;
  }

 private:
  void Say(std::string_view what, const absl::Status& status, std::string_view fine) {
    bad_ = bad_ || !status.ok();
    std::printf("%-14s %-5s %s\n", std::string(what).c_str(), status.ok() ? "ok" : "WRONG",
                status.ok() ? std::string(fine).c_str() : std::string(status.message()).c_str());
  }

  // What `serve` would read of the server's certificate.
  static absl::Status CheckCertificates(const Config& config) {
    if (config.tls_cert.empty()) return absl::OkStatus();
    absl::Status said;
    const auto say = [&said](rpc::Notice notice, std::string_view words) {
      if (notice == rpc::Notice::kInfo) return;
      said = absl::FailedPreconditionError(std::string(words));
    };
    RETURN_IF_ERROR(
        rpc::Certificates::Open({config.tls_cert, config.tls_key, config.tls_client_ca}, say)
            .status());
    return said;
  }

  static absl::Status CheckDataDir(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::exists(path, error) && !error) {
      return absl::NotFoundError(
          Cat(path, " does not exist: --data-dir says where it is, `daybook serve` makes it"));
    }
    if (!std::filesystem::is_directory(path, error)) {
      return absl::FailedPreconditionError(
          Cat(path, error ? ": " + error.message() : " is not a directory"));
    }
    if (access(path.c_str(), R_OK | W_OK | X_OK) != 0) {
      return absl::FailedPreconditionError(Cat(path, " cannot be written by this user"));
    }
    if (const OpenFiles open = FindOpen(path); open.count > 0) {
      return absl::FailedPreconditionError(Cat("others than this user can read ",
                                               Grouped(open.count),
                                               " files and directories, such as ", open.example,
                                               ": `daybook serve` closes them when it starts"));
    }
    struct statvfs room;
    if (statvfs(path.c_str(), &room) == 0 &&
        uint64_t{room.f_bavail} * room.f_frsize < kLeastFreeBytes) {
      return absl::ResourceExhaustedError(Cat(path, " has less than 1 GiB of room"));
    }
    return absl::OkStatus();
  }

  // Number of its partitions; 0 if that cannot be told.
  int CheckLog(const Config& config) {
    const absl::StatusOr<LogFound> log = LookAtLog(config);
    if (!log.ok()) {
      Say("log", log.status(), "");
      return 0;
    }
    Say("log", absl::OkStatus(), log->text);
    if (log->partitions > 0) CheckClock(config, log->newest);
    return log->partitions;
  }

  // One reading says nothing about a clock; the log may contradict it.
  void CheckClock(const Config& config, absl::Time newest) {
    const absl::Time now = WallNow();
    const auto text = [](absl::Time time) {
      return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
    };
    if (newest - now <= command::ClockGuard::kMost) {
      return Say("clock", absl::OkStatus(), Cat(text(now), ", not behind the log"));
    }
    const std::string ahead = Cat("the newest record is of ", text(newest),
                                  ", this machine's clock ", "shows ", text(now));
    if (newest <= config.accepted_records()) {
      return Say("clock", absl::OkStatus(), Cat(ahead, "; accepted by clock.accept_until"));
    }
    Say("clock",
        absl::FailedPreconditionError(
            Cat(ahead, ": nothing is recorded until it has passed that. Set the clock; or, if the ",
                "records are wrong, read common/log/README.md and say --clock-accept-until ",
                text(newest + absl::Seconds(1)))),
        "");
  }

  void CheckServer(const Config& config) {
    const absl::StatusOr<std::string> server = AskServer(config);
    Say("server", server.status(), server.ok() ? *server : "");
  }

  bool bad_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> NewDoctor() { return std::make_unique<Doctor>(); }

}  // namespace daybook
