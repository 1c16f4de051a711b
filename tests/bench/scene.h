// What the measurements share: options, where things are, and how servers are started.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/bench/child.h"
#include "tests/bench/figures.h"

namespace daybook::bench {

struct Options {
  std::string directory;              // for logs and models; emptied
  std::string daybook, echo, broker;  // executables
  std::set<std::string> only;         // ids; empty = all
  bool quick = false;
  bool kafka = true;
  uint64_t customers = 200'000;            // of the command figures
  uint64_t history_customers = 1'000'000;  // of P6, P7, P8, P12
  uint64_t history_records = 5'000'000;
  bool history_zipf = false;
  int rounds = 5;
  absl::Duration warm_up = absl::Milliseconds(300);
  absl::Duration duration = absl::Milliseconds(1500);

  bool Wants(const std::string& id) const { return only.empty() || only.contains(id); }
};

class Scene {
 public:
  Scene(const Options& options, Report& report) : options_(options), report_(report) {}

  struct Server {
    std::string address;
    std::unique_ptr<Child> process;
  };

  // Serves and waits until it is ready. `kafka`: brokers; empty = the embedded log.
  absl::StatusOr<Server> StartDaybook(const std::string& name, const std::string& kafka,
                                      absl::Duration timeout);
  absl::StatusOr<Server> StartEcho(size_t result_bytes);
  // The one broker of this bench, started when first asked for; its address. NOT_FOUND without one.
  absl::StatusOr<std::string> Broker();

  // Data directory of the server `name`.
  std::string DataOf(const std::string& name) const { return options_.directory + "/" + name; }

  const Options& options() const { return options_; }
  Report& report() { return report_; }

 private:
  const Options& options_;
  Report& report_;
  Server broker_;
  absl::Status no_broker_;
};

// P1, P2, P3, P4, P5, P10, P11.
absl::Status MeasureCommands(Scene& scene);
// P6, P7, P8, P12.
absl::Status MeasureHistory(Scene& scene);

}  // namespace daybook::bench
