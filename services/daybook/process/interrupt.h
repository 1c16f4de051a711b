// What a process is told by signals. Ctrl-C and SIGTERM: the first asks to stop, the second ends
// the process at once. SIGUSR1: a server claims its partitions anew.
#pragma once

#include <atomic>
#include <functional>

#include "absl/time/time.h"

namespace daybook {

// Ends the process with `exit_code` if it is still there after so long: nobody waits for a library
// that does not come back. What is not written by then is read from the log again. `say` is called
// first, on another thread.
void EndWithin(absl::Duration at_most, int exit_code, std::function<void()> say);

// Set by the first SIGINT or SIGTERM after CatchInterrupts.
const std::atomic<bool>& Interrupted();
// The same with exit code 0, counted from that signal on, whatever the process is at by then. To be
// called once, after CatchInterrupts.
void EndSoonAfterInterrupt(absl::Duration at_most, std::function<void()> say);

// From now on. Once a process.
void CatchInterrupts();

// From now on SIGUSR1 is counted; without it, it ends the process. Once a process.
void CatchClaims();
// Whether SIGUSR1 has come since the last call.
bool AskedToClaim();

}  // namespace daybook
