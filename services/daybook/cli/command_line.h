// From argv to a subcommand that runs. The only user of CLI11.
#pragma once

#include "services/daybook/cli/subcommand.h"

namespace daybook {

// Parses, loads the configuration, runs; returns the exit code. --help prints examples first.
int RunCommandLine(int argc, const char* const* argv, const char* const* environment,
                   const Subcommands& subcommands);

}  // namespace daybook
