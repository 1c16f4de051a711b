// An owner: decides, appends, confirms, replies.
#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/planted_bug.h"
#include "common/base/prefetch.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "common/base/wire_schema.h"
#include "common/command/answers.h"
#include "common/command/partition.h"

namespace daybook::command {
namespace {

// Between two words about others that write to the topic.
constexpr absl::Duration kGapNotice = absl::Minutes(1);
// Commands whose memory is asked for together: about as many misses as a core can have under way.
constexpr size_t kPrefetched = 12;

const WireSchema::Message& CommitSchema() {
  static const WireSchema* const schema = new WireSchema(book::v1::Commit::descriptor());
  return schema->root();
}

}  // namespace

void Partition::Serve() {
  size_t bytes = 0;
  const uint64_t before = chain_.at().sequence;
  const size_t most = clock_.verdict() == ClockGuard::Verdict::kUnknown ? 0 : options_.max_group;
  for (served_ = 0; served_ < most && !queue_.empty() && phase_ == Phase::kOwn; ++served_) {
    if (flight_.size() >= options_.max_in_flight || waiting_.size() >= options_.max_queue ||
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
  if (waiting_.WaitBehind(chain_.at().sequence) && chain_.at().sequence == before &&
      now_.steady >= barriers_.next()) {
    AppendBarrier();
  }
  ReleaseAnswers();
}

void Partition::PrefetchNext() {
  const size_t count = std::min(kPrefetched, queue_.size());
  std::array<StateCache::Place, kPrefetched> places;
  for (size_t i = 0; i < count; ++i) PrefetchObject(*queue_[i]);
  for (size_t i = 0; i < count; ++i) {
    places[i] = cache_->Prefetch(queue_[i]->stream_id, queue_[i]->request_id);
  }
  for (size_t i = 0; i < count; ++i) cache_->Prefetch(places[i]);
}

absl::Status Partition::ServeOne(std::unique_ptr<Command>& command) {
  ASSIGN_OR_RETURN(StateCache::Customer* const customer,
                   cache_->Load(command->stream_id, book_->LoadsOf(*command->method)));
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
    waiting_.Hold({.release = first.sequence, .command = std::move(command), .by_receipt = true});
    return absl::OkStatus();
  }

  if (!clock_.good()) {
    Answer(std::move(command), ClockWrong(clock_.why()), "");
    return absl::OkStatus();
  }

  const int64_t revision = customer->stream().revision();
  const absl::Time recorded = RecordedNow();
  const Context context{.now = AheadOfClock() ? now_.wall : recorded,
                        .request_id = command->request_id,
                        .actor = command->actor,
                        .validate_only = command->validate_only};
  const View view{.stream_id = command->stream_id,
                  .revision = revision,
                  .parts = customer->parts(),
                  .partition_state = cache_->partition_state(),
                  .partition = options_.partition,
                  .reads = PartSet()};
  absl::Status status;
  Decision decision;
  if (command->expected_revision && *command->expected_revision != revision) {
    status = RevisionMismatch(*command, revision);
  } else {
    status = book_->Decide(*command->method, view, command->request(), context, &decision);
    if (status.ok() && book_->has_reactions()) {
      RETURN_IF_ERROR(React(*customer, view, context, &decision.events));
    }
    if (status.ok() && decision.answer.size() > kMaxAnswerBytes) {
      status = AnswerTooLarge(decision.answer.size());
    }
  }
  if (status.ok() && !command->validate_only) {
    status = AppendCommit(command, *customer, recorded, decision);
    if (status.ok()) return absl::OkStatus();
  }

  // An answer that is no record. Nobody else can write to an exclusive log, so there the state that
  // it was decided on is the newest as soon as it is confirmed.
  const bool needs_later_record = !options_.exclusive &&
                                  !DAYBOOK_PLANTED(kRefusalReleasedByEarlierRecord) &&
                                  !DAYBOOK_PLANTED(kNoBarrier);
  std::string response;
  if (status.ok()) response = ResponseOf(decision.answer, {.revision = revision});
  waiting_.Hold({.release = chain_.at().sequence + (needs_later_record ? 1 : 0),
                 .command = std::move(command),
                 .status = std::move(status),
                 .response = std::move(response)});
  return absl::OkStatus();
}

absl::Status Partition::React(StateCache::Customer& customer, const View& view,
                              const Context& context, EventList* events) {
  const PartSet reads = book_->ReactionReads(*events);
  if (reads.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(cache_->LoadMore(customer, reads));
  book_->React(view, context, events);
  return absl::OkStatus();
}

absl::Status Partition::AppendCommit(std::unique_ptr<Command>& command,
                                     StateCache::Customer& customer, absl::Time recorded,
                                     Decision& decision) {
  book::v1::Commit& commit = written_;
  commit.set_customer_id(command->stream_id);
  commit.set_request_id(command->request_id);
  commit.set_request_hash(command->request_hash.data(), command->request_hash.size());
  const bool changes = !decision.events.empty() || DAYBOOK_PLANTED(kEmptyCommitRaisesRevision);
  commit.set_revision(customer.stream().revision() + (changes ? 1 : 0));
  commit.set_actor(command->actor);
  commit.set_correlation_id(command->correlation_id);
  commit.set_causation_id(command->causation_id);
  commit.set_trace_context(command->trace_context);
  commit.set_method(command->method->name);
  commit.set_answer(decision.answer);
  commit.mutable_events()->Swap(&decision.events);
  // A record that does not parse would stop every reader.
  FillHeader(absl::ToUnixMicros(recorded), &frame_);
  if (AheadOfClock()) SetMicros(absl::ToUnixMicros(now_.wall), frame_.mutable_clock_time());
  std::string* const bytes = frame_.mutable_commit();
  bytes->clear();
  if (!commit.AppendToString(bytes) || !AllTextIsUtf8(CommitSchema(), *bytes)) {
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
  Send(command->stream_id, receipt);
  if (DAYBOOK_PLANTED(kAcknowledgesBeforeConfirm)) {
    Answer(std::move(command), absl::OkStatus(), "");
    return absl::OkStatus();
  }
  command->in_doubt = true;
  waiting_.Hold({.release = chain_.at().sequence,
                 .command = std::move(command),
                 .by_receipt = true,
                 .receipt = receipt});
  return absl::OkStatus();
}

void Partition::Send(std::string_view key, Receipts::Entry* receipt) {
  flight_.Add({.sequence = chain_.at().sequence,
               .hash = chain_.at().hash,
               .receipt = receipt,
               .at = now_.steady,
               .report = {}});
  host_->Append(key, bytes_);
}

void Partition::FillHeader(int64_t recorded_time_us, log::v1::Frame* frame) const {
  frame->set_epoch(chain_.at().epoch);
  frame->set_sequence(chain_.at().sequence + 1);
  frame->set_previous_hash(chain_.at().hash.data(), chain_.at().hash.size());
  frame->set_chain_key(chain_.at().chain_key);
  frame->set_confirmed_sequence(flight_.proven().sequence);
  SetMicros(recorded_time_us, frame->mutable_recorded_time());
  frame->clear_clock_time();
}

absl::Time Partition::LastRecorded() const {
  return absl::FromUnixMicros(chain_.at().recorded_time_us);
}

absl::Time Partition::RecordedNow() const {
  return std::max(absl::FromUnixMicros(absl::ToUnixMicros(now_.wall)), LastRecorded());
}

void Partition::AppendBarrier() {
  FillHeader(chain_.at().recorded_time_us, &frame_);
  frame_.mutable_barrier();
  bytes_.clear();
  frame_.AppendToString(&bytes_);
  const auto verdict = chain_.Apply(chain_.at().next_offset, &frame_, bytes_);
  DAYBOOK_CHECK(verdict.ok() && log::IsEffective(*verdict));
  barriers_.Spend(now_.steady);
  clock_.Asked();
  ++stats_.barriers;
  Send("", nullptr);
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
  if (phase_ == Phase::kOwn) flight_.OnReport(report);
}

void Partition::ProcessReports() {
  const absl::Duration oldest = flight_.empty() ? now_.steady : flight_.oldest().at;
  const uint64_t confirmed = flight_.proven().sequence;
  while (phase_ == Phase::kOwn && !gap_ && ProcessReport()) {
  }
  if (flight_.proven().sequence != confirmed) host_->Confirmed(now_.steady - oldest);
  ReleaseAnswers();
}

bool Partition::ProcessReport() {
  const Flight::Finding finding = flight_.Look();
  if (finding == Flight::Finding::kNothing) return false;
  const Flight::Record& record = flight_.oldest();
  const log::Report& report = *record.report;
  switch (finding) {
    case Flight::Finding::kNothing:
      break;
    case Flight::Finding::kProven:
      if (report.stored_time != absl::InfinitePast()) clock_.Stored(report.stored_time, record.at);
      Confirm(report.offset.value_or(flight_.proven().next_offset));
      return true;
    case Flight::Finding::kGap:
      StartGap(*report.offset + 1);
      break;
    case Flight::Finding::kFailed:
      if (options_.exclusive && absl::IsResourceExhausted(report.status)) {
        StorageFull(report.status);
      } else if (!DAYBOOK_PLANTED(kGoesOnAfterError)) {
        Doubt(absl::StrCat("an append failed: ", report.status.message()));
      } else {
        flight_.ForgetOldest();
        return true;
      }
      break;
    case Flight::Finding::kNoOffset:
      Doubt("a record was stored without an offset");
      break;
    case Flight::Finding::kTooLow:
      Doubt(absl::StrFormat("a record was stored at offset %d instead of %d", *report.offset,
                            flight_.proven().next_offset));
      break;
  }
  return false;
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
  const int64_t expected = chain_.at().next_offset - static_cast<int64_t>(flight_.size());
  if (offset > expected) MoveUnconfirmed(flight_.oldest().sequence, offset - expected);
  const Flight::Record record = flight_.Confirm(offset);
  continuity_.Acknowledge(flight_.proven().next_offset);
  claim_.Confirmed();
  if (record.receipt != nullptr) {
    ++stats_.commits;
    record.receipt->Confirm(offset);
  }
  ReleaseAnswers();
}

void Partition::ReleaseAnswers() {
  while (waiting_.Ready(flight_.proven().sequence)) {
    WaitingAnswers::Answer answer = waiting_.TakeOldest();
    if (answer.command == nullptr) continue;
    if (!answer.by_receipt) {
      Answer(std::move(answer.command), answer.status, std::move(answer.response));
      continue;
    }
    if (answer.receipt != nullptr && !answer.receipt->receipt().in_flight()) {
      AnswerByReceipt(std::move(answer.command), answer.receipt->receipt(), false);
      continue;
    }
    Receipt receipt;
    const auto found = FindReceipt(*answer.command, &receipt);
    if (!found.ok()) {
      // The cache is broken; the log is not. The command is resolved when it has been read again.
      queue_.push_front(std::move(answer.command));
      return LoseCache(found.status());
    }
    if (!*found || receipt.in_flight()) {
      DAYBOOK_CHECK(DAYBOOK_PLANTED(kReceiptsForgotten) || DAYBOOK_PLANTED(kGoesOnAfterError) ||
                    DAYBOOK_PLANTED(kTwinsNotJoined) || DAYBOOK_PLANTED(kStateKeptAfterDoubt));
      Answer(std::move(answer.command), absl::OkStatus(), "");
      continue;
    }
    AnswerByReceipt(std::move(answer.command), receipt, true);
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
  gap_.emplace(flight_.proven(), until);
  host_->ReadFrom(gap_->read_from());
  if (now_.steady < gap_said_at_ + kGapNotice) return;
  gap_said_at_ = now_.steady;
  host_->Say(absl::StrCat(
      "partition ", options_.partition, ": somebody else writes to it (seen at offset ",
      flight_.proven().next_offset, "); what does not count does no harm, but takes time"));
}

void Partition::OnGapRead(const log::Batch& batch) {
  for (const log::LogRecord& record : batch.records) {
    const auto verdict = gap_->Read(record, &frame_);
    if (!verdict.ok()) return Doubt(std::string(verdict.status().message()));
    if (!verdict->has_value()) continue;
    ++stats_.void_records[static_cast<int>(**verdict)];
    if (!log::IsEffective(**verdict)) continue;
    if (frame_.has_owner_started() && DAYBOOK_PLANTED(kClaimInGapOverlooked)) continue;
    // Not ours: a newer owner's claim, or what nobody but us can write.
    if (flight_.empty() || gap_->newest() != flight_.oldest().hash) {
      return Doubt(absl::StrFormat("another record counts at offset %d", record.offset));
    }
    Confirm(record.offset);
    if (!gap_.has_value()) return;  // it led to a doubt
  }
  // What comes next is proven by its report again, if that is so far.
  const log::Report* oldest =
      flight_.empty() || !flight_.oldest().report ? nullptr : &*flight_.oldest().report;
  if (!gap_->Reached(batch.next_offset, oldest)) return;
  const int64_t read_to = gap_->end();
  gap_.reset();
  flight_.Pass(read_to);
  if (flight_.empty()) return chain_.Pass(read_to);
  const int64_t end = read_to + static_cast<int64_t>(flight_.size());
  MoveUnconfirmed(flight_.proven().sequence + 1, end - chain_.at().next_offset);
}

}  // namespace daybook::command
