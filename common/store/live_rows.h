// Rows of a shard that serves: flushed every few milliseconds, read meanwhile, made files seldom.
// Private to common/store.
//
// Operation. A flush puts what was edited into `recent_`, where views find it at once. Now and then
// `recent_` is frozen and made a file by the store's thread; it stays as `settling_` until that is
// part of the database. Rows that a fold has no more in hand rest as bytes, and those that were not
// used lately go when there are too many.
//
// Why `recent_` is not the database's memtable: recent_rows.h.
//
// Failure. A file that cannot be written is tried again by every flush; until it is written no
// flush publishes anything.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "common/store/memory.h"
#include "common/store/shard_rows.h"

namespace daybook::store {

class LiveRows final : public ShardRows {
 public:
  LiveRows(Store::Db& db, int partition);
  // Makes durable what was flushed.
  ~LiveRows() override;

  bool full() override;
  void Tend() override;
  RowsAt ForView() override { return {version_, recent_, settling_, snapshot_}; }

 protected:
  RowsAt Now() const override { return {version_, recent_, settling_, nullptr}; }
  absl::Status Write(const log::Position& position) override;
  void Written() override;
  void Release() override;
  void Keep(RowMap::Row& row, std::string_view bytes) override { Pack(bytes, row); }
  void StopSettling() override { TakeSettled(true).IgnoreError(); }
  void InDatabase() override;

 private:
  // What was edited becomes a version that views of now on see.
  void Publish();
  void Evict();
  void Account();

  // Not everything that was flushed is in a file, or in one that is being made.
  bool unsettled() const { return recent_ != nullptr || position_ != settled_at_; }
  // Makes a file of what has been published, on the store's thread.
  void BeginSettle();
  void PostSettle();
  // Sees to a file that is done; `wait`s for one under way. Not OK: the last attempt failed, and
  // none since has come to an end.
  absl::Status TakeSettled(bool wait);
  // The same, and what failed is tried again.
  absl::Status TakeOrRetrySettled(bool wait);
  absl::Status SettleIfDue();

  Memory::Part memory_;
  uint64_t version_ = 0;
  std::shared_ptr<RecentRows> recent_;
  std::shared_ptr<const RecentRows> settling_;
  std::shared_ptr<const Snapshot> snapshot_;  // for views; of the database without `settling_`
  log::Position settled_at_;                  // of the newest file, made or being made
  absl::Time settled_;
  bool settle_posted_ = false;  // the store's thread has it, or has done it and was not yet asked
  absl::Status settle_failed_;  // why there is no file of `settling_`, as of the last attempt
  std::mutex settle_mutex_;     // of what follows
  std::condition_variable settle_done_;
  std::optional<absl::Status> settle_status_;  // of the attempt that was posted
};

}  // namespace daybook::store
