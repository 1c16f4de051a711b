#include "services/daybook/server/projections_part.h"

#include <utility>

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/serving/model_calls.h"
#include "projections/topology.h"
#include "services/daybook/process/logging.h"
#include "services/daybook/server/model_metrics.h"

namespace daybook {

absl::StatusOr<std::unique_ptr<ProjectionsPart>> ProjectionsPart::Open(const Config& config,
                                                                       log::EventLog& log) {
  projection::Topology topology = TheTopology().Only(config.roles.projections);
  projection::ModelsOptions options;
  options.directory = config.models_dir();
  options.threads = static_cast<int>(config.model_threads);
  options.scan_threads = static_cast<int>(config.scan_threads);
  // What read models say is what did not go as usual.
  options.say = [](std::string_view message) { Log(Severity::kWarning, message); };
  ASSIGN_OR_RETURN(auto models, projection::Models::Open(log, topology, options));
  return std::unique_ptr<ProjectionsPart>(
      new ProjectionsPart(log, std::move(topology), std::move(models)));
}

std::vector<rpc::Service> ProjectionsPart::Services() { return Queries(*models_); }

void ProjectionsPart::AddMetrics(Metrics* metrics) {
  AddModelMetrics(topology_.names(), *models_, ends_, metrics);
}

absl::Status ProjectionsPart::Ready() const {
  const absl::Status ready = models_->Ready();
  return ready.ok() ? ready : absl::Status(ready.code(), Cat("read models: ", ready.message()));
}

void ProjectionsPart::SetHealth(bool serving, rpc::Health* health) const {
  for (const auto& entry : topology_.entries()) {
    const bool queries = serving && models_->Serves(entry.projection.name).ok();
    health->Set(entry.service.service, queries);
    health->Set(entry.projection.name, queries);
  }
}

void ProjectionsPart::Start() { models_->Start(); }

void ProjectionsPart::Stop() { models_->Stop(); }

}  // namespace daybook
