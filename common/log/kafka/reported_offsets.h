// Which offsets of delivery reports are true.
//
// A batch that the broker says to have already, without saying where, is reported by librdkafka as
// stored at -1, 0, 1, ... Such numbers are no offsets, all but the first look like some, and what
// is remembered under them would be read as other records.
#pragma once

#include <algorithm>
#include <cstdint>

namespace daybook::log {

// The reports on one partition of one producer, in the order in which they come. Pure.
class ReportedOffsets {
 public:
  // True: the record of the next report surely stands at `offset`. A record that happens to follow
  // such a batch at the next of its numbers is not believed either; that costs nothing but a look.
  bool Believe(bool stored, int64_t offset) {
    if (!stored) return false;
    const bool made_up = offset < 0 || offset == next_made_up_;
    next_made_up_ = made_up ? std::max<int64_t>(offset + 1, 0) : kNone;
    return !made_up;
  }

 private:
  static constexpr int64_t kNone = -1;

  int64_t next_made_up_ = kNone;  // of the batch whose numbers began at -1
};

}  // namespace daybook::log
