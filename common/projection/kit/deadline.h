// The deadline of a scan, looked at once per so many rows: asking for the time costs as much as a
// row.
//
//   DeadlineEvery deadline(reading.deadline, 256);
//   for each row: RETURN_IF_ERROR(deadline.Check());
#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/status.h"

namespace daybook::projection {

class DeadlineEvery {
 public:
  DeadlineEvery(absl::Time deadline, int rows) : deadline_(deadline), rows_(rows) {}

  // DEADLINE_EXCEEDED. Once per row.
  absl::Status Check() {
    if (++looked_ % rows_ != 0 || WallNow() < deadline_) return absl::OkStatus();
    return Refuse(reason::kDeadlineExceeded, "the deadline came before all was read");
  }

 private:
  const absl::Time deadline_;
  const int rows_;
  int looked_ = 0;
};

}  // namespace daybook::projection
