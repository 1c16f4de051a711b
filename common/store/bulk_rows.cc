#include "common/store/bulk_rows.h"

#include <algorithm>
#include <string>

#include "common/store/sst_file.h"

namespace daybook::store {

RowsAt BulkRows::ForView() {
  return {0, nullptr, nullptr, std::make_shared<const Snapshot>(rocks())};
}

absl::Status BulkRows::Write(const log::Position& position) {
  std::sort(appended_.begin(), appended_.end(),
            [this](const Appended& a, const Appended& b) { return KeyOf(a) < KeyOf(b); });
  std::sort(dirty_.begin(), dirty_.end(),
            [](const auto* a, const auto* b) { return a->key() < b->key(); });
  return IngestFile(db_, partition_, position, log_id_, [this](const PutRow& put) {
    auto next = appended_.begin();
    const auto put_appended = [&] {
      const std::string_view value = ValueOf(*next);
      put(KeyOf(*next), &value);
      ++next;
    };
    std::string bytes;
    for (const RowMap::Row* row : dirty_) {
      const std::string_view row_key = row->key();
      while (next != appended_.end() && KeyOf(*next) < row_key) put_appended();
      if (row->message == nullptr) {
        put(row_key, nullptr);
        continue;
      }
      row->message->SerializeToString(&bytes);
      const std::string_view value = bytes;
      put(row_key, &value);
    }
    while (next != appended_.end()) put_appended();
  });
}

void BulkRows::Written() {
  const Options& options = db_.options;
  if (rows_.size() <= options.max_cached_rows &&
      arena_->SpaceAllocated() <= options.max_cached_bytes) {
    return;
  }
  all_in_memory_ = false;
  rows_.clear();
  rows_bytes_ = 0;
  arena_ = NewArena();
}

}  // namespace daybook::store
