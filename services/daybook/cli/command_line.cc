#include "services/daybook/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <deque>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "common/base/suggestion.h"
#include "common/base/text.h"
#include "services/daybook/process/logging.h"
#include "services/daybook/process/standard_streams.h"

namespace daybook {
namespace {

struct HelpLine {
  std::string left;
  std::string right;
};

std::string Table(const std::vector<HelpLine>& lines) {
  size_t width = 0;
  for (const HelpLine& line : lines) width = std::max(width, line.left.size());
  std::string text;
  for (const HelpLine& line : lines) {
    text += absl::StrFormat("  %-*s  %s\n", static_cast<int>(width), line.left, line.right);
  }
  return text;
}

std::string Indented(std::string_view block) {
  std::string text;
  for (absl::string_view line : absl::StrSplit(ToAbsl(block), '\n')) {
    text += line.empty() ? "\n" : Cat("  ", line, "\n");
  }
  return text;
}

// Hands a subcommand's flags to CLI11 and keeps them for --help.
class CliFlags : public Flags {
 public:
  explicit CliFlags(CLI::App* app) : app_(app) {}

  void Switch(std::string_view name, std::string_view help, bool* target) override {
    app_->add_flag(std::string(name), *target);
    lines_.push_back({std::string(name), std::string(help)});
  }
  void Text(std::string_view name, std::string_view value_name, std::string_view help,
            std::string* target) override {
    // Empty is what a variable that is not set becomes: not everything, not the default.
    app_->add_option(std::string(name), *target)->check([](const std::string& text) {
      return text.empty() ? std::string("needs a value, is empty") : std::string();
    });
    AddLine(name, value_name, help, *target);
  }
  void Number(std::string_view name, std::string_view value_name, std::string_view help,
              int64_t min, int64_t max, int64_t* target) override {
    app_->add_option(std::string(name), *target)->check(CLI::Range(min, max));
    AddLine(name, value_name, help, *target == 0 || *target < min ? "" : std::to_string(*target));
  }
  void Argument(std::string_view value_name, std::string_view help, bool required,
                std::string* target) override {
    app_->add_option(std::string(value_name), *target)->required(required);
    usage_ += required ? Cat(" ", value_name) : Cat(" [", value_name, "]");
    lines_.push_back({std::string(value_name), std::string(help)});
  }

  const std::vector<HelpLine>& lines() const { return lines_; }
  const std::string& usage() const { return usage_; }

 private:
  void AddLine(std::string_view name, std::string_view value_name, std::string_view help,
               const std::string& fallback) {
    lines_.push_back({Cat(name, " ", value_name),
                      fallback.empty() ? std::string(help) : Cat(help, " [", fallback, "]")});
  }

