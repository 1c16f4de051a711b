// One that reads: follows the log, catches up, claims.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "common/command/partition.h"
#include "common/command/request_marks.h"

namespace daybook::command {
namespace {

constexpr int kFormat = 2;
absl::CivilDay ToCivilDay(const google::type::Date& date) {
  return absl::CivilDay(date.year(), date.month(), date.day());
}

}  // namespace

void Partition::OnRead(const log::Batch& batch) {
  if (!reading()) return;
  if (gap_.has_value()) return OnGapRead(batch);
  for (const log::LogRecord& record : batch.records) {
    if (!ReadRecord(record)) return;
  }
  chain_.Pass(batch.next_offset);
  at_end_ = batch.end;
  read_once_ |= at_end_;
  StepFlush();
  if (!at_end_) return;
  const auto whole = continuity_.AtEnd(chain_.at(), flight_.proven(), now_.steady);
  if (!whole.ok()) return Halt(whole.status());
  at_end_ = *whole;
  if (at_end_ && phase_ == Phase::kClaim && claim_.counts()) Own();
}

bool Partition::ReadRecord(const log::LogRecord& record) {
  if (absl::Status same = continuity_.Meet(record, chain_.at()); !same.ok()) {
    Halt(same);
    return false;
  }
  if (record.offset < chain_.at().next_offset) return true;
  const log::Position& proven = flight_.proven();
  const bool proven_is_ahead = chain_.at().last_offset < proven.last_offset;
  const bool parsed = log::ParseFrame(record.value, &frame_);
  const auto verdict = chain_.Apply(record.offset, parsed ? &frame_ : nullptr, record.value);
  if (!verdict.ok()) {
    Halt(verdict.status());
    return false;
  }
  if (proven_is_ahead && record.offset >= proven.last_offset && chain_.at().hash != proven.hash) {
    Halt(AnotherLog(proven.last_offset));
    return false;
  }
  ++stats_.void_records[static_cast<int>(*verdict)];
  if (!log::IsEffective(*verdict)) {
    return ReadVoid(record, *verdict, parsed && frame_.has_owner_started());
  }
  const absl::Status folded = Fold(record, frame_);
  if (folded.ok()) return true;
  // The log is not to blame for a cache that cannot be read.
  std::exchange(cache_broken_, false) ? LoseCache(folded) : Halt(folded);
  return false;
}

bool Partition::ReadVoid(const log::LogRecord& record, log::Verdict verdict, bool claim) {
  if (verdict == log::Verdict::kVoidFuture && !CheckHistory(record.offset)) return false;
  if (claim && phase_ == Phase::kClaim && frame_.owner_started().owner() == claim_.id()) {
    // Somebody else's claim of the same epoch came first, or an older attempt of our own.
    host_->DropWriter();
    phase_ = Phase::kCatchUp;
  }
  return true;
}

// Reading goes on behind the newest record that counts, or with it, if it is to be met again.
void Partition::ReadOn() { host_->ReadFrom(continuity_.ReadFrom(chain_.at())); }

// False: reading cannot go on behind `offset`, either for now or for good.
bool Partition::CheckHistory(int64_t offset) {
  if (!continuity_.MustAsk(chain_.at(), now_.steady)) return true;
  const absl::Status history = host_->CheckHistory(chain_.at());
  if (history.ok()) {
    continuity_.Asked(chain_.at(), now_.steady);
    return true;
  }
  if (!absl::IsUnavailable(history)) {
    Halt(history);
    return false;
  }
  log::Position before = chain_.at();
  before.next_offset = offset;
  chain_ = log::Chain(before);
  at_end_ = false;
  host_->ReadFrom(offset);
  return false;
}

absl::Status Partition::Fold(const log::LogRecord& record, const log::v1::Frame& frame) {
  if (frame.has_owner_started()) return FoldClaim(record.offset, frame);
  if (!frame.has_commit()) return absl::OkStatus();
  if (!commit_.ParseFromString(frame.commit())) {
    return absl::DataLossError(
        absl::StrFormat("offset %d: a commit that counts does not parse", record.offset));
  }
  const auto customer = cache_->Load(commit_.customer_id(), book_->ChangesOf(commit_.events()));
  if (!customer.ok()) {
    cache_broken_ = true;
    return customer.status();
  }
  absl::Status status = ApplyCommit(commit_, frame.commit().size(),
                                    absl::FromUnixMicros(log::RecordedTimeUs(frame)), **customer);
  if (!status.ok()) {
    return absl::Status(status.code(),
                        absl::StrFormat("offset %d: %s", record.offset, status.message()));
  }
  cache_->AddReceipt(commit_.customer_id(), commit_.request_id(),
                     {commit_.request_hash(), commit_.answer(), commit_.revision(), record.offset,
                      frame.sequence()});
  return absl::OkStatus();
}

absl::Status Partition::FoldClaim(int64_t offset, const log::v1::Frame& frame) {
  const log::v1::OwnerStarted& started = frame.owner_started();
  if (started.partition_count() != options_.partitions) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "offset %d: the log was written with %d partitions, this process was told %d", offset,
        started.partition_count(), options_.partitions));
  }
  if (started.format() > kFormat) {
    return absl::UnimplementedError(absl::StrFormat(
        "offset %d: record format %d, this version knows up to %d: written by a newer version",
        offset, started.format(), kFormat));
  }
  if (cache_->partition_state().log_id().empty()) {
    cache_->EditPartitionState().set_log_id(started.log_id());
  }
  const bool waiting = phase_ == Phase::kClaim;
  if (claim_.Read(frame.epoch(), started, waiting) == Claim::Met::kDeposes) StepDown();
  return absl::OkStatus();
}

