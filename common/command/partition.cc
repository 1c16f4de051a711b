#include "common/command/partition.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/planted_bug.h"
#include "common/base/prefetch.h"
#include "common/base/proto_text.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "common/command/answers.h"
#include "common/command/request_marks.h"
#include "common/log/token.h"

namespace daybook::command {
namespace {

constexpr int kFormat = 2;
// Between two words about others that write to the topic.
constexpr absl::Duration kGapNotice = absl::Minutes(1);
// How often commands in the queue are looked over for deadlines.
constexpr absl::Duration kExpiryInterval = absl::Milliseconds(10);
// Commands whose memory is asked for together: about as many misses as a core can have under way.
constexpr size_t kPrefetched = 12;
// Between two attempts to have a cache that does not answer.
constexpr absl::Duration kRegainInterval = absl::Seconds(1);
// Reads that must have found the log too short before that is believed; time alone may have been
// spent asleep.
constexpr int kShortReads = 20;
// How often an owner that has nothing to do looks at its clock.
constexpr absl::Duration kLookAtClock = absl::Seconds(1);
absl::string_view AsAbsl(std::string_view text) { return {text.data(), text.size()}; }

absl::CivilDay ToCivilDay(const google::type::Date& date) {
  return absl::CivilDay(date.year(), date.month(), date.day());
}

}  // namespace

std::string_view ToString(Partition::Phase phase) {
  switch (phase) {
    case Partition::Phase::kFollow:
      return "following";
    case Partition::Phase::kCatchUp:
      return "catching up";
    case Partition::Phase::kClaim:
      return "claiming";
    case Partition::Phase::kOwn:
      return "owning";
    case Partition::Phase::kHalted:
      return "halted";
  }
  return "?";
}

Partition::Partition(PartitionOptions options, const Book* book, std::unique_ptr<StateCache> cache,
                     PartitionHost* host)
    : options_(std::move(options)),
      book_(book),
      cache_(std::move(cache)),
      host_(host),
      clock_(options_.log_has_clock, options_.accepted_records) {}

void Partition::Want(bool wanted) {
  if (wanted == wanted_ && phase_ != Phase::kFollow) return;
  wanted_ = wanted;
  if (wanted && phase_ == Phase::kFollow) {
    claim_epoch_ = 0;
    claim_attempts_ = 0;
    claim_not_before_ = absl::ZeroDuration();
    phase_ = Phase::kCatchUp;
  }
  if (wanted) return;
  if (phase_ == Phase::kOwn) Doubt("asked to give the partition up");
  if (phase_ == Phase::kClaim) host_->DropWriter();
  if (phase_ == Phase::kCatchUp || phase_ == Phase::kClaim) phase_ = Phase::kFollow;
}

// --- commands in ---------------------------------------------------------------------------------

void Partition::Submit(std::unique_ptr<Command> command) {
  if (draining_) {
    return Answer(std::move(command), ServerStops(), "");
  }
  if (phase_ == Phase::kHalted) {
    return Answer(std::move(command), PartitionStopped(options_.partition, halted_), "");
  }
  if (cache_->dirty() >= kMaxDirtyFlushes * options_.flush_rows) {
    return Answer(std::move(command), CacheFull(options_.partition), "");
  }
  if (queue_.size() >= options_.max_queue) {
    return Answer(std::move(command), QueueFull(options_.partition, queue_.size()), "");
  }
  queue_.push_back(std::move(command));
}

void Partition::Drain() {
  draining_ = true;
  if (phase_ != Phase::kOwn) AnswerAll(ServerStops());
}

void Partition::AnswerAll(const absl::Status& status) {
  while (!queue_.empty()) {
    auto command = std::move(queue_.front());
    queue_.pop_front();
    const absl::Status own = command->in_doubt ? OutcomeUnknown(*command) : status;
    Answer(std::move(command), own, "");
  }
}

void Partition::Tick(const Moment& now, uint64_t fresh) {
  now_ = now;
  if (read_once_) ReadClock();
  TellNewestRecord();
  cache_->Trim();
  if (!started_) {
    started_ = true;
    last_flush_ = now.steady;
    Reload();
    if (phase_ == Phase::kHalted) return;
    if (wanted_) phase_ = Phase::kCatchUp;
  }
  ExpireQueue();
  if (draining_) Drain();
  if (!RegainCache()) return;
  switch (phase_) {
    case Phase::kHalted:
      return;
    case Phase::kFollow:
      StepFlush();
      return AnswerAsFollower();
    case Phase::kCatchUp:
      if (!full_.ok()) AnswerFull();
      StepFlush();
      if (!questioned_.ok()) return AnswerQuestioned();
      if (!at_end_ || !wanted_ || draining_) return;
      if (options_.newest_record != nullptr && !options_.newest_record->complete()) return;
      if (clock_.contradicted() && !clock_.ask()) return AnswerWithoutClock();
      if (now_.steady >= claim_not_before_) StartClaim(fresh);
      return;
    case Phase::kClaim:
      if (now_.steady >= claimed_at_ + options_.claim_timeout) {
        host_->DropWriter();
        phase_ = Phase::kCatchUp;
      }
      return;
    case Phase::kOwn:
      ProcessReports();
      if (phase_ != Phase::kOwn) return;
      if (!sent_.empty() && now_.steady - sent_.front().at > options_.report_timeout) {
        return Doubt("no report came for an appended record");
      }
      if (questioned_.ok()) {
        // Whatever is under way will tell as well.
        if (clock_.ask() && sent_.empty()) AppendBarrier();
        Serve();
      } else {
        AnswerQuestioned();
      }
      if (phase_ == Phase::kOwn) StepFlush();
      return;
  }
}

// Not before the log has been read: until then it says nothing of the time.
void Partition::ReadClock() {
  int64_t newest = chain_.at().recorded_time_us;
  if (options_.newest_record != nullptr) {
    options_.newest_record->Raise(newest);
    newest = options_.newest_record->us();
  }
  clock_.Read(now_, absl::FromUnixMicros(newest));
  if (claim_stored_) clock_.Stored(*std::exchange(claim_stored_, std::nullopt), claimed_at_);
}

void Partition::TellNewestRecord() {
  if (options_.newest_record == nullptr || newest_told_) return;
  if (!read_once_ && phase_ != Phase::kHalted && cache_lost_.ok()) return;
  newest_told_ = true;
  options_.newest_record->PartitionRead();
}

void Partition::Question(const absl::Status& health) { questioned_ = health; }

void Partition::AnswerQuestioned() {
  const absl::Status status = LogInQuestion(questioned_);
  AnswerAll(status);
  // Answers that are no record wait for one that would have to be written first. They are the last:
  // each release is at least that of the answer in front of it.
  while (!pending_.empty() && pending_.back().release > chain_.at().sequence) {
    auto command = std::move(pending_.back().command);
    pending_.pop_back();
    if (command != nullptr) Answer(std::move(command), status, "");
  }
}

absl::Duration Partition::next_wake() const {
  const absl::Duration now = now_.steady;
  switch (phase_) {
    case Phase::kHalted:
      return absl::InfiniteDuration();
    case Phase::kFollow:
    case Phase::kCatchUp:
    case Phase::kClaim:
      return now + absl::Milliseconds(10);
    case Phase::kOwn:
      break;
  }
  if (clock_.verdict() == ClockGuard::Verdict::kUnknown) return now + absl::Milliseconds(10);
  if (!queue_.empty() && sent_.size() < options_.max_in_flight &&
      pending_.size() < options_.max_queue) {
    return now;
  }
  if (gap_.has_value()) return now + absl::Milliseconds(10);
  if (!questioned_.ok()) return now + absl::Milliseconds(100);
  if (filling_) return now;
  if (!pending_.empty() && sent_.empty()) return NextBarrier();
  if (!sent_.empty()) return now + absl::Milliseconds(100);
  absl::Duration wake = now + kLookAtClock;
  if (cache_->dirty() > 0 && !writing_cache_) {
    const bool again = cache_->frozen() != nullptr;
    wake = std::min(wake, (again ? last_write_ : last_flush_) + options_.flush_interval);
  }
  return wake;
}

// --- owner: decide, append, confirm, reply ------------------------------------------------------

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
    claim_stored_ = report.stored_time;
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

std::string Partition::waits_for() const {
  if (phase_ == Phase::kOwn) return "";
  if (phase_ == Phase::kFollow && !owner_endpoint_.empty()) {
    return absl::StrCat("owned by ", owner_endpoint_);
  }
  return obstacle_;
}

void Partition::AnswerFull() { AnswerAll(LogFull(full_)); }

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
  confirmed_end_ = std::max(confirmed_end_, proven_.next_offset);
  claim_attempts_ = 0;
  claim_not_before_ = absl::ZeroDuration();
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
      gap_->anchored = record.offset == proven_.last_offset &&
                       log::LinkHash(proven_.previous_hash, record.value) == proven_.hash;
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

// --- answers ------------------------------------------------------------------------------------

void Partition::Answer(std::unique_ptr<Command> command, const absl::Status& status,
                       std::string response, bool repeated) {
  host_->Count(*command->method, status, repeated);
  command->already_recorded = status.ok() && repeated;
  command->Reply(status, status.ok() ? std::move(response) : std::string());
}

void Partition::AnswerByReceipt(std::unique_ptr<Command> command, const Receipt& receipt,
                                bool repeated) {
  if (absl::Status same = CheckSameRequest(*command, receipt); !same.ok()) {
    return Answer(std::move(command), same, "");
  }
  const std::string token = log::EncodeToken(
      {cache_->partition_state().log_id(), options_.partition, receipt.offset + 1});
  Answer(std::move(command), absl::OkStatus(),
         WithRevisionAndToken(receipt.answer, receipt.revision, token), repeated);
}

void Partition::AnswerAgain(std::unique_ptr<Command> command, const Receipt& receipt) {
  const bool repeated = !command->in_doubt;
  AnswerByReceipt(std::move(command), receipt, repeated);
}

void Partition::ExpireQueue() {
  if (now_.steady < next_expiry_) return;
  next_expiry_ = now_.steady + kExpiryInterval;
  for (Pending& pending : pending_) {
    if (pending.command == nullptr || pending.command->deadline > now_.wall) continue;
    const absl::Status status =
        pending.command->in_doubt ? OutcomeUnknown(*pending.command) : TooLateToConfirm();
    Answer(std::move(pending.command), status, "");
  }
  const auto expired = [&](std::unique_ptr<Command>& command) {
    if (command->deadline > now_.wall) return false;
    // Found in what has been read so far: certain after all.
    Receipt receipt;
    const auto found = FindReceipt(*command, &receipt);
    if (found.ok() && *found && !receipt.in_flight()) {
      AnswerAgain(std::move(command), receipt);
      return true;
    }
    if (command->in_doubt || !found.ok() || *found) {
      const absl::Status status = OutcomeUnknown(*command);
      Answer(std::move(command), status, "");
      return true;
    }
    Answer(std::move(command),
           TooLateToDecide(options_.partition, ToString(phase_), /*starting=*/claim_epoch_ == 0),
           "");
    return true;
  };
  queue_.erase(std::remove_if(queue_.begin(), queue_.end(), expired), queue_.end());
}

// Of those that wait: what has been accepted is answered by its receipt, the others by `answer`,
// which returns false for one that goes on waiting. It is told whether the cache could be asked.
template <class AnswerOther>
void Partition::AnswerQueue(const AnswerOther& answer) {
  const auto answered = [&](std::unique_ptr<Command>& command) {
    Receipt receipt;
    const auto found = FindReceipt(*command, &receipt);
    if (!found.ok() || !*found) return answer(command, found.ok());
    AnswerAgain(std::move(command), receipt);
    return true;
  };
  queue_.erase(std::remove_if(queue_.begin(), queue_.end(), answered), queue_.end());
}

void Partition::AnswerAsFollower() {
  AnswerQueue([&](std::unique_ptr<Command>& command, bool asked) {
    // One that was sent is void below a newer owner's claim, once that has been read; until then it
    // may still turn up, and waits for its deadline.
    if (asked && command->in_doubt && !superseded_) return false;
    const absl::Status status =
        asked ? NotOwner(*command, options_.partition, owner_endpoint_) : OutcomeUnknown(*command);
    Answer(std::move(command), status, "");
    return true;
  });
}

// What is in doubt waits for its deadline.
void Partition::AnswerWithoutClock() {
  AnswerQueue([&](std::unique_ptr<Command>& command, bool asked) {
    if (command->in_doubt || !asked) return false;
    Answer(std::move(command), ClockWrong(clock_.why()), "");
    return true;
  });
}

// --- reading: follow, catch up, claim -----------------------------------------------------------

void Partition::OnRead(const log::Batch& batch) {
  if (!reading()) return;
  if (gap_.has_value()) return OnGapRead(batch);
  for (const log::LogRecord& record : batch.records) {
    if (!anchored_) {
      anchored_ = IsAnchor(record);
      if (!anchored_) return HaltInAnotherLog(chain_.at().last_offset);
    }
    if (record.offset < chain_.at().next_offset) continue;
    const bool proven_is_ahead = chain_.at().last_offset < proven_.last_offset;
    const bool parsed = log::ParseFrame(record.value, &frame_);
    const auto verdict = chain_.Apply(record.offset, parsed ? &frame_ : nullptr, record.value);
    if (!verdict.ok()) return Halt(verdict.status());
    if (proven_is_ahead && record.offset >= proven_.last_offset &&
        chain_.at().hash != proven_.hash) {
      return HaltInAnotherLog(proven_.last_offset);
    }
    ++stats_.void_records[static_cast<int>(*verdict)];
    const bool claim = parsed && frame_.has_owner_started();
    if (!log::IsEffective(*verdict)) {
      if (*verdict == log::Verdict::kVoidFuture) {
        // No honest owner can be there yet. Either somebody else's bytes, or the log was cut and
        // went on without us: then the record that we came here with is gone.
        if (!CheckHistory(record.offset)) return;
      }
      if (claim && phase_ == Phase::kClaim && frame_.owner_started().owner() == claim_id_) {
        // Somebody else's claim of the same epoch came first, or an older attempt of our own.
        host_->DropWriter();
        phase_ = Phase::kCatchUp;
      }
      continue;
    }
    if (absl::Status status = Fold(record, frame_); !status.ok()) {
      // The log is not to blame for a cache that cannot be read.
      return std::exchange(cache_broken_, false) ? LoseCache(status) : Halt(status);
    }
  }
  chain_.Pass(batch.next_offset);
  at_end_ = batch.end;
  read_once_ |= at_end_;
  StepFlush();
  if (!at_end_) return;
  if (!anchored_ || chain_.at().next_offset < confirmed_end_ ||
      chain_.at().last_offset < proven_.last_offset) {
    // A log that ends before what it acknowledged: for a moment after a change of leader it may
    // look so; if it stays so, the records are gone.
    at_end_ = false;
    short_since_ = std::min(short_since_, now_.steady);
    if (++short_reads_ < kShortReads || now_.steady - short_since_ < options_.report_timeout) {
      return;
    }
    if (chain_.at().next_offset >= confirmed_end_) {
      return HaltInAnotherLog(anchored_ ? proven_.last_offset : chain_.at().last_offset);
    }
    return Halt(absl::DataLossError(absl::StrFormat(
        "the log ends at offset %d, but records up to %d were acknowledged: the log has lost "
        "acknowledged records",
        chain_.at().next_offset, confirmed_end_)));
  }
  short_since_ = absl::InfiniteDuration();
  short_reads_ = 0;
  if (phase_ == Phase::kClaim && claim_counts_) Own();
}

// Whether what is read now is the log that was read before: `record` is the one that the position
// was reached with, read again.
bool Partition::IsAnchor(const log::LogRecord& record) const {
  return record.offset == chain_.at().last_offset &&
         log::LinkHash(chain_.at().previous_hash, record.value) == chain_.at().hash;
}

// Reading goes on behind the newest record that counts, or with it, if it is to be met again.
void Partition::ReadOn() {
  host_->ReadFrom(anchored_ ? chain_.at().next_offset : chain_.at().last_offset);
}

// Nothing is folded, and nothing claimed, in a log that stands in the place of ours.
void Partition::HaltInAnotherLog(int64_t offset) {
  Halt(absl::DataLossError(absl::StrFormat(
      "offset %d: what counted there is not there any more: the log has lost acknowledged records, "
      "or another stands in its place",
      offset)));
}

// False: reading cannot go on behind `offset`, either for now or for good.
bool Partition::CheckHistory(int64_t offset) {
  // A flood of foreign records costs one question a second, not one each.
  if (chain_.at().last_offset == history_checked_ &&
      now_.steady - history_checked_at_ < absl::Seconds(1)) {
    return true;
  }
  const absl::Status history = host_->CheckHistory(chain_.at());
  if (history.ok()) {
    history_checked_ = chain_.at().last_offset;
    history_checked_at_ = now_.steady;
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
  if (frame.has_owner_started()) {
    const auto& started = frame.owner_started();
    if (started.partition_count() != options_.partitions) {
      return absl::FailedPreconditionError(absl::StrFormat(
          "offset %d: the log was written with %d partitions, this process was told %d",
          record.offset, started.partition_count(), options_.partitions));
    }
    if (started.format() > kFormat) {
      return absl::UnimplementedError(absl::StrFormat(
          "offset %d: record format %d, this version knows up to %d: written by a newer version",
          record.offset, started.format(), kFormat));
    }
    if (cache_->partition_state().log_id().empty()) {
      cache_->EditPartitionState().set_log_id(started.log_id());
    }
    owner_endpoint_ = started.endpoint();
    const bool own = absl::StartsWith(started.owner(), options_.instance);
    if (started.owner() == claim_id_ && phase_ == Phase::kClaim) {
      claim_counts_ = true;
    } else if (claim_epoch_ != 0 && frame.epoch() >= claim_epoch_ && !own) {
      StepDown(started.endpoint());
    } else {
      claim_counts_ = false;
    }
    return absl::OkStatus();
  }
  if (!frame.has_commit()) return absl::OkStatus();
  if (!commit_.ParseFromString(frame.commit())) {
    return absl::DataLossError(
        absl::StrFormat("offset %d: a commit that counts does not parse", record.offset));
  }
  const auto customer = cache_->Load(commit_.customer_id());
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

absl::Status Partition::ApplyCommit(const book::v1::Commit& commit, size_t commit_bytes,
                                    absl::Time recorded_time, StateCache::Customer& customer) {
  book::v1::State& state = cache_->Edit(customer, commit_bytes);
  state.set_revision(commit.revision());
  MarkRequest(commit.request_id(), state);
  for (const book::v1::Event& event : commit.events()) {
    const EventMeta meta{.customer_id = commit.customer_id(),
                         .effective_date = ToCivilDay(event.effective_date()),
                         .recorded_time = recorded_time,
                         .partition = options_.partition};
    if (!book_->evolve(meta, event, state, cache_->EditPartitionState())) {
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
    if (gap_.has_value()) {
      return host_->ReadFrom(gap_->anchored ? gap_->chain.at().next_offset : proven_.last_offset);
    }
    obstacle_ = std::string(status.message());
    at_end_ = false;
    return ReadOn();
  }
  if (gap_.has_value()) return Doubt(std::string(status.message()));
  if (absl::IsOutOfRange(status) && confirmed_end_ == 0 && cache_->position().next_offset > 0) {
    // The cache is of another log, or of a longer one. It is only a cache.
    return LoseCache(absl::DataLossError(status.message()));
  }
  Halt(status);
}

void Partition::StartClaim(uint64_t fresh) {
  ++stats_.claims;
  claim_id_ = absl::StrCat(options_.instance, "/", absl::Hex(fresh, absl::kZeroPad16));
  claim_epoch_ = chain_.at().epoch + 1;
  claim_counts_ = false;
  claimed_at_ = now_.steady;
  claim_stored_.reset();
  clock_.Asked();
  // Doubling, and with the random id as the dice, so that two claimants do not stay in step.
  const int exponent = std::min(claim_attempts_++, 6);
  const int dice = static_cast<int>(fresh % 16);
  claim_not_before_ = now_.steady + options_.claim_backoff * (1 << exponent) * (16 + dice) / 16;
  phase_ = Phase::kClaim;

  log::v1::Frame frame;
  frame.set_epoch(claim_epoch_);
  frame.set_chain_key(chain_.at().chain_key);
  frame.set_confirmed_sequence(chain_.at().sequence);
  SetMicros(chain_.at().recorded_time_us, frame.mutable_recorded_time());
  SetMicros(absl::ToUnixMicros(now_.wall), frame.mutable_clock_time());
  log::v1::OwnerStarted* started = frame.mutable_owner_started();
  started->set_owner(claim_id_);
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
  proven_ = chain_.at();
  confirmed_end_ = std::max(confirmed_end_, proven_.next_offset);
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

void Partition::StepDown(std::string_view owner_endpoint) {
  host_->Say(absl::StrCat("partition ", options_.partition, ": stepped down for ",
                          AsAbsl(owner_endpoint), ", owner of epoch ", chain_.at().epoch));
  host_->DropWriter();
  wanted_ = false;
  claim_epoch_ = 0;
  claim_counts_ = false;
  superseded_ = true;
  phase_ = Phase::kFollow;
}

// --- doubt --------------------------------------------------------------------------------------

void Partition::Doubt(std::string_view why) {
  ++stats_.doubts;
  obstacle_ = std::string(why);
  host_->Say(absl::StrCat("partition ", options_.partition, ": in doubt at offset ",
                          proven_.next_offset, " (", AsAbsl(why), "), ", sent_.size(),
                          " records unconfirmed; reading back"));
  LeaveOff();
  if (DAYBOOK_PLANTED(kStateKeptAfterDoubt)) {
    at_end_ = false;
    anchored_ = true;
    return host_->ReadFrom(chain_.at().next_offset);
  }
  Reload();
}

// What is in flight is to be found in the log, or not.
void Partition::LeaveOff() {
  host_->DropWriter();
  gap_.reset();
  anchored_ = options_.exclusive;
  Requeue();
  claim_counts_ = false;
  superseded_ = false;
  phase_ = wanted_ ? Phase::kCatchUp : Phase::kFollow;
}

// Back to the queue in the order of arrival, in front of what came later.
void Partition::Requeue() {
  for (auto it = pending_.rbegin(); it != pending_.rend(); ++it) {
    if (it->command != nullptr) queue_.push_front(std::move(it->command));
  }
  pending_.clear();
  sent_.clear();
}

void Partition::Abandon() {
  Requeue();
  AnswerAll(Abandoned());
}

void Partition::LoseWriter(std::string_view why) {
  if (phase_ == Phase::kOwn) return Doubt(why);
  host_->DropWriter();
  if (phase_ == Phase::kClaim) phase_ = Phase::kCatchUp;
}

void Partition::Reload() {
  AwaitFlush();
  if (absl::Status status = cache_->Drop(); !status.ok()) return LoseCache(status);
  ReadOnFromCache();
}

void Partition::ReadOnFromCache() {
  chain_ = log::Chain(cache_->position());
  at_end_ = false;
  anchored_ |= chain_.at().last_offset < 0;
  ReadOn();
}

// The cache does not answer (`why` is UNAVAILABLE or the like), or what it answers is not certain
// (DATA_LOSS). What memory holds came from there.
void Partition::LoseCache(const absl::Status& why) {
  host_->Say(absl::StrCat("partition ", options_.partition,
                          absl::IsDataLoss(why) ? ": the command cache is not certain and is built "
                                                  "again from the log: "
                                                : ": the command cache does not answer: ",
                          why.message()));
  if (phase_ == Phase::kOwn) ++stats_.doubts;
  AwaitFlush();
  LeaveOff();
  cache_lost_ = why;
  cache_lost_while_written_ = absl::OkStatus();
  regain_at_ = now_.steady;
  RegainCache();
}

// False: not yet. What is not certain is emptied; what does not answer is asked again.
bool Partition::RegainCache() {
  if (!cache_lost_while_written_.ok()) {
    LoseCache(std::exchange(cache_lost_while_written_, absl::OkStatus()));
    return cache_lost_.ok();
  }
  if (cache_lost_.ok()) return true;
  if (now_.steady < regain_at_) return false;
  regain_at_ = now_.steady + kRegainInterval;
  if (!absl::IsDataLoss(cache_lost_)) cache_lost_ = cache_->Drop();
  if (absl::IsDataLoss(cache_lost_)) cache_lost_ = cache_->Reset();
  obstacle_ = std::string(cache_lost_.message());
  if (cache_lost_.ok()) ReadOnFromCache();
  return cache_lost_.ok();
}

void Partition::Halt(absl::Status why) {
  host_->Say(absl::StrCat("partition ", options_.partition, " stops: ", why.message()));
  halted_ = std::move(why);
  phase_ = Phase::kHalted;
  TellNewestRecord();
  gap_.reset();
  host_->DropWriter();
  AwaitFlush();
  cache_->Drop().IgnoreError();
  Requeue();
  AnswerAll(PartitionStopped(options_.partition, halted_));
}

// --- the cache ----------------------------------------------------------------------------------

void Partition::StepFlush() {
  if (writing_cache_) return;
  if (cache_->frozen() == nullptr) {
    const bool due = now_.steady >= last_flush_ + options_.flush_interval;
    const bool full = cache_->fresh() >= options_.flush_rows ||
                      cache_->fresh_receipt_bytes() >= options_.flush_bytes || cache_->crowded();
    if (cache_->fresh() == 0 || !(due || full)) return;
    const bool states = due || cache_->crowded() ||
                        cache_->dirty_customers() >= options_.flush_rows / 2 ||
                        cache_->unwritten_commits() >= options_.flush_commits;
    if (states) last_flush_ = now_.steady;
    cache_->Freeze(chain_.at(), states ? StateCache::Flush::kAll : StateCache::Flush::kReceipts);
    filling_ = states;
  }
  if (filling_) {
    // Of an owner commands wait; else nobody does.
    filling_ = !cache_->Serialize(phase_ == Phase::kOwn ? options_.flush_step + served_
                                                        : std::numeric_limits<size_t>::max());
    if (filling_) return;
  } else if (flush_failed_ && now_.steady < last_write_ + options_.flush_interval) {
    return;
  }
  // As an owner, memory is ahead of the log by what is in flight; a position that the log does not
  // have yet must never reach the disk.
  if (phase_ == Phase::kOwn && proven_.sequence < cache_->frozen()->position().sequence) return;
  last_write_ = now_.steady;
  writing_cache_ = true;
  host_->WriteCache([flush = cache_->frozen(), backing = &cache_->backing()] {
    return flush->WriteTo(*backing);
  });
}

void Partition::OnCacheWritten(const absl::Status& status) {
  DAYBOOK_CHECK(writing_cache_);
  writing_cache_ = false;
  cache_->Settle(status);
  flush_failed_ = !status.ok();
  if (status.ok()) return;
  // The rows that stand before these are not there.
  if (absl::IsDataLoss(status)) cache_lost_while_written_ = status;
  // Commands go on: the log is safe, and what is not written is read again after a restart.
  host_->Say(absl::StrCat("partition ", options_.partition,
                          ": the command cache cannot be written (", status.message(),
                          "); trying again"));
}

// What is being written has been confirmed and stays good; the rest may go.
void Partition::AwaitFlush() {
  if (writing_cache_) host_->AwaitCache();
  filling_ = false;
  flush_failed_ = false;
}

void Partition::FlushCache() {
  // Halted: the position may stand behind a record that was not folded.
  if (phase_ == Phase::kHalted || !cache_lost_.ok() || !sent_.empty()) return;
  // First what is under way, then what has come since.
  for (int i = 0; i < 2; ++i) {
    if (writing_cache_) host_->AwaitCache();
    if (cache_->dirty() == 0) return;
    last_flush_ = last_write_ = -absl::InfiniteDuration();
    do StepFlush();
    while (filling_);
    if (writing_cache_) host_->AwaitCache();
  }
}

}  // namespace daybook::command
