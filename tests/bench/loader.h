// A closed loop of unary calls over one connection: as many as are asked for stay in flight until
// the time is over. The same loop for numerator and denominator of every ratio.
//
// One thread, one completion queue, registered methods, requests serialised beforehand and not
// copied; a response is taken as bytes and looked at only now and then, so that the loader costs
// the same whatever it calls. No call has a deadline: a server that hangs is seen by the watchdog
// of tests/bench/run.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace daybook::bench {

struct Load {
  std::string path;  // "/daybook.billing.v1.BillingService/RecordPayment"
  // In turn. Owned by the caller, unchanged until Run returns.
  const std::vector<std::string>* requests = nullptr;
  // Where to begin in `requests`; Run moves it past what it has sent.
  size_t* cursor = nullptr;
  // Each request once: Run ends early when all are sent. Otherwise from the beginning again.
  bool once = false;
  // Path of single requests, instead of `path`; empty: all have the same.
  std::function<int(size_t)> path_index = {};
  std::vector<std::string> paths = {};

  int in_flight = 1;
  absl::Duration warm_up = absl::Milliseconds(200);  // not counted
  absl::Duration duration = absl::Seconds(1);
  // Gets every `check_every`-th response; not OK ends the run.
  size_t check_every = 256;
  std::function<absl::Status(size_t request, std::string_view response)> check = {};
};

struct LoadResult {
  uint64_t calls = 0;  // that ended within the counted time
  double seconds = 0;  // the counted time
  double p50_us = 0;
  double p99_us = 0;
  uint64_t all_calls = 0;    // warm-up and end included
  double loader_cpu_us = 0;  // of this process, a call of all
  double per_second() const { return seconds > 0 ? static_cast<double>(calls) / seconds : 0; }
};

class Loader {
 public:
  explicit Loader(std::string_view address);
  ~Loader();

  // Errors: the first status of a call, or of `check`; OUT_OF_RANGE: the requests came to their end
  // before the counted time did.
  absl::StatusOr<LoadResult> Run(const Load& load);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace daybook::bench
