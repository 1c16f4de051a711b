// How far the balances are behind the commands, seen from outside, under a load that does not wait.
//
// Open loop: a command is sent when it is due, whatever became of those before. Beside it a prober
// asks for the balance of one customer, every two milliseconds at most, and learns from the answer
// how far its partition has been folded. A command of that partition is visible with the first
// answer whose position has passed the command's token; its lag is the time from its own
// acknowledgement, as the loader saw it, until then. So each lag is up to one probe and one call
// too long, never too short. The partition changes twice a second. The prober asks without a
// token: one that waits would hurry the read model that is to be measured.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace daybook::bench {

struct LagLoad {
  // Commands in turn, each sent once. Even ones go to paths[0], odd ones to paths[1].
  const std::vector<std::string>* requests = nullptr;
  std::vector<std::string> paths;
  // Of GetBalance, of customers in different partitions.
  const std::vector<std::string>* probes = nullptr;
  double per_second = 0;
  absl::Duration warm_up;   // not counted
  absl::Duration duration;  // counted
};

struct Lag {
  size_t commands = 0;  // whose lag was taken
  double p50_ms = 0, p99_ms = 0, worst_ms = 0;
  double sent_per_second = 0;
  double answer_p50_ms = 0, answer_p99_ms = 0;  // of commands, from when they were due
  double probes_per_second = 0;
};

// Errors: the first of a call; RESOURCE_EXHAUSTED: commands are not answered as fast as they are
// sent; DEADLINE_EXCEEDED: a command did not become visible.
absl::StatusOr<Lag> MeasureLag(std::string_view address, const LagLoad& load);

}  // namespace daybook::bench
