// One partition of the write side: a state machine without thread, clock, file or socket. It
// conducts smaller ones, which have headers and tests of their own: who owns the partition (Claim),
// what is proven (Flight, Gap), what is answered when (WaitingAnswers, BarrierBudget), whether the
// log is the same (Continuity), when the cache is flushed (FlushSchedule).
//
// Operation. Follows the partition's records through the chain; when it is wanted as owner and has
// reached the end, claims it with an OwnerStarted under a fresh id and reads that back; then
// decides commands on the newest state in memory, appends one record per command, and answers when
// the log has proven that nobody wrote in between (the offset proof): a report for its oldest
// unconfirmed record with exactly the next offset. Answers that are no record (refusals,
// validate_only) wait for the confirmation of a record produced after the decision; if there is
// none, a Barrier is written.
//
// Gaps. A report with a later offset says that somebody else has written in between. The owner
// reads what stands there: if none of it is a claim that counts, and its own record stands where it
// was reported, that record is confirmed as well, by reading. So others that write to the topic
// cost time and nothing else.
//
// Doubt. Anything else - an error, an offset too low, a silence, a claim in the gap - has one
// reaction: the writer and all memory that is not from the log are dropped, the log is read to its
// end, a new epoch is claimed, and the unresolved commands are decided again under their own
// request ids. Found in the log: the first result. Absent below a newer OwnerStarted: not recorded.
// Before that: outcome unknown.
//
// Clock. While it cannot be believed (clock_guard.h) nothing is claimed and nothing decided:
// commands are refused CLOCK_WRONG, those that were accepted before get their answer. Records that
// hold no fact, claims and barriers, repeat the last recorded time, so that a clock which nobody
// has compared with anything yet leaves no trace. Whatever waits is measured by the steady clock.
//
// Concurrency. None: one caller, who carries inputs and outputs (Worker, or a simulation).
// Limits. All in Options; a full queue refuses at Submit.
// Proof. tests/command/simulation_test.cc races owners through loss, delay, false reports, pauses
// and crashes by seed, with planted bugs to show that it would notice.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/command/barrier_budget.h"
#include "common/command/book.h"
#include "common/command/claim.h"
#include "common/command/clock_guard.h"
#include "common/command/command.h"
#include "common/command/continuity.h"
#include "common/command/flight.h"
#include "common/command/flush_schedule.h"
#include "common/command/gap.h"
#include "common/command/state_cache.h"
#include "common/command/waiting_answers.h"
#include "common/log/chain.h"
#include "common/log/event_log.h"

