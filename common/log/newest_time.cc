#include "common/log/newest_time.h"

#include <algorithm>

#include "common/base/status.h"
#include "common/log/chain.h"

namespace daybook::log {
namespace {

// Looked at: the last ones may be void, or holes.
constexpr int64_t kRecords = 64;
constexpr int kReads = 10;
constexpr absl::Duration kWait = absl::Milliseconds(500);

}  // namespace

absl::StatusOr<int64_t> NewestRecordedTimeUs(EventLog& log, int partition) {
  ASSIGN_OR_RETURN(const Extent extent, log.GetExtent(partition));
  int64_t newest = 0;
  int64_t next = std::max(extent.first, extent.end - kRecords);
  if (next >= extent.end) return newest;
  ASSIGN_OR_RETURN(const auto reader, log.NewReader(partition, next));
  v1::Frame frame;
  for (int reads = 0; reads < kReads && next < extent.end; ++reads) {
    ASSIGN_OR_RETURN(const Batch batch, reader->Read(kRecords, kWait));
    for (const LogRecord& record : batch.records) {
      if (ParseFrame(record.value, &frame)) newest = std::max(newest, RecordedTimeUs(frame));
    }
    next = batch.next_offset;
    if (batch.records.empty() && batch.end) break;
  }
  return newest;
}

}  // namespace daybook::log
