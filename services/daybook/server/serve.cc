#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/rpc/http_server.h"
#include "common/rpc/server.h"
#include "common/store/store.h"
#include "services/daybook/cli/subcommands.h"
#include "services/daybook/cli/version.h"
#include "services/daybook/process/interrupt.h"
#include "services/daybook/process/logging.h"
#include "services/daybook/server/absent_part.h"
#include "services/daybook/server/clock_notice.h"
#include "services/daybook/server/commands_part.h"
#include "services/daybook/server/descriptors.h"
#include "services/daybook/server/endpoint.h"
#include "services/daybook/server/library_messages.h"
#include "services/daybook/server/projections_part.h"
#include "services/daybook/server/readiness_notice.h"
#include "services/daybook/server/server_options.h"
#include "services/daybook/server/systemd.h"
#include "services/daybook/storage/open_log.h"
#include "services/daybook/storage/take_directory.h"

namespace daybook {
namespace {

constexpr absl::Duration kDrain = absl::Seconds(9);
constexpr absl::Duration kLastAnswers = absl::Seconds(1);
// For what comes after that: stores and the log are closed. librdkafka 2.0.2 does not always come
// back when its topic was deleted. All three together are the time that a start has to notice the
// signal.
constexpr absl::Duration kClosing = absl::Seconds(8);

constexpr absl::Duration kLook = absl::Milliseconds(20);

// How fast files of rows are written while no command waits for the disk: a start that has much to
// make of the log waits for little else.
constexpr int64_t kStartFileRate = 256 << 20;

// What this process does and, so that callers are told, what it does not. The engine claims when it
// starts, which deposes whoever owns the log: it comes last, when everything else works.
absl::StatusOr<Parts> MakeParts(const Config& config, log::EventLog& log,
                                std::function<std::string()> endpoint, Metrics* metrics) {
  Parts parts;
  parts.push_back(AbsentProjections(config));
  if (!config.roles.projections.empty()) {
    ASSIGN_OR_RETURN(auto projections, ProjectionsPart::Open(config, log));
    // In front of the read models that it asks how far they are: it must be gone before them.
    if (!config.roles.commands) parts.push_back(AbsentCommands(log, projections->models()));
    parts.push_back(std::move(projections));
  }
  if (config.roles.commands) {
    ASSIGN_OR_RETURN(auto commands, CommandsPart::Open(config, log, std::move(endpoint), metrics));
    parts.push_back(std::move(commands));
  }
  for (const auto& part : parts) part->AddMetrics(metrics);
  return parts;
}

// What keeps this process from serving all it should; empty = ready.
std::vector<std::string> Missing(const Parts& parts, const log::EventLog& log) {
  std::vector<std::string> missing;
  for (const auto& part : parts) {
    if (const auto s = part->Ready(); !s.ok()) missing.emplace_back(s.message());
  }
  // Who decides on the log says that, too.
  const absl::Status health = missing.empty() ? log.health() : absl::OkStatus();
  if (!health.ok()) missing.push_back(Cat("log: ", health.message()));
  return missing;
}

// Health of every service and projection by name, and of the whole.
void SetHealth(const Parts& parts, bool ready, rpc::Health* health) {
  const bool serving = !Interrupted().load();
  for (const auto& part : parts) part->SetHealth(serving, health);
  health->Set("", serving && ready);
}

// `listen` with the port that it got.
std::string Listening(const std::string& listen, int port) {
  return listen.empty() ? "none" : Cat(listen.substr(0, listen.rfind(':')), ":", port);
}

// Until the process is told to stop. Not OK: it finds what it should not have started with.
absl::Status Attend(const Parts& parts, const log::EventLog& log, rpc::Health* health) {
  ReadinessNotice notice(Log);
  ClockNotice clock_notice(Log);
  bool ever_ready = false;
  for (; !Interrupted().load(); absl::SleepFor(kLook)) {
    const std::vector<std::string> missing = Missing(parts, log);
    SetHealth(parts, missing.empty(), health);
    const Moment now = ReadClocks();
    clock_notice.Look(now);
    CountLibraryMessages(now.steady);
    if (AskedToClaim()) {
      Log(Severity::kInfo,
          "told that this machine's clock is right, and to claim the partitions that others own");
      for (const auto& part : parts) part->TakeOver();
    }
    for (const auto& part : parts) {
      if (!ever_ready) RETURN_IF_ERROR(part->WhileStarting());
    }
    if (!notice.Is(missing, now.steady)) continue;
    if (!std::exchange(ever_ready, true)) store::SetFileRate(store::kFileRate);
    NotifySystemd("READY=1");
  }
  return absl::OkStatus();
}

absl::Status Serve(const Config& config) {
  TakeLibraryMessages();
  TakeAllDescriptors();
  if (config.log == "embedded" && config.IsGiven("kafka.brokers")) {
    Log(Severity::kWarning, "kafka.brokers is set and not used: log = embedded (--log kafka?)");
  }
  RETURN_IF_ERROR(TakeDataDirectory(config));
  Metrics metrics;
  metrics.AddProcess(Version());
  ASSIGN_OR_RETURN(const auto log,
                   OpenLog(config, config.roles.commands ? LogUse::kServe : LogUse::kFollow));
  std::string endpoint;  // known when the server listens, asked when the engine claims
  ASSIGN_OR_RETURN(const Parts parts,
                   MakeParts(config, *log, [&endpoint] { return endpoint; }, &metrics));
  const auto missing = [&] { return Missing(parts, *log); };
  metrics.AddGauge("daybook_ready", "1 if nothing is missing, as /readyz says it.", {},
                   [&] { return missing().empty() ? 1.0 : 0.0; });

  rpc::Server server(ServerOptionsOf(config, &metrics));
  for (const auto& part : parts) {
    for (rpc::Service& service : part->Services()) server.Add(std::move(service));
  }
  rpc::HttpServer http({.address = config.http_listen,
                        .insecure = config.insecure,
                        .metrics = &metrics,
                        .missing = missing,
                        .version = Version()});

  SetHealth(parts, missing().empty(), &server.health());
  RETURN_IF_ERROR(server.Start());
  endpoint = EndpointOf(config.listen, config.advertise, server.port(), HostName());
  if (!config.http_listen.empty()) RETURN_IF_ERROR(http.Start());
  store::SetFileRate(kStartFileRate);
  for (const auto& part : parts) part->Start();
  Log(Severity::kInfo, "serving",
      {{"roles", config.roles.ToString()},
       {"grpc", Listening(config.listen, server.port())},
       {"endpoint", endpoint},
       {"http", Listening(config.http_listen, config.http_listen.empty() ? 0 : http.port())},
       {"log", log->name()},
       {"partitions", std::to_string(log->partitions())}});

  const absl::Status useless = Attend(parts, *log, &server.health());
  if (!useless.ok()) {
    EndWithin(kDrain + kClosing, kExitFailed, [useless] { ReportError(useless); });
    for (const auto& part : parts) part->Drain(WallNow() + kDrain);
    return useless;
  }
  Log(Severity::kInfo, "stopping; a second signal stops at once");
  NotifySystemd("STOPPING=1");
  SetHealth(parts, false, &server.health());
  server.DrainStreams();
  // Commands under way get their answers; new ones are refused.
  for (const auto& part : parts) part->Drain(WallNow() + kDrain);
  server.Shutdown(WallNow() + kLastAnswers);
  for (const auto& part : parts) part->Stop();
  http.Stop();
  return absl::OkStatus();
}

class ServeCommand : public Subcommand {
 public:
  Manual manual() const override {
    return {.name = "serve",
            .summary = "Take commands, keep the log, answer queries",
            .examples =
                "daybook serve\n"
                "daybook serve --data-dir /var/lib/daybook --config /etc/daybook.toml\n"
                "daybook serve --log kafka --kafka-brokers localhost:9092\n"
                "daybook serve --log kafka --kafka-brokers localhost:9092 --roles commands\n"
                "daybook serve --log kafka --kafka-brokers localhost:9092 \\\n"
                "    --roles projections:balances+directory --listen 127.0.0.1:7474",
            .details =
                "Says `ready` on stderr when it owns all partitions and the read models have\n"
                "caught up. SIGTERM or Ctrl-C: health says NOT_SERVING, calls under way end,\n"
                "everything is flushed, exit 0; a second signal stops at once, which loses\n"
                "nothing either.\n\n"
                "On Kafka several processes may share the work: --roles says what this one\n"
                "does, each has a data directory of its own, and what a process does not do it\n"
                "refuses with NOT_SERVED_HERE. Who takes commands and starts last takes the\n"
                "partitions over; who had them follows, and names the owner to callers, until\n"
                "SIGUSR1 (`systemctl reload`) asks it to take them back. The same signal says\n"
                "that this machine's clock is right, if it was set forward while the server ran.",
            .exit_codes =
                "0 stopped as told · 1 could not start, says why · 2 wrong usage or "
                "configuration · 4 the brokers do not answer · 70 stopped itself because a write "
                "to disk failed, or its log was moved or removed · 130 stopped at once by a "
                "second signal"};
  }
  int Run(const Config& config) override {
    CatchInterrupts();
    EndSoonAfterInterrupt(kDrain + kLastAnswers + kClosing, [] {
      Log(Severity::kWarning, "stopped without closing everything: it takes too long");
    });
    CatchClaims();
    const absl::Status status = Serve(config);
    const bool waited = absl::IsCancelled(status) || absl::IsUnavailable(status);  // for its log
    if (status.ok() || (waited && Interrupted().load())) {
      Log(Severity::kInfo, "stopped");  // the last: stores and the log are closed, and free
      return kExitOk;
    }
    const int code = ReportError(status);
    return config.log == "kafka" ? code : kExitFailed;  // there are no brokers to wait for
  }
};

}  // namespace

std::unique_ptr<Subcommand> NewServe() { return std::make_unique<ServeCommand>(); }

}  // namespace daybook