namespace daybook::command {

// Rows kept in memory while the cache cannot be written, in units of flush_rows.
inline constexpr size_t kMaxDirtyFlushes = 4;

struct PartitionOptions {
  int partition = 0;
  int partitions = 1;
  bool exclusive = false;      // nobody else can write: refusals need no barrier
  bool log_has_clock = false;  // see ClockGuard
  absl::Time accepted_records = absl::InfinitePast();     // the same
  std::shared_ptr<NewestRecord> newest_record = nullptr;  // of the log; null: of this partition
  std::string instance;  // random, one a process: tells own claims from others'
  // Where this process serves, told to those who ask a non-owner; asked at each claim.
  std::function<std::string()> endpoint = [] { return std::string(); };
  size_t max_queue = 16'384;      // commands waiting; beyond it OVERLOADED
  size_t max_in_flight = 16'384;  // records appended and not confirmed
  size_t max_group = 4'096;       // commands decided in one Tick
  size_t max_group_bytes = 1 << 20;
  // Barriers are records that stay for ever, and whoever is refused causes them: so many one after
  // the other, in the long run one each barrier_rest. Refusals then wait that long for one, unless
  // a commit proves the same.
  absl::Duration barrier_interval = absl::Milliseconds(5);
  int barrier_burst = 1'000;
  absl::Duration barrier_rest = absl::Seconds(1);
  absl::Duration report_timeout = absl::Seconds(30);  // silence this long is a doubt
  absl::Duration claim_timeout = absl::Seconds(10);
  absl::Duration claim_backoff = absl::Milliseconds(50);  // doubles to 64 times
  // Of a partition that is alone; the engine divides them among its own.
  // The cache is written when so many rows have changed: receipts alone, as long as those make up
  // half of it at least.
  size_t flush_rows = 262'144;
  size_t flush_bytes = 64 << 20;  // of receipts
  // States are written at the latest after so many commits, or so long after the last time. More is
  // cheaper (a customer changed twice is written once) and costs the time of a restart after a
  // crash, which folds again what was not written.
  size_t flush_commits = 524'288;
  absl::Duration flush_interval = absl::Seconds(20);
  // Customers that one Tick puts into a flush, beside as many as it decided commands: a fraction of
  // a millisecond.
  size_t flush_step = 256;
};

// What a partition makes its worker do. Calls come from within Tick, OnReport, OnRead and Submit.
class PartitionHost {
 public:
  virtual ~PartitionHost() = default;
  // Forgets the writer with all its reports and opens a fresh one.
  virtual void OpenWriter() = 0;
  virtual void DropWriter() = 0;
  // To the writer.
  virtual void Append(std::string_view key, std::string_view value) = 0;
  // Reads go on at `offset`: whatever was read ahead is forgotten.
  virtual void ReadFrom(int64_t offset) = 0;
  // Whether the record that `position` was reached with is still there: see log::CheckAgainst.
  // May block for a moment.
  virtual absl::Status CheckHistory(const log::Position& position) = 0;
  // Does `write`, which takes its time, on another thread; Partition::OnCacheWritten is to be
  // called with what it returned. One at a time.
  virtual void WriteCache(std::function<absl::Status()> write) = 0;
  // Waits for the one under way, OnCacheWritten included.
  virtual void AwaitCache() = 0;
  // Records were confirmed; `taken`: since the oldest of them was appended.
  virtual void Confirmed(absl::Duration taken) = 0;
  // For people: what happened that an operator should know.
  virtual void Say(std::string_view message) = 0;
  // One answer, for the counters; `repeated`: of a request that had been accepted before.
  virtual void Count(const Method& method, const absl::Status& status, bool repeated) = 0;
};

class Partition {
 public:
  enum class Phase { kFollow, kCatchUp, kClaim, kOwn, kHalted };

  // Counters, for metrics and tests.
  struct Stats {
    int64_t claims = 0;
    int64_t ownerships = 0;
    int64_t doubts = 0;
    int64_t barriers = 0;
    int64_t commits = 0;
    int64_t gaps = 0;  // that were read through
    int64_t void_records[log::kVerdicts] = {};
  };

  // The cache must have been checked against the log. Nothing happens before the first Tick.
  Partition(PartitionOptions options, const Book* book, std::unique_ptr<StateCache> cache,
            PartitionHost* host);

  // Asked to own the partition (at start, or by an operator), or not to any more.
  void Want(bool wanted);

  // Takes a command; answers it at once only if it cannot be taken.
  void Submit(std::unique_ptr<Command> command);

  void OnReport(const log::Report& report);
  // While it reads and has room; an owner reads only gaps.
  void OnRead(const log::Batch& batch);
  void OnReadError(const absl::Status& status);
  void OnCacheWritten(const absl::Status& status);

  // Advances; `fresh` is random, used for the id of a claim.
  void Tick(const Moment& now, uint64_t fresh);
  // An operator says that this machine's clock is right as it is now.
  void ConfirmClock() { clock_.Confirm(); }
  // Not OK: the log as a whole is in question (EventLog::health). Until it is OK again nothing is
  // decided and nothing is claimed; commands are told so, what is in flight is confirmed all the
  // same.
  void Question(const absl::Status& health);
  // The writer is broken for good: whatever is in flight is in doubt.
  void LoseWriter(std::string_view why);

