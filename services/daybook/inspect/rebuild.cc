#include "common/projection/rebuild.h"

#include <cstdio>
#include <memory>

#include "common/base/status.h"
#include "common/base/text.h"
#include "projections/topology.h"
#include "services/daybook/cli/subcommands.h"
#include "services/daybook/process/progress.h"
#include "services/daybook/storage/data_directory.h"
#include "services/daybook/storage/open_log.h"

namespace daybook {
namespace {

class RebuildCommand : public Subcommand {
 public:
  Manual manual() const override {
    return {.name = "rebuild",
            .summary = "Make read models new from the log, compare them with the old ones, switch",
            .examples =
                "daybook rebuild --dry-run\n"
                "daybook rebuild --projection balances",
            .details =
                "The server must be stopped. A rebuild that differs from what is there is not\n"
                "put in its place, unless --accept-difference is said; nor is one of another log\n"
                "or of one that is shorter. Killed, it goes on when called again.",
            .exit_codes =
                "0 done · 1 failed, or it differs: says where · 2 wrong usage · 4 the brokers "
                "do not answer"};
  }
  void Declare(Flags& flags) override {
    flags.Text("--projection", "NAME", "only this one; else those of the setting `roles`",
               &projection_);
    flags.Switch("--dry-run", "compare only, change nothing", &dry_run_);
    flags.Switch("--accept-difference", "switch even if it differs, or the log is another one",
                 &accept_difference_);
    flags.Switch("--quiet", "no progress", &quiet_);
  }
  int Run(const Config& config) override {
    const projection::Topology topology = TheTopology();
    if (const absl::Status known = CheckProjection(topology, projection_);
        !projection_.empty() && !known.ok()) {
      ReportError(known);
      return kExitUsage;
    }
    int code = kExitOk;
    for (const auto& entry : topology.entries()) {
      const std::string& name = entry.projection.name;
      if (projection_.empty() ? !config.roles.Keeps(name) : name != projection_) continue;
      bool left_different = false;
      const absl::Status status = RebuildOne(config, entry.projection, &left_different);
      if (left_different) code = kExitFailed;
      if (store::Store::IsInUse(status)) {
        return ReportError(
            absl::FailedPreconditionError(Cat("stop the server first: ", status.message())));
      }
      if (!status.ok()) return ReportError(status);
    }
    return code;
  }

 private:
  // `left_different`: it is not what the log says, and still in its place.
  absl::Status RebuildOne(const Config& config, const projection::ProjectionInfo& info,
                          bool* left_different) const {
    ASSIGN_OR_RETURN(const auto log, OpenLog(config, LogUse::kRead));
    RETURN_IF_ERROR(CheckRights(config.models_dir(), Rights::kReadAndWrite));
    std::unique_ptr<Progress> progress;
    int64_t shown = 0;
    projection::RebuildOptions options;
    options.directory = config.models_dir();
    options.accept_difference = accept_difference_;
    options.dry_run = dry_run_;
    options.progress = [&](const projection::RebuildProgress& p) {
      if (!progress) progress = std::make_unique<Progress>("records", p.records_total, quiet_);
      progress->Add(p.records_done - shown);
      shown = p.records_done;
    };
    ASSIGN_OR_RETURN(const auto report, projection::Rebuild(*log, info, options));
    progress.reset();
    *left_different = !report.compared.ok() && !report.switched;
    std::printf("%s: %s events in %.1f s%s; %s; %s\n", info.name.c_str(),
                Grouped(static_cast<int64_t>(report.events)).c_str(),
                absl::ToDoubleSeconds(report.duration), report.resumed ? ", gone on with" : "",
                report.compared.ok()
                    ? (report.exact ? "equal row by row" : "equal by control totals")
                    : Cat("not equal: ", report.compared.message()).c_str(),
                report.switched ? "switched" : "nothing changed");
    return absl::OkStatus();
  }

  std::string projection_;
  bool dry_run_ = false;
  bool accept_difference_ = false;
  bool quiet_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> NewRebuild() { return std::make_unique<RebuildCommand>(); }

}  // namespace daybook
