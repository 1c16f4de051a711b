#include "common/command/state_cache.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/command/command.h"

namespace daybook::command {
namespace {

absl::string_view AsAbsl(std::string_view text) { return {text.data(), text.size()}; }

// By how much the bound may be passed before anything is done, so that it is not done for each.
constexpr size_t kSlack = 1024;

absl::Status Unreadable(std::string_view what) {
  return absl::DataLossError(absl::StrCat("the command cache holds a broken ", AsAbsl(what)));
}

}  // namespace

std::string ReceiptKey(std::string_view customer_id, std::string_view request_id) {
  std::string key;
  key.reserve(customer_id.size() + 1 + request_id.size());
  key.append(customer_id).push_back('\0');  // no id holds a NUL
  key.append(request_id);
  return key;
}

StateCache::StateCache(std::unique_ptr<CacheBacking> backing, size_t max_clean)
    : backing_(std::move(backing)), max_clean_(max_clean) {}

absl::StatusOr<StateCache::Customer*> StateCache::Load(std::string_view customer_id) {
  const auto it = customers_.find(AsAbsl(customer_id));
  if (it != customers_.end()) {
    it->second->used = generation_;
    return it->second.get();
  }
  auto customer = std::make_unique<Customer>();
  std::string bytes;
  ASSIGN_OR_RETURN(const bool found,
                   backing_->Get(CacheBacking::Table::kState, customer_id, &bytes));
  if (found && !customer->state.ParseFromString(bytes)) return Unreadable("state");
  customer->used = generation_;
  return customers_.emplace(customer_id, std::move(customer)).first->second.get();
}

absl::StatusOr<const book::v1::State*> StateCache::Find(std::string_view customer_id) {
  ASSIGN_OR_RETURN(Customer * customer, Load(customer_id));
  return &customer->state;
}

absl::StatusOr<book::v1::State*> StateCache::Edit(std::string_view customer_id) {
  ASSIGN_OR_RETURN(Customer * customer, Load(customer_id));
  if (!customer->dirty) {
    customer->dirty = true;
    dirty_customers_.emplace_back(customer_id);
  }
  return &customer->state;
}

book::v1::PartitionState& StateCache::EditPartitionState() {
  partition_state_dirty_ = true;
  return partition_state_;
}

absl::StatusOr<const book::v1::Receipt*> StateCache::FindReceipt(std::string_view customer_id,
                                                                 std::string_view request_id) {
  // A customer without commits has no receipts: no look-up for newcomers.
  ASSIGN_OR_RETURN(const book::v1::State* state, Find(customer_id));
  if (state->revision() == 0) return nullptr;
  const std::string key = ReceiptKey(customer_id, request_id);
  if (const auto it = new_receipts_.find(key); it != new_receipts_.end()) return &it->second;
  std::string bytes;
  ASSIGN_OR_RETURN(const bool found, backing_->Get(CacheBacking::Table::kReceipt, key, &bytes));
  if (!found) return nullptr;
  if (!found_.ParseFromString(bytes)) return Unreadable("receipt");
  return &found_;
}

void StateCache::AddReceipt(std::string key, book::v1::Receipt receipt) {
  new_receipts_.insert_or_assign(std::move(key), std::move(receipt));
}

absl::Status StateCache::Flush(const log::Position& at) {
  using Table = CacheBacking::Table;
  std::vector<CacheBacking::Row> rows;
  rows.reserve(dirty() + 1);
  std::sort(dirty_customers_.begin(), dirty_customers_.end());
  for (const std::string& id : dirty_customers_) {
    rows.push_back({Table::kState, id, customers_.at(id)->state.SerializeAsString()});
  }
  for (const auto& [key, receipt] : new_receipts_) {
    rows.push_back({Table::kReceipt, key, receipt.SerializeAsString()});
  }
  if (partition_state_dirty_) {
    rows.push_back({Table::kPartition, "", partition_state_.SerializeAsString()});
  }
  RETURN_IF_ERROR(backing_->Write(std::move(rows), at));
  for (const std::string& id : dirty_customers_) customers_.at(id)->dirty = false;
  dirty_customers_.clear();
  new_receipts_.clear();
  partition_state_dirty_ = false;
  Trim();
  return absl::OkStatus();
}

void StateCache::Trim() {
  if (customers_.size() <= max_clean_ + dirty_customers_.size() + kSlack) return;
  // What was not used since the last time goes first; if that is not enough, all that is clean.
  const auto erase = [this](bool all) {
    for (auto it = customers_.begin(); it != customers_.end();) {
      if (!it->second->dirty && (all || it->second->used != generation_)) {
        customers_.erase(it++);
      } else {
        ++it;
      }
    }
  };
  erase(false);
  if (customers_.size() > max_clean_ + dirty_customers_.size()) erase(true);
  ++generation_;
}

absl::Status StateCache::Drop() {
  customers_.clear();
  dirty_customers_.clear();
  new_receipts_.clear();
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
  ASSIGN_OR_RETURN(const bool found, backing_->Get(CacheBacking::Table::kPartition, "", &bytes));
  if (found && !partition_state_.ParseFromString(bytes)) return Unreadable("partition state");
  return absl::OkStatus();
}

}  // namespace daybook::command
