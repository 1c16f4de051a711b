// P6, P7, P8, P12: rebuilds of the balances from a long history against what the parts below reach,
// point queries on what the rebuild has made, and the memory of the server that serves it and takes
// as many commands again.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/log/embedded/embedded_log.h"
#include "common/log/kafka/kafka_log.h"
#include "common/projection/rebuild.h"
#include "common/rpc/client.h"
#include "daybook/balances/v1/balances_service.pb.h"
#include "projections/topology.h"
#include "tests/bench/history.h"
#include "tests/bench/loader.h"
#include "tests/bench/raw.h"
#include "tests/bench/requests.h"
#include "tests/bench/scene.h"

namespace daybook::bench {
namespace {

namespace fs = std::filesystem;

constexpr char kServer[] = "history";  // whose data directory all this is
constexpr char kPrefix[] = "history.";
constexpr size_t kQueries = 300'000;
// P12.
constexpr int kLiveBatch = 100;     // commands a call
constexpr size_t kLiveCalls = 500;  // made at once
constexpr uint64_t kFullCustomers = 1'000'000;
constexpr uint64_t kFullEvents = 10'000'000;

class HistoryFigures {
 public:
  explicit HistoryFigures(Scene& scene) : scene_(scene), options_(scene.options()) {}

  absl::Status Run() {
    const bool queries = options_.Wants("P6") || options_.Wants("P6-zipf");
    if (queries || options_.Wants("P7") || options_.Wants("P12")) {
      RETURN_IF_ERROR(WriteEmbedded());
      RETURN_IF_ERROR(FromEmbedded());
    }
    if (queries || options_.Wants("P12")) {
      ASSIGN_OR_RETURN(const Scene::Server server, Serve());
      if (queries) RETURN_IF_ERROR(Queries(server));
      if (options_.Wants("P12")) RETURN_IF_ERROR(Memory(server));
    }
    if (options_.Wants("P8")) {
      const auto broker = scene_.Broker();
      if (!broker.ok()) {
        scene_.report().Say(absl::StrCat("P8 skipped: ", broker.status().message()));
        return absl::OkStatus();
      }
      RETURN_IF_ERROR(FromKafka(*broker));
    }
    return absl::OkStatus();
  }

 private:
  std::string LogDirectory() const { return scene_.DataOf(kServer) + "/log"; }
  std::string ModelsDirectory() const { return scene_.DataOf(kServer) + "/models"; }

  absl::StatusOr<HistoryTotals> Write(log::EventLog& log) {
    const absl::Time begin = absl::Now();
    ASSIGN_OR_RETURN(const HistoryTotals totals,
                     WriteHistory(log, {.customers = options_.history_customers,
                                        .records = options_.history_records,
                                        .zipf = options_.history_zipf}));
    const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
    scene_.report().Say(absl::StrFormat("%s: %d records of %d customers written, %s/s, %d MiB",
                                        log.name(), totals.records, options_.history_customers,
                                        Short(static_cast<double>(totals.records) / seconds),
                                        totals.bytes >> 20));
    return totals;
  }

  // Checked whole at the opening, so that no check runs beside a measurement.
  absl::StatusOr<std::unique_ptr<log::EventLog>> OpenEmbedded(bool create) {
    log::EmbeddedOptions options;
    options.directory = LogDirectory();
    options.create_if_missing = create;
    options.read_only = !create;
    options.checked_at_start_bytes = uint64_t{1} << 40;
    return log::OpenEmbedded(options);
  }

  absl::Status WriteEmbedded() {
    fs::create_directories(LogDirectory());
    ASSIGN_OR_RETURN(const auto log, OpenEmbedded(true));
    ASSIGN_OR_RETURN(totals_, Write(*log));
    return absl::OkStatus();
  }

  // The balances made new from `log`: records a second, from opening the stores to the switch.
  absl::StatusOr<Scanned> RebuildBalances(log::EventLog& log, const std::string& directory) {
    std::error_code error;
    fs::remove_all(directory, error);
    const projection::Topology topology = TheTopology();
    const auto* const entry = topology.Find("balances");
    DAYBOOK_CHECK(entry != nullptr);
    projection::RebuildOptions options;
    options.directory = directory;
    const absl::Time begin = absl::Now();
    const double cpu = OwnCpuSeconds();
    ASSIGN_OR_RETURN(const projection::RebuildReport report,
                     projection::Rebuild(log, entry->projection, options));
    const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
    if (report.events < totals_.invoices + totals_.payments) {
      return absl::InternalError(absl::StrCat("the rebuild has folded ", report.events, " events"));
    }
    Scanned rebuilt;
    rebuilt.records = static_cast<uint64_t>(report.records);
    rebuilt.seconds = seconds;
    rebuilt.cpu_seconds = OwnCpuSeconds() - cpu;
    return rebuilt;
  }

