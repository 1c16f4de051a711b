// How commands were answered, for the metrics.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "common/base/metrics.h"
#include "common/command/book.h"
#include "common/command/command.h"

namespace daybook::command {

// Counters of one method, by reason; made at start so that every series exists.
class OutcomeCounters {
 public:
  OutcomeCounters(const Book& book, Metrics* metrics);
  void Count(const Method& method, const absl::Status& status, bool repeated = false);
  // Counts a refusal and answers with it.
  void Refuse(Command& command, const absl::Status& status);

 private:
  const Book& book_;
  std::vector<std::vector<Counter*>> by_method_;  // [method][accepted, repeated, reasons, other]
};

}  // namespace daybook::command
