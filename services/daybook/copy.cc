#include <cstdio>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "services/daybook/log_scan.h"
#include "services/daybook/open_log.h"
#include "services/daybook/progress.h"
#include "services/daybook/subcommands.h"
#include "services/daybook/text.h"

namespace daybook {
namespace {

constexpr size_t kWindow = 2'000;  // records on their way
constexpr absl::Duration kPatience = absl::Seconds(60);

// Appends records to one partition and sees to it that each comes to stand at its offset.
class Appender {
 public:
  Appender(log::EventLog& target, int partition)
      : partition_(partition),
        producer_(target.NewProducer([] {})),
        writer_(producer_->NewWriter(partition)) {}

  absl::Status Append(const ScannedRecord& record) {
    if (record.offset != appended_) {
      return absl::DataLossError("an offset is missing; it cannot be given again elsewhere");
    }
    writer_->Append(record.key, record.value);
    ++appended_;
    if (appended_ - confirmed_ < static_cast<int64_t>(kWindow)) return absl::OkStatus();
    return Confirm(kWindow / 2);
  }

  absl::Status Finish() { return Confirm(0); }

 private:
  // Waits until at most `left` are on their way.
  absl::Status Confirm(int64_t left) {
    producer_->Flush();
    const absl::Time give_up = WallNow() + kPatience;
    while (appended_ - confirmed_ > left) {
      RETURN_IF_ERROR(producer_->health());
      reports_.clear();
      writer_->TakeReports(&reports_);
      for (const log::Report& report : reports_) {
        RETURN_IF_ERROR(report.status);
        if (!report.offset.has_value() || *report.offset != static_cast<int64_t>(report.append)) {
          return absl::AbortedError(Cat("partition ", partition_, ": record ", report.append,
                                        " came to stand elsewhere; somebody else writes there"));
        }
        ++confirmed_;
      }
      if (WallNow() > give_up) return absl::UnavailableError("the target does not answer");
      if (reports_.empty()) absl::SleepFor(absl::Milliseconds(1));
    }
    return absl::OkStatus();
  }

  const int partition_;
  const std::unique_ptr<log::LogProducer> producer_;
  const std::unique_ptr<log::LogWriter> writer_;
  std::vector<log::Report> reports_;
  int64_t appended_ = 0;
  int64_t confirmed_ = 0;
};

class Copy : public Subcommand {
 public:
  Manual manual() const override {
    return {.name = "copy",
            .summary = "Carry a log to an empty one, partition by partition, offset by offset",
            .examples =
                "daybook copy --to kafka:localhost:9092\n"
                "daybook copy --from embedded:/var/lib/daybook/log --to "
                "kafka:localhost:9092/shop-\n"
                "daybook copy --from kafka:localhost:9092 --to embedded:/tmp/log",
            .details =
                "Nobody may write to either meanwhile: stop the server. The target is made with\n"
                "as many partitions; one that holds records is refused. Afterwards it is read\n"
                "back and compared.",
            .exit_codes = "0 copied and equal · 1 failed or differs · 2 wrong usage · 4 no answer"};
  }
  void Declare(Flags& flags) override {
    flags.Text("--from", "LOG",
               "embedded:DIRECTORY or kafka:HOST:PORT[/PREFIX]; default: the log "
               "of the configuration",
               &from_);
    flags.Text("--to", "LOG", "the same; required", &to_);
    flags.Switch("--quiet", "no progress", &quiet_);
  }
  int Run(const Config& config) override {
    if (to_.empty()) {
      std::fputs("error: --to is required: embedded:DIRECTORY or kafka:HOST:PORT[/PREFIX]\n",
                 stderr);
      return kExitUsage;
    }
    const auto from = from_.empty() ? absl::StatusOr<LogPlace>(PlaceOf(config)) : ParsePlace(from_);
    const auto to = ParsePlace(to_);
    for (const auto* place : {&from, &to}) {
      if (place->ok()) continue;
      ReportError(place->status());
      return kExitUsage;
    }
    const absl::Status status = CopyAll(config, *from, *to);
    return status.ok() ? kExitOk : ReportError(status);
  }

 private:
  absl::Status CopyAll(const Config& config, const LogPlace& from, const LogPlace& to) const {
    ASSIGN_OR_RETURN(const auto source, OpenLogAt(from, LogUse::kRead, 0, config));
    ASSIGN_OR_RETURN(const auto target,
                     OpenLogAt(to, LogUse::kServe, source->partitions(), config));
    int64_t total = 0;
    for (int p = 0; p < source->partitions(); ++p) {
      ASSIGN_OR_RETURN(const log::Extent there, target->GetExtent(p));
      if (there.end != 0) {
        return absl::FailedPreconditionError(
            Cat("partition ", p, " of ", target->name(), " holds ", there.end,
                " records; the target must be empty: what an interrupted copy "
                "left there has to be removed first"));
      }
      ASSIGN_OR_RETURN(const log::Extent here, source->GetExtent(p));
      total += here.end;
    }
    {
      Progress progress("records", total, quiet_);
      for (int p = 0; p < source->partitions(); ++p) {
        Appender appender(*target, p);
        RETURN_IF_ERROR(ScanPartition(*source, p, [&](const ScannedRecord& record) {
                          progress.Add(1);
                          return appender.Append(record);
                        }).status());
        RETURN_IF_ERROR(appender.Finish());
      }
    }
    for (int p = 0; p < source->partitions(); ++p) RETURN_IF_ERROR(Compare(*source, *target, p));
    std::printf("%s records in %d partitions, from %s to %s; read back and equal\n",
                Grouped(total).c_str(), source->partitions(), source->name().c_str(),
                target->name().c_str());
    return absl::OkStatus();
  }

  // Both chains over all bytes, and every key.
  static absl::Status Compare(log::EventLog& source, log::EventLog& target, int partition) {
    const auto read = [&](log::EventLog& log, log::Hash* all) {
      return ScanPartition(log, partition, [all](const ScannedRecord& record) {
        *all = log::LinkHash(*all, Cat(record.key.size(), ":", record.key, record.value));
        return absl::OkStatus();
      });
    };
    log::Hash source_bytes = {}, target_bytes = {};
    ASSIGN_OR_RETURN(const log::Position here, read(source, &source_bytes));
    ASSIGN_OR_RETURN(const log::Position there, read(target, &target_bytes));
    if (here == there && source_bytes == target_bytes) return absl::OkStatus();
    return absl::DataLossError(Cat("partition ", partition, " differs: ", log::ToString(here),
                                   " against ", log::ToString(there)));
  }

  std::string from_;
  std::string to_;
  bool quiet_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> NewCopy() { return std::make_unique<Copy>(); }

}  // namespace daybook
