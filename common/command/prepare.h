// From a request to a command: what can be said before any state is looked at.
#pragma once

#include "absl/status/status.h"
#include "common/command/book.h"
#include "common/command/command.h"
#include "google/protobuf/message.h"

namespace daybook::command {

// Fills method, ids, hash and flags of `command` from `request`, which must be of the method's
// type. Refuses REQUEST_TOO_LARGE, and INVALID_FIELDS with every violation at once, the domain's
// included; the method is filled in then, too. Any thread.
absl::Status Prepare(const Method& method, const google::protobuf::Message& request,
                     Command* command);

}  // namespace daybook::command
