// The write side's memory of one partition: states of customers, receipts of accepted requests, and
// the partition's own state. A cache of the log in two layers: memory, and a backing store that holds
// everything as of one position. Dropping either changes nothing but time.
//
// What is edited stays in memory until Flush writes it with the position it belongs to; Drop forgets
// everything that has not been flushed. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/log/chain.h"
#include "daybook/book/v1/state.pb.h"

namespace daybook::command {

// Where a StateCache keeps what it flushed: rows and position change together or not at all.
class CacheBacking {
 public:
  enum class Table : uint8_t { kState = 1, kReceipt = 2, kPartition = 3 };
  struct Row {
    Table table;
    std::string key;
    std::string value;
  };
  virtual ~CacheBacking() = default;
  virtual log::Position position() const = 0;
  // False: no such row.
  virtual absl::StatusOr<bool> Get(Table table, std::string_view key, std::string* value) = 0;
  virtual absl::Status Write(std::vector<Row> rows, const log::Position& position) = 0;
  // Back to an empty store at the log's beginning.
  virtual absl::Status Clear() = 0;
};

class StateCache {
 public:
  // `max_clean`: how many customers are kept in memory once they are flushed.
  StateCache(std::unique_ptr<CacheBacking> backing, size_t max_clean);

  // The state of a customer, default if it was never heard of. Valid until the next call of Flush or
  // Drop. Errors are the backing store's: it is broken, see Reset.
  absl::StatusOr<const book::v1::State*> Find(std::string_view customer_id);
  absl::StatusOr<book::v1::State*> Edit(std::string_view customer_id);

  const book::v1::PartitionState& partition_state() const { return partition_state_; }
  book::v1::PartitionState& EditPartitionState();

  // Null: no such request was accepted. Valid until the next call of anything.
  absl::StatusOr<const book::v1::Receipt*> FindReceipt(std::string_view customer_id,
                                                       std::string_view request_id);
  void AddReceipt(std::string key, book::v1::Receipt receipt);

  // Rows that Flush would write.
  size_t dirty() const { return dirty_customers_.size() + new_receipts_.size(); }
  // Customers in memory, dirty and clean.
  size_t customers() const { return customers_.size(); }
  // What the backing store holds.
  log::Position position() const { return backing_->position(); }

  // Forgets customers that were not used lately when there are too many: refusals and validations
  // load them as well. Pointers from Find are no longer valid.
  void Trim();

  absl::Status Flush(const log::Position& at);
  // Forgets what is not flushed. Errors as Find.
  absl::Status Drop();
  // Forgets everything, the backing store included.
  absl::Status Reset();

 private:
  struct Customer {
    book::v1::State state;
    bool dirty = false;
    uint32_t used = 0;  // generation of the last use
  };
  absl::StatusOr<Customer*> Load(std::string_view customer_id);
  absl::Status LoadPartitionState();

  std::unique_ptr<CacheBacking> backing_;
  size_t max_clean_;
  uint32_t generation_ = 0;
  absl::flat_hash_map<std::string, std::unique_ptr<Customer>> customers_;
  std::vector<std::string> dirty_customers_;
  absl::flat_hash_map<std::string, book::v1::Receipt> new_receipts_;
  book::v1::Receipt found_;
  book::v1::PartitionState partition_state_;
  bool partition_state_dirty_ = false;
};

}  // namespace daybook::command
