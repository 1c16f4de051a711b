// Figures for people who watch: counters, gauges and histograms, exposed in the text format that
// Prometheus scrapes.
//
//   Metrics metrics;  // one per process, passed to whoever counts
//   Counter& appended = metrics.AddCounter("daybook_appended_total", "Records appended.",
//                                          {{"driver", "embedded"}});
//   appended.Increment();
//   metrics.AddGauge("daybook_queue_commands", "Commands waiting.", {}, [&] { return q.size(); });
//   std::string text = metrics.Expose();
//
// Names: base units, `_total` on counters, no ids of customers in labels. A series exists, with 0,
// from the moment it is added: add every label set at start.
//
// Concurrency: handles are updated from any thread without a lock and read by Expose at any time.
// They live as long as the registry. A callback is called by the thread that exposes, one at a
// time; what it reads must outlive the last Expose.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace daybook {

using Labels = std::vector<std::pair<std::string, std::string>>;

// Only grows.
class Counter {
 public:
  void Increment(uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  alignas(64) std::atomic<uint64_t> value_{0};  // its own cache line: two threads, two counters
};

// Goes up and down.
class Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  void Add(double by) { value_.fetch_add(by, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  alignas(64) std::atomic<double> value_{0};
};

// Counts observations by size.
class Histogram {
 public:
  explicit Histogram(std::vector<double> upper_bounds);  // ascending; +Inf is added
  void Observe(double value);
  uint64_t count() const;
  double sum() const { return sum_.load(std::memory_order_relaxed); }
  const std::vector<double>& upper_bounds() const { return upper_bounds_; }
  uint64_t in_bucket(size_t i) const { return counts_[i].load(std::memory_order_relaxed); }

 private:
  const std::vector<double> upper_bounds_;
  std::vector<std::atomic<uint64_t>> counts_;  // not cumulative; the last one is +Inf
  alignas(64) std::atomic<double> sum_{0};
};

// 50 µs to 10 s, for calls, appends and flushes.
std::vector<double> LatencyBounds();

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The same name and labels give the same handle again. Help and kind of a name are those of its
  // first use; another kind under a name is a broken invariant.
  Counter& AddCounter(std::string_view name, std::string_view help, Labels labels = {});
  Gauge& AddGauge(std::string_view name, std::string_view help, Labels labels = {});
  Histogram& AddHistogram(std::string_view name, std::string_view help,
                          std::vector<double> upper_bounds, Labels labels = {});

  // Read when exposed. A counter's callback must never go back.
  void AddCounter(std::string_view name, std::string_view help, Labels labels,
                  std::function<double()> read);
  void AddGauge(std::string_view name, std::string_view help, Labels labels,
                std::function<double()> read);

  // Called at the beginning of each Expose, for figures that are read together: takes the copy that
  // the callbacks above then read from.
  void OnExpose(std::function<void()> refresh);

  // The process's own figures (process_resident_memory_bytes, process_cpu_seconds_total,
  // process_open_fds, process_start_time_seconds, ...) and daybook_build_info{version} = 1.
  void AddProcess(std::string_view version);

  // Everything, in the text format 0.0.4, families by name.
  std::string Expose() const;

 private:
  struct Series;
  struct Family;
  Series& Find(std::string_view name, std::string_view help, int kind, Labels labels);

  mutable std::mutex mutex_;  // guards the lists, not the values
  std::vector<std::unique_ptr<Family>> families_;
  std::vector<std::function<void()>> refreshes_;
};

}  // namespace daybook
