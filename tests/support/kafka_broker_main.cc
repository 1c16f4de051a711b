// A Kafka broker for scripts: runs on 127.0.0.1 until it is told to end.
//
//   kafka_broker start --dir D [--port P]
//
// Prints `ready 127.0.0.1:P pid N` (N: the broker itself, for kill -9) when it serves.
#include <signal.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/support/kafka_broker.h"

int main(int argc, char** argv) {
  daybook::BrokerOptions options;
  options.quick_start = false;
  bool good = argc >= 4 && std::strcmp(argv[1], "start") == 0 && argc % 2 == 0;
  for (int i = 2; good && i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--dir") == 0) {
      options.directory = argv[i + 1];
    } else if (std::strcmp(argv[i], "--port") == 0) {
      options.port = std::atoi(argv[i + 1]);
    } else {
      good = false;
    }
  }
  if (!good || options.directory.empty()) {
    std::fprintf(stderr, "usage: kafka_broker start --dir D [--port P]\n");
    return 2;
  }
  sigset_t ends;
  sigemptyset(&ends);
  for (const int s : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&ends, s);
  // Before the broker is started, whose threads would inherit a signal handler's race.
  sigprocmask(SIG_BLOCK, &ends, nullptr);
  const auto broker = daybook::KafkaBroker::Start(options);
  if (!broker.ok()) {
    std::fprintf(stderr, "%s\n", broker.status().ToString().c_str());
    return 1;
  }
  std::printf("ready %s pid %d\n", (*broker)->address().c_str(), (*broker)->pid());
  std::fflush(stdout);
  for (;;) {
    int signal = 0;
    sigwait(&ends, &signal);
    if (signal != SIGCHLD) return 0;
    // Also raised when it is stopped or continued.
    if (::waitpid((*broker)->pid(), nullptr, WNOHANG) == (*broker)->pid()) return 1;
  }
}
