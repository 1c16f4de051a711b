#include "services/daybook/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include "services/daybook/subcommand.h"

namespace daybook {
namespace {

std::atomic<bool> interrupted{false};

// Only what a signal handler may do.
void OnSignal(int) {
  if (interrupted.exchange(true)) _exit(kExitInterrupted);
}

}  // namespace

const std::atomic<bool>& Interrupted() { return interrupted; }

void CatchInterrupts() {
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace daybook