  // Stops taking commands; every command that is held is answered once it is certain. Done when
  // idle().
  void Drain();
  bool idle() const { return queue_.empty() && waiting_.empty() && flight_.empty(); }
  // Answers whatever is still held: a Drain that took too long.
  void Abandon();
  // Waits for a write of the cache that is under way.
  void AwaitFlush();
  // Writes the cache if nothing is in flight, and waits for it (at the end of a Drain).
  void FlushCache();

  Phase phase() const { return phase_; }
  bool reading() const {
    return started_ && cache_lost_.ok() &&
           (phase_ == Phase::kFollow || phase_ == Phase::kCatchUp || phase_ == Phase::kClaim ||
            gap_.has_value());
  }
  // Memory for what is read next. If not, states are on their way to the disk, which is slower than
  // the log is read: it should be asked again in some milliseconds. A claim is held up only when
  // the cache cannot be written for long.
  bool has_room() const {
    const size_t most_dirty = kMaxDirtyFlushes * options_.flush_rows;
    if (phase_ == Phase::kOwn) return true;  // what it reads it has in memory
    if (phase_ == Phase::kClaim) return cache_->dirty() < most_dirty;
    return cache_->dirty() < most_dirty / 2 && !cache_->overfull();
  }
  // Why it stopped for good (Phase::kHalted), else OK.
  const absl::Status& halted() const { return halted_; }
  // Who owns it, or what last kept it from owning (the disk that is full, the broker that does not
  // answer), for people; empty: nothing but what its phase says.
  std::string waits_for() const;
  const log::Position& position() const { return chain_.at(); }
  const Stats& stats() const { return stats_; }
  size_t queued() const { return queue_.size(); }
  size_t in_flight() const { return flight_.size(); }
  size_t cached_customers() const { return cache_->customers(); }
  const ClockGuard& clock() const { return clock_; }
  const std::string& log_id() const { return cache_->partition_state().log_id(); }
  // When Tick wants to be called at the latest, if nothing else happens; of the steady clock.
  absl::Duration next_wake() const;

 private:
  // --- partition.cc: what comes in, the clock, and answers that need no decision
  void ReadClock();
  // Whether what this partition knows of the time is all told, and what the others know.
  void TellNewestRecord();
  void ExpireQueue();
  // Answers those that were accepted by their receipts, the others by `answer`.
  template <class AnswerOther>
  void AnswerQueue(const AnswerOther& answer);
  void AnswerAsFollower();
  void AnswerWithoutClock();
  void AnswerQuestioned();
  void AnswerFull();
  void AnswerAll(const absl::Status& status);
  void Answer(std::unique_ptr<Command> command, const absl::Status& status, std::string response,
              bool repeated = false);
  void AnswerByReceipt(std::unique_ptr<Command> command, const Receipt& receipt, bool repeated);
  // To an attempt that found the receipt there: one that was in doubt may be its own first.
  void AnswerAgain(std::unique_ptr<Command> command, const Receipt& receipt);
  // If one was accepted under the command's id. An error: the cache is broken.
  absl::StatusOr<bool> FindReceipt(const Command& command, Receipt* receipt);
  void Doubt(std::string_view why);
  void LeaveOff();
  void Requeue();
  void Halt(absl::Status why);

  // --- partition_owner.cc: decides, appends, confirms, replies
  void Serve();
  // Asks the processor for the memory that the next commands of the queue will look at.
  void PrefetchNext();
  // Decides one command. An error: the cache could not be read, and the command is still there.
  absl::Status ServeOne(std::unique_ptr<Command>& command);
  // Adds what other domains say to the events. An error: the cache could not be read.
  absl::Status React(StateCache::Customer& customer, const View& view, const Context& context,
                     EventList* events);
  // Refuses what cannot be a record; otherwise the command waits for its confirmation.
  absl::Status AppendCommit(std::unique_ptr<Command>& command, StateCache::Customer& customer,
                            absl::Time recorded, Decision& decision);
  void AppendBarrier();
  // The record in `bytes_` and `frame_`, which the chain has taken.
  void Send(std::string_view key, Receipts::Entry* receipt);
  // A record without a fact is of the time of the last one.
  void FillHeader(int64_t recorded_time_us, log::v1::Frame* frame) const;
  // Of the newest record that counts, and of the next commit.
  absl::Time LastRecorded() const;
  absl::Time RecordedNow() const;
  // The records of the partition are ahead of the clock, and an operator knows it: their times
  // stand still, and days are decided by the clock.
  bool AheadOfClock() const { return LastRecorded() - now_.wall > ClockGuard::kMost; }
  void ProcessReports();
  // The report of the oldest record. False: there is none, or it confirms nothing.
  bool ProcessReport();
  void Confirm(int64_t offset);
  void ReleaseAnswers();
  void MoveUnconfirmed(uint64_t from, int64_t by);
  void StartGap(int64_t until);
  void OnGapRead(const log::Batch& batch);
  void StorageFull(const absl::Status& why);

