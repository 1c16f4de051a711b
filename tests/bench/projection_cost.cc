// What read models cost that nobody asks: CPU per command, and memory.
//
//   projection_cost cpu [ROUNDS] [RATE] [SECONDS]    a table: three read models, and with dummies
//   projection_cost memory MODELS CUSTOMERS COMMANDS resident memory while so many follow a log
//
// The log is in memory and is written by this process, at a steady rate, as an engine does it: half
// invoices, half payments, of 20,000 customers drawn uniformly, 16 partitions. CPU is the process's
// less that of the writing thread, user and system, so that what else runs on the machine shows
// only as a slower memory. Rounds alternate between the numbers of read models.
//
// A dummy counts the invoices of a customer in a row of its own: one row per second command. One
// that is idle listens to a fact that never comes.
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/projection/models.h"
#include "daybook/log/v1/frame.pb.h"
#include "projections/balances/balances.h"
#include "projections/balances/queries.h"
#include "projections/topology.h"
#include "tests/support/facts.h"
#include "tests/support/memory_log.h"
#include "tests/support/scratch.h"

namespace daybook::projection {
namespace {

constexpr int kPartitions = 16;
constexpr int kMost = 12;
constexpr std::array<std::string_view, kMost> kNames = {"a", "b", "c", "d", "e", "f",
                                                        "g", "h", "i", "j", "k", "l"};
const absl::CivilDay kDay(2026, 3, 1);

using Row = log::v1::OwnerStarted;  // any message with a text will do

template <int n>
struct Dummy {
  static constexpr std::string_view kName = kNames[n];
  static constexpr int kVersion = 1;
  static constexpr store::Table<Row> kRows{1, "rows"};
  static constexpr auto kTables = std::make_tuple(kRows);
  using Listens = Facts<billing::v1::InvoiceIssued>;
  static void On(const billing::v1::InvoiceIssued&, const Meta& meta, Shard& shard) {
    shard.Edit(kRows, meta.customer_id).mutable_owner()->push_back('i');
  }
  static void ClearRecorded(Row&) {}
};

template <int n>
struct Idle {
  static constexpr std::string_view kName = kNames[n];
  static constexpr int kVersion = 1;
  static constexpr store::Table<Row> kRows{1, "rows"};
  static constexpr auto kTables = std::make_tuple(kRows);
  using Listens = Facts<billing::v1::InvoiceWrittenOff>;
  static void On(const billing::v1::InvoiceWrittenOff&, const Meta& meta, Shard& shard) {
    shard.Edit(kRows, meta.customer_id);
  }
  static void ClearRecorded(Row&) {}
};

template <int n>
struct Copy : balances::Balances {
  static constexpr std::string_view kName = kNames[n];
};

// The first `count` of twelve.
template <template <int> class P, int... n>
void Add(int count, std::integer_sequence<int, n...>, Topology* topology) {
  ((n < count ? (void)topology->Add<P<n>, balances::BalancesQueries>() : (void)0), ...);
}
constexpr auto kAll = std::make_integer_sequence<int, kMost>();

double CpuSeconds(int who) {
  rusage usage{};
  getrusage(who, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}
double OthersCpuSeconds() { return CpuSeconds(RUSAGE_SELF) - CpuSeconds(RUSAGE_THREAD); }

int64_t StatusMiB(std::string_view name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.compare(0, name.size(), name) == 0) return std::atoll(&line[name.size() + 1]) >> 10;
  }
  return 0;
}

class Book {
 public:
  explicit Book(int customers) : customers_(customers) {
    for (int i = 0; i < customers; ++i) {
      pen_.Commit(Id(i), {facts::Registered(kDay), facts::Opened(kDay, "main", "EUR")});
    }
  }
  MemoryLog& log() { return log_; }

