// The rows of one table of all partitions in the order of their keys, or backward.
//
//   MergedRows rows(reading, kTable.id, store::Direction::kForward, after);
//   for (; rows.valid(); rows.Next()) ... rows.key(), rows.value() ...
//
// No key may be in two partitions; keys that hold a customer's id are in one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/projection/queries.h"
#include "common/store/store.h"

namespace daybook::projection {

class MergedRows {
 public:
  // Of `reading`'s partitions; those after `after` in `direction`, all of them if it is empty.
  MergedRows(const Reading& reading, uint8_t table, store::Direction direction,
             std::string_view after);

  bool valid() const { return !heap_.empty(); }
  void Next();
  const PartitionReading& partition() const { return *heap_.front().partition; }
  std::string_view key() const { return heap_.front().cursor->key(); }      // until Next
  std::string_view value() const { return heap_.front().cursor->value(); }  // until Next
  // Not OK: rows may be missing.
  const absl::Status& status() const { return status_; }

 private:
  struct Source {
    const PartitionReading* partition;
    std::unique_ptr<store::Cursor> cursor;
  };
  void Add(Source source);
  // Whether `a` comes after `b`: the next row is on top of the heap.
  auto After() const {
    return [backward = backward_](const Source& a, const Source& b) {
      return backward ? a.cursor->key() < b.cursor->key() : b.cursor->key() < a.cursor->key();
    };
  }

  const bool backward_;
  std::vector<Source> heap_;
  absl::Status status_;
};

}  // namespace daybook::projection
