#include "common/projection/source.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/base/status.h"
#include "common/log/same_log.h"

namespace daybook::projection {

void ParsedBatch::Clear() {
  entries.clear();
  commits.Clear();
  facts.clear();
  end = false;
  log_id.clear();
  counted = 0;
  std::fill(std::begin(void_records), std::end(void_records), 0);
}

bool ParsedBatch::Enter(int64_t offset, int64_t recorded_time_us) {
  const size_t first = facts.size();
  const FactTable& known = FactsOf<book::v1::Event>();
  for (const book::v1::Event& event : commits.Get(commits.size() - 1).events()) {
    facts.push_back(known.In(event));
    if (facts.back().message != nullptr) continue;
    facts.resize(first);
    commits.RemoveLast();
    return false;
  }
  entries.emplace_back(offset, recorded_time_us, first);
  return true;
}

Source::Source(log::EventLog& log, int partition, const log::Position& at, size_t at_once)
    : log_(log), partition_(partition), chain_(at), at_once_(at_once) {}

absl::Status Source::Named(const absl::Status& status) const {
  return absl::Status(status.code(), absl::StrFormat("partition %d of %s: %s", partition_,
                                                     log_.name(), status.message()));
}

absl::Status Source::ReadMore(size_t max, absl::Duration wait) {
  if (reader_ == nullptr) {
    auto reader = log_.NewReader(partition_, chain_.at().next_offset);
    if (!reader.ok()) return Named(reader.status());
    reader_ = *std::move(reader);
  }
  next_ = 0;
  read_ = {};
  asked_ = false;
  absl::StatusOr<log::Batch> read = reader_->Read(max, wait);
  if (read.ok()) {
    read_ = *std::move(read);
    return absl::OkStatus();
  }
  reader_ = nullptr;
  const absl::Status status = Named(read.status());
  if (!absl::IsUnavailable(status)) stopped_ = status;
  return status;
}

absl::Status Source::Next(size_t max, int64_t until, absl::Duration wait, ParsedBatch* batch) {
  batch->Clear();
  batch->at = chain_.at();
  RETURN_IF_ERROR(stopped_);
  const int64_t from = chain_.at().next_offset;
  if (from >= until) return absl::OkStatus();
  if (next_ == read_.records.size()) RETURN_IF_ERROR(ReadMore(max, wait));

  const size_t last = std::min(read_.records.size(), next_ + at_once_);
  while (next_ < last && read_.records[next_].offset < until) {
    const absl::Status status = Take(read_.records[next_], batch);
    if (!status.ok()) {
      stopped_ = Named(status);
      return batch->at.next_offset == from ? stopped_ : absl::OkStatus();
    }
    ++next_;
    batch->at = chain_.at();
  }
  // Offsets that hold nothing: up to where reading goes on, or to what was not wanted.
  if (next_ == read_.records.size()) {
    chain_.Pass(std::min(read_.next_offset, until));
  } else if (read_.records[next_].offset >= until) {
    chain_.Pass(until);
  }
  batch->at = chain_.at();
  batch->end = read_.end && next_ == read_.records.size();
  return absl::OkStatus();
}

absl::Status Source::Take(const log::LogRecord& record, ParsedBatch* batch) {
  const bool parses = log::ParseFrame(record.value, &frame_);
  const log::Position before = chain_.at();
  ASSIGN_OR_RETURN(const log::Verdict verdict,
                   chain_.Apply(record.offset, parses ? &frame_ : nullptr, record.value));
  ++batch->void_records[static_cast<int>(verdict)];  // slot 0, effective, is not read
  if (verdict == log::Verdict::kVoidFuture && !asked_) {
    // No owner can have written it: either it is foreign or the log is not the one that was read.
    asked_ = true;
    const absl::Status whole = log::CheckAgainst(log_, partition_, before);
    if (absl::IsFailedPrecondition(whole)) return absl::OutOfRangeError(whole.message());
  }
  if (!log::IsEffective(verdict)) return absl::OkStatus();
  ++batch->counted;
  if (frame_.has_owner_started() && frame_.epoch() == 1) {
    batch->log_id = frame_.owner_started().log_id();
  }
  return frame_.has_commit() ? ParseCommit(record.offset, batch) : absl::OkStatus();
}

absl::Status Source::ParseCommit(int64_t offset, ParsedBatch* batch) {
  book::v1::Commit* commit = batch->commits.Add();
  if (!commit->ParseFromString(frame_.commit())) {
    batch->commits.RemoveLast();
    return absl::DataLossError(
        absl::StrFormat("offset %d: the record counts but its commit does not parse", offset));
  }
  if (batch->Enter(offset, log::RecordedTimeUs(frame_))) return absl::OkStatus();
  return absl::UnimplementedError(absl::StrFormat(
      "offset %d: an event of a kind that this version does not know: written by a newer "
      "version; upgrade this one",
      offset));
}

}  // namespace daybook::projection
