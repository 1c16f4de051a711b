// One partition as a query sees it, and what an answer says of where it was read.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/timestamp.h"
#include "common/store/store.h"
#include "daybook/read/v1/read_position.pb.h"

namespace daybook::projection {

// What is known without a `read_time`: all that was seen.
inline constexpr int64_t kEverything = std::numeric_limits<int64_t>::max();

struct PartitionReading {
  std::shared_ptr<const store::View> view;
  // The runner had seen the end of the partition then; what it holds was complete at that time.
  absl::Time complete_at = absl::InfinitePast();
  std::shared_ptr<const void> keeps = nullptr;  // the store open that the view reads

  // When the newest record was recorded, in microseconds; 0 if nothing was.
  int64_t recorded_us() const { return view->position().recorded_time_us; }
};

// What a request knows: up to its `read_time`, if it has one.
template <class Request>
int64_t ReadMicros(const Request& request) {
  if constexpr (requires { request.read_time(); }) {
    if (request.has_read_time()) return MicrosOf(request.read_time());
  }
  return kEverything;
}

// READ_TIME_IN_FUTURE if `read_us` is later than now, by our clock and by that of the newest
// record: a clock that was set back must not forbid asking for what stands in the book.
absl::Status CheckNotInFuture(int64_t read_us, absl::Time now, int64_t recorded_us);

// The newest recorded time of all of them, in microseconds; 0 if nothing was recorded.
int64_t RecordedUs(absl::Span<const PartitionReading> partitions);

// Where an answer is read that knows what was recorded up to `read_us`.
void SetPosition(absl::Span<const PartitionReading> partitions, int64_t read_us,
                 read::v1::ReadPosition* position);

// Adds the position of other partitions.
void MergePosition(read::v1::ReadPosition other, read::v1::ReadPosition* position);

}  // namespace daybook::projection
