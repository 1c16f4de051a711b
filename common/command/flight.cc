#include "common/command/flight.h"

#include "common/base/planted_bug.h"

namespace daybook::command {

void Flight::Begin(const log::Position& claimed) {
  proven_ = claimed;
  first_append_ = 1;
}

void Flight::OnReport(const log::Report& report) {
  if (report.append < first_append_ || report.append - first_append_ >= records_.size()) return;
  auto& slot = records_[report.append - first_append_].report;
  // A second report for one record says nothing new; the first stands.
  if (!slot) slot = report;
}

Flight::Finding Flight::Look() const {
  if (empty() || !oldest().report) return Finding::kNothing;
  const log::Report& report = *oldest().report;
  if (!report.status.ok()) return Finding::kFailed;
  if (DAYBOOK_PLANTED(kNoOffsetProof)) return Finding::kProven;
  if (!report.offset) return Finding::kNoOffset;
  if (*report.offset < proven_.next_offset) return Finding::kTooLow;
  const bool next = *report.offset == proven_.next_offset || DAYBOOK_PLANTED(kGapBelieved);
  return next ? Finding::kProven : Finding::kGap;
}

Flight::Record Flight::Confirm(int64_t offset) {
  Record record = std::move(records_.front());
  ForgetOldest();
  proven_.next_offset = offset + 1;
  proven_.last_offset = offset;
  proven_.sequence = record.sequence;
  proven_.previous_hash = std::exchange(proven_.hash, record.hash);
  return record;
}

void Flight::ForgetOldest() {
  records_.pop_front();
  ++first_append_;
}

}  // namespace daybook::command