  absl::Status FromEmbedded() {
    RETURN_IF_ERROR(ScanAndParse(LogDirectory()).status());  // warm-up
    ASSIGN_OR_RETURN(const auto log, OpenEmbedded(false));
    Runs runs;
    const int rounds = options_.Wants("P7") ? Rounds() : 1;
    for (int round = 0; round < rounds; ++round) {
      ASSIGN_OR_RETURN(const Scanned scanned, ScanAndParse(LogDirectory()));
      runs.Add("scan", scanned.per_second());
      runs.Add("scan-cpu", scanned.cpu_us());
      ASSIGN_OR_RETURN(const Scanned rebuilt, RebuildBalances(*log, ModelsDirectory()));
      runs.Add("rebuild", rebuilt.per_second());
      runs.Add("rebuild-cpu", rebuilt.cpu_us());
    }
    if (options_.Wants("P7")) {
      scene_.report().Add({"P7", runs.MedianOf("rebuild"), runs.MedianOf("scan"), "records/s",
                           Note("rebuild", "scan and parse", runs, rounds)});
    }
    return absl::OkStatus();
  }

  absl::Status FromKafka(const std::string& brokers) {
    log::KafkaOptions options;
    options.brokers = brokers;
    options.topic_prefix = kPrefix;
    options.check_beginnings = false;  // the topic is new
    ASSIGN_OR_RETURN(const auto log, log::OpenKafka(options));
    ASSIGN_OR_RETURN(totals_, Write(*log));
    const std::string topic = std::string(kPrefix) + "daybook.log.v1";
    const std::string models = options_.directory + "/from-kafka";
    RETURN_IF_ERROR(NullConsume(brokers, topic).status());  // warm-up
    Runs runs;
    for (int round = 0; round < Rounds(); ++round) {
      ASSIGN_OR_RETURN(const Scanned scanned, NullConsume(brokers, topic));
      runs.Add("scan", scanned.per_second());
      runs.Add("scan-cpu", scanned.cpu_us());
      ASSIGN_OR_RETURN(const Scanned rebuilt, RebuildBalances(*log, models));
      runs.Add("rebuild", rebuilt.per_second());
      runs.Add("rebuild-cpu", rebuilt.cpu_us());
    }
    scene_.report().Add({"P8", runs.MedianOf("rebuild"), runs.MedianOf("scan"), "records/s",
                         Note("rebuild", "null consumer", runs, Rounds())});
    return absl::OkStatus();
  }

  int Rounds() const { return std::min(options_.rounds, 3); }

  std::string Note(const std::string& ours, const std::string& theirs, const Runs& runs,
                   int rounds) const {
    return absl::StrFormat(
        "%s %s; %s %s; us of CPU a record: %.2f against %.2f; %d records of %d "
        "bytes, %d customers, %s keys; %d runs",
        ours, runs.Spread("rebuild"), theirs, runs.Spread("scan"), runs.MedianOf("rebuild-cpu"),
        runs.MedianOf("scan-cpu"), totals_.records,
        totals_.bytes / std::max<uint64_t>(1, totals_.records), options_.history_customers,
        options_.history_zipf ? "Zipf" : "uniform", rounds);
  }

  absl::StatusOr<Scene::Server> Serve() {
    const absl::Time begin = absl::Now();
    ASSIGN_OR_RETURN(Scene::Server server, scene_.StartDaybook(kServer, "", absl::Minutes(30)));
    RETURN_IF_ERROR(CheckTotals(server.address));
    // The background check of the log goes on after the start.
    server.process->Settle(absl::Minutes(2));
    scene_.report().Say(absl::StrFormat("serving %d records after %.1f s, %.0f MiB resident",
                                        totals_.records, absl::ToDoubleSeconds(absl::Now() - begin),
                                        server.process->ResidentMiB()));
    return server;
  }