absl::Status Partition::ApplyCommit(const book::v1::Commit& commit, size_t commit_bytes,
                                    absl::Time recorded_time, StateCache::Customer& customer) {
  const StateCache::Edited edited = cache_->Edit(customer, commit_bytes);
  edited.stream.set_revision(commit.revision());
  MarkRequest(commit.request_id(), edited.stream);
  for (const book::v1::Event& event : commit.events()) {
    const EventMeta meta{.stream_id = commit.customer_id(),
                         .effective_date = ToCivilDay(event.effective_date()),
                         .recorded_time = recorded_time,
                         .partition = options_.partition};
    if (!book_->Evolve(meta, event, edited.parts, cache_->EditPartitionState())) {
      return absl::UnimplementedError(
          "an event of a kind that this version does not know: written by a newer version; upgrade "
          "this one");
    }
  }
  return absl::OkStatus();
}

void Partition::OnReadError(const absl::Status& status) {
  if (!reading()) return;
  if (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) {
    // Gone on from here; nothing that was folded is in question.
    if (gap_.has_value()) return host_->ReadFrom(gap_->read_from());
    obstacle_ = std::string(status.message());
    at_end_ = false;
    return ReadOn();
  }
  if (gap_.has_value()) return Doubt(std::string(status.message()));
  if (absl::IsOutOfRange(status) && continuity_.acknowledged() == 0 &&
      cache_->position().next_offset > 0) {
    // The cache is of another log, or of a longer one. It is only a cache.
    return LoseCache(absl::DataLossError(status.message()));
  }
  Halt(status);
}

void Partition::StartClaim(uint64_t fresh) {
  ++stats_.claims;
  claim_.Begin(chain_.at().epoch + 1, fresh, now_.steady);
  clock_.Asked();
  phase_ = Phase::kClaim;

  log::v1::Frame frame;
  frame.set_epoch(claim_.epoch());
  frame.set_chain_key(chain_.at().chain_key);
  frame.set_confirmed_sequence(chain_.at().sequence);
  SetMicros(chain_.at().recorded_time_us, frame.mutable_recorded_time());
  SetMicros(absl::ToUnixMicros(now_.wall), frame.mutable_clock_time());
  log::v1::OwnerStarted* started = frame.mutable_owner_started();
  started->set_owner(claim_.id());
  started->set_endpoint(options_.endpoint());
  const std::string& log_id = cache_->partition_state().log_id();
  started->set_log_id(log_id.empty() ? options_.instance : log_id);
  started->set_partition_count(options_.partitions);
  started->set_format(kFormat);
  host_->OpenWriter();
  host_->Append("", frame.SerializeAsString());
}

void Partition::Own() {
  ++stats_.ownerships;
  phase_ = Phase::kOwn;
  full_ = absl::OkStatus();
  obstacle_.clear();
  flight_.Begin(chain_.at());
  continuity_.Acknowledge(chain_.at().next_offset);
  if (AheadOfClock()) {
    host_->Say(absl::StrCat(
        "partition ", options_.partition, ": its newest record is of ",
        absl::FormatTime(LastRecorded(), absl::UTCTimeZone()),
        ", which is accepted: records bear that time until the clock has passed it, days are those "
        "of the clock"));
  }
  // At start the server says that it is ready; what an operator wants to know of is a change.
  if (stats_.ownerships == 1 && queue_.empty()) return;
  host_->Say(absl::StrCat("partition ", options_.partition, ": owner of epoch ", chain_.at().epoch,
                          " from offset ", chain_.at().next_offset, ", ", queue_.size(),
                          " commands waiting"));
}

void Partition::StepDown() {
  host_->Say(absl::StrCat("partition ", options_.partition, ": stepped down for ",
                          claim_.owner_endpoint(), ", owner of epoch ", chain_.at().epoch));
  host_->DropWriter();
  wanted_ = false;
  phase_ = Phase::kFollow;
}

}  // namespace daybook::command
