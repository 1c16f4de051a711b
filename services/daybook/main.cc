// In the order in which people meet them.
#include <unistd.h>

#include <csignal>

#include "absl/synchronization/mutex.h"
#include "services/daybook/cli/command_line.h"
#include "services/daybook/cli/subcommands.h"
#include "services/daybook/process/standard_streams.h"
#include "services/daybook/storage/data_directory.h"

// Read by jemalloc when it starts. Pages that nobody uses go back after some seconds by a thread of
// its own: without it a thread that has become idle keeps what it freed, half a gigabyte after a
// read model was built. MALLOC_CONF in the environment overrides it.
extern "C" {
const char* malloc_conf = "background_thread:true,dirty_decay_ms:5000";
}

int main(int argc, char** argv) {
  using namespace daybook;
  HoldStandardStreams();
  KeepToOurselves();
  // A file that may not grow is an error of the write, which says it, as on a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  // Debian's Abseil looks for circles in the order of locks whenever gRPC takes one of its: 5 % of
  // a call.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  Subcommands subcommands;
  subcommands.push_back(NewServe());
  subcommands.push_back(NewStory());
  subcommands.push_back(NewCall());
  subcommands.push_back(NewImportOrders());
  subcommands.push_back(NewHistory());
  subcommands.push_back(NewVerify());
  subcommands.push_back(NewDump());
  subcommands.push_back(NewRebuild());
  subcommands.push_back(NewCopy());
  subcommands.push_back(NewDoctor());
  subcommands.push_back(NewPrintConfig());
  subcommands.push_back(NewPrintVersion());
  return RunCommandLine(argc, argv, environ, subcommands);
}
