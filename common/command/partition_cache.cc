// A partition's cache: flushed while commands go on, and had again when it is lost.
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/command/partition.h"

namespace daybook::command {
namespace {

// Between two attempts to have a cache that does not answer.
constexpr absl::Duration kRegainInterval = absl::Seconds(1);

}  // namespace

void Partition::Reload() {
  AwaitFlush();
  if (absl::Status status = cache_->Drop(); !status.ok()) return LoseCache(status);
  ReadOnFromCache();
}

void Partition::ReadOnFromCache() {
  chain_ = log::Chain(cache_->position());
  at_end_ = false;
  continuity_.Resume(chain_.at());
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

void Partition::StepFlush() {
  using Stage = FlushSchedule::Stage;
  if (flush_.stage() == Stage::kNone) BeginFlush();
  if (flush_.stage() == Stage::kFilling && FillFlush()) flush_.Filled();
  if (flush_.stage() != Stage::kReady || !flush_.MayWrite(now_.steady)) return;
  // As an owner, memory is ahead of the log by what is in flight; a position that the log does not
  // have yet must never reach the disk.
  if (phase_ == Phase::kOwn && flight_.proven().sequence < cache_->frozen()->position().sequence)
    return;
  flush_.Write(now_.steady);
  host_->WriteCache([flush = cache_->frozen(), backing = &cache_->backing()] {
    return flush->WriteTo(*backing);
  });
}

void Partition::BeginFlush() {
  const auto what = flush_.Due(now_.steady, {.rows = cache_->fresh(),
                                             .customers = cache_->dirty_customers(),
                                             .receipt_bytes = cache_->fresh_receipt_bytes(),
                                             .commits = cache_->unwritten_commits(),
                                             .crowded = cache_->crowded()});
  if (!what) return;
  cache_->Freeze(chain_.at(), *what);
  flush_.Begin(now_.steady, *what);
}

// Of an owner commands wait; else nobody does.
bool Partition::FillFlush() {
  return cache_->Serialize(phase_ == Phase::kOwn ? options_.flush_step + served_
                                                 : std::numeric_limits<size_t>::max());
}

void Partition::OnCacheWritten(const absl::Status& status) {
  flush_.Written(status.ok());
  cache_->Settle(status);
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
  if (flush_.stage() == FlushSchedule::Stage::kWriting) host_->AwaitCache();
  flush_.Forget();
}

void Partition::FlushCache() {
  using Stage = FlushSchedule::Stage;
  // Halted: the position may stand behind a record that was not folded.
  if (phase_ == Phase::kHalted || !cache_lost_.ok() || !flight_.empty()) return;
  // First what is under way, then what has come since.
  for (int i = 0; i < 2; ++i) {
    if (flush_.stage() == Stage::kWriting) host_->AwaitCache();
    if (cache_->dirty() == 0) return;
    flush_.Hurry();
    do StepFlush();
    while (flush_.stage() == Stage::kFilling);
    if (flush_.stage() == Stage::kWriting) host_->AwaitCache();
  }
}

}  // namespace daybook::command
