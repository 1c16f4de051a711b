// Prints the figures P1 to P8 and P10 to P12; see README.md here. Called by tests/bench/run.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "tests/bench/scene.h"

namespace daybook::bench {
namespace {

constexpr char kUsage[] =
    "usage: bench --dir D --daybook PROGRAM --echo PROGRAM --broker PROGRAM [OPTION...]\n"
    "  --json        one JSON object a line\n"
    "  --quick       short runs, a smaller history: to see that it works, not to compare\n"
    "  --no-check    exit 0 though a floor is not held\n"
    "  --no-kafka    leave out what needs a broker\n"
    "  --only IDS    P1,P6: these figures only\n"
    "  --rounds N    runs of each measurement\n"
    "  --seconds S   counted time of one run\n"
    "  --customers N, --history-customers N, --history-records N, --zipf\n"
    "exit code: 0 all floors held, 1 one is not, 2 usage, 3 it could not be measured\n";

struct Flags {
  Options options;
  bool json = false;
  bool check = true;
  bool help = false;
};

bool Parse(int argc, char** argv, Flags* flags) {
  Options& o = flags->options;
  const auto number = [](const char* text) { return std::strtoull(text, nullptr, 10); };
  const std::map<std::string, std::function<void()>> switches = {
      {"--help", [&] { flags->help = true; }},
      {"--json", [&] { flags->json = true; }},
      {"--no-check", [&] { flags->check = false; }},
      {"--no-kafka", [&] { o.kafka = false; }},
      {"--zipf", [&] { o.history_zipf = true; }},
      {"--quick", [&] {
         o.quick = true;
         o.rounds = 3;
         o.duration = absl::Milliseconds(800);
         o.customers = 100'000;
         o.history_customers = 200'000;
         o.history_records = 1'000'000;
       }}};
  const std::map<std::string, std::function<void(const char*)>> values = {
      {"--dir", [&](const char* v) { o.directory = v; }},
      {"--daybook", [&](const char* v) { o.daybook = v; }},
      {"--echo", [&](const char* v) { o.echo = v; }},
      {"--broker", [&](const char* v) { o.broker = v; }},
      {"--only",
       [&](const char* v) {
         for (const auto id : absl::StrSplit(v, ',')) o.only.emplace(id);
       }},
      {"--rounds", [&](const char* v) { o.rounds = static_cast<int>(number(v)); }},
      {"--seconds", [&](const char* v) { o.duration = absl::Seconds(std::atof(v)); }},
      {"--customers", [&](const char* v) { o.customers = number(v); }},
      {"--history-customers", [&](const char* v) { o.history_customers = number(v); }},
      {"--history-records", [&](const char* v) { o.history_records = number(v); }}};
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (switches.contains(flag)) {
      switches.at(flag)();
    } else if (values.contains(flag) && i + 1 < argc) {
      values.at(flag)(argv[++i]);
    } else {
      std::fprintf(stderr, "bench: unknown or without value: %s\n", argv[i]);
      return false;
    }
  }
  for (const std::string& id : o.only) {
    if (PromiseOf(id) != nullptr) continue;
    std::fprintf(stderr, "bench: no figure is called %s\n", id.c_str());
    return false;
  }
  return !o.directory.empty() && !o.daybook.empty() && !o.echo.empty() && !o.broker.empty() &&
         o.rounds > 0 && o.customers >= 1'000 && o.history_customers >= 1'000 &&
         o.history_records >= 2 * o.history_customers;
}

bool WantsAny(const Options& options, std::initializer_list<const char*> ids) {
  for (const char* id : ids) {
    if (options.Wants(id)) return true;
  }
  return false;
}

int Main(int argc, char** argv) {
  Flags flags;
  const bool parsed = Parse(argc, argv, &flags);
  if (flags.help || !parsed) {
    std::fputs(kUsage, flags.help ? stdout : stderr);
    return flags.help ? 0 : 2;
  }
  std::error_code error;
  const Options& options = flags.options;
  std::filesystem::create_directories(options.directory, error);
  Report report(flags.json);
  report.Say(absl::StrCat("machine: ", Machine(options.directory)));
  absl::Status status;
  {
    Scene scene(options, report);
    if (WantsAny(options, {"P1", "P2", "P3", "P4", "P5", "P10", "P11"}))
      status = MeasureCommands(scene);
    if (status.ok() && WantsAny(options, {"P6", "P6-zipf", "P7", "P8", "P12"})) {
      status = MeasureHistory(scene);
    }
  }
  if (!status.ok()) {
    report.Say(status.ToString());
    return 3;
  }
  if (report.broken().empty()) return 0;
  report.Say(absl::StrCat("floor not held: ", absl::StrJoin(report.broken(), ", ")));
  return flags.check ? 1 : 0;
}

}  // namespace
}  // namespace daybook::bench

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as daybook
  return daybook::bench::Main(argc, argv);
}