  // --- partition_reader.cc: follows, catches up, claims
  // Folds one record; false: reading does not go on behind it.
  bool ReadRecord(const log::LogRecord& record);
  // A record that does not count.
  bool ReadVoid(const log::LogRecord& record, log::Verdict verdict, bool claim);
  bool CheckHistory(int64_t offset);
  void ReadOn();
  absl::Status Fold(const log::LogRecord& record, const log::v1::Frame& frame);
  absl::Status FoldClaim(int64_t offset, const log::v1::Frame& frame);
  absl::Status ApplyCommit(const book::v1::Commit& commit, size_t commit_bytes,
                           absl::Time recorded_time, StateCache::Customer& customer);
  void StartClaim(uint64_t fresh);
  void Own();
  void StepDown();

  // --- partition_cache.cc: flushes the cache, and has it again when it was lost
  // Carries a flush on: begins one that is due, puts some rows into it, has it written.
  void StepFlush();
  void BeginFlush();
  // True: all rows are in it.
  bool FillFlush();
  void Reload();
  void ReadOnFromCache();
  void LoseCache(const absl::Status& why);
  bool RegainCache();

  const PartitionOptions options_;
  const Book* const book_;
  const std::unique_ptr<StateCache> cache_;
  PartitionHost* const host_;

  Phase phase_ = Phase::kFollow;
  bool started_ = false;
  bool wanted_ = false;
  bool draining_ = false;
  absl::Status halted_;
  absl::Status questioned_;  // not OK: why nothing is decided
  Moment now_ = {absl::UnixEpoch(), absl::ZeroDuration()};
  ClockGuard clock_;
  bool newest_told_ = false;  // to options_.newest_record
  Stats stats_;

  // The log.
  Continuity continuity_;
  log::Chain chain_;          // as an owner: ahead of the log by what is in flight
  bool at_end_ = false;       // the last batch reached the end of the log
  bool read_once_ = false;    // one ever did
  log::v1::Frame frame_;      // reused
  book::v1::Commit commit_;   // reused, for what is read
  book::v1::Commit written_;  // reused, for what is written
  std::string bytes_;         // reused

  // The owner.
  Claim claim_;
  Flight flight_;
  std::optional<Gap> gap_;  // being read
  absl::Duration gap_said_at_ = -absl::InfiniteDuration();
  absl::Status full_;     // an exclusive log has no room; since the last ownership
  std::string obstacle_;  // what went wrong last; since the last ownership

  // Commands.
  std::deque<std::unique_ptr<Command>> queue_;
  absl::Duration next_expiry_ = absl::ZeroDuration();
  size_t served_ = 0;  // taken up by the last Serve
  WaitingAnswers waiting_;
  BarrierBudget barriers_;

  // The cache.
  FlushSchedule flush_;
  bool cache_broken_ = false;  // the last error was the cache's, not the log's
  absl::Status cache_lost_;    // not OK: nothing is read, decided or written until it is regained
  absl::Status cache_lost_while_written_;  // to be seen to by the next Tick
  absl::Duration regain_at_ = absl::ZeroDuration();
};

std::string_view ToString(Partition::Phase phase);

}  // namespace daybook::command
