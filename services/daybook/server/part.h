// One thing that a serving process does: a role, or the refusal of one.
//
//   for (auto& service : part->Services()) server.Add(std::move(service));
//   part->AddMetrics(&metrics);
//   server.Start();
//   part->Start();
//   part->Drain(deadline);
//   server.Shutdown(deadline);
//   part->Stop();
//
// A part has opened what it needs when it is made, so that what cannot be opened is known before
// anything starts. serve.cc lists the parts that the setting `roles` asks for.
//
// Concurrency: Ready and what AddMetrics has added from any thread, everything else from one.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/metrics.h"
#include "common/rpc/health.h"
#include "common/rpc/server.h"

namespace daybook {

class Part {
 public:
  virtual ~Part() = default;

  // Once, before the server starts; the part outlives the server.
  virtual std::vector<rpc::Service> Services() = 0;
  virtual void AddMetrics(Metrics* metrics) {}

  // What keeps it from doing all that it should, in words that name the part.
  virtual absl::Status Ready() const { return absl::OkStatus(); }
  // Says of each of its services and projections whether it serves; `serving`: whether the process
  // does.
  virtual void SetHealth(bool serving, rpc::Health* health) const = 0;

  // The server listens.
  virtual void Start() {}
  // Called some fifty times a second from Start until the whole process has been ready once. Not
  // OK: what the part finds makes it useless to have started.
  virtual absl::Status WhileStarting() { return absl::OkStatus(); }
  // An operator says that the clock is right, and that this process is to have what others have.
  virtual void TakeOver() {}

  // Takes nothing new; answers what it has, by `deadline` at the latest.
  virtual void Drain(absl::Time deadline) {}
  // Nobody calls any more.
  virtual void Stop() {}
};

using Parts = std::vector<std::unique_ptr<Part>>;

}  // namespace daybook
