#include "services/daybook/server/model_metrics.h"

#include <algorithm>
#include <functional>
#include <string>

#include "common/base/clock.h"

namespace daybook {
namespace {

using projection::ShardStatus;

// Sum over the partitions of one projection.
double Sum(const projection::Models& models, const std::string& projection,
           const std::function<double(const ShardStatus&)>& of) {
  double sum = 0;
  for (const ShardStatus& shard : models.Statuses()) {
    if (shard.projection == projection) sum += of(shard);
  }
  return sum;
}

double LagRecords(const LogEnds& log_ends, const projection::Models& models,
                  const std::string& projection) {
  const std::vector<int64_t> ends = log_ends.Get();
  return Sum(models, projection, [&](const ShardStatus& shard) {
    return std::max<double>(0, ends[shard.partition] - shard.position.next_offset);
  });
}

}  // namespace

double LagSeconds(const std::vector<ShardStatus>& shards, std::string_view projection,
                  absl::Time start, absl::Time now) {
  double most = 0;
  for (const ShardStatus& shard : shards) {
    if (shard.projection != projection) continue;
    most = std::max(most, absl::ToDoubleSeconds(now - std::max(start, shard.complete_at)));
  }
  return most;
}

void AddModelMetrics(const std::vector<std::string>& names, const projection::Models& models,
                     const LogEnds& ends, Metrics* metrics) {
  const absl::Time start = WallNow();
  for (const std::string& name : names) {
    const Labels labels = {{"projection", name}};
    metrics->AddGauge("daybook_projection_lag_records", "Records not yet in the read model.",
                      labels, [&, name] { return LagRecords(ends, models, name); });
    metrics->AddGauge(
        "daybook_projection_lag_seconds",
        "Time since the read model last held everything, worst partition; since the "
        "start if it never has.",
        labels, [&, name, start] { return LagSeconds(models.Statuses(), name, start, WallNow()); });
    metrics->AddGauge("daybook_projection_serving",
                      "1 if queries of the read model are answered in every partition.", labels,
                      [&, name] { return models.Serves(name).ok() ? 1.0 : 0.0; });
    metrics->AddCounter("daybook_projection_failures_total",
                        "Times that the read model's store failed while it was open.", labels,
                        [&, name] { return static_cast<double>(models.FiguresOf(name).failures); });
    metrics->AddCounter(
        "daybook_projection_set_aside_total",
        "Times that the read model was set aside, damaged or of another version, to be made anew.",
        labels, [&, name] { return static_cast<double>(models.FiguresOf(name).set_aside); });
    metrics->AddCounter(
        "daybook_projection_events_total", "Events folded since the start.", labels, [&, name] {
          return Sum(models, name,
                     [](const ShardStatus& s) { return static_cast<double>(s.events); });
        });
    metrics->AddCounter(
        "daybook_projection_flushes_total", "Flushes since the start.", labels, [&, name] {
          return Sum(models, name,
                     [](const ShardStatus& s) { return static_cast<double>(s.flushes); });
        });
    metrics->AddGauge(
        "daybook_projection_waiters", "Queries waiting for a position.", labels, [&, name] {
          return Sum(models, name,
                     [](const ShardStatus& s) { return static_cast<double>(s.waiters); });
        });
  }
}

}  // namespace daybook
