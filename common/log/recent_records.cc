#include "common/log/recent_records.h"

#include <cstring>
#include <utility>

namespace daybook::log {
namespace {

// Memory of batches that is kept for the next.
constexpr size_t kSpareBatches = 4;
constexpr size_t kSpareBytes = 4 << 20;

}  // namespace

void RecentRecords::Add(int64_t offset, std::string_view key, std::string_view value) {
  if (capacity_ == 0) return;
  const size_t size = key.size() + value.size();
  const std::lock_guard lock(mutex_);
  const int64_t end = first_ + static_cast<int64_t>(entries_.size());
  if (offset < end) return;
  if (offset > end) entries_.clear();
  if (size > capacity_) {
    entries_.clear();
    first_ = offset + 1;
    return;
  }
  if (ring_ == nullptr) ring_.reset(new char[capacity_]);
  // In one piece: what does not fit before the end begins at the front.
  const size_t place = end_ % capacity_;
  const uint64_t begin = place + size <= capacity_ ? end_ : end_ + (capacity_ - place);
  end_ = begin + size;
  while (!entries_.empty() && entries_.front().begin + capacity_ < end_) {
    entries_.pop_front();
    ++first_;
  }
  if (entries_.empty()) first_ = offset;
  entries_.push_back(
      {begin, static_cast<uint32_t>(key.size()), static_cast<uint32_t>(value.size())});
  char* const to = ring_.get() + begin % capacity_;
  std::memcpy(to, key.data(), key.size());
  std::memcpy(to + key.size(), value.data(), value.size());
}

bool RecentRecords::Read(int64_t from, int64_t until, size_t enough, std::string* bytes,
                         std::vector<Extent>* extents) const {
  const std::lock_guard lock(mutex_);
  const int64_t end = first_ + static_cast<int64_t>(entries_.size());
  if (from < first_ || from >= end) return false;
  for (auto entry = entries_.begin() + (from - first_);
       entry != entries_.end() && from < until && bytes->size() < enough; ++entry, ++from) {
    const size_t size = size_t{entry->key} + entry->value;
    bytes->append(ring_.get() + entry->begin % capacity_, size);
    extents->push_back({entry->key, entry->value});
  }
  return true;
}

RecentRecords::Place RecentRecords::PlaceOf(int64_t offset) const {
  const std::lock_guard lock(mutex_);
  const int64_t end = first_ + static_cast<int64_t>(entries_.size());
  if (entries_.empty() || offset < first_ || offset > end) return Place::kElsewhere;
  return offset == end ? Place::kEnd : Place::kWithin;
}

std::shared_ptr<std::string> BatchBytes::Take() {
  std::unique_ptr<std::string> bytes;
  {
    const std::lock_guard lock(spare_->mutex);
    if (!spare_->bytes.empty()) {
      bytes = std::move(spare_->bytes.back());
      spare_->bytes.pop_back();
    }
  }
  if (bytes == nullptr) bytes = std::make_unique<std::string>();
  return {bytes.release(), [spare = spare_](std::string* used) {
            std::unique_ptr<std::string> back(used);
            if (back->capacity() > kSpareBytes) return;
            back->clear();
            const std::lock_guard lock(spare->mutex);
            if (spare->bytes.size() < kSpareBatches) spare->bytes.push_back(std::move(back));
          }};
}

void ToBatch(int64_t first, std::shared_ptr<std::string> bytes,
             const std::vector<RecentRecords::Extent>& extents, Batch* batch) {
  const char* at = bytes->data();
  batch->records.reserve(extents.size());
  for (const RecentRecords::Extent& e : extents) {
    batch->records.push_back({first++, {at, e.key}, {at + e.key, e.value}});
    at += e.key + e.value;
  }
  batch->storage = std::move(bytes);
}

}  // namespace daybook::log
