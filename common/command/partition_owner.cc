// An owner: decides, appends, confirms, replies.
#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/planted_bug.h"
#include "common/base/prefetch.h"
#include "common/base/proto_text.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "common/command/answers.h"
#include "common/command/partition.h"

namespace daybook::command {
namespace {

// Between two words about others that write to the topic.
constexpr absl::Duration kGapNotice = absl::Minutes(1);
// Commands whose memory is asked for together: about as many misses as a core can have under way.
constexpr size_t kPrefetched = 12;

}  // namespace

void Partition::Serve() {
  size_t bytes = 0;
  const uint64_t before = chain_.at().sequence;
  const size_t most = clock_.verdict() == ClockGuard::Verdict::kUnknown ? 0 : options_.max_group;
  for (served_ = 0; served_ < most && !queue_.empty() && phase_ == Phase::kOwn; ++served_) {
    if (sent_.size() >= options_.max_in_flight || pending_.size() >= options_.max_queue ||
        bytes >= options_.max_group_bytes) {
      break;
    }
    if (served_ % kPrefetched == 0) PrefetchNext();
    auto command = std::move(queue_.front());
    queue_.pop_front();
    const uint64_t sequence = chain_.at().sequence;
    if (absl::Status status = ServeOne(command); !status.ok()) {
      if (command != nullptr) queue_.push_front(std::move(command));
      return LoseCache(status);
    }
    if (chain_.at().sequence != sequence) bytes += bytes_.size();
  }
  if (!pending_.empty() && pending_.back().release > chain_.at().sequence &&
      chain_.at().sequence == before && now_.steady >= NextBarrier()) {
    AppendBarrier();
  }
  ReleasePending();
}

void Partition::PrefetchNext() {
  const size_t count = std::min(kPrefetched, queue_.size());
  if (book_->prefetch == nullptr) return;
  std::array<StateCache::Place, kPrefetched> places;
  std::array<const StateCache::Customer*, kPrefetched> customers;
  for (size_t i = 0; i < count; ++i) PrefetchObject(*queue_[i]);
  for (size_t i = 0; i < count; ++i) {
    places[i] = cache_->Prefetch(queue_[i]->customer_id, queue_[i]->request_id);
  }
  for (size_t i = 0; i < count; ++i) customers[i] = cache_->Prefetch(places[i]);
  for (int step = 0; step < Book::kPrefetchSteps; ++step) {
    for (size_t i = 0; i < count; ++i) {
      if (customers[i] != nullptr) book_->prefetch(customers[i]->state(), step);
    }
  }
}

absl::Status Partition::ServeOne(std::unique_ptr<Command>& command) {
  ASSIGN_OR_RETURN(StateCache::Customer* const customer, cache_->Load(command->customer_id));
  Receipt first;
  ASSIGN_OR_RETURN(const bool found, cache_->FindReceipt(*customer, command->request_id, &first));
  const bool twin = found && first.in_flight();
  if (found && !twin) {
    AnswerAgain(std::move(command), first);
    return absl::OkStatus();
  }
  // Absent from the log below our own claim: whatever was sent before is void. Decided anew.
  command->in_doubt = false;
  if (twin && !DAYBOOK_PLANTED(kTwinsNotJoined)) {
    command->in_doubt = true;
    Hold({.release = first.sequence, .command = std::move(command), .by_receipt = true});
    return absl::OkStatus();
  }

  if (!clock_.good()) {
    Answer(std::move(command), ClockWrong(clock_.why()), "");
    return absl::OkStatus();
  }

  const book::v1::State& state = customer->state();
  const Context context{.now = AheadOfClock() ? now_.wall : RecordedNow(),
                        .request_id = command->request_id,
                        .actor = command->actor,
                        .validate_only = command->validate_only};
  const View view{command->customer_id, state, cache_->partition_state(), options_.partition};
  absl::Status status;
  Decision decision;
  if (command->expected_revision && *command->expected_revision != state.revision()) {
    status = RevisionMismatch(state.revision(), *command->expected_revision);
  } else {
    status = command->method->decide(view, command->request(), context, &decision);
  }
  if (status.ok() && !command->validate_only) {
    status = AppendCommit(command, *customer, decision);
    if (status.ok()) return absl::OkStatus();
  }

  // An answer that is no record. Nobody else can write to an exclusive log, so there the state that
  // it was decided on is the newest as soon as it is confirmed.
  const bool needs_later_record = !options_.exclusive &&
                                  !DAYBOOK_PLANTED(kRefusalReleasedByEarlierRecord) &&
                                  !DAYBOOK_PLANTED(kNoBarrier);
  std::string response;
  if (status.ok()) response = WithRevisionAndToken(decision.answer, state.revision(), "");
  Hold({.release = chain_.at().sequence + (needs_later_record ? 1 : 0),
        .command = std::move(command),
        .status = std::move(status),
        .response = std::move(response)});
  return absl::OkStatus();
}

absl::Status Partition::AppendCommit(std::unique_ptr<Command>& command,
                                     StateCache::Customer& customer, Decision& decision) {
  DAYBOOK_CHECK(decision.answer.size() <= kMaxAnswerBytes);
  book::v1::Commit& commit = written_;
  commit.set_customer_id(command->customer_id);
  commit.set_request_id(command->request_id);
  commit.set_request_hash(command->request_hash.data(), command->request_hash.size());
  commit.set_revision(customer.state().revision() + (decision.events.empty() ? 0 : 1));
  commit.set_actor(command->actor);
  commit.set_correlation_id(command->correlation_id);
  commit.set_causation_id(command->causation_id);
  commit.set_trace_context(command->trace_context);
  commit.set_method(command->method->name);
  commit.set_answer(decision.answer);
  commit.mutable_events()->Swap(&decision.events);
  // A record that does not parse would stop every reader.
  FillHeader(&frame_);
  SetMicros(absl::ToUnixMicros(RecordedNow()), frame_.mutable_recorded_time());
  if (AheadOfClock()) SetMicros(absl::ToUnixMicros(now_.wall), frame_.mutable_clock_time());
  std::string* const bytes = frame_.mutable_commit();
  bytes->clear();
  if (!AppendParsable(commit, bytes)) {
    return TextIsNotUtf8();
  }
  bytes_.clear();
  if (!frame_.AppendToString(&bytes_) || bytes_.size() > log::kMaxRecordBytes) {
    return RecordTooLarge(frame_.ByteSizeLong());
  }
  const auto verdict = chain_.Apply(chain_.at().next_offset, &frame_, bytes_);
  DAYBOOK_CHECK(verdict.ok() && log::IsEffective(*verdict));
  const absl::Status applied = ApplyCommit(
      commit, frame_.commit().size(), absl::FromUnixMicros(chain_.at().recorded_time_us), customer);
  DAYBOOK_CHECK(applied.ok());

  Receipts::Entry* receipt = nullptr;
  if (!DAYBOOK_PLANTED(kReceiptsForgotten)) {
    receipt = cache_->AddReceipt(commit.customer_id(), commit.request_id(),
                                 {commit.request_hash(), commit.answer(), commit.revision(),
                                  Receipt::kInFlight, chain_.at().sequence});
  }
  Send(command->customer_id, receipt);
  if (DAYBOOK_PLANTED(kAcknowledgesBeforeConfirm)) {
    Answer(std::move(command), absl::OkStatus(), "");
    return absl::OkStatus();
  }
  command->in_doubt = true;
  Hold({.release = chain_.at().sequence,
        .command = std::move(command),
        .by_receipt = true,
        .receipt = receipt});
  return absl::OkStatus();
}

void Partition::Send(std::string_view key, Receipts::Entry* receipt) {
  sent_.push_back({.sequence = chain_.at().sequence,
                   .at = now_.steady,
                   .hash = chain_.at().hash,
                   .receipt = receipt,
                   .report = {}});
  host_->Append(key, bytes_);
}

void Partition::FillHeader(log::v1::Frame* frame) const {
  frame->set_epoch(chain_.at().epoch);
  frame->set_sequence(chain_.at().sequence + 1);
  frame->set_previous_hash(chain_.at().hash.data(), chain_.at().hash.size());
  frame->set_chain_key(chain_.at().chain_key);
  frame->set_confirmed_sequence(proven_.sequence);
  SetMicros(chain_.at().recorded_time_us, frame->mutable_recorded_time());
  frame->clear_clock_time();
}

absl::Time Partition::LastRecorded() const {
  return absl::FromUnixMicros(chain_.at().recorded_time_us);
}

absl::Time Partition::RecordedNow() const {
  return std::max(absl::FromUnixMicros(absl::ToUnixMicros(now_.wall)), LastRecorded());
}

absl::Duration Partition::NextBarrier() const {
  return std::max(last_barrier_ + options_.barrier_interval,
                  barriers_paid_ - options_.barrier_burst * options_.barrier_rest);
}

void Partition::AppendBarrier() {
  FillHeader(&frame_);
  frame_.mutable_barrier();
  bytes_.clear();
  frame_.AppendToString(&bytes_);
  const auto verdict = chain_.Apply(chain_.at().next_offset, &frame_, bytes_);
  DAYBOOK_CHECK(verdict.ok() && log::IsEffective(*verdict));
  last_barrier_ = now_.steady;
  barriers_paid_ = std::max(barriers_paid_, now_.steady) + options_.barrier_rest;
  clock_.Asked();
  ++stats_.barriers;
  Send("", nullptr);
}

void Partition::Hold(Pending pending) {
  // One queue, one order: nothing is released before what stands in front of it.
  if (!pending_.empty()) pending.release = std::max(pending.release, pending_.back().release);
  pending_.push_back(std::move(pending));
}

void Partition::OnReport(const log::Report& report) {
  const bool of_claim = report.append == 0 && (phase_ == Phase::kClaim || phase_ == Phase::kOwn);
  if (of_claim && report.status.ok() && report.stored_time != absl::InfinitePast()) {
    claim_.Stored(report.stored_time);
  }
  if (phase_ == Phase::kClaim && report.append == 0 && !report.status.ok()) {
    // Perhaps it is stored all the same; then it is read back as an older attempt of our own.
    if (options_.exclusive && absl::IsResourceExhausted(report.status)) full_ = report.status;
    obstacle_ = std::string(report.status.message());
    host_->DropWriter();
    phase_ = Phase::kCatchUp;
    return;
  }
  if (phase_ != Phase::kOwn || report.append < first_append_ ||
      report.append - first_append_ >= sent_.size())
    return;
  auto& slot = sent_[report.append - first_append_].report;
  // A second report for one record says nothing new; the first stands.
  if (!slot) slot = report;
}

void Partition::ProcessReports() {
  const absl::Duration oldest = sent_.empty() ? now_.steady : sent_.front().at;
  const uint64_t confirmed = proven_.sequence;
  while (phase_ == Phase::kOwn && !gap_ && !sent_.empty() && sent_.front().report) {
    const log::Report& report = *sent_.front().report;
    if (!report.status.ok()) {
      if (options_.exclusive && absl::IsResourceExhausted(report.status)) {
        return StorageFull(report.status);
      }
      if (!DAYBOOK_PLANTED(kGoesOnAfterError)) {
        return Doubt(absl::StrCat("an append failed: ", report.status.message()));
      }
      sent_.pop_front();
      ++first_append_;
      continue;
    }
    if (!DAYBOOK_PLANTED(kNoOffsetProof)) {
      if (!report.offset) return Doubt("a record was stored without an offset");
      if (*report.offset < proven_.next_offset) {
        return Doubt(absl::StrFormat("a record was stored at offset %d instead of %d",
                                     *report.offset, proven_.next_offset));
      }
      if (*report.offset > proven_.next_offset && !DAYBOOK_PLANTED(kGapBelieved)) {
        StartGap(*report.offset + 1);
        break;
      }
    }
    if (report.stored_time != absl::InfinitePast()) {
      clock_.Stored(report.stored_time, sent_.front().at);
    }
    Confirm(report.offset.value_or(proven_.next_offset));
  }
  if (proven_.sequence != confirmed) host_->Confirmed(now_.steady - oldest);
  ReleasePending();
}

// An exclusive log refuses before it writes: what is in flight is not stored, and what was appended
// behind it does not count, for its sequence is not the next.
void Partition::StorageFull(const absl::Status& why) {
  full_ = why;
  Doubt(std::string(why.message()));
  for (auto& command : queue_) command->in_doubt = false;
  AnswerFull();
}

// The oldest unconfirmed record counts, and stands at `offset`.
void Partition::Confirm(int64_t offset) {
  const int64_t expected = chain_.at().next_offset - static_cast<int64_t>(sent_.size());
  if (offset > expected) MoveUnconfirmed(sent_.front().sequence, offset - expected);
  const Sent sent = std::move(sent_.front());
  sent_.pop_front();
  ++first_append_;
  proven_.next_offset = offset + 1;
  proven_.last_offset = offset;
  proven_.sequence = sent.sequence;
  proven_.previous_hash = std::exchange(proven_.hash, sent.hash);
  continuity_.Acknowledge(proven_.next_offset);
  claim_.Confirmed();
  if (sent.receipt != nullptr) {
    ++stats_.commits;
    sent.receipt->Confirm(offset);
  }
  ReleasePending();
}

void Partition::ReleasePending() {
  while (!pending_.empty() &&
         (pending_.front().release <= proven_.sequence || DAYBOOK_PLANTED(kNoBarrier)) &&
         (!pending_.front().by_receipt || pending_.front().release <= proven_.sequence)) {
    Pending pending = std::move(pending_.front());
    pending_.pop_front();
    if (pending.command == nullptr) continue;
    if (!pending.by_receipt) {
      Answer(std::move(pending.command), pending.status, std::move(pending.response));
      continue;
    }
    if (pending.receipt != nullptr && !pending.receipt->receipt().in_flight()) {
      AnswerByReceipt(std::move(pending.command), pending.receipt->receipt(), false);
      continue;
    }
    Receipt receipt;
    const auto found = FindReceipt(*pending.command, &receipt);
    if (!found.ok()) {
      // The cache is broken; the log is not. The command is resolved when it has been read again.
      queue_.push_front(std::move(pending.command));
      return LoseCache(found.status());
    }
    if (!*found || receipt.in_flight()) {
      DAYBOOK_CHECK(DAYBOOK_PLANTED(kReceiptsForgotten) || DAYBOOK_PLANTED(kGoesOnAfterError) ||
                    DAYBOOK_PLANTED(kTwinsNotJoined) || DAYBOOK_PLANTED(kStateKeptAfterDoubt));
      Answer(std::move(pending.command), absl::OkStatus(), "");
      continue;
    }
    AnswerByReceipt(std::move(pending.command), receipt, true);
  }
}

// The records from sequence `from` on stand further on in the log than was thought, and so does
// what is to be written of them.
void Partition::MoveUnconfirmed(uint64_t from, int64_t by) {
  chain_.Shift(by);
  if (cache_->frozen() != nullptr && cache_->frozen()->position().sequence >= from) {
    cache_->ShiftFrozen(by);
  }
}

// Somebody else has written behind what is proven.
void Partition::StartGap(int64_t until) {
  ++stats_.gaps;
  gap_.emplace(Gap{log::Chain(proven_), until});
  host_->ReadFrom(proven_.last_offset);
  if (now_.steady < gap_said_at_ + kGapNotice) return;
  gap_said_at_ = now_.steady;
  host_->Say(absl::StrCat("partition ", options_.partition,
                          ": somebody else writes to it (seen at offset ", proven_.next_offset,
                          "); what does not count does no harm, but takes time"));
}

void Partition::OnGapRead(const log::Batch& batch) {
  log::Chain& chain = gap_->chain;
  for (const log::LogRecord& record : batch.records) {
    if (!gap_->anchored) {
      gap_->anchored = Proves(record, proven_);
      if (!gap_->anchored) return Doubt("what had been confirmed is not there");
    }
    if (record.offset < chain.at().next_offset) continue;
    const bool parsed = log::ParseFrame(record.value, &frame_);
    const auto verdict = chain.Apply(record.offset, parsed ? &frame_ : nullptr, record.value);
    if (!verdict.ok()) return Doubt(std::string(verdict.status().message()));
    ++stats_.void_records[static_cast<int>(*verdict)];
    if (!log::IsEffective(*verdict)) continue;
    if (frame_.has_owner_started() && DAYBOOK_PLANTED(kClaimInGapOverlooked)) continue;
    // Not ours: a newer owner's claim, or what nobody but us can write.
    if (sent_.empty() || chain.at().hash != sent_.front().hash) {
      return Doubt(absl::StrFormat("another record counts at offset %d", record.offset));
    }
    Confirm(record.offset);
    if (!gap_.has_value()) return;  // it led to a doubt
  }
  if (!gap_->anchored) return;
  chain.Pass(batch.next_offset);
  // What comes next is proven by its report again, if that is so far.
  const int64_t read_to = chain.at().next_offset;
  const log::Report* report =
      sent_.empty() || !sent_.front().report ? nullptr : &*sent_.front().report;
  if (read_to < gap_->until || (report && report->offset.value_or(read_to) > read_to)) return;
  gap_.reset();
  proven_.next_offset = read_to;
  if (sent_.empty()) return chain_.Pass(read_to);
  const int64_t end = read_to + static_cast<int64_t>(sent_.size());
  MoveUnconfirmed(proven_.sequence + 1, end - chain_.at().next_offset);
}

absl::StatusOr<bool> Partition::FindReceipt(const Command& command, Receipt* receipt) {
  ASSIGN_OR_RETURN(const StateCache::Customer* customer, cache_->Load(command.customer_id));
  return cache_->FindReceipt(*customer, command.request_id, receipt);
}

void Partition::Own() {
  ++stats_.ownerships;
  phase_ = Phase::kOwn;
  full_ = absl::OkStatus();
  obstacle_.clear();
  proven_ = chain_.at();
  continuity_.Acknowledge(proven_.next_offset);
  first_append_ = 1;  // the claim was the writer's first
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
                          " from offset ", proven_.next_offset, ", ", queue_.size(),
                          " commands waiting"));
}

}  // namespace daybook::command
