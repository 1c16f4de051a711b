// P1, P2, P3, P4, P5, P10, P11: commands against a server of ours, calls against an echo, in turn.
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "daybook/balances/v1/balances_service.pb.h"
#include "tests/bench/lag.h"
#include "tests/bench/loader.h"
#include "tests/bench/raw.h"
#include "tests/bench/requests.h"
#include "tests/bench/scene.h"

namespace daybook::bench {
namespace {

using book::v1::ExecuteBatchRequest;

constexpr int kBatch = 100;  // commands a call
constexpr int kPrepareBatch = 1'000;
constexpr uint64_t kProbed = 64;        // customers whose partitions are watched for P10
constexpr int kRawWindow = 1'024;       // records in flight of the raw producer
constexpr double kMostUnary = 110'000;  // requests made for a second of load
constexpr double kMostBatch = 600'000;  // commands made for a second of load
// A broker is compiled while it runs: for half a minute of load it spends on that as much as on
// requests.
constexpr int kBrokerWarmUps = 4;
constexpr absl::Duration kBrokerWarmUp = absl::Seconds(5);  // each
constexpr char kKafkaTopic[] = "daybook.log.v1";

absl::Status CheckNotEmpty(size_t, std::string_view bytes) {
  return bytes.empty() ? absl::InternalError("a command was answered with nothing")
                       : absl::OkStatus();
}

// A server, its loader, and the requests it is given.
struct Subject {
  std::string name;
  Scene::Server server;
  std::unique_ptr<Loader> loader;
  Commands commands;

  Subject(std::string name, uint64_t customers, Scene::Server s)
      : name(std::move(name)), server(std::move(s)), commands(customers, 7) {
    loader = std::make_unique<Loader>(server.address);
  }
};

class CommandFigures {
 public:
  explicit CommandFigures(Scene& scene) : scene_(scene), options_(scene.options()) {}

  absl::Status Run() {
    RETURN_IF_ERROR(Start());
    if (options_.Wants("P1") || options_.Wants("P2") || options_.Wants("P10") ||
        options_.Wants("P11")) {
      RETURN_IF_ERROR(Unary());
    }
    if (options_.Wants("P3") || options_.Wants("P4")) RETURN_IF_ERROR(Batches());
    if (options_.Wants("P5")) RETURN_IF_ERROR(Unloaded());
    return absl::OkStatus();
  }

 private:
  absl::Status Start() {
    std::string brokers;
    if (options_.Wants("P2") || options_.Wants("P4") || options_.Wants("P5")) {
      const auto broker = scene_.Broker();
      if (broker.ok()) {
        brokers = *broker;
      } else {
        scene_.report().Say(absl::StrCat("P2, P4, P5-kafka skipped: ", broker.status().message()));
      }
    }
    RETURN_IF_ERROR(Add("embedded", ""));
    if (!brokers.empty()) {
      RETURN_IF_ERROR(Add("kafka", brokers));
      ASSIGN_OR_RETURN(producer_, RawProducer::Open(brokers, "bench.raw"));
    }
    for (auto& subject : subjects_) RETURN_IF_ERROR(Prepare(*subject));
    ASSIGN_OR_RETURN(echo_, scene_.StartEcho(result_bytes_));
    echo_loader_ = std::make_unique<Loader>(echo_.address);
    return producer_ == nullptr ? absl::OkStatus() : WarmBroker(*Find("kafka"));
  }

  // With what will be measured: commands, and the raw records that they are compared with.
  absl::Status WarmBroker(Subject& subject) {
    scene_.report().Say(absl::StrFormat("kafka: the broker is warmed up, %d s",
                                        kBrokerWarmUps * kBrokerWarmUp / absl::Seconds(1)));
    ASSIGN_OR_RETURN(const size_t bytes, RecordBytes());
    for (int i = 0; i < kBrokerWarmUps; ++i) {
      RETURN_IF_ERROR(RunUnary(subject, 256, kBrokerWarmUp * 3 / 4).status());
      RETURN_IF_ERROR(producer_->ProduceRate(bytes, kRawWindow, kBrokerWarmUp / 4).status());
    }
    return absl::OkStatus();
  }

