#include "services/daybook/server/commands_part.h"

#include <utility>

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/serving/command_calls.h"
#include "common/store/store.h"
#include "services/daybook/process/logging.h"
#include "services/daybook/wiring/books.h"
#include "services/daybook/wiring/services.h"

namespace daybook {

absl::StatusOr<std::unique_ptr<Part>> CommandsPart::Open(const Config& config, log::EventLog& log,
                                                         std::function<std::string()> endpoint,
                                                         Metrics* metrics) {
  ASSIGN_OR_RETURN(auto book, TheBook());
  command::EngineOptions options;
  options.cache_directory = config.cache_dir();
  options.endpoint = std::move(endpoint);
  options.accepted_records = config.accepted_records();
  options.max_queue = static_cast<size_t>(config.max_queue);
  // What the engine says is what did not go as usual.
  options.say = [](std::string_view message) { Log(Severity::kWarning, message); };
  ASSIGN_OR_RETURN(auto engine, command::Engine::Open(&log, std::move(book), options, metrics));
  return std::unique_ptr<Part>(new CommandsPart(std::move(engine)));
}

std::vector<rpc::Service> CommandsPart::Services() {
  std::vector<rpc::Service> services = UnaryCommands(*engine_);
  services.push_back(WrappedCommands(*engine_));
  return services;
}

absl::Status CommandsPart::Ready() const {
  const absl::Status ready = engine_->Ready();
  return ready.ok() ? ready : absl::Status(ready.code(), Cat("commands: ", ready.message()));
}

void CommandsPart::SetHealth(bool serving, rpc::Health* health) const {
  const bool commands = serving && engine_->Ready().ok();
  for (const auto* service : AllCommandServices()) health->Set(service->full_name(), commands);
}

void CommandsPart::Start() { engine_->Start(); }

absl::Status CommandsPart::WhileStarting() {
  const absl::Status ready = engine_->Ready();
  // From here on commands wait for the disk.
  if (ready.ok() && !std::exchange(taking_, true)) store::SetFileRate(store::kFileRate);
  // A log that cannot be owned because of what is in it: refused, not half served.
  return absl::IsFailedPrecondition(ready) ? ready : absl::OkStatus();
}

void CommandsPart::TakeOver() {
  engine_->ConfirmClock();
  for (int p = 0; p < engine_->partitions(); ++p) engine_->Want(p, true);
}

void CommandsPart::Drain(absl::Time deadline) { engine_->Drain(deadline); }

}  // namespace daybook
