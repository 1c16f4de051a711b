// How commands were answered, for the metrics.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "common/base/metrics.h"
#include "common/command/book.h"
#include "common/command/command.h"

namespace daybook::command {

// Counters of each method, by the reasons that it may be refused for (Method::refusals). Made at
// start so that every series exists; one reason more, OTHER, is for what nobody listed.
class OutcomeCounters {
 public:
  OutcomeCounters(const Book& book, Metrics* metrics);
  void Count(const Method& method, const absl::Status& status, bool repeated = false);
  // Counts a refusal and answers with it.
  void Refuse(Command& command, const absl::Status& status);

 private:
  const Book& book_;
  std::vector<std::vector<Counter*>> by_method_;  // [method][accepted, repeated, refusals, other]
};

}  // namespace daybook::command
