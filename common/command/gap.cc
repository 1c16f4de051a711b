#include "common/command/gap.h"

#include "common/command/continuity.h"

namespace daybook::command {

absl::StatusOr<std::optional<log::Verdict>> Gap::Read(const log::LogRecord& record,
                                                      log::v1::Frame* frame) {
  if (!anchored_) {
    anchored_ = Proves(record, chain_.at());
    if (!anchored_) return absl::DataLossError("what had been confirmed is not there");
  }
  if (record.offset < chain_.at().next_offset) return std::nullopt;
  const bool parsed = log::ParseFrame(record.value, frame);
  return chain_.Apply(record.offset, parsed ? frame : nullptr, record.value);
}

bool Gap::Reached(int64_t next, const log::Report* oldest) {
  if (!anchored_) return false;
  chain_.Pass(next);
  return end() >= until_ && (oldest == nullptr || oldest->offset.value_or(end()) <= end());
}

}  // namespace daybook::command