  void Command() {
    const int customer = static_cast<int>(random_() % static_cast<uint32_t>(customers_));
    const std::string number = absl::StrCat(++count_);
    if (count_ % 2 == 0) {
      pen_.Commit(Id(customer), {facts::Paid(kDay, "main", absl::StrCat("p-", number), 1'000, {})});
    } else {
      pen_.Commit(Id(customer), {facts::Issued(kDay, {.account = "main",
                                                      .id = absl::StrCat("i-", number),
                                                      .due = kDay + 30,
                                                      .total_minor = 1'250})});
    }
  }

  // Until every read model has folded what is there.
  void Await(Models& models) const {
    for (int partition = 0; partition < kPartitions; ++partition) {
      absl::Notification done;
      models.WaitFor(partition, log_.GetExtent(partition)->end, absl::Now() + absl::Minutes(30),
                     [&](const absl::Status& status) {
                       if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
                       done.Notify();
                     });
      done.WaitForNotification();
    }
  }

 private:
  static std::string Id(int i) { return absl::StrCat("customer-", i); }

  const int customers_;
  mutable MemoryLog log_{kPartitions};
  LogPen pen_{log_};
  std::mt19937 random_{7};
  int64_t count_ = 0;
};

std::unique_ptr<Models> Open(const Topology& topology, Book& book, const std::string& directory) {
  ModelsOptions options;
  options.directory = directory;
  auto models = Models::Open(book.log(), topology, options);
  if (!models.ok()) {
    std::fprintf(stderr, "%s\n", models.status().ToString().c_str());
    std::exit(1);
  }
  (*models)->Start();
  return *std::move(models);
}

// Microseconds per command.
double CpuPerCommand(const Topology& topology, int rate, int seconds) {
  ScratchDirectory scratch;
  Book book(20'000);
  const auto models = Open(topology, book, scratch.path());
  book.Await(*models);
  const double before = OthersCpuSeconds();
  const absl::Time begin = absl::Now();
  const int64_t commands = int64_t{rate} * seconds;
  for (int64_t done = 0; done < commands;) {
    const int64_t due =
        std::min(commands, absl::ToInt64Milliseconds(absl::Now() - begin) * rate / 1'000);
    for (; done < due; ++done) book.Command();
    absl::SleepFor(absl::Milliseconds(1));
  }
  book.Await(*models);
  return (OthersCpuSeconds() - before) / static_cast<double>(commands) * 1e6;
}

int Cpu(int rounds, int rate, int seconds) {
  struct Case {
    std::string name;
    Topology topology;
    std::vector<double> seen;
  };
  std::vector<Case> cases;
  const auto add = [&](const std::string& name, int dummies, int idle) {
    Topology topology = TheTopology();
    Add<Dummy>(dummies, kAll, &topology);
    Add<Idle>(idle, kAll, &topology);
    cases.push_back({name, std::move(topology), {}});
  };
  add("default", 0, 0);
  for (const int dummies : {1, 3, 9}) add(absl::StrCat("and ", dummies, " dummies"), dummies, 0);
  add("and 9 that are idle", 0, 9);
  for (int round = 0; round < rounds; ++round) {
    for (Case& one : cases) one.seen.push_back(CpuPerCommand(one.topology, rate, seconds));
  }
  std::printf("read models | CPU per command, us: median (least - most) of %d\n", rounds);
  for (Case& one : cases) {
    std::sort(one.seen.begin(), one.seen.end());
    std::printf("%s | %.1f (%.1f - %.1f)\n", one.name.c_str(), one.seen[one.seen.size() / 2],
                one.seen.front(), one.seen.back());
  }
  return 0;
}

int Memory(int count, int customers, int commands) {
  ScratchDirectory scratch;
  Book book(customers);
  for (int i = 0; i < commands / 2; ++i) book.Command();
  Topology topology;
  Add<Copy>(count, kAll, &topology);
  const int64_t before = StatusMiB("VmRSS:");
  std::ofstream("/proc/self/clear_refs") << "5";  // VmHWM begins anew
  const auto models = Open(topology, book, scratch.path());
  book.Await(*models);
  std::printf("%d read models: the log takes %lld MiB; at most %lld MiB more at the start", count,
              static_cast<long long>(before), static_cast<long long>(StatusMiB("VmHWM:") - before));
  for (int i = commands / 2; i < commands; ++i) book.Command();
  book.Await(*models);
  std::printf(", %lld MiB in all at the end, at most %lld\n",
              static_cast<long long>(StatusMiB("VmRSS:")),
              static_cast<long long>(StatusMiB("VmHWM:")));
  return 0;
}

}  // namespace
}  // namespace daybook::projection

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  const auto number = [&](int i, int otherwise) {
    return i < argc ? std::atoi(argv[i]) : otherwise;
  };
  if (what == "cpu") return daybook::projection::Cpu(number(2, 3), number(3, 4'000), number(4, 3));
  if (what == "memory" && argc == 5) {
    return daybook::projection::Memory(number(2, 0), number(3, 0), number(4, 0));
  }
  std::fprintf(stderr,
               "projection_cost cpu [ROUNDS] [RATE] [SECONDS]\n"
               "projection_cost memory MODELS CUSTOMERS COMMANDS\n");
  return 2;
}