  // As many commands again as the history has records: what is resident then has gone through a
  // start and through live work. The most that it ever was counts: that is what a machine must
  // have.
  absl::Status Memory(const Scene::Server& server) {
    const double served_mib = server.process->MostResidentMiB();
    const absl::Time begin = absl::Now();
    Loader loader(server.address);
    Commands commands(options_.history_customers, 11, (options_.history_records + 1) / 2 * 2);
    uint64_t made = 0;
    for (int tenth = 1; made < options_.history_records;) {
      std::vector<std::string> requests;
      book::v1::ExecuteBatchRequest request;
      for (size_t i = 0; i < kLiveCalls && made < options_.history_records; ++i) {
        request.Clear();
        for (int n = 0; n < kLiveBatch; ++n, ++made) *request.add_commands() = commands.Next();
        requests.push_back(request.SerializeAsString());
      }
      size_t cursor = 0;
      Load load;
      load.path = kBatchPath;
      load.requests = &requests;
      load.cursor = &cursor;
      load.once = true;
      load.in_flight = 16;
      load.duration = absl::Minutes(5);
      load.check_every = 1;
      load.check = [](size_t, std::string_view bytes) { return CheckBatch(bytes); };
      // To the last request; that it comes is how the run is meant to end.
      const auto result = loader.Run(load);
      if (!result.ok() && !absl::IsOutOfRange(result.status())) return result.status();
      for (; tenth <= 10 && made * 10 >= options_.history_records * tenth; ++tenth) {
        scene_.report().Say(absl::StrFormat("P12: %d of %d commands, %.0f MiB resident", made,
                                            options_.history_records,
                                            server.process->ResidentMiB()));
      }
    }
    const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
    server.process->Settle(absl::Minutes(1));
    const double most_mib = server.process->MostResidentMiB();
    const uint64_t events = totals_.records + made;
    const bool full_size = options_.history_customers >= kFullCustomers && events >= kFullEvents;
    scene_.report().Add(
        {"P12", most_mib / 1024, 1, "GiB",
         absl::StrFormat(
             "the most that was ever resident, at %d customers, %d events%s; %.0f MiB of it by the "
             "start on %d records%s; then commands by batches, %s/s; %.0f MiB resident when quiet",
             options_.history_customers, events,
             full_size
                 ? ""
                 : absl::StrFormat(" (the floor is for %d and %d)", kFullCustomers, kFullEvents),
             served_mib, totals_.records, options_.Wants("P6") ? " and point queries" : "",
             Short(static_cast<double>(made) / seconds), server.process->ResidentMiB()),
         full_size});
    return absl::OkStatus();
  }

  absl::Status Queries(const Scene::Server& server) {
    ASSIGN_OR_RETURN(Scene::Server echo, scene_.StartEcho(100));
    Loader loader(server.address);
    Loader echo_loader(echo.address);
    const std::vector<std::string> empty = {""};
    const std::vector<int> counts =
        options_.quick ? std::vector<int>{64} : std::vector<int>{64, 128, 256};
    Runs runs;
    std::vector<std::string> kinds = {"uniform"};
    if (options_.Wants("P6-zipf")) kinds.push_back("Zipf");
    std::map<std::string, std::vector<std::string>> requests;
    for (const std::string& kind : kinds) requests[kind] = MakeQueries(kind == "Zipf");
    std::map<std::string, size_t> cursors;
    for (int round = 0; round < options_.rounds; ++round) {
      for (const int n : counts) {
        RETURN_IF_ERROR(RunCalls(echo, echo_loader, kEchoPath, empty, &cursors["echo"], n,
                                 absl::StrCat("echo/", n), &runs));
        for (const std::string& kind : kinds) {
          RETURN_IF_ERROR(RunCalls(server, loader, kBalancePath, requests[kind], &cursors[kind], n,
                                   absl::StrCat(kind, "/", n), &runs));
        }
      }
    }
    const auto best = [&](const std::string& what) {
      int best = counts[0];
      for (const int n : counts) {
        if (runs.MedianOf(absl::StrCat(what, "/", n)) >
            runs.MedianOf(absl::StrCat(what, "/", best))) {
          best = n;
        }
      }
      return best;
    };
    for (const std::string& kind : kinds) {
      const std::string id = kind == "Zipf" ? "P6-zipf" : "P6";
      if (!options_.Wants(id)) continue;
      const std::string ours = absl::StrCat(kind, "/", best(kind));
      const std::string theirs = absl::StrCat("echo/", best("echo"));
      scene_.report().Add(
          {id, runs.MedianOf(ours), runs.MedianOf(theirs), "1/s",
           absl::StrFormat(
               "GetBalance, %d in flight %s, p99 %.1f ms; echo %d in flight %s; %d "
               "customers; %d runs; us of CPU a call, server+loader: %s against %s; server "
               "%.0f MiB resident",
               best(kind), runs.Spread(ours), runs.MedianOf(ours + "/p99") / 1000, best("echo"),
               runs.Spread(theirs), options_.history_customers, options_.rounds, Cpu(runs, ours),
               Cpu(runs, theirs), server.process->ResidentMiB())});
    }
    return absl::OkStatus();
  }

