#include <algorithm>
#include <cstdio>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "services/daybook/cli/subcommands.h"
#include "services/daybook/inspect/log_scan.h"
#include "services/daybook/process/progress.h"
#include "services/daybook/storage/gone_log.h"
#include "services/daybook/storage/open_log.h"

namespace daybook {
namespace {

constexpr size_t kWindow = 2'000;  // records on their way
constexpr absl::Duration kPatience = absl::Seconds(60);

// What fills a place in the copy that holds nothing in the source: it never counts.
bool IsFiller(const ScannedRecord& record) { return record.key.empty() && record.value.empty(); }

// Where a partition is cut off: what stands at `offset` and behind it is left out.
struct Cut {
  int partition = -1;
  int64_t offset = kToTheEnd;
};

// Appends records to one partition and sees to it that each comes to stand at its offset.
class Appender {
 public:
  Appender(log::EventLog& target, int partition)
      : partition_(partition),
        producer_(target.NewProducer([] {})),
        writer_(producer_->NewWriter(partition)) {}

  absl::Status Append(const ScannedRecord& record) {
    RETURN_IF_ERROR(FillUpTo(record.offset));
    return Append(record.key, record.value);
  }

  // The copy ends at `end`, as the source does.
  absl::Status Finish(int64_t end) {
    RETURN_IF_ERROR(FillUpTo(end));
    return Confirm(0);
  }

 private:
  // Offsets that hold nothing in the source cannot be skipped elsewhere.
  absl::Status FillUpTo(int64_t offset) {
    while (appended_ < offset) RETURN_IF_ERROR(Append("", ""));
    return absl::OkStatus();
  }

  absl::Status Append(std::string_view key, std::string_view value) {
    writer_->Append(key, value);
    ++appended_;
    if (appended_ - confirmed_ < static_cast<int64_t>(kWindow)) return absl::OkStatus();
    return Confirm(kWindow / 2);
  }

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
                "back and compared. Offsets that hold nothing in the source, as transactions of\n"
                "others leave them, hold an empty record in the copy, which does not count.\n"
                "--cut is the way out for a partition that has stopped: what stands in front of\n"
                "the place is carried, what stands there and behind it in this partition is left\n"
                "out and lost. See it first: `daybook history --unjudged`. Read models that have\n"
                "come further must be made anew.",
            .exit_codes = "0 copied and equal · 1 failed or differs · 2 wrong usage · 4 no answer"};
  }
  void Declare(Flags& flags) override {
    flags.Text("--from", "LOG",
               "embedded:DIRECTORY or kafka:HOST:PORT[/PREFIX]; default: the log "
               "of the configuration",
               &from_);
    flags.Text("--to", "LOG", "the same; required", &to_);
    flags.Number("--partitions", "N",
                 "take the first N partitions of the source: the way out for a topic that was "
                 "given more than its log has; default: all",
                 1, 4096, &partitions_);
    flags.Text("--cut", "P:OFFSET",
               "leave out what stands in partition P from this offset on; the message of a "
               "partition that has stopped names it",
               &cut_text_);
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
    const auto cut = ParseCut(cut_text_);
    for (const absl::Status& usage : {from.status(), to.status(), cut.status()}) {
      if (usage.ok()) continue;
      ReportError(usage);
      return kExitUsage;
    }
    const absl::Status status = CopyAll(config, *from, *to, *cut);
    return status.ok() ? kExitOk : ReportError(status);
  }

 private:
  static absl::StatusOr<Cut> ParseCut(const std::string& text) {
    Cut cut;
    if (text.empty()) return cut;
    const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits(':', 1));
    if (absl::SimpleAtoi(parts.first, &cut.partition) &&
        absl::SimpleAtoi(parts.second, &cut.offset) && cut.partition >= 0 && cut.offset >= 0) {
      return cut;
    }
    return absl::InvalidArgumentError(
        Cat("--cut: '", text, "' is no partition and offset; write 3:1207"));
  }

  absl::Status CopyAll(const Config& config, const LogPlace& from, const LogPlace& to,
                       const Cut& cut) const {
    if (from_.empty()) RETURN_IF_ERROR(CheckLogIsThere(config));
    ASSIGN_OR_RETURN(const auto source,
                     OpenLogAt(from, partitions_ > 0 ? LogUse::kSalvage : LogUse::kRead,
                               static_cast<int>(partitions_), config));
    ASSIGN_OR_RETURN(const auto target,
                     OpenLogAt(to, LogUse::kServe, source->partitions(), config));
    if (cut.partition >= source->partitions()) {
      return absl::InvalidArgumentError(
          Cat("--cut: the log has partitions 0 to ", source->partitions() - 1));
    }
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
      total += p == cut.partition ? std::min(here.end, cut.offset) : here.end;
    }
    {
      Progress progress("records", total, quiet_);
      for (int p = 0; p < source->partitions(); ++p) {
        Appender appender(*target, p);
        const auto append = [&](const ScannedRecord& record) {
          progress.Add(1);
          return appender.Append(record);
        };
        ASSIGN_OR_RETURN(const log::Position end, ScanPartition(*source, p, append, EndOf(cut, p)));
        RETURN_IF_ERROR(appender.Finish(end.next_offset));
      }
    }
    for (int p = 0; p < source->partitions(); ++p) {
      RETURN_IF_ERROR(Compare(*source, *target, p, EndOf(cut, p)));
    }
    if (cut.partition >= 0) RETURN_IF_ERROR(SayLeftOut(*source, cut));
    std::printf("%s records in %d partitions, from %s to %s; read back and equal\n",
                Grouped(total).c_str(), source->partitions(), source->name().c_str(),
                target->name().c_str());
    return absl::OkStatus();
  }

  static int64_t EndOf(const Cut& cut, int partition) {
    return partition == cut.partition ? cut.offset : kToTheEnd;
  }

  // What a cut has cost, as far as it can be told.
  static absl::Status SayLeftOut(log::EventLog& source, const Cut& cut) {
    int64_t records = 0, commits = 0;
    RETURN_IF_ERROR(
        ScanUnjudged(source, cut.partition, cut.offset, [&](const ScannedRecord& record) {
          ++records;
          commits += record.frame != nullptr && record.frame->has_commit();
          return absl::OkStatus();
        }));
    std::printf("left out of partition %d from offset %lld on: %s records, %s of them commands\n",
                cut.partition, static_cast<long long>(cut.offset), Grouped(records).c_str(),
                Grouped(commits).c_str());
    return absl::OkStatus();
  }

  // Both chains over all bytes, and every key.
  static absl::Status Compare(log::EventLog& source, log::EventLog& target, int partition,
                              int64_t until) {
    const auto read = [&](log::EventLog& log, log::Hash* all) {
      const auto add = [all](const ScannedRecord& record) {
        if (IsFiller(record)) return absl::OkStatus();
        *all = log::LinkHash(
            *all, Cat(record.offset, ":", record.key.size(), ":", record.key, record.value));
        return absl::OkStatus();
      };
      return ScanPartition(log, partition, add, until);
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
  std::string cut_text_;
  int64_t partitions_ = 0;  // 0: as many as there are
  bool quiet_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> NewCopy() { return std::make_unique<Copy>(); }

}  // namespace daybook
