#include "services/daybook/inspect/log_scan.h"

#include <algorithm>
#include <memory>

#include "absl/strings/match.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/base/text.h"

namespace daybook {
namespace {

constexpr size_t kBatch = 4096;
constexpr absl::Duration kWait = absl::Seconds(1);
// A log that gives nothing for so long and does not say that this is its end.
constexpr absl::Duration kPatience = absl::Minutes(1);

absl::Status At(int partition, int64_t offset, const absl::Status& status) {
  const std::string place = Cat("offset ", offset, ": ");
  const bool named = absl::StartsWith(status.message(), place);  // by the chain
  return absl::Status(status.code(), Cat("partition ", partition, named ? ": " : Cat(", ", place),
                                         status.message()));
}

// Calls `take` for each record from `from` up to `until` or what is the end now, then `reach` with
// where the scan has come to.
absl::Status Scan(log::EventLog& log, int partition, int64_t from, int64_t until,
                  const std::function<absl::Status(const log::LogRecord&)>& take,
                  const std::function<void(int64_t)>& reach) {
  ASSIGN_OR_RETURN(const log::Extent extent, log.GetExtent(partition));
  if (extent.first != 0) {
    return absl::DataLossError(Cat("partition ", partition, " begins at offset ", extent.first,
                                   ": what came before is gone"));
  }
  until = std::min(until, extent.end);
  ASSIGN_OR_RETURN(const auto reader, log.NewReader(partition, from));
  absl::Time give_up = WallNow() + kPatience;
  for (int64_t next = from; next < until;) {
    ASSIGN_OR_RETURN(const log::Batch batch, reader->Read(kBatch, kWait));
    for (const log::LogRecord& record : batch.records) {
      if (record.offset >= until) break;
      const absl::Status status = take(record);
      if (absl::IsCancelled(status)) return absl::OkStatus();
      if (!status.ok()) return At(partition, record.offset, status);
    }
    if (batch.next_offset > next) give_up = WallNow() + kPatience;
    next = std::max(next, batch.next_offset);
    reach(std::min(next, until));
    if (batch.records.empty() && batch.end) break;
    if (WallNow() < give_up) continue;
    return absl::UnavailableError(
        Cat("partition ", partition, ", offset ", next, ": ", log.name(), " does not answer"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<log::Position> ScanPartition(
    log::EventLog& log, int partition,
    const std::function<absl::Status(const ScannedRecord&)>& each, int64_t until,
    const log::Position& from) {
  log::Chain chain(from);
  log::v1::Frame frame;
  const auto take = [&](const log::LogRecord& record) -> absl::Status {
    const bool parsed = log::ParseFrame(record.value, &frame);
    ASSIGN_OR_RETURN(const log::Verdict verdict,
                     chain.Apply(record.offset, parsed ? &frame : nullptr, record.value));
    return each(
        {partition, record.offset, record.key, record.value, verdict, parsed ? &frame : nullptr});
  };
  RETURN_IF_ERROR(Scan(log, partition, from.next_offset, until, take,
                       [&](int64_t reached) { chain.Pass(reached); }));
  return chain.at();
}

absl::Status ScanUnjudged(log::EventLog& log, int partition, int64_t from,
                          const std::function<absl::Status(const ScannedRecord&)>& each) {
  log::v1::Frame frame;
  const auto take = [&](const log::LogRecord& record) {
    const bool parsed = log::ParseFrame(record.value, &frame);
    return each({partition, record.offset, record.key, record.value,
                 parsed ? log::Verdict::kEffective : log::Verdict::kVoidUnparsable,
                 parsed ? &frame : nullptr});
  };
  return Scan(log, partition, from, kToTheEnd, take, [](int64_t) {});
}

}  // namespace daybook