  absl::Status Add(const std::string& name, const std::string& brokers) {
    ASSIGN_OR_RETURN(auto server, scene_.StartDaybook(name, brokers, absl::Seconds(60)));
    subjects_.push_back(std::make_unique<Subject>(name, options_.customers, std::move(server)));
    return absl::OkStatus();
  }

  Subject* Find(std::string_view name) {
    for (auto& subject : subjects_) {
      if (subject->name == name) return subject.get();
    }
    return nullptr;
  }

  // Registers the customers and opens their accounts, by batches.
  absl::Status Prepare(Subject& subject) {
    const absl::Time begin = absl::Now();
    for (const auto make : {&Commands::Register, &Commands::OpenAccount}) {
      std::vector<std::string> requests;
      for (uint64_t first = 0; first < options_.customers; first += kPrepareBatch) {
        ExecuteBatchRequest request;
        const uint64_t end = std::min(first + kPrepareBatch, options_.customers);
        for (uint64_t i = first; i < end; ++i) *request.add_commands() = make(i);
        requests.push_back(request.SerializeAsString());
      }
      size_t cursor = 0;
      Load load;
      load.path = kBatchPath;
      load.requests = &requests;
      load.cursor = &cursor;
      load.once = true;
      load.in_flight = 8;
      load.duration = absl::Minutes(5);
      load.check_every = 1;
      load.check = [](size_t, std::string_view bytes) { return CheckBatch(bytes); };
      // To the last request; that it comes is how the run is meant to end.
      const auto result = subject.loader->Run(load);
      if (!result.ok() && !absl::IsOutOfRange(result.status())) return result.status();
    }
    scene_.report().Say(absl::StrFormat("%s: %d customers prepared, %s commands/s", subject.name,
                                        options_.customers,
                                        Short(2.0 * static_cast<double>(options_.customers) /
                                              absl::ToDoubleSeconds(absl::Now() - begin))));
    return MeasureResult(subject);
  }

  // How large results are, which those of the echo must equal.
  absl::Status MeasureResult(Subject& subject) {
    std::vector<std::string> requests = MakeBatches(subject, 1);
    size_t cursor = 0;
    Load load;
    load.path = kBatchPath;
    load.requests = &requests;
    load.cursor = &cursor;
    load.once = true;
    load.warm_up = absl::ZeroDuration();
    load.check_every = 1;
    load.check = [this](size_t, std::string_view bytes) {
      return CheckBatch(bytes, &result_bytes_);
    };
    const auto result = subject.loader->Run(load);
    return absl::IsOutOfRange(result.status()) ? absl::OkStatus() : result.status();
  }

  std::vector<std::string> MakeUnary(Subject& subject, absl::Duration time, double a_second) {
    const auto n = static_cast<size_t>(absl::ToDoubleSeconds(time) * a_second / 2) * 2 + 2;
    if (subject.commands.made() % 2 != 0) subject.commands.Next();
    std::vector<std::string> requests;
    requests.reserve(n);
    for (size_t i = 0; i < n; ++i) {
      const book::v1::Command command = subject.commands.Next();
      requests.push_back(command.has_issue_invoice()
                             ? command.issue_invoice().SerializeAsString()
                             : command.record_payment().SerializeAsString());
    }
    return requests;
  }

  std::vector<std::string> MakeBatches(Subject& subject, size_t n) {
    std::vector<std::string> requests;
    ExecuteBatchRequest request;
    for (size_t i = 0; i < n; ++i) {
      request.Clear();
      for (int c = 0; c < kBatch; ++c) *request.add_commands() = subject.commands.Next();
      requests.push_back(request.SerializeAsString());
    }
    return requests;
  }