  static std::string Cpu(const Runs& runs, const std::string& key) {
    return absl::StrFormat("%.1f+%.1f", runs.MedianOf(key + "/cpu"),
                           runs.MedianOf(key + "/loader-cpu"));
  }

  std::vector<std::string> MakeQueries(bool zipf) const {
    Keys keys(options_.history_customers, zipf, 3);
    std::vector<std::string> requests;
    balances::v1::GetBalanceRequest request;
    for (size_t i = 0; i < kQueries; ++i) {
      request.set_customer_id(IdOf('c', keys.Next()));
      requests.push_back(request.SerializeAsString());
    }
    return requests;
  }

  absl::Status RunCalls(const Scene::Server& server, Loader& loader, const std::string& path,
                        const std::vector<std::string>& requests, size_t* cursor, int in_flight,
                        const std::string& key, Runs* runs) {
    Load load;
    load.path = path;
    load.requests = &requests;
    load.cursor = cursor;
    load.in_flight = in_flight;
    load.warm_up = options_.warm_up;
    load.duration = options_.duration;
    if (path == kBalancePath) load.check = CheckBalance;
    const double cpu = server.process->CpuSeconds();
    ASSIGN_OR_RETURN(const LoadResult result, loader.Run(load));
    const double calls = std::max(1.0, static_cast<double>(result.all_calls));
    runs->Add(key + "/cpu", (server.process->CpuSeconds() - cpu) * 1e6 / calls);
    runs->Add(key + "/loader-cpu", result.loader_cpu_us);
    runs->Add(key, result.per_second());
    runs->Add(key + "/p99", result.p99_us);
    return absl::OkStatus();
  }

  static absl::Status CheckBalance(size_t, std::string_view bytes) {
    balances::v1::GetBalanceResponse response;
    if (!response.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
        response.account_id() != "main" ||
        response.invoice_count() - response.payment_count() != response.open_invoice_count()) {
      return absl::InternalError(absl::StrCat("a wrong balance: ", response.ShortDebugString()));
    }
    return absl::OkStatus();
  }

  // What the rebuild has made is what was written.
  absl::Status CheckTotals(const std::string& address) {
    rpc::Client client(address);
    const auto* const method = balances::v1::GetControlTotalsRequest::descriptor()
                                   ->file()
                                   ->FindServiceByName("BalancesService")
                                   ->FindMethodByName("GetControlTotals");
    balances::v1::GetControlTotalsResponse response;
    RETURN_IF_ERROR(client.Call(*method, balances::v1::GetControlTotalsRequest(), &response,
                                absl::Now() + absl::Seconds(50)));
    if (response.totals_size() != 1 ||
        response.totals(0).invoice_count() != static_cast<int64_t>(totals_.invoices) ||
        response.totals(0).payment_count() != static_cast<int64_t>(totals_.payments) ||
        response.totals(0).invoiced().units() != totals_.invoiced_minor / 100 ||
        response.totals(0).received().units() != totals_.received_minor / 100) {
      return absl::InternalError(
          absl::StrCat("the balances are not those of the log: ", response.ShortDebugString()));
    }
    return absl::OkStatus();
  }

  Scene& scene_;
  const Options& options_;
  HistoryTotals totals_;
};

}  // namespace

absl::Status MeasureHistory(Scene& scene) { return HistoryFigures(scene).Run(); }

}  // namespace daybook::bench
