#include "common/projection/kit/merged_rows.h"

#include <algorithm>
#include <utility>

namespace daybook::projection {

MergedRows::MergedRows(const Reading& reading, uint8_t table, store::Direction direction,
                       std::string_view after)
    : backward_(direction == store::Direction::kBackward) {
  for (const PartitionReading& partition : reading.partitions) {
    Add({&partition, partition.view->NewCursor(table, direction, after)});
  }
}

void MergedRows::Next() {
  std::pop_heap(heap_.begin(), heap_.end(), After());
  Source source = std::move(heap_.back());
  heap_.pop_back();
  source.cursor->Next();
  Add(std::move(source));
}

void MergedRows::Add(Source source) {
  if (!source.cursor->valid()) return status_.Update(source.cursor->status());
  heap_.push_back(std::move(source));
  std::push_heap(heap_.begin(), heap_.end(), After());
}

}  // namespace daybook::projection
