#include "common/command/state_cache.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/planted_bug.h"
#include "common/base/prefetch.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/request_marks.h"

namespace daybook::command {
namespace {

// Customers that the clock's hand looks at in one Trim, at most: so many, and some for each that
// was loaded, for one is to go for each that comes, and the hand meets others on its way.
constexpr size_t kTrimSteps = 1'024;
constexpr size_t kTrimStepsALoad = 4;
constexpr size_t kTrimAhead = 8;

// What a customer takes in memory, measured with jemalloc for customers of two to fifteen commits:
// 950 bytes, 100 for the lists of parts, and 3.6 times the serialised size of what is loaded, with
// the room that its lists have to grow. A commit leaves about half of its bytes.
constexpr size_t kCustomerBytes = 1'000;
constexpr size_t kStateFactor = 4;
constexpr size_t kCommitDivisor = 2;

}  // namespace

// Those of the customer that are written, being written and still to be written; a fold that begins
// in front of what is written makes some of them twice.
absl::Status StateCache::CheckReceipts(const Customer& customer) const {
  std::string prefix;
  AppendReceiptKey(customer.id_, "", &prefix);
  std::set<std::string, std::less<>> found;
  const auto count = [&](const Receipts::Entry& entry) {
    if (entry.key().starts_with(prefix)) found.emplace(entry.key());
  };
  receipts_.ForEach(count);
  if (flush_ != nullptr) flush_->receipts_.ForEach(count);
  // Receipts may be ahead of the state.
  internal::book::v1::Receipt receipt;
  bool readable = true;
  RETURN_IF_ERROR(backing_->Scan(
      CacheBacking::Table::kReceipt, prefix, false,
      [&](std::string_view key, std::string_view value) {
        readable = readable && receipt.ParseFromArray(value.data(), static_cast<int>(value.size()));
        if (receipt.revision() <= customer.stream_.revision()) {
          found.emplace(key);
        }
      }));
  if (!readable) return UnreadableRow("receipt");
  if (static_cast<int64_t>(found.size()) >= customer.stream_.commit_count())
    return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("the command cache is not whole: customer '", ToAbsl(customer.id_), "' has ",
                   customer.stream_.commit_count(), " commits and ", found.size(), " receipts"));
}

// --- customers -----------------------------------------------------------------------------------

StateCache::StateCache(std::unique_ptr<CacheBacking> backing, size_t max_bytes)
    : backing_(std::move(backing)), max_bytes_(max_bytes), position_(backing_->position()) {}

absl::StatusOr<StateCache::Customer*> StateCache::Load(std::string_view stream_id, PartSet parts) {
  const Kept::Wanted wanted{stream_id, HashOfKey(stream_id)};
  if (const auto it = customers_.find(wanted); it != customers_.end()) {
    Customer* const customer = it->handle.get();
    customer->used_ = true;
    if (!customer->parts_.held().HasAll(parts)) RETURN_IF_ERROR(LoadMore(*customer, parts));
    return customer;
  }
  auto customer = std::make_unique<Customer>();
  ASSIGN_OR_RETURN(const bool found,
                   backing_->Get(CacheBacking::Table::kState, stream_id, &found_bytes_));
  if (found && !customer->stream_.ParseFromString(found_bytes_)) return UnreadableRow("state");
  customer->id_ = std::string(stream_id);
  customer->hash_ = wanted.hash;
  customer->bytes_ = kCustomerBytes + kStateFactor * (found ? found_bytes_.size() : 0);
  // Of those with too many commits for marks, receipts that are missing would never be missed.
  if (found && !KnowsRequests(customer->stream_)) RETURN_IF_ERROR(CheckReceipts(*customer));
  bytes_ += customer->bytes_;
  ++loaded_;
  clock_.push_back(customer.get());
  Customer* const kept =
      customers_.insert(Kept::Slot{std::move(customer), wanted.hash}).first->handle.get();
  RETURN_IF_ERROR(LoadMore(*kept, parts));
  return kept;
}

absl::Status StateCache::LoadMore(Customer& customer, PartSet parts) {
  absl::Status status;
  parts.Without(customer.parts_.held()).ForEach([&](size_t index) {
    if (status.ok()) status = LoadPart(customer, index);
  });
  return status;
}

