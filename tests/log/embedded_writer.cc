// A process that owns an embedded log, for tests that kill it or let its disk fail.
//
//   embedded_writer DIR open                    opens the log and ends: 0, or 1 with the refusal
//   embedded_writer DIR write TAG               appends until it is killed
//   embedded_writer DIR fail OPERATION K TAG    as write, but the K-th OPERATION (sync, append) on
//                                               a write-ahead log fails; `full` for a full disk
//
// Prints `ack PARTITION OFFSET VALUE` for each record that is acknowledged. Values are TAG and a
// number, so that no two of a directory are the same if TAG is not.
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/log/embedded/embedded_log.h"

namespace daybook::log {
namespace {

constexpr int kPartitions = 8;
constexpr int kThreads = 2;
constexpr int kMostGroups = 100'000;

// Group by group over its share of the partitions, so that several threads' flushes meet.
void Write(EventLog& log, int thread, const std::string& tag) {
  const auto producer = log.NewProducer([] {});
  std::vector<std::unique_ptr<LogWriter>> writers;
  std::vector<std::vector<std::string>> values;
  for (int p = thread; p < kPartitions; p += kThreads) writers.push_back(producer->NewWriter(p));
  values.resize(writers.size());
  int next = 0;
  for (int group = 0; group < kMostGroups; ++group) {
    for (int i = 0; i < 1 + group % 7; ++i) {
      const size_t w = static_cast<size_t>(next) % writers.size();
      std::string value = absl::StrCat(tag, "-", thread, "-", next++);
      writers[w]->Append("customer", value);
      values[w].push_back(std::move(value));
    }
    producer->Flush();
    std::string acks;
    for (size_t w = 0; w < writers.size(); ++w) {
      std::vector<Report> reports;
      writers[w]->TakeReports(&reports);
      for (const Report& r : reports) {
        if (!r.status.ok()) continue;
        absl::StrAppend(&acks, "ack ", thread + static_cast<int>(w) * kThreads, " ", *r.offset, " ",
                        values[w][r.append], "\n");
      }
    }
    // One write, so that lines of two threads do not mix: they are shorter than a pipe's atom.
    if (::write(1, acks.data(), acks.size()) < 0) return;
  }
}

int Run(int argc, char** argv) {
  EmbeddedOptions options;
  options.directory = argv[1];
  options.partitions = kPartitions;
  const std::string mode = argv[2];
  std::atomic<int> left = mode == "fail" ? std::atoi(argv[4]) : 0;
  if (mode == "fail") {
    const std::string what = argv[3];
    options.fault = [&left, what](std::string_view operation, const std::string& file) {
      const bool full = what == "full";
      if (operation != (full ? "append" : what) || !absl::EndsWith(file, ".log")) {
        return absl::OkStatus();
      }
      if (--left != 0) return absl::OkStatus();
      return full ? absl::ResourceExhaustedError("injected") : absl::UnavailableError("injected");
    };
  }
  auto log = OpenEmbedded(options);
  if (!log.ok()) {
    std::fprintf(stderr, "%s\n", log.status().ToString().c_str());
    return 1;
  }
  if (mode == "open") return 0;
  const std::string tag = argv[argc - 1];
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) threads.emplace_back([&, t] { Write(**log, t, tag); });
  for (auto& t : threads) t.join();
  return 0;
}

}  // namespace
}  // namespace daybook::log

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  return daybook::log::Run(argc, argv);
}