  Load Timed(const std::vector<std::string>& requests, size_t* cursor, int in_flight) const {
    Load load;
    load.requests = &requests;
    load.cursor = cursor;
    load.in_flight = in_flight;
    load.warm_up = options_.warm_up;
    load.duration = options_.duration;
    return load;
  }

  absl::StatusOr<LoadResult> RunEcho(int in_flight, absl::Duration duration) {
    size_t cursor = 0;
    Load load = Timed(empty_, &cursor, in_flight);
    load.path = kEchoPath;
    load.duration = duration;
    return WithCpu(echo_, "echo", [&] { return echo_loader_->Run(load); });
  }

  absl::StatusOr<LoadResult> RunUnary(Subject& subject, int in_flight, absl::Duration duration) {
    subject.server.process->Settle(absl::Seconds(2));
    const std::vector<std::string> requests =
        MakeUnary(subject, options_.warm_up + duration, in_flight == 1 ? 20'000 : kMostUnary);
    size_t cursor = 0;
    Load load = Timed(requests, &cursor, in_flight);
    load.paths = {kInvoicePath, kPaymentPath};
    load.path_index = [](size_t i) { return Commands::IsInvoice(i) ? 0 : 1; };
    load.once = true;
    load.duration = duration;
    load.check = CheckNotEmpty;
    const auto result =
        WithCpu(subject.server, subject.name, [&] { return subject.loader->Run(load); });
    if (!result.ok()) return Named(subject, result.status());
    return result;
  }

  // Notes what a call costs: server and loader, us of CPU.
  template <class Run>
  absl::StatusOr<LoadResult> WithCpu(const Scene::Server& server, const std::string& name,
                                     Run run) {
    const double cpu = server.process->CpuSeconds();
    absl::StatusOr<LoadResult> result = run();
    if (!result.ok()) return result;
    const double server_us = (server.process->CpuSeconds() - cpu) * 1e6 /
                             std::max(1.0, static_cast<double>(result->all_calls));
    cpu_us_[name] = {server_us, result->loader_cpu_us};
    return result;
  }

  void AddCpu(const std::string& name, int in_flight, Runs* runs) {
    runs->Add(Key(name + "-cpu", in_flight), cpu_us_[name].first);
    runs->Add(Key(name + "-loader-cpu", in_flight), cpu_us_[name].second);
  }

  static std::string Cpu(const Runs& runs, const std::string& name, int in_flight) {
    return absl::StrFormat("%.1f+%.1f", runs.MedianOf(Key(name + "-cpu", in_flight)),
                           runs.MedianOf(Key(name + "-loader-cpu", in_flight)));
  }

  absl::Status Named(const Subject& subject, const absl::Status& status) {
    return absl::Status(status.code(), absl::StrCat(subject.name, ": ", status.message()));
  }

  static std::string Key(std::string_view name, int in_flight) {
    return absl::StrCat(std::string(name), "/", in_flight);
  }

  // In-flight count at which the median is best.
  static int Best(const Runs& runs, const std::string& name, const std::vector<int>& counts) {
    return *std::max_element(counts.begin(), counts.end(), [&](int a, int b) {
      return runs.MedianOf(Key(name, a)) < runs.MedianOf(Key(name, b));
    });
  }

  absl::Status Unary() {
    const std::vector<int> counts =
        options_.quick ? std::vector<int>{64, 256} : std::vector<int>{16, 64, 128, 256};
    Runs runs;
    for (int round = 0; round < options_.rounds; ++round) {
      for (const int n : counts) {
        ASSIGN_OR_RETURN(const LoadResult echo, RunEcho(n, options_.duration));
        runs.Add(Key("echo", n), echo.per_second());
        AddCpu("echo", n, &runs);
        for (auto& subject : subjects_) {
          ASSIGN_OR_RETURN(const LoadResult result, RunUnary(*subject, n, options_.duration));
          runs.Add(Key(subject->name, n), result.per_second());
          runs.Add(Key(subject->name + "-p99", n), result.p99_us);
          AddCpu(subject->name, n, &runs);
        }
      }
    }
    for (auto& subject : subjects_) {
      const std::string id = subject->name == "embedded" ? "P1" : "P2";
      for (const int n : counts) {
        scene_.report().Say(absl::StrFormat(
            "%s, %d in flight: echo %s, %s %s, p99 %.1f ms; us of CPU a call, server + loader: %s "
            "against %s",
            id, n, runs.Spread(Key("echo", n)), subject->name, runs.Spread(Key(subject->name, n)),
            runs.MedianOf(Key(subject->name + "-p99", n)) / 1000, Cpu(runs, subject->name, n),
            Cpu(runs, "echo", n)));
      }
      const int best = Best(runs, subject->name, counts);
      const int best_echo = Best(runs, "echo", counts);
      if (options_.Wants(id)) {
        scene_.report().Add(
            {id, runs.MedianOf(Key(subject->name, best)), runs.MedianOf(Key("echo", best_echo)),
             "1/s",
             absl::StrFormat(
                 "%d in flight %s; echo %d in flight %s; %d runs; half invoices, half "
                 "payments, %d customers; us of CPU a call, server+loader: %s against %s",
                 best, runs.Spread(Key(subject->name, best)), best_echo,
                 runs.Spread(Key("echo", best_echo)), options_.rounds, options_.customers,
                 Cpu(runs, subject->name, best), Cpu(runs, "echo", best_echo))});
      }
      if (subject->name == "embedded" && options_.Wants("P11")) {
        RETURN_IF_ERROR(Overloaded(*subject, best));
      }
      if (subject->name == "embedded" && options_.Wants("P10")) {
        RETURN_IF_ERROR(Lagging(*subject, runs.MedianOf(Key(subject->name, best))));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Overloaded(Subject& subject, int best) {
    Runs runs;
    for (int round = 0; round < std::min(3, options_.rounds); ++round) {
      for (const int n : {best, 4 * best}) {
        ASSIGN_OR_RETURN(const LoadResult result, RunUnary(subject, n, options_.duration));
        runs.Add(Key("x", n), result.per_second());
        ASSIGN_OR_RETURN(const LoadResult echo, RunEcho(n, options_.duration));
        runs.Add(Key("echo", n), echo.per_second());
      }
    }
    scene_.report().Add(
        {"P11", runs.MedianOf(Key("x", 4 * best)), runs.MedianOf(Key("x", best)), "1/s",
         absl::StrFormat("%d against %d in flight; the echo: %s against %s", 4 * best, best,
                         runs.Spread(Key("echo", 4 * best)), runs.Spread(Key("echo", best)))});
    return absl::OkStatus();
  }

  // One run, long enough for the read models to write files meanwhile.
  absl::Status Lagging(Subject& subject, double peak) {
    subject.server.process->Settle(absl::Seconds(5));
    LagLoad load;
    load.per_second = peak / 2;
    load.warm_up = options_.warm_up;
    load.duration = 3 * options_.rounds * options_.duration;
    load.paths = {kInvoicePath, kPaymentPath};
    const std::vector<std::string> requests =
        MakeUnary(subject, load.warm_up + load.duration, load.per_second * 1.05);
    load.requests = &requests;
    std::vector<std::string> probes;
    balances::v1::GetBalanceRequest probe;
    for (uint64_t i = 0; i < kProbed; ++i) {
      probe.set_customer_id(IdOf('c', i));
      probes.push_back(probe.SerializeAsString());
    }
    load.probes = &probes;
    const auto lag = MeasureLag(subject.server.address, load);
    if (!lag.ok()) return Named(subject, lag.status());
    scene_.report().Add(
        {"P10", lag->p99_ms, 1, "ms",
         absl::StrFormat(
             "from the acknowledgement until a query sees it, %d commands of one partition after "
             "the other; p50 %.1f ms, worst %.1f ms; open loop, %s unary commands/s for %.1f s; "
             "answered, from when due, p50 %.1f ms, p99 %.1f ms; %.0f queries/s beside",
             lag->commands, lag->p50_ms, lag->worst_ms, Short(lag->sent_per_second),
             absl::ToDoubleSeconds(load.duration), lag->answer_p50_ms, lag->answer_p99_ms,
             lag->probes_per_second)});
    return absl::OkStatus();
  }

  // Commands a second; notes what one costs.
  absl::StatusOr<double> RunBatches(const Scene::Server& server, Loader& loader,
                                    const std::string& name,
                                    const std::vector<std::string>& requests,
                                    const std::string& path, int in_flight, bool once) {
    size_t cursor = 0;
    Load load = Timed(requests, &cursor, in_flight);
    load.path = path;
    load.once = once;
    load.check_every = 1;  // a command of a batch may be refused on its own
    load.check = [](size_t, std::string_view bytes) { return CheckBatch(bytes); };
    ASSIGN_OR_RETURN(const LoadResult result,
                     WithCpu(server, name, [&] { return loader.Run(load); }));
    cpu_us_[name].first /= kBatch;
    cpu_us_[name].second /= kBatch;
    return result.per_second() * kBatch;
  }

  absl::Status Batches() {
    const std::vector<int> counts = options_.quick ? std::vector<int>{16} : std::vector<int>{8, 32};
    Runs runs;
    for (int round = 0; round < options_.rounds; ++round) {
      for (const int n : counts) {
        Subject& any = *subjects_[0];
        const std::vector<std::string> samples = MakeBatches(any, 1'000);
        ASSIGN_OR_RETURN(const double echo, RunBatches(echo_, *echo_loader_, "echo", samples,
                                                       kBatchEchoPath, n, false));
        runs.Add(Key("echo", n), echo);
        AddCpu("echo", n, &runs);
        for (auto& subject : subjects_) {
          if (!options_.Wants(subject->name == "embedded" ? "P3" : "P4")) continue;
          subject->server.process->Settle(absl::Seconds(5));
          const double seconds = absl::ToDoubleSeconds(options_.warm_up + options_.duration);
          const double most = round == 0 && n == counts[0] ? kMostBatch : most_seen_ * 1.5;
          const std::vector<std::string> requests =
              MakeBatches(*subject, static_cast<size_t>(seconds * most / kBatch) + 100);
          const auto rate = RunBatches(subject->server, *subject->loader, subject->name, requests,
                                       kBatchPath, n, true);
          if (!rate.ok()) return Named(*subject, rate.status());
          most_seen_ = std::max(most_seen_, *rate);
          runs.Add(Key(subject->name, n), *rate);
          AddCpu(subject->name, n, &runs);
        }
      }
      if (producer_ != nullptr && options_.Wants("P4")) {
        ASSIGN_OR_RETURN(const size_t bytes, RecordBytes());
        ASSIGN_OR_RETURN(const double raw,
                         producer_->ProduceRate(bytes, kRawWindow, options_.duration));
        runs.Add("raw", raw);
      }
    }
    const int best_echo = Best(runs, "echo", counts);
    if (options_.Wants("P3")) {
      const int best = Best(runs, "embedded", counts);
      scene_.report().Add(
          {"P3", runs.MedianOf(Key("embedded", best)), runs.MedianOf(Key("echo", best_echo)),
           "commands/s",
           absl::StrFormat("%d a call, %d calls in flight %s; echo %d in flight %s; results of %d "
                           "bytes; us of CPU a command, server+loader: %s against %s; %d runs",
                           kBatch, best, runs.Spread(Key("embedded", best)), best_echo,
                           runs.Spread(Key("echo", best_echo)), result_bytes_,
                           Cpu(runs, "embedded", best), Cpu(runs, "echo", best_echo),
                           options_.rounds)});
    }
    if (options_.Wants("P4") && Find("kafka") != nullptr) {
      const int best = Best(runs, "kafka", counts);
      ASSIGN_OR_RETURN(const size_t bytes, RecordBytes());
      scene_.report().Add(
          {"P4", runs.MedianOf(Key("kafka", best)), runs.MedianOf("raw"), "records/s",
           absl::StrFormat("%d a call, %d calls in flight %s; raw %d in flight %s, %d bytes, "
                           "one partition; batch echo %s; us of CPU a command, server+loader: %s",
                           kBatch, best, runs.Spread(Key("kafka", best)), kRawWindow,
                           runs.Spread("raw"), bytes, runs.Spread(Key("echo", best_echo)),
                           Cpu(runs, "kafka", best))});
    }
    return absl::OkStatus();
  }

  // Mean size of a record of the log on Kafka, which has the same bytes as the embedded one.
  absl::StatusOr<size_t> RecordBytes() {
    if (record_bytes_ == 0) {
      ASSIGN_OR_RETURN(const std::string brokers, scene_.Broker());
      ASSIGN_OR_RETURN(const Scanned scanned, NullConsume(brokers, kKafkaTopic));
      record_bytes_ = static_cast<size_t>(scanned.mean_bytes());
    }
    return record_bytes_;
  }

  absl::Status Unloaded() {
    constexpr int kBlocks = 9;
    const absl::Duration block = std::min(options_.duration, absl::Milliseconds(400));
    size_t bytes = 400;
    if (producer_ != nullptr) {
      ASSIGN_OR_RETURN(bytes, RecordBytes());
    }
    for (auto& subject : subjects_) subject->server.process->Settle(absl::Seconds(5));
    Runs runs;
    for (int i = 0; i < kBlocks; ++i) {
      ASSIGN_OR_RETURN(const LoadResult echo, RunEcho(1, block));
      runs.Add("echo", echo.p50_us);
      for (auto& subject : subjects_) {
        ASSIGN_OR_RETURN(const LoadResult result, RunUnary(*subject, 1, block));
        runs.Add(subject->name, result.p50_us);
      }
      ASSIGN_OR_RETURN(const double sync, SyncP50(options_.directory, bytes, block));
      runs.Add("sync", sync);
      if (producer_ != nullptr) {
        ASSIGN_OR_RETURN(const double produce, producer_->ProduceP50(bytes, block));
        runs.Add("produce", produce);
      }
    }
    const auto add = [&](const std::string& id, const std::string& name, const std::string& store) {
      scene_.report().Add(
          {id, runs.MedianOf(name), runs.MedianOf("echo") + runs.MedianOf(store), "us",
           absl::StrFormat("command %s; echo %s + %s %s; %d blocks in turn", runs.Spread(name),
                           runs.Spread("echo"), store, runs.Spread(store), kBlocks)});
    };
    add("P5", "embedded", "sync");
    if (Find("kafka") != nullptr) add("P5-kafka", "kafka", "produce");
    return absl::OkStatus();
  }

  Scene& scene_;
  const Options& options_;
  const std::vector<std::string> empty_ = {""};
  std::vector<std::unique_ptr<Subject>> subjects_;
  Scene::Server echo_;
  std::unique_ptr<Loader> echo_loader_;
  std::unique_ptr<RawProducer> producer_;  // null: no broker
  size_t result_bytes_ = 0;
  size_t record_bytes_ = 0;
  double most_seen_ = 0;
  std::map<std::string, std::pair<double, double>> cpu_us_;  // of the last run, by subject
};

}  // namespace

absl::Status MeasureCommands(Scene& scene) { return CommandFigures(scene).Run(); }

}  // namespace daybook::bench