  CLI::App* app_;
  std::vector<HelpLine> lines_;
  std::string usage_;
};

// A subcommand as CLI11 knows it.
struct Entry {
  Subcommand* subcommand;
  CLI::App* app;
  CliFlags flags;
};

std::vector<HelpLine> SettingLines() {
  std::vector<HelpLine> lines = {
      {"--config FILE", "TOML file with settings; environment DAYBOOK_CONFIG [none]"},
      {"-X NAME=VALUE", "librdkafka property; `kafka.NAME` in the file"}};
  for (const Setting& setting : Settings()) {
    std::string left = setting.flag();
    if (setting.kind != Setting::Kind::kSwitch) {
      left += setting.kind == Setting::Kind::kChoice ? Cat(" ", setting.choices) : " VALUE";
    }
    std::string right(setting.help);
    if (!setting.fallback.empty()) right += Cat(" [", setting.fallback, "]");
    lines.push_back({left, right});
  }
  return lines;
}

std::string GeneralHelp(const std::deque<Entry>& entries) {
  std::string text =
      "Daybook: a customer and billing book. Commands become events on a log; balances are\n"
      "computed from it.\n\nExamples\n"
      "  daybook serve                                            serve on the embedded log\n"
      "  daybook import orders orders.csv --currency USD          bring in what was sold\n"
      "  daybook call GetBalance '{\"customer_id\": \"c-1\"}'         ask\n"
      "  daybook history --customer c-1                           what happened, in order\n\n"
      "Subcommands (`daybook NAME --help` says more)\n";
  std::vector<HelpLine> lines;
  for (const Entry& entry : entries) {
    const Manual manual = entry.subcommand->manual();
    lines.push_back({std::string(manual.name), std::string(manual.summary)});
  }
  return Cat(text, Table(lines),
             "\nSettings, for every subcommand: flag, or environment DAYBOOK_..., or TOML file\n",
             Table(SettingLines()),
             "\nData goes to stdout, messages to stderr. NO_COLOR is honoured.\n");
}

std::string HelpOf(const Entry& entry) {
  const Manual manual = entry.subcommand->manual();
  std::string text = Cat("Examples\n", Indented(manual.examples), "\nUsage\n  daybook ",
                         manual.name, entry.flags.usage(), " [flags]\n\n", manual.summary, ".\n");
  if (!manual.details.empty()) text += Cat(manual.details, "\n");
  if (!entry.flags.lines().empty()) text += Cat("\nFlags\n", Table(entry.flags.lines()));
  return Cat(text, "\nSettings such as --data-dir and --config: `daybook --help`.\nExit codes: ",
             manual.exit_codes, "\n");
}

// `import orders` is the command `orders` inside the command `import`.
CLI::App* Place(CLI::App* top, std::string_view name) {
  CLI::App* app = top;
  for (absl::string_view word : absl::StrSplit(ToAbsl(name), ' ')) {
    const auto same = app->get_subcommands([&](CLI::App* a) { return a->get_name() == word; });
    app = same.empty() ? app->add_subcommand(std::string(word)) : same[0];
  }
  return app;
}

// `of`: the subcommand whose usage it is, if it came to that.
int Usage(std::string_view why, const Entry* of = nullptr) {
  const std::string name = of == nullptr ? "" : Cat(" ", of->subcommand->manual().name);
  std::fprintf(stderr, "error: %s\nTry `daybook%s --help`.\n", std::string(why).c_str(),
               name.c_str());
  return kExitUsage;
}

std::vector<std::string> FlagsOf(const Entry* chosen) {
  std::vector<std::string> flags = {"--help", "--config"};
  for (const Setting& setting : Settings()) flags.push_back(setting.flag());
  if (chosen == nullptr) return flags;
  for (const HelpLine& line : chosen->flags.lines()) {
    if (line.left.starts_with("--")) flags.push_back(line.left.substr(0, line.left.find(' ')));
  }
  return flags;
}

// CLI11 counts (`--limit: 1 required INT:INT in [1 - 9] missing`).
std::string Plain(const CLI::ArgumentMismatch& error) {
  const std::string text = error.what();
  const std::string flag = text.substr(0, text.find(':'));
  if (text.find("At Most 1 required") != text.npos) return Cat(flag, " is there more than once");
  if (text.find("1 required") != text.npos) return Cat(flag, " needs a value");
  return text;
}

// What is wrong with words that nothing takes.
std::string Unexpected(const std::vector<std::string>& words, const std::deque<Entry>& entries,
                       const Entry* chosen) {
  for (const std::string& word : words) {
    if (!word.starts_with("-")) continue;
    const std::string flag = word.substr(0, word.find('='));
    return Cat("no flag is called '", flag, "'", DidYouMean(flag, FlagsOf(chosen)));
  }
  if (words.empty()) return "there is a word too many";
  if (chosen != nullptr) return Cat("'", words[0], "' is a word too many");
  std::vector<std::string> names;
  for (const Entry& entry : entries) {
    const std::string name(entry.subcommand->manual().name);
    names.push_back(name);
    const size_t space = name.rfind(' ');
    if (space == std::string::npos) continue;
    // `improt orders`, `import order`: one of the words was understood.
    names.push_back(entry.app->get_parent()->parsed() ? name.substr(space + 1)
                                                      : name.substr(0, space));
  }
  return Cat("no subcommand is called '", words[0], "'", DidYouMean(words[0], names));
}

// The arguments, last one first as CLI11 wants them. `--flag=` is split: CLI11 would take the next
// argument for its value.
std::vector<std::string> WordsOf(int argc, const char* const* argv) {
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    if (i == 1 && word == "--version") word = "version";  // what many a tool has as a flag
    const bool empty_value = word.rfind("--", 0) == 0 && word.find('=') == word.size() - 1;
    if (empty_value) word.pop_back();
    words.push_back(std::move(word));
    if (empty_value) words.emplace_back();
  }
  std::reverse(words.begin(), words.end());
  return words;
}

// The exit code, unless not all that was printed has arrived.
int Ended(int code) {
  const absl::Status printed = FlushStandardOutput();
  if (printed.ok()) return code;
  const int failed = ReportError(printed);
  return code == kExitOk ? failed : code;
}

// The settings that were given as flags.
class SettingFlags {
 public:
  explicit SettingFlags(CLI::App* app) {
    app->add_option("--config", config_file_);
    app->add_option("-X", properties_)->take_all();
    for (const Setting& setting : Settings()) {
      std::string* value = &values_[std::string(setting.key)];
      options_.push_back(setting.kind == Setting::Kind::kSwitch
                             ? app->add_flag(setting.flag() + "{true}", *value)
                             : app->add_option(setting.flag(), *value));
    }
  }

