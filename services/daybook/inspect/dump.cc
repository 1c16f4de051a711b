#include "common/projection/dump.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/projection/models.h"
#include "projections/topology.h"
#include "services/daybook/cli/subcommands.h"
#include "services/daybook/storage/open_log.h"
#include "services/daybook/storage/store_copy.h"

namespace daybook {
namespace {

class Dump : public Subcommand {
 public:
  Manual manual() const override {
    return {
        .name = "dump",
        .summary = "Hash a read model as it stands at the end of the log, for comparing",
        .examples =
            "daybook dump --projection balances\n"
            "daybook dump --projection balances --business\n"
            "daybook dump --projection balances --from-zero",
        .details =
            "Works on a copy, beside a running server or without one, and brings it to the end\n"
            "of the log. Exact: the same for the same log on any driver. Business: without\n"
            "times and positions, the same for the same story. --from-zero folds the whole log\n"
            "afresh; it must give the same hash."};
  }
  void Declare(Flags& flags) override {
    flags.Text("--projection", "NAME", "which read model", &projection_);
    flags.Switch("--business", "without what depends on when it was recorded", &business_);
    flags.Switch("--from-zero", "do not use what is there, fold the log", &from_zero_);
    flags.Text("--out", "FILE", "write the stream itself there, too", &out_);
    flags.Switch("--json", "one JSON object", &json_);
  }
  int Run(const Config& config) override {
    const projection::Topology topology = TheTopology();
    if (const absl::Status known = CheckProjection(topology, projection_); !known.ok()) {
      ReportError(known);
      return kExitUsage;
    }
    const absl::Status status = Print(config, topology);
    return status.ok() ? kExitOk : ReportError(status);
  }

 private:
  absl::Status Print(const Config& config, const projection::Topology& topology) const {
    // A mistyped directory is not made.
    std::error_code error;
    if (!std::filesystem::is_directory(config.data_dir, error)) {
      RETURN_IF_ERROR(OpenLog(config, LogUse::kRead).status());
    }
    ASSIGN_OR_RETURN(const WorkDirectory scratch, WorkDirectory::Make(config.data_dir));
    if (!from_zero_) {
      const absl::Status copied =
          CopyStore(config.models_dir() + "/" + projection_, scratch.path() + "/" + projection_);
      if (!copied.ok() && !absl::IsNotFound(copied)) return copied;
    }
    ASSIGN_OR_RETURN(const auto log,
                     OpenLog(config, LogUse::kRead));  // after the copy: not shorter
    const auto opened = projection::Models::Open(*log, topology.Only({projection_}),
                                                 {.directory = scratch.path(), .mend = false});
    RETURN_IF_ERROR(NamedAsOriginal(opened.status(), scratch, config.models_dir()));
    const auto& models = *opened;
    models->Start();
    while (!models->Ready().ok()) {
      for (const auto& shard : models->Statuses()) {
        RETURN_IF_ERROR(NamedAsOriginal(shard.error, scratch, config.models_dir()));
      }
      absl::SleepFor(absl::Milliseconds(5));
    }
    ASSIGN_OR_RETURN(const projection::DumpSummary summary,
                     Write(models->Views(projection_), topology.Find(projection_)->projection));
    if (json_) {
      const nlohmann::ordered_json object = {{"projection", projection_},
                                             {"kind", business_ ? "business" : "exact"},
                                             {"sha256", summary.sha256},
                                             {"rows", summary.rows},
                                             {"bytes", summary.bytes}};
      std::printf("%s\n", object.dump().c_str());
    } else {
      std::printf("%s  %s (%s, %s rows)\n", summary.sha256.c_str(), projection_.c_str(),
                  business_ ? "business" : "exact",
                  Grouped(static_cast<int64_t>(summary.rows)).c_str());
    }
    return absl::OkStatus();
  }

  absl::StatusOr<projection::DumpSummary> Write(
      const std::vector<std::shared_ptr<const store::View>>& views,
      const projection::ProjectionInfo& info) const {
    std::FILE* file = nullptr;
    if (!out_.empty() && (file = std::fopen(out_.c_str(), "wb")) == nullptr) {
      return absl::FailedPreconditionError(Cat("cannot write ", out_, ": ", std::strerror(errno)));
    }
    int failed = 0;  // errno of the first write that did
    const projection::Sink sink = [&](std::string_view piece) {
      if (file == nullptr || failed != 0) return;
      if (std::fwrite(piece.data(), 1, piece.size(), file) != piece.size()) failed = errno;
    };
    const auto summary = business_ ? projection::BusinessDump(views, info, sink)
                                   : projection::ExactDump(views, sink);
    if (file != nullptr && std::fclose(file) != 0 && failed == 0) failed = errno;
    if (failed != 0) {
      return absl::FailedPreconditionError(Cat("cannot write ", out_, ": ", std::strerror(failed)));
    }
    return summary;
  }

  std::string projection_ = "balances";
  std::string out_;
  bool business_ = false;
  bool from_zero_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> NewDump() { return std::make_unique<Dump>(); }

}  // namespace daybook
