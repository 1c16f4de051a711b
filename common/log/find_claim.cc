#include "common/log/find_claim.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace daybook::log {
namespace {

// Records of one look, so that a late record of an owner that was succeeded does not mislead it.
constexpr size_t kLook = 64;
constexpr absl::Duration kWait = absl::Seconds(1);
constexpr int kEmptyReads = 2;

// The next records at or behind `from`.
absl::StatusOr<Batch> Look(EventLog& log, int partition, int64_t from) {
  ASSIGN_OR_RETURN(const std::unique_ptr<LogReader> reader, log.NewReader(partition, from));
  for (int reads = 0; reads < kEmptyReads; ++reads) {
    ASSIGN_OR_RETURN(Batch batch, reader->Read(kLook, kWait));
    if (!batch.records.empty()) return batch;
  }
  return absl::UnavailableError(
      absl::StrCat("partition ", partition, ": nothing can be read at offset ", from));
}

// Whether this record can be of the chain that `at` was reached on.
bool MayCount(const v1::Frame& frame, const Position& at) {
  return KeyAfter(frame) == at.chain_key;
}

// The greatest epoch, up to that of `at`, among the records.
uint64_t NewestEpoch(const Batch& batch, const Position& at) {
  v1::Frame frame;
  uint64_t newest = 0;
  for (const LogRecord& record : batch.records) {
    if (!ParseFrame(record.value, &frame) || !MayCount(frame, at)) continue;
    if (frame.epoch() <= at.epoch) newest = std::max<uint64_t>(newest, frame.epoch());
  }
  return newest;
}

}  // namespace

absl::StatusOr<v1::OwnerStarted> FindClaim(EventLog& log, int partition, const Position& at) {
  if (at.epoch == 0) return absl::NotFoundError("nobody has claimed it yet");
  // Records in front of `low` are of older epochs; one at or behind `high` is of this one.
  ASSIGN_OR_RETURN(const Extent extent, log.GetExtent(partition));
  int64_t low = extent.first, high = at.last_offset;
  while (high - low >= static_cast<int64_t>(kLook)) {
    const int64_t middle = low + (high - low) / 2;
    ASSIGN_OR_RETURN(const Batch batch, Look(log, partition, middle));
    if (NewestEpoch(batch, at) == at.epoch) {
      high = middle;
    } else {
      low = batch.records.back().offset + 1;
    }
  }
  v1::Frame frame;
  for (int looks = 0; looks < 2; ++looks) {
    ASSIGN_OR_RETURN(const Batch batch, Look(log, partition, low));
    for (const LogRecord& record : batch.records) {
      if (!ParseFrame(record.value, &frame) || !MayCount(frame, at)) continue;
      if (frame.has_owner_started() && frame.epoch() == at.epoch) return frame.owner_started();
    }
    low = batch.records.back().offset + 1;
    if (low > at.last_offset) break;
  }
  return absl::NotFoundError("its claim does not stand where it should");
}

}  // namespace daybook::log
