// What a process is told by signals. Ctrl-C and SIGTERM: the first asks to stop, the second ends
// the process at once. SIGUSR1: a server claims its partitions anew.
#pragma once

#include <atomic>

namespace daybook {

// Set by the first SIGINT or SIGTERM after CatchInterrupts.
const std::atomic<bool>& Interrupted();

// From now on. Once a process.
void CatchInterrupts();

// From now on SIGUSR1 is counted; without it, it ends the process. Once a process.
void CatchClaims();
// Whether SIGUSR1 has come since the last call.
bool AskedToClaim();

}  // namespace daybook
