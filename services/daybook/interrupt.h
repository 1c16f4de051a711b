// What a process is told by signals. Ctrl-C and SIGTERM: the first asks to stop, the second ends
// the process at once. SIGUSR1: a server claims its partitions anew.
#pragma once

#include <atomic>
#include <functional>

#include "absl/time/time.h"

namespace daybook {

// Ends the process with exit code 0 if it is still there after so long: who was told to stop waits for
// no library that does not come back. What is not written by then is read from the log again. `say`
// is called first, on another thread.
void EndWithin(absl::Duration at_most, std::function<void()> say);

// Set by the first SIGINT or SIGTERM after CatchInterrupts.
const std::atomic<bool>& Interrupted();

// From now on. Once a process.
void CatchInterrupts();

// From now on SIGUSR1 is counted; without it, it ends the process. Once a process.
void CatchClaims();
// Whether SIGUSR1 has come since the last call.
bool AskedToClaim();

}  // namespace daybook
