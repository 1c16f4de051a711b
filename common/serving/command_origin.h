// What commands inherit from the call or stream that brings them.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/command/command.h"
#include "common/rpc/server.h"

namespace daybook {

class CommandOrigin {
 public:
  // INVALID_FIELDS if the metadata `daybook-correlation-id`, `daybook-causation-id` or
  // `traceparent` is no text (CheckText) or has more than 128 bytes, or the name in the caller's
  // certificate more than 256.
  static absl::StatusOr<CommandOrigin> Of(const rpc::Caller& caller);

  // `deadline`: of the command's answer, see DecideBy.
  void Fill(absl::Time deadline, command::Command* command) const;

 private:
  std::string actor_;
  std::string correlation_id_;
  std::string causation_id_;
  std::string trace_context_;
};

// A little before `deadline`, when the caller gives up: "not certain yet, ask again" is worth more
// than silence.
absl::Time DecideBy(absl::Time deadline, absl::Time now);

// The server's word for a caller whose deadline nobody has met.
const absl::Status& UnknownOutcome();

}  // namespace daybook
