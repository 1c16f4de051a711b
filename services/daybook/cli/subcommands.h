// Everything that the binary can do; main.cc lists it. What each is for stands in its manual.
#pragma once

#include <memory>

#include "services/daybook/cli/subcommand.h"

namespace daybook {

std::unique_ptr<Subcommand> NewCall();
std::unique_ptr<Subcommand> NewCopy();
std::unique_ptr<Subcommand> NewDoctor();
std::unique_ptr<Subcommand> NewDump();
std::unique_ptr<Subcommand> NewHistory();
std::unique_ptr<Subcommand> NewImportOrders();
std::unique_ptr<Subcommand> NewPrintConfig();
std::unique_ptr<Subcommand> NewPrintVersion();
std::unique_ptr<Subcommand> NewRebuild();
std::unique_ptr<Subcommand> NewServe();
std::unique_ptr<Subcommand> NewStory();
std::unique_ptr<Subcommand> NewVerify();

}  // namespace daybook
