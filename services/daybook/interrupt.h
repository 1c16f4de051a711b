// Ctrl-C and SIGTERM: the first asks to stop, the second ends the process at once.
#pragma once

#include <atomic>

namespace daybook {

// Set by the first SIGINT or SIGTERM after CatchInterrupts.
const std::atomic<bool>& Interrupted();

// From now on. Once a process.
void CatchInterrupts();

}  // namespace daybook
