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
