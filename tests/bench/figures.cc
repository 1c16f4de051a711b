#include "tests/bench/figures.h"

#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status.h"

namespace daybook::bench {
namespace {

// From the ratios that this project holds: floor now, goal next.
constexpr Promise kPromises[] = {
    {"P1", "durable unary commands, embedded / empty echo", 0.40, 0.60, false},
    {"P2", "durable unary commands, Kafka / empty echo", 0.35, 0.60, false},
    {"P3", "batch commands (100 a call), embedded / batch echo", 0.25, 0.50, false},
    {"P4", "batch commands, Kafka / raw idempotent produce", 0.15, 0.35, false},
    {"P5", "unloaded command p50, embedded / (echo + fdatasync)", 1.5, 1.2, true},
    {"P5-kafka", "unloaded command p50, Kafka / (echo + produce)", 1.5, 1.2, true},
    {"P6", "point queries, uniform keys / empty echo", 0.75, 0.90, false},
    {"P6-zipf", "point queries, Zipf keys / empty echo", 0, 0, false, false},
    {"P7", "rebuild from the embedded log / scan and parse", 0.30, 0.45, false},
    {"P8", "rebuild from Kafka / null consumer", 0.12, 0.30, false},
    {"P10", "lag of the balances at half of the peak of P1, p99 in ms", 50, 10, true},
    {"P11", "commands at 4 x the best in-flight / best, embedded", 0.80, 1.00, false},
    {"P12", "memory of the server at 1 M customers and 10 M events, GiB", 2, 1, true},
};

std::string ProcessorName() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out;
}

}  // namespace

const Promise* PromiseOf(std::string_view id) {
  for (const Promise& promise : kPromises) {
    if (promise.id == id) return &promise;
  }
  return nullptr;
}

std::string Machine(const std::string& directory) {
  utsname name = {};
  ::uname(&name);
  struct sysinfo info = {};
  ::sysinfo(&info);
  struct statfs fs = {};
  ::statfs(directory.c_str(), &fs);
  double load[3] = {};
  ::getloadavg(load, 3);
  return absl::StrFormat("%d cores, %s, %d MiB, %s %s, file system 0x%x, load %.2f %.2f %.2f",
                         std::thread::hardware_concurrency(), ProcessorName(),
                         info.totalram * info.mem_unit >> 20, name.sysname, name.release, fs.f_type,
                         load[0], load[1], load[2]);
}

void Report::Say(std::string_view text) const {
  std::fprintf(stderr, "bench: %.*s\n", static_cast<int>(text.size()), text.data());
}

void Report::Add(const Figure& figure) {
  const Promise* const promise = PromiseOf(figure.id);
  DAYBOOK_CHECK(promise != nullptr);
  const double value = figure.denominator > 0 ? figure.numerator / figure.denominator : 0;
  const bool bound = promise->has_floor && figure.judged;
  const bool held =
      !bound || (figure.denominator > 0 &&
                 (promise->at_most ? value <= promise->floor : value >= promise->floor));
  const bool reached =
      bound && (promise->at_most ? value <= promise->goal : value >= promise->goal);
  if (!held) broken_.push_back(figure.id);
  if (json_) {
    const std::string bounds = promise->has_floor ? absl::StrFormat("\"floor\":%.2f,\"goal\":%.2f",
                                                                    promise->floor, promise->goal)
                                                  : "\"floor\":null,\"goal\":null";
    std::printf(
        "{\"id\":\"%s\",\"what\":\"%s\",\"value\":%.4f,%s,\"bound\":\"%s\",\"held\":%s,"
        "\"numerator\":%.1f,\"denominator\":%.1f,\"unit\":\"%s\",\"cores\":%u,\"note\":\"%s\"}\n",
        figure.id.c_str(), std::string(promise->what).c_str(), value, bounds.c_str(),
        promise->at_most ? "at most" : "at least",
        !figure.judged ? "null"
        : held         ? "true"
                       : "false",
        figure.numerator, figure.denominator, figure.unit.c_str(),
        std::thread::hardware_concurrency(), Escaped(figure.note).c_str());
  } else {
    if (!titled_) {
      std::printf("%-9s %6s %6s %5s  %-11s %12s %12s  %s\n", "id", "value", "floor", "goal", "",
                  "numerator", "denominator", "what");
      titled_ = true;
    }
    const std::string floor =
        promise->has_floor ? absl::StrFormat("%.2f", promise->floor) : std::string("-");
    const std::string goal =
        promise->has_floor ? absl::StrFormat("%.2f", promise->goal) : std::string("-");
    std::printf("%-9s %6.3f %6s %5s  %-11s %12s %12s  %s [%s]\n%10s%s\n", figure.id.c_str(), value,
                floor.c_str(), goal.c_str(),
                !promise->has_floor ? ""
                : !figure.judged    ? "other size"
                : !held             ? "NOT HELD"
                : reached           ? "goal"
                                    : "held",
                Short(figure.numerator).c_str(), Short(figure.denominator).c_str(),
                std::string(promise->what).c_str(), figure.unit.c_str(), "", figure.note.c_str());
  }
  std::fflush(stdout);
}

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) / 2];
}

double Runs::MedianOf(const std::string& what) const {
  const auto it = values_.find(what);
  return it == values_.end() ? 0 : Median(it->second);
}

std::string Runs::Spread(const std::string& what) const {
  const auto it = values_.find(what);
  if (it == values_.end()) return "-";
  const auto [least, most] = std::minmax_element(it->second.begin(), it->second.end());
  return absl::StrCat(Short(MedianOf(what)), " (", Short(*least), "-", Short(*most), ")");
}

std::string Short(double value) {
  if (value >= 1e6) return absl::StrFormat("%.2fM", value / 1e6);
  if (value >= 1e4) return absl::StrFormat("%.1fk", value / 1e3);
  return absl::StrFormat("%.1f", value);
}

}  // namespace daybook::bench
