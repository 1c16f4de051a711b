// In the order in which people meet them.
#include <unistd.h>

#include "services/daybook/command_line.h"
#include "services/daybook/subcommands.h"

int main(int argc, char** argv) {
  using namespace daybook;
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