absl::Status StateCache::LoadPart(Customer& customer, size_t index) {
  const int number = PartAt(index).number;
  const std::optional<int64_t> listed = FindListed(customer.stream_, number);
  if (!listed.has_value() || DAYBOOK_PLANTED(kPartTakenForEmpty)) {
    customer.parts_.Add(index);
    return absl::OkStatus();
  }
  key_.clear();
  AppendPartKey(customer.id_, number, &key_);
  ASSIGN_OR_RETURN(const bool found,
                   backing_->Get(CacheBacking::Table::kState, key_, &found_bytes_));
  if (!found || !ParsePart(found_bytes_, *listed, &customer.parts_.Add(index))) {
    customer.parts_.Remove(index);
    return absl::DataLossError(absl::StrCat(
        "the command cache is not whole: part ", number, " of customer '", ToAbsl(customer.id_),
        "' is ", found ? "broken, or of another time than the rest" : "missing"));
  }
  customer.row_bytes_[index] = found_bytes_.size();
  const size_t bytes = kStateFactor * found_bytes_.size();
  customer.bytes_ += bytes;
  bytes_ += bytes;
  if (customer.edited_in_ == generation_) dirty_bytes_ += bytes;
  return absl::OkStatus();
}

StateCache::Place StateCache::Prefetch(std::string_view stream_id, std::string_view request_id) {
  const Place place{HashOfKey(stream_id)};
  customers_.prefetch(Kept::Hinted{place.customer_hash});
  key_.clear();
  AppendReceiptKey(stream_id, request_id, &key_);
  receipts_.Prefetch(key_);
  return place;
}

void StateCache::Prefetch(const Place& place) const {
  const auto it = customers_.find(Kept::Hinted{place.customer_hash});
  if (it != customers_.end()) PrefetchObject(*it->handle);
}

StateCache::Edited StateCache::Edit(Customer& customer, size_t commit_bytes) {
  if (customer.edited_in_ != generation_) {
    if (Missing(customer) && !DAYBOOK_PLANTED(kFlushSeesLaterEdits)) PutIntoFlush(customer);
    customer.parts_.SetUnedited();
    customer.edited_in_ = generation_;
    dirty_.push_back(&customer);
    dirty_bytes_ += customer.bytes_;
  }
  const size_t growth = commit_bytes / kCommitDivisor;
  customer.bytes_ += growth;
  bytes_ += growth;
  dirty_bytes_ += growth;
  internal::book::v1::PartitionState& partition = EditPartitionState();
  partition.set_commits(partition.commits() + 1);
  if (customer.stream_.commit_count() == 0) partition.set_customers(partition.customers() + 1);
  return {customer.stream_, customer.parts_};
}

internal::book::v1::PartitionState& StateCache::EditPartitionState() {
  partition_state_dirty_ = true;
  return partition_state_;
}

void StateCache::Trim() {
  // One that waits twice is counted twice: then it is trimmed a little less.
  const size_t waiting = dirty_bytes_ + frozen_bytes_;
  const size_t most = kTrimSteps + kTrimStepsALoad * std::exchange(loaded_, 0);
  for (size_t n = 0; n < most && bytes_ > max_bytes_; ++n) {
    // Looking for the last few that could go costs more than it gives.
    if (bytes_ < waiting + max_bytes_ / 8) return;
    if (hand_ >= clock_.size()) hand_ = 0;
    if (hand_ + kTrimAhead < clock_.size()) PrefetchObject(*clock_[hand_ + kTrimAhead]);
    Customer* const customer = clock_[hand_];
    if (!Clean(*customer) || std::exchange(customer->used_, false)) {
      ++hand_;
      continue;
    }
    clock_[hand_] = clock_.back();
    clock_.pop_back();
    bytes_ -= customer->bytes_;
    customers_.erase(customers_.find(Kept::Wanted{customer->id_, customer->hash_}));
  }
}

// --- receipts ------------------------------------------------------------------------------------

absl::StatusOr<bool> StateCache::FindReceipt(const Customer& customer, std::string_view request_id,
                                             Receipt* receipt) {
  if (!MayKnowRequest(customer.stream_, request_id)) return false;
  key_.clear();
  AppendReceiptKey(customer.id_, request_id, &key_);
  const Receipts::Entry* entry = receipts_.Find(key_);
  if (entry == nullptr && flush_ != nullptr) entry = flush_->receipts_.Find(key_);
  if (entry != nullptr) {
    *receipt = entry->receipt();
    return true;
  }
  ASSIGN_OR_RETURN(const bool found,
                   backing_->Get(CacheBacking::Table::kReceipt, key_, &found_bytes_));
  if (!found) {
    // Nearly always it should be there: two request ids seldom have one mark.
    if (KnowsRequests(customer.stream_) && !DAYBOOK_PLANTED(kReceiptsForgotten)) {
      RETURN_IF_ERROR(CheckReceipts(customer));
    }
    return false;
  }
  if (!found_.ParseFromString(found_bytes_)) return UnreadableRow("receipt");
  *receipt = {found_.request_hash(), found_.answer(), found_.revision(), found_.offset(), 0};
  return true;
}

