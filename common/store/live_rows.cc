#include "common/store/live_rows.h"

#include <rocksdb/db.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/store/sst_file.h"

namespace daybook::store {

LiveRows::LiveRows(Store::Db& db, int partition)
    : ShardRows(db, partition), memory_(*db.memory), settled_(absl::Now()) {}

LiveRows::~LiveRows() {
  // What the last flush published is made durable; if that fails it is folded again from the log.
  // Nothing stays posted: it would write from a shard that is gone.
  if (!TakeOrRetrySettled(true).ok()) TakeSettled(true).IgnoreError();
  if (settling_ != nullptr || !unsettled()) return;
  BeginSettle();
  TakeSettled(true).IgnoreError();
}

// -------------------------------------------------------------------------------------- flushing

absl::Status LiveRows::Write(const log::Position&) {
  RETURN_IF_ERROR(TakeOrRetrySettled(false));
  Publish();
  return absl::OkStatus();
}

void LiveRows::Publish() {
  if (dirty_.empty() && appended_.empty()) return;
  if (recent_ == nullptr) recent_ = std::make_shared<RecentRows>();
  ++version_;
  // A few at a time: what was packed is still near when it is copied.
  std::vector<RecentRows::Edit> edits;
  edits.reserve(RecentRows::kMostEdits);
  const auto put = [&](const RecentRows::Edit& edit) {
    edits.push_back(edit);
    if (edits.size() < RecentRows::kMostEdits) return;
    recent_->Put(version_, edits);
    edits.clear();
  };
  for (RowMap::Row* row : dirty_) {
    if (row->message != nullptr) Pack(*row->message, *row);
    put({row->key(), row->hash(), row->exists() ? std::optional(row->packed()) : std::nullopt});
  }
  for (const Appended& row : appended_) put({KeyOf(row), row.hash, ValueOf(row)});
  recent_->Put(version_, edits);
}

void LiveRows::Release() {
  for (RowMap::Row* row : in_hand_) row->message = nullptr;
  arena_->Reset();
}

void LiveRows::Written() {
  Evict();
  // A file that cannot be written is said by the next flush; this one stands.
  SettleIfDue().IgnoreError();
  Account();
}

void LiveRows::Tend() {
  if (in_hand_.empty() && dirty_.empty()) Evict();
  SettleIfDue().IgnoreError();
  Account();
}

bool LiveRows::full() {
  const size_t bytes = unflushed_bytes();
  memory_.Set(Memory::kUnflushed, bytes);
  return bytes >= memory_.Share(Memory::kUnflushed);
}

void LiveRows::Account() {
  memory_.Set(Memory::kUnflushed, unflushed_bytes());
  memory_.Set(Memory::kCached, rows_bytes_);
  memory_.Set(Memory::kSettling, (recent_ == nullptr ? 0 : recent_->bytes()) +
                                     (settling_ == nullptr ? 0 : settling_->bytes()));
}

// While there are too many rows, the half goes that was not used lately: half, so that looking at
// all of them is seldom.
void LiveRows::Evict() {
  const size_t most = memory_.Share(Memory::kCached);
  while (rows_.size() > 0 && (rows_.size() > db_.options.max_cached_rows || rows_bytes_ > most)) {
    all_in_memory_ = false;
    std::vector<uint64_t> touched;
    touched.reserve(rows_.size());
    rows_.ForEach([&](const RowMap::Row& row) { touched.push_back(row.touched); });
    const auto middle = touched.begin() + static_cast<std::ptrdiff_t>(touched.size() / 2);
    std::nth_element(touched.begin(), middle, touched.end());
    rows_.EraseIf([&](const RowMap::Row& row) {
      if (row.touched > *middle) return false;
      rows_bytes_ -= row.bytes();
      return true;
    });
  }
}

// -------------------------------------------------------------------------------------- settling

void LiveRows::InDatabase() {
  // Not touched without need: Now may run beside Ingest.
  if (recent_ != nullptr) recent_ = nullptr;
  if (settling_ != nullptr) settling_ = nullptr;
  settle_failed_ = absl::OkStatus();
  settled_at_ = position_;
  snapshot_ = std::make_shared<const Snapshot>(rocks());
}

void LiveRows::BeginSettle() {
  // Without rows there is still the position: what listens to little would else begin far back.
  if (recent_ == nullptr) recent_ = std::make_shared<RecentRows>();
  recent_->Freeze();
  settling_ = std::exchange(recent_, nullptr);
  settled_at_ = position_;
  settled_ = absl::Now();
  PostSettle();
}

void LiveRows::PostSettle() {
  settle_posted_ = true;
  db_.writer->Post([this, rows = settling_, at = settled_at_, log_id = log_id_] {
    const absl::Status status = IngestFile(db_, partition_, at, log_id, [&rows](const PutRow& put) {
      for (const RecentRows::Row& row : rows->All()) {
        put(row.key, row.value ? &*row.value : nullptr);
      }
    });
    const std::lock_guard lock(settle_mutex_);
    settle_status_ = status;
    settle_done_.notify_all();
  });
}

absl::Status LiveRows::TakeSettled(bool wait) {
  if (settle_posted_) {
    std::unique_lock lock(settle_mutex_);
    if (wait) settle_done_.wait(lock, [this] { return settle_status_.has_value(); });
    if (!settle_status_.has_value()) return settle_failed_;
    settle_failed_ = *std::exchange(settle_status_, std::nullopt);
    settle_posted_ = false;
  }
  if (settling_ == nullptr || !settle_failed_.ok()) return settle_failed_;
  settling_ = nullptr;
  snapshot_ = std::make_shared<const Snapshot>(rocks());
  return absl::OkStatus();
}

absl::Status LiveRows::TakeOrRetrySettled(bool wait) {
  absl::Status status = TakeSettled(wait);
  if (!status.ok() && !settle_posted_) PostSettle();
  return status;
}

absl::Status LiveRows::SettleIfDue() {
  const size_t bytes = recent_ == nullptr ? 0 : recent_->bytes();
  const size_t settling_bytes = settling_ == nullptr ? 0 : settling_->bytes();
  const size_t most = memory_.Share(Memory::kSettling);
  // One half is written while the other fills; then it is waited for.
  RETURN_IF_ERROR(TakeOrRetrySettled(bytes + settling_bytes >= most));
  const bool due = (recent_ != nullptr && bytes >= most / 2) ||
                   (unsettled() && absl::Now() - settled_ >= db_.options.persist_interval);
  if (due && settling_ == nullptr) BeginSettle();
  return absl::OkStatus();
}

}  // namespace daybook::store
