// What gRPC and protobuf have to say, said in the program's own way and bounded (message_limit.h):
// strangers can cause much of it.
#pragma once

#include "absl/time/time.h"

namespace daybook {

// From now on.
void TakeLibraryMessages();

// Says how many were left out. `now`: of the steady clock. Call it often.
void CountLibraryMessages(absl::Duration now);

}  // namespace daybook
