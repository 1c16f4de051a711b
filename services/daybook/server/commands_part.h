// The role `commands`: the engine with the books of this binary, and its services.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/command/engine.h"
#include "services/daybook/config/config.h"
#include "services/daybook/server/part.h"

namespace daybook {

class CommandsPart : public Part {
 public:
  // `endpoint` is asked once the server listens: where clients reach it. `log` and `metrics` must
  // outlive it. Errors: the cache directory cannot be used.
  static absl::StatusOr<std::unique_ptr<Part>> Open(const Config& config, log::EventLog& log,
                                                    std::function<std::string()> endpoint,
                                                    Metrics* metrics);

  std::vector<rpc::Service> Services() override;
  absl::Status Ready() const override;
  void SetHealth(bool serving, rpc::Health* health) const override;
  void Start() override;
  absl::Status WhileStarting() override;
  void TakeOver() override;
  void Drain(absl::Time deadline) override;

 private:
  explicit CommandsPart(std::unique_ptr<command::Engine> engine) : engine_(std::move(engine)) {}

  const std::unique_ptr<command::Engine> engine_;
  bool taking_ = false;  // has been ready
};

}  // namespace daybook
