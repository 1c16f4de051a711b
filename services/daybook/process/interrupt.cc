#include "services/daybook/process/interrupt.h"

#include <semaphore.h>
#include <signal.h>
#include <unistd.h>

#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "services/daybook/process/exit_codes.h"

namespace daybook {
namespace {

std::atomic<bool> interrupted{false};
std::atomic<bool> asked_to_claim{false};

sem_t interrupts;  // for whoever waits for the first

// Only what a signal handler may do.
void OnSignal(int) {
  if (interrupted.exchange(true)) _exit(kExitInterrupted);
  sem_post(&interrupts);
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

void EndWithin(absl::Duration at_most, int exit_code, std::function<void()> say) {
  std::thread([=, say = std::move(say)] {
    absl::SleepFor(at_most);
    say();
    _exit(exit_code);
  }).detach();
}

void EndSoonAfterInterrupt(absl::Duration at_most, std::function<void()> say) {
  std::thread([at_most, say = std::move(say)]() mutable {
    while (sem_wait(&interrupts) != 0) {  // other signals wake it, too
    }
    EndWithin(at_most, kExitOk, std::move(say));
  }).detach();
}

const std::atomic<bool>& Interrupted() { return interrupted; }

void CatchInterrupts() {
  sem_init(&interrupts, 0, 0);
  Catch(SIGINT, OnSignal);
  Catch(SIGTERM, OnSignal);
}

void CatchClaims() { Catch(SIGUSR1, OnClaim); }
bool AskedToClaim() { return asked_to_claim.exchange(false); }

}  // namespace daybook
