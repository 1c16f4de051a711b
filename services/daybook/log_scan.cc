#include "services/daybook/log_scan.h"

#include <memory>

#include "common/base/status.h"
#include "services/daybook/text.h"

namespace daybook {
namespace {

constexpr size_t kBatch = 4096;
constexpr absl::Duration kWait = absl::Seconds(1);

absl::Status At(int partition, int64_t offset, const absl::Status& status) {
  return absl::Status(status.code(),
                      Cat("partition ", partition, ", offset ", offset, ": ", status.message()));
}

}  // namespace

absl::StatusOr<log::Position> ScanPartition(
    log::EventLog& log, int partition,
    const std::function<absl::Status(const ScannedRecord&)>& each) {
  ASSIGN_OR_RETURN(const log::Extent extent, log.GetExtent(partition));
  if (extent.first != 0) {
    return absl::DataLossError(Cat("partition ", partition, " begins at offset ", extent.first,
                                   ": what came before is gone"));
  }
  ASSIGN_OR_RETURN(const auto reader, log.NewReader(partition, 0));
  log::Chain chain;
  log::v1::Frame frame;
  while (chain.at().next_offset < extent.end) {
    ASSIGN_OR_RETURN(const log::Batch batch, reader->Read(kBatch, kWait));
    if (batch.records.empty() && batch.end) break;
    for (const log::LogRecord& record : batch.records) {
      if (record.offset >= extent.end) break;
      const bool parsed = log::ParseFrame(record.value, &frame);
      const auto verdict = chain.Apply(record.offset, parsed ? &frame : nullptr, record.value);
      if (!verdict.ok()) return At(partition, record.offset, verdict.status());
      const absl::Status status = each({partition, record.offset, record.key, record.value,
                                        *verdict, parsed ? &frame : nullptr});
      if (absl::IsCancelled(status)) return chain.at();
      if (!status.ok()) return At(partition, record.offset, status);
    }
  }
  return chain.at();
}

}  // namespace daybook
