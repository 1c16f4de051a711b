// The write side's memory of one partition: states of customers, receipts of accepted requests, and
// the partition's own state. A cache of the log in two layers: memory, and a backing store that
// holds everything as of one position. Dropping either changes nothing but time.
//
// Flushing. Memory runs ahead of the log by what is in flight, and commands do not wait for a disk.
// So a flush goes in steps, between which commands go on:
//
//   Freeze(position, what)  what is changed now is to be written, as it is now; O(1)
//   Serialize(n)            puts up to n customers into the flush; whoever edits one that is not
//                           yet in it puts it there first
//   frozen()                when all are in and the log has confirmed the position: written by
//                           CacheFlush::WriteTo, on any thread
//   Settle(status)          it is written, or it failed and stays to be tried again
//
// Receipts alone. A receipt is written once, a state again and again, and a state is the larger: so
// most flushes write receipts only. The states and the position that the log is read from after a
// start stay what they were; the receipts are then of records behind it, which is no harm: they are
// confirmed, and come back when those are folded. How far they go is kept beside them
// (ReceiptsPosition), for they must be of this log, too.
//
// Parts. A state is in parts, one a book (parts.h), each with a row of its own (cache_rows.h).
// Memory holds of a customer what was asked for, and takes more of it later. What it takes then is
// of the same position as the rest: a part changes only in memory, and a customer stays there as a
// whole until all that changed is written. So a part that is not in memory has not changed since
// its row was written, however many commits came since. A commit writes the customer's own row and
// the parts that its events changed.
//
// Certainty. What is not in the cache is believed not to be: a customer that is not found is new, a
// request that is not found was never accepted. So the cache must be whole at its position. How
// many customers and commits a partition has is written with the states of each flush, and each
// state has the number of its own commits: what was written is counted when a backing store is
// opened (CheckWhole), and each part is there as it was written last. A receipt that should be
// there and is not found is looked for by counting: there are as many of a customer as it has
// commits. What does not add up is DATA_LOSS: the whole is thrown away and folded again
// (Partition::LoseCache).
//
// Memory. Bounded in bytes, by an estimate: beyond `max_bytes` customers go that were not used
// lately (clock) and do not wait to be written. If too many wait, it is crowded(): states are to be
// frozen before their time. Receipts come on top, and are bounded by whoever feeds the cache, see
// dirty().
//
// Not thread-safe; CacheFlush::WriteTo may run beside everything but Settle, Drop and Reset.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/kept_hash.h"
#include "common/command/cache_flush.h"
#include "common/command/cache_rows.h"
#include "common/command/parts.h"
#include "common/command/receipts.h"
#include "common/log/chain.h"
#include "daybook/internal/book/v1/state.pb.h"

namespace daybook::command {

class StateCache {
 public:
  // A customer in memory.
  class Customer {
   public:
    const internal::book::v1::Stream& stream() const { return stream_; }
    const Parts& parts() const { return parts_; }

   private:
    friend class StateCache;
    std::string id_;
    size_t hash_ = 0;
    size_t bytes_ = 0;  // of memory, estimated
    internal::book::v1::Stream stream_;
    Parts parts_;  // edited(): in generation `edited_in_`
    // Of each part's row, when it was read or written last.
    absl::InlinedVector<size_t, 3> row_bytes_ = absl::InlinedVector<size_t, 3>(PartCount());
    uint64_t edited_in_ = 0;  // generation of the last edit
    uint64_t in_flush_ = 0;   // generation of the newest flush that has its bytes
    bool used_ = true;        // since the clock's hand last came by
  };

  StateCache(std::unique_ptr<CacheBacking> backing, size_t max_bytes);

  // The customer with these parts at least, empty if it was never heard of. Valid until the next
  // call of Trim, Drop or Reset. Errors are the backing store's: it is broken, see Reset.
  absl::StatusOr<Customer*> Load(std::string_view stream_id, PartSet parts);
  // The same for one that is in memory already.
  absl::Status LoadMore(Customer& customer, PartSet parts);
  // For one commit, of so many bytes as a message. What is edited in `parts` is written.
  struct Edited {
    internal::book::v1::Stream& stream;
    Parts& parts;
  };
  Edited Edit(Customer& customer, size_t commit_bytes);

  // For commands that come soon, in two steps with others between them: asks the processor for the
  // memory where the customer is found and the request is looked for; then for the customer.
  // Changes nothing.
  struct Place {
    size_t customer_hash = 0;
  };
  Place Prefetch(std::string_view stream_id, std::string_view request_id);
  void Prefetch(const Place& place) const;

  const internal::book::v1::PartitionState& partition_state() const { return partition_state_; }
  internal::book::v1::PartitionState& EditPartitionState();

