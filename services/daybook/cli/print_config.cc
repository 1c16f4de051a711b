#include <cstdio>
#include <nlohmann/json.hpp>

#include "common/base/text.h"
#include "services/daybook/cli/subcommands.h"

namespace daybook {
namespace {

class PrintConfig : public Subcommand {
 public:
  Manual manual() const override {
    return {.name = "config",
            .summary = "Print every setting, its value and where that came from",
            .examples =
                "daybook config\n"
                "daybook config --config daybook.toml --json",
            .details = "Secrets are hidden.",
            .exit_codes = "0 done · 2 the configuration is wrong"};
  }
  void Declare(Flags& flags) override {
    flags.Switch("--json", "one JSON object a line: key, value, from", &json_);
  }
  int Run(const Config& config) override {
    for (const Config::Origin& origin : config.origins) {
      if (json_) {
        const nlohmann::ordered_json row = {
            {"key", origin.key}, {"value", origin.value}, {"from", origin.from}};
        std::printf("%s\n", row.dump().c_str());
      } else {
        std::printf("%-26s %-34s # %s\n", origin.key.c_str(), Cat("\"", origin.value, "\"").c_str(),
                    origin.from.c_str());
      }
    }
    return kExitOk;
  }

 private:
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> NewPrintConfig() { return std::make_unique<PrintConfig>(); }

}  // namespace daybook