Receipts::Entry* StateCache::AddReceipt(std::string_view stream_id, std::string_view request_id,
                                        const Receipt& receipt) {
  key_.clear();
  AppendReceiptKey(stream_id, request_id, &key_);
  return receipts_.Add(key_, receipt);
}

// --- flushing ------------------------------------------------------------------------------------

void StateCache::Freeze(const log::Position& at, Flush what) {
  DAYBOOK_CHECK(flush_ == nullptr);
  auto flush = std::make_shared<CacheFlush>();
  flush->position_ = at;
  flush->states_position_ = position_;
  flush->receipts_ = std::exchange(receipts_, Receipts());
  frozen_rows_ = flush->receipts_.size();
  unwritten_commits_ += frozen_rows_;
  if (what == Flush::kAll) {
    flush->states_position_ = at;
    FreezeStates(*flush);
  }
  flush_ = std::move(flush);
}

void StateCache::FreezeStates(CacheFlush& flush) {
  flush.has_states_ = true;
  filling_ = &flush;
  unwritten_commits_ = 0;
  ++generation_;
  frozen_rows_ += dirty_.size();
  filling_->states_.reserve(dirty_.size());
  filling_->has_partition_state_ = std::exchange(partition_state_dirty_, false);
  if (filling_->has_partition_state_) {
    partition_state_.SerializeToString(&filling_->partition_state_);
  }
  frozen_.clear();
  frozen_.swap(dirty_);
  frozen_bytes_ = std::exchange(dirty_bytes_, 0);
  next_frozen_ = 0;
}

void StateCache::PutIntoFlush(Customer& customer) {
  size_t rows = 0;
  customer.parts_.held().ForEach([&](size_t index) {
    if (customer.parts_.edited().Has(index) && !DAYBOOK_PLANTED(kPartNotWritten)) {
      const int number = PartAt(index).number;
      ListPart(number, &customer.stream_);
      customer.row_bytes_[index] = filling_->AddPart(
          customer.id_, number, customer.stream_.commit_count(), customer.parts_.At(index));
    }
    rows += customer.row_bytes_[index];
  });
  rows += filling_->AddStream(customer.id_, customer.stream_);
  const size_t bytes = kCustomerBytes + kStateFactor * rows;
  bytes_ += bytes - std::exchange(customer.bytes_, bytes);
  customer.in_flush_ = generation_ - 1;
}

bool StateCache::Serialize(size_t most) {
  if (filling_ == nullptr) return true;
  for (size_t n = 0; n < most && next_frozen_ < frozen_.size(); ++n, ++next_frozen_) {
    Customer& customer = *frozen_[next_frozen_];
    if (Missing(customer) || DAYBOOK_PLANTED(kFlushSeesLaterEdits)) PutIntoFlush(customer);
  }
  if (next_frozen_ < frozen_.size()) return false;
  filling_ = nullptr;
  return true;
}

void StateCache::ShiftFrozen(int64_t by) {
  const auto shift = [by](log::Position& at) {
    at.last_offset += by;
    at.next_offset += by;
  };
  shift(flush_->position_);
  if (flush_->has_states_) shift(flush_->states_position_);
}

void StateCache::Settle(const absl::Status& written) {
  if (!written.ok()) return;
  position_ = flush_->states_position_;
  flush_ = nullptr;
  frozen_.clear();
  frozen_bytes_ = 0;
  frozen_rows_ = 0;
}

absl::Status StateCache::Drop() {
  customers_.clear();
  clock_.clear();
  hand_ = 0;
  bytes_ = dirty_bytes_ = frozen_bytes_ = 0;
  dirty_.clear();
  receipts_ = Receipts();
  filling_ = nullptr;
  flush_ = nullptr;
  frozen_.clear();
  frozen_rows_ = 0;
  unwritten_commits_ = 0;
  // A write that seemed to fail may have happened.
  position_ = backing_->position();
  return LoadPartitionState();
}

absl::Status StateCache::Reset() {
  RETURN_IF_ERROR(backing_->Clear());
  return Drop();
}

absl::Status StateCache::LoadPartitionState() {
  partition_state_.Clear();
  partition_state_dirty_ = false;
  std::string bytes;
  ASSIGN_OR_RETURN(const bool found,
                   backing_->Get(CacheBacking::Table::kPartition, kPartitionStateKey, &bytes));
  if (found && !partition_state_.ParseFromString(bytes)) return UnreadableRow("partition state");
  return absl::OkStatus();
}

}  // namespace daybook::command
