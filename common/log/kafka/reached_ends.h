// How far this process has seen the partitions of a topic go: what it wrote and was told is stored,
// and what it read. A topic that ends earlier has lost records.
//
// Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace daybook::log {

class ReachedEnds {
 public:
  explicit ReachedEnds(int partitions) : ends_(static_cast<size_t>(partitions)) {}

  void Raise(int partition, int64_t end) {
    std::atomic<int64_t>& reached = ends_[static_cast<size_t>(partition)];
    int64_t was = reached.load(std::memory_order_relaxed);
    while (end > was && !reached.compare_exchange_weak(was, end, std::memory_order_relaxed)) {
    }
  }

  // By partition; 0 where nothing is known.
  std::vector<int64_t> all() const {
    std::vector<int64_t> ends;
    for (const std::atomic<int64_t>& end : ends_) {
      ends.push_back(end.load(std::memory_order_relaxed));
    }
    return ends;
  }

 private:
  std::vector<std::atomic<int64_t>> ends_;
};

}  // namespace daybook::log
