#include <cstdio>

#include "services/daybook/cli/subcommands.h"
#include "services/daybook/cli/version.h"

namespace daybook {

std::string Version() { return DAYBOOK_VERSION; }
std::string BuildInfo() { return DAYBOOK_BUILD_INFO; }

namespace {

class PrintVersion : public Subcommand {
 public:
  Manual manual() const override {
    return {.name = "version",
            .summary = "Print the version of this binary",
            .examples = "daybook version",
            .details = "",
            .exit_codes = "0 done"};
  }
  int Run(const Config&) override {
    std::printf("daybook %s (%s)\n", Version().c_str(), BuildInfo().c_str());
    return kExitOk;
  }
};

}  // namespace

std::unique_ptr<Subcommand> NewPrintVersion() { return std::make_unique<PrintVersion>(); }

}  // namespace daybook
