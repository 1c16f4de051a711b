// The role `projections`: read models that follow the log, and their queries. It needs nobody who
// takes commands in this process.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "common/projection/models.h"
#include "services/daybook/config/config.h"
#include "services/daybook/server/log_ends.h"
#include "services/daybook/server/part.h"

namespace daybook {

class ProjectionsPart : public Part {
 public:
  // The read models that the roles of `config` name. `log` must outlive it. Errors: those of
  // Models::Open.
  static absl::StatusOr<std::unique_ptr<ProjectionsPart>> Open(const Config& config,
                                                               log::EventLog& log);

  // Which read models, and how far they are.
  const projection::Models& models() const { return *models_; }

  std::vector<rpc::Service> Services() override;
  void AddMetrics(Metrics* metrics) override;
  absl::Status Ready() const override;
  void SetHealth(bool serving, rpc::Health* health) const override;
  void Start() override;
  void Stop() override;

 private:
  ProjectionsPart(log::EventLog& log, projection::Topology topology,
                  std::unique_ptr<projection::Models> models)
      : topology_(std::move(topology)), models_(std::move(models)), ends_(log) {}

  const projection::Topology topology_;
  const std::unique_ptr<projection::Models> models_;
  const LogEnds ends_;
};

}  // namespace daybook
