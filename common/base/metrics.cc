#include "common/base/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/base/process_figures.h"
#include "common/base/status.h"
#include "prometheus/metric_family.h"
#include "prometheus/text_serializer.h"

namespace daybook {
namespace {

enum Kind { kCounter, kGauge, kHistogram };

prometheus::MetricType TypeOf(int kind) {
  switch (kind) {
    case kCounter:
      return prometheus::MetricType::Counter;
    case kGauge:
      return prometheus::MetricType::Gauge;
    default:
      return prometheus::MetricType::Histogram;
  }
}

}  // namespace

Histogram::Histogram(std::vector<double> upper_bounds)
    : upper_bounds_(std::move(upper_bounds)), counts_(upper_bounds_.size() + 1) {
  DAYBOOK_CHECK(std::is_sorted(upper_bounds_.begin(), upper_bounds_.end()));
}

void Histogram::Observe(double value) {
  const auto bucket = std::lower_bound(upper_bounds_.begin(), upper_bounds_.end(), value);
  counts_[bucket - upper_bounds_.begin()].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

uint64_t Histogram::count() const {
  uint64_t count = 0;
  for (const auto& bucket : counts_) count += bucket.load(std::memory_order_relaxed);
  return count;
}

std::vector<double> LatencyBounds() {
  return {0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02,
          0.05,    0.1,    0.2,    0.5,    1,     2,     5,     10};
}

struct Metrics::Series {
  Labels labels;
  std::unique_ptr<Counter> counter;  // one of these
  std::unique_ptr<Gauge> gauge;
  std::unique_ptr<Histogram> histogram;
  std::function<double()> read;

  prometheus::ClientMetric Collect(int kind) const {
    prometheus::ClientMetric metric;
    for (const auto& [name, value] : labels) metric.label.push_back({name, value});
    if (kind == kHistogram) {
      const std::vector<double>& bounds = histogram->upper_bounds();
      uint64_t cumulative = 0;
      for (size_t i = 0; i <= bounds.size(); ++i) {
        cumulative += histogram->in_bucket(i);
        metric.histogram.bucket.push_back(
            {cumulative, i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity()});
      }
      metric.histogram.sample_count = cumulative;
      metric.histogram.sample_sum = histogram->sum();
      return metric;
    }
    const double value = read      ? read()
                         : counter ? static_cast<double>(counter->value())
                                   : gauge->value();
    (kind == kCounter ? metric.counter.value : metric.gauge.value) = value;
    return metric;
  }
};

struct Metrics::Family {
  std::string name;
  std::string help;
  int kind;
  std::vector<std::unique_ptr<Series>> series;
};

Metrics::Metrics() = default;
Metrics::~Metrics() = default;

Metrics::Series& Metrics::Find(std::string_view name, std::string_view help, int kind,
                               Labels labels) {
  auto family = std::lower_bound(families_.begin(), families_.end(), name,
                                 [](const auto& f, std::string_view n) { return f->name < n; });
  if (family == families_.end() || (*family)->name != name) {
    family = families_.insert(family, std::make_unique<Family>());
    **family = {std::string(name), std::string(help), kind, {}};
  }
  DAYBOOK_CHECK((*family)->kind == kind);
  for (const auto& series : (*family)->series) {
    if (series->labels == labels) return *series;
  }
  (*family)->series.push_back(std::make_unique<Series>());
  (*family)->series.back()->labels = std::move(labels);
  return *(*family)->series.back();
}

Counter& Metrics::AddCounter(std::string_view name, std::string_view help, Labels labels) {
  std::lock_guard lock(mutex_);
  Series& series = Find(name, help, kCounter, std::move(labels));
  if (!series.counter) series.counter = std::make_unique<Counter>();
  return *series.counter;
}

Gauge& Metrics::AddGauge(std::string_view name, std::string_view help, Labels labels) {
  std::lock_guard lock(mutex_);
  Series& series = Find(name, help, kGauge, std::move(labels));
  if (!series.gauge) series.gauge = std::make_unique<Gauge>();
  return *series.gauge;
}

Histogram& Metrics::AddHistogram(std::string_view name, std::string_view help,
                                 std::vector<double> upper_bounds, Labels labels) {
  std::lock_guard lock(mutex_);
  Series& series = Find(name, help, kHistogram, std::move(labels));
  if (!series.histogram) series.histogram = std::make_unique<Histogram>(std::move(upper_bounds));
  return *series.histogram;
}

void Metrics::AddCounter(std::string_view name, std::string_view help, Labels labels,
                         std::function<double()> read) {
  std::lock_guard lock(mutex_);
  Find(name, help, kCounter, std::move(labels)).read = std::move(read);
}

void Metrics::AddGauge(std::string_view name, std::string_view help, Labels labels,
                       std::function<double()> read) {
  std::lock_guard lock(mutex_);
  Find(name, help, kGauge, std::move(labels)).read = std::move(read);
}

void Metrics::OnExpose(std::function<void()> refresh) {
  std::lock_guard lock(mutex_);
  refreshes_.push_back(std::move(refresh));
}

void Metrics::AddProcess(std::string_view version) {
  AddGauge("daybook_build_info", "Always 1; the labels say what runs.",
           {{"version", std::string(version)}})
      .Set(1);
  AddCounter("process_cpu_seconds_total", "User and system CPU time spent, in seconds.", {},
             CpuSeconds);
  AddGauge("process_resident_memory_bytes", "Resident memory, in bytes.", {}, ResidentBytes);
  AddGauge("process_virtual_memory_bytes", "Virtual memory, in bytes.", {}, VirtualBytes);
  AddGauge("process_open_fds", "Open file descriptors.", {}, OpenDescriptors);
  AddGauge("process_max_fds", "How many file descriptors may be open.", {}, MaxDescriptors);
  AddGauge("process_threads", "Threads of the process.", {}, Threads);
  AddGauge("process_start_time_seconds", "Start of the process, in seconds since the Unix epoch.",
           {}, StartTimeSeconds);
}

std::string Metrics::Expose() const {
  std::vector<prometheus::MetricFamily> all;
  {
    std::lock_guard lock(mutex_);
    for (const auto& refresh : refreshes_) refresh();
    for (const auto& family : families_) {
      all.push_back({family->name, family->help, TypeOf(family->kind), {}});
      for (const auto& series : family->series) {
        all.back().metric.push_back(series->Collect(family->kind));
      }
    }
  }
  return prometheus::TextSerializer().Serialize(all);
}

}  // namespace daybook
