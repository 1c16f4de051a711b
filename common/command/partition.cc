// What comes in and goes on by the clock, and the answers that need no decision. The other three
// files: partition_owner.cc decides, appends and confirms; partition_reader.cc follows the log and
// claims it; partition_cache.cc flushes the cache, and has it again when it is lost.
#include "common/command/partition.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/planted_bug.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/answers.h"
#include "common/log/token.h"

namespace daybook::command {
namespace {

// How often commands in the queue are looked over for deadlines.
constexpr absl::Duration kExpiryInterval = absl::Milliseconds(10);
// How often an owner that has nothing to do looks at its clock.
constexpr absl::Duration kLookAtClock = absl::Seconds(1);

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
      clock_(options_.log_has_clock, options_.accepted_records),
      continuity_(options_.report_timeout),
      claim_(options_.instance, options_.claim_backoff, options_.claim_timeout),
      barriers_(options_.barrier_interval, options_.barrier_burst, options_.barrier_rest),
      flush_({.rows = options_.flush_rows,
              .bytes = options_.flush_bytes,
              .commits = options_.flush_commits,
              .interval = options_.flush_interval}) {}

void Partition::Want(bool wanted) {
  if (wanted == wanted_ && phase_ != Phase::kFollow) return;
  wanted_ = wanted;
  if (wanted && phase_ == Phase::kFollow) {
    claim_.Reset();
    phase_ = Phase::kCatchUp;
  }
  if (wanted) return;
  if (phase_ == Phase::kOwn) Doubt("asked to give the partition up");
  if (phase_ == Phase::kClaim) host_->DropWriter();
  if (phase_ == Phase::kCatchUp || phase_ == Phase::kClaim) phase_ = Phase::kFollow;
}

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
    flush_.Start(now.steady);
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
      if (claim_.MayBegin(now_.steady)) StartClaim(fresh);
      return;
    case Phase::kClaim:
      if (claim_.TimedOut(now_.steady)) {
        host_->DropWriter();
        phase_ = Phase::kCatchUp;
      }
      return;
    case Phase::kOwn:
      ProcessReports();
      if (phase_ != Phase::kOwn) return;
      if (flight_.Silent(now_.steady, options_.report_timeout)) {
        return Doubt("no report came for an appended record");
      }
      if (questioned_.ok()) {
        // Whatever is under way will tell as well.
        if (clock_.ask() && flight_.empty()) AppendBarrier();
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
  if (const auto stored = claim_.TakeStored()) clock_.Stored(*stored, claim_.begun_at());
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
  while (waiting_.WaitBehind(chain_.at().sequence)) {
    auto command = waiting_.TakeNewest();
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
  if (!queue_.empty() && flight_.size() < options_.max_in_flight &&
      waiting_.size() < options_.max_queue) {
    return now;
  }
  if (gap_.has_value()) return now + absl::Milliseconds(10);
  if (!questioned_.ok()) return now + absl::Milliseconds(100);
  if (flush_.stage() == FlushSchedule::Stage::kFilling) return now;
  if (!waiting_.empty() && flight_.empty()) return barriers_.next();
  if (!flight_.empty()) return now + absl::Milliseconds(100);
  absl::Duration wake = now + kLookAtClock;
  if (cache_->dirty() > 0 && flush_.stage() != FlushSchedule::Stage::kWriting) {
    wake = std::min(wake, flush_.next());
  }
  return wake;
}

std::string Partition::waits_for() const {
  if (phase_ == Phase::kOwn) return "";
  if (phase_ == Phase::kFollow && !claim_.owner_endpoint().empty()) {
    return absl::StrCat("owned by ", claim_.owner_endpoint());
  }
  return obstacle_;
}

void Partition::AnswerFull() { AnswerAll(LogFull(full_)); }

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
         ResponseOf(receipt.answer,
                    {.revision = receipt.revision, .token = token, .already_recorded = repeated}),
         repeated);
}

void Partition::AnswerAgain(std::unique_ptr<Command> command, const Receipt& receipt) {
  const bool repeated = !command->in_doubt;
  AnswerByReceipt(std::move(command), receipt, repeated);
}

absl::StatusOr<bool> Partition::FindReceipt(const Command& command, Receipt* receipt) {
  ASSIGN_OR_RETURN(const StateCache::Customer* customer,
                   cache_->Load(command.stream_id, PartSet()));
  return cache_->FindReceipt(*customer, command.request_id, receipt);
}

void Partition::ExpireQueue() {
  if (now_.steady < next_expiry_) return;
  next_expiry_ = now_.steady + kExpiryInterval;
  waiting_.TakeExpired(now_.wall, [this](std::unique_ptr<Command> command) {
    const absl::Status status = command->in_doubt ? OutcomeUnknown(*command) : TooLateToConfirm();
    Answer(std::move(command), status, "");
  });
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
           TooLateToDecide(options_.partition, ToString(phase_), /*starting=*/claim_.epoch() == 0),
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
    if (asked && command->in_doubt && !claim_.superseded()) return false;
    const absl::Status status =
        asked ? NotOwner(*command, options_.partition, claim_.owner_endpoint())
              : OutcomeUnknown(*command);
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

void Partition::Doubt(std::string_view why) {
  ++stats_.doubts;
  obstacle_ = std::string(why);
  host_->Say(absl::StrCat("partition ", options_.partition, ": in doubt at offset ",
                          flight_.proven().next_offset, " (", ToAbsl(why), "), ", flight_.size(),
                          " records unconfirmed; reading back"));
  LeaveOff();
  if (DAYBOOK_PLANTED(kStateKeptAfterDoubt)) {
    at_end_ = false;
    continuity_.Trust();
    return ReadOn();
  }
  Reload();
}

// What is in flight is to be found in the log, or not.
void Partition::LeaveOff() {
  host_->DropWriter();
  gap_.reset();
  continuity_.Doubt(options_.exclusive);
  Requeue();
  claim_.Doubt();
  phase_ = wanted_ ? Phase::kCatchUp : Phase::kFollow;
}

// Back to the queue in the order of arrival, in front of what came later.
void Partition::Requeue() {
  while (!waiting_.empty()) {
    auto command = waiting_.TakeNewest();
    if (command != nullptr) queue_.push_front(std::move(command));
  }
  flight_.Clear();
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

}  // namespace daybook::command
