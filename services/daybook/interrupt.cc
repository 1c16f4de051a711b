#include "services/daybook/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "services/daybook/subcommand.h"

namespace daybook {
namespace {

std::atomic<bool> interrupted{false};
std::atomic<bool> asked_to_claim{false};

// Only what a signal handler may do.
void OnSignal(int) {
  if (interrupted.exchange(true)) _exit(kExitInterrupted);
}

void OnClaim(int) { asked_to_claim = true; }

void Catch(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(signal, &action, nullptr);
}

}  // namespace

void EndWithin(absl::Duration at_most, std::function<void()> say) {
  std::thread([at_most, say = std::move(say)] {
    absl::SleepFor(at_most);
    say();
    _exit(kExitOk);
  }).detach();
}

const std::atomic<bool>& Interrupted() { return interrupted; }

void CatchInterrupts() {
  Catch(SIGINT, OnSignal);
  Catch(SIGTERM, OnSignal);
}

void CatchClaims() { Catch(SIGUSR1, OnClaim); }
bool AskedToClaim() { return asked_to_claim.exchange(false); }

}  // namespace daybook