  // False: no such request was accepted. What `receipt` views is good until the next call of
  // anything but Load.
  absl::StatusOr<bool> FindReceipt(const Customer& customer, std::string_view request_id,
                                   Receipt* receipt);
  // The entry is good until the flush that writes it is settled.
  Receipts::Entry* AddReceipt(std::string_view stream_id, std::string_view request_id,
                              const Receipt& receipt);

  // Customers and receipts that are not written, and roughly the bytes of the receipts.
  size_t dirty() const { return fresh() + frozen_rows_; }
  // Of those, what came since the last Freeze.
  size_t fresh() const { return dirty_.size() + receipts_.size(); }
  size_t dirty_customers() const { return dirty_.size(); }
  // Commits since states were last frozen: to be folded again after a crash.
  size_t unwritten_commits() const { return unwritten_commits_ + receipts_.size(); }
  size_t fresh_receipt_bytes() const { return receipts_.bytes(); }
  // Customers in memory, dirty and clean.
  size_t customers() const { return customers_.size(); }
  // The memory that they take, estimated.
  size_t bytes() const { return bytes_; }
  // There would be room for others if states were written.
  bool crowded() const { return bytes_ > max_bytes_ && dirty_bytes_ >= max_bytes_ / 4; }
  // So much waits to be written that whoever can wait should: a quarter more than there is room
  // for. It ends by itself: what has been written goes with the next Trim.
  bool overfull() const { return bytes_ > max_bytes_ + max_bytes_ / 4; }
  // What the backing store holds.
  const log::Position& position() const { return position_; }
  CacheBacking& backing() { return *backing_; }

  // Forgets customers that were not used lately if there are too many. A bounded effort a call.
  void Trim();

  enum class Flush { kAll, kReceipts };
  // Only if no flush is under way.
  void Freeze(const log::Position& at, Flush what);
  // True: all are in it.
  bool Serialize(size_t most);
  // The flush under way, null if there is none. Immutable once Serialize has said true and what it
  // holds is confirmed.
  const std::shared_ptr<CacheFlush>& frozen() const { return flush_; }
  // The record that it was frozen at stands so many offsets further on.
  void ShiftFrozen(int64_t by);
  void Settle(const absl::Status& written);

  // Forgets what is not written, a flush that is not being written included, and goes on from what
  // the backing store has. Errors as Load.
  absl::Status Drop();
  // Forgets everything, the backing store included.
  absl::Status Reset();

 private:
  struct IdOf {
    std::string_view operator()(const std::unique_ptr<Customer>& customer) const {
      return customer->id_;
    }
  };
  using Kept = KeptHash<std::unique_ptr<Customer>, IdOf>;
  absl::Status LoadPartitionState();
  // DATA_LOSS: there are fewer receipts of the customer than commits.
  absl::Status CheckReceipts(const Customer& customer) const;
  void FreezeStates(CacheFlush& flush);
  absl::Status LoadPart(Customer& customer, size_t index);
  void PutIntoFlush(Customer& customer);
  // Belongs to the flush that is being filled and is not in it.
  bool Missing(const Customer& customer) const {
    return filling_ != nullptr && customer.edited_in_ == generation_ - 1 &&
           customer.in_flush_ != generation_ - 1;
  }
  // The backing store has it as it is.
  bool Clean(const Customer& customer) const {
    const bool freezing = flush_ != nullptr && flush_->has_states_;
    const uint64_t oldest = freezing ? generation_ - 1 : generation_;
    return customer.edited_in_ < oldest && customer.in_flush_ < oldest;
  }

  const std::unique_ptr<CacheBacking> backing_;
  const size_t max_bytes_;
  log::Position position_;
  Kept::Set customers_;
  std::vector<Customer*> clock_;  // all customers, in no order
  size_t hand_ = 0;
  size_t bytes_ = 0;
  size_t dirty_bytes_ = 0;   // of dirty_
  size_t frozen_bytes_ = 0;  // of frozen_
  size_t loaded_ = 0;        // since the last Trim
  std::vector<Customer*> dirty_;
  Receipts receipts_;  // since the last Freeze
  internal::book::v1::PartitionState partition_state_;
  bool partition_state_dirty_ = false;

  std::shared_ptr<CacheFlush> flush_;
  CacheFlush* filling_ = nullptr;  // the same, while Serialize is not done
  uint64_t generation_ = 1;        // of edits: Freeze begins a new one and flushes the one before
  std::vector<Customer*> frozen_;  // from next_frozen_ on: not yet in the flush, unless edited
  size_t next_frozen_ = 0;
  size_t frozen_rows_ = 0;
  size_t unwritten_commits_ = 0;  // without receipts_

  std::string key_;                    // reused
  std::string found_bytes_;            // reused
  internal::book::v1::Receipt found_;  // reused
};

}  // namespace daybook::command
