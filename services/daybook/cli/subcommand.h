// One thing that the binary can do: what it is called, what it takes, what it does.
//
//   class Verify : public Subcommand {
//     Manual manual() const override { return {.name = "verify", .summary = "...", ...}; }
//     void Declare(Flags& flags) override { flags.Switch("--json", "one JSON object", &json_); }
//     int Run(const Config& config) override { ... return kExitOk; }
//     ...
//   };
//
// Data goes to stdout, messages to stderr.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "services/daybook/config/config.h"
#include "services/daybook/process/exit_codes.h"

namespace daybook {

// What a subcommand takes beside the settings of config.h. Targets keep their value when the flag
// is absent; they must outlive the parse.
class Flags {
 public:
  virtual ~Flags() = default;
  // `--json`
  virtual void Switch(std::string_view name, std::string_view help, bool* target) = 0;
  // `--currency CODE`
  virtual void Text(std::string_view name, std::string_view value_name, std::string_view help,
                    std::string* target) = 0;
  // `--limit N`, whole, from min to max
  virtual void Number(std::string_view name, std::string_view value_name, std::string_view help,
                      int64_t min, int64_t max, int64_t* target) = 0;
  // by place: `FILE`
  virtual void Argument(std::string_view value_name, std::string_view help, bool required,
                        std::string* target) = 0;
};

struct Manual {
  std::string_view name;      // `import orders`
  std::string_view summary;   // one line, for the list
  std::string_view examples;  // lines to copy; they come first in --help
  std::string_view details;   // what one should know; may be empty
  std::string_view exit_codes =
      "0 done · 1 failed · 2 wrong usage or configuration · 4 the brokers do not answer";
};

class Subcommand {
 public:
  virtual ~Subcommand() = default;
  virtual Manual manual() const = 0;
  virtual void Declare(Flags& flags) {}
  virtual int Run(const Config& config) = 0;
};

using Subcommands = std::vector<std::unique_ptr<Subcommand>>;

// `error: ...` on stderr with reason and advice of the catalogue, when the status carries one.
// Returns the exit code that fits: kExitUnavailable for UNAVAILABLE and DEADLINE_EXCEEDED, else
// kExitFailed.
int ReportError(const absl::Status& status);

}  // namespace daybook