  const std::string& config_file() const { return config_file_; }

  absl::StatusOr<std::vector<Given>> Take() const {
    std::vector<Given> given;
    for (size_t i = 0; i < options_.size(); ++i) {
      if (options_[i]->count() == 0) continue;
      const Setting& setting = Settings()[i];
      given.push_back({std::string(setting.key), values_.at(std::string(setting.key)),
                       Cat("flag ", setting.flag())});
    }
    for (const std::string& property : properties_) {
      const size_t equals = property.find('=');
      if (equals == std::string::npos || equals == 0) {
        return absl::InvalidArgumentError(Cat("-X ", property, ": must be NAME=VALUE"));
      }
      const std::string key = Cat("kafka.", property.substr(0, equals));
      if (IsSecret(key)) {
        return absl::InvalidArgumentError(Cat("-X ", property.substr(0, equals),
                                              ": a secret as a flag shows in the list of ",
                                              "processes; put it into the configuration file"));
      }
      given.push_back({key, property.substr(equals + 1), "flag -X"});
    }
    return given;
  }

 private:
  std::string config_file_;
  std::vector<std::string> properties_;
  std::map<std::string, std::string> values_;
  std::vector<CLI::Option*> options_;
};

}  // namespace

int RunCommandLine(int argc, const char* const* argv, const char* const* environment,
                   const Subcommands& subcommands) {
  CLI::App top;
  bool help = false;
  top.set_help_flag();
  top.add_flag("-h,--help", help);
  top.fallthrough();
  SettingFlags settings(&top);
  std::deque<Entry> entries;
  for (const auto& subcommand : subcommands) {
    CLI::App* app = Place(&top, subcommand->manual().name);
    entries.push_back({subcommand.get(), app, CliFlags(app)});
    subcommand->Declare(entries.back().flags);
  }

  std::string problem;
  bool unexpected = false;
  try {
    top.parse(WordsOf(argc, argv));
  } catch (const CLI::ExtrasError&) {
    unexpected = true;
  } catch (const CLI::ArgumentMismatch& error) {
    problem = Plain(error);
  } catch (const CLI::ParseError& error) {
    problem = error.what();
  }
  const Entry* chosen = nullptr;
  for (const Entry& entry : entries) {
    if (entry.app->parsed()) chosen = &entry;
  }
  if (unexpected) problem = Unexpected(top.remaining(true), entries, chosen);
  // Also when something that the subcommand requires is missing; not of one that there is not.
  if (help && (chosen != nullptr || problem.empty())) {
    std::fputs((chosen != nullptr ? HelpOf(*chosen) : GeneralHelp(entries)).c_str(), stdout);
    return Ended(kExitOk);
  }
  if (!problem.empty()) return Usage(problem, chosen);
  if (chosen == nullptr) return Usage("say which subcommand");

  const auto flags = settings.Take();
  if (!flags.ok()) return Usage(ToStd(flags.status().message()));
  const auto config = LoadConfig(settings.config_file(), *flags, environment);
  if (!config.ok()) return Usage(ToStd(config.status().message()));
  StartLogging(config->log_level, config->log_format);
  return Ended(chosen->subcommand->Run(*config));
}

}  // namespace daybook
