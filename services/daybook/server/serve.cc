#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "absl/time/clock.h"
#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/engine.h"
#include "common/projection/models.h"
#include "common/rpc/http_server.h"
#include "common/rpc/library_logs.h"
#include "common/rpc/server.h"
#include "common/serving/command_calls.h"
#include "common/serving/model_calls.h"
#include "common/store/store.h"
#include "projections/topology.h"
#include "services/daybook/cli/subcommands.h"
#include "services/daybook/cli/version.h"
#include "services/daybook/process/interrupt.h"
#include "services/daybook/process/logging.h"
#include "services/daybook/server/clock_notice.h"
#include "services/daybook/server/endpoint.h"
#include "services/daybook/server/figures.h"
#include "services/daybook/server/message_limit.h"
#include "services/daybook/server/readiness_notice.h"
#include "services/daybook/storage/data_directory.h"
#include "services/daybook/storage/open_log.h"
#include "services/daybook/storage/work_directory.h"
#include "services/daybook/wiring/books.h"
#include "services/daybook/wiring/services.h"

namespace daybook {
namespace {

constexpr absl::Duration kDrain = absl::Seconds(9);
constexpr absl::Duration kLastAnswers = absl::Seconds(1);
// For what comes after that: stores and the log are closed. librdkafka 2.0.2 does not always come
// back when its topic was deleted. All three together are the time that a start has to notice the
// signal.
constexpr absl::Duration kClosing = absl::Seconds(8);

// What the engine and the read models say is what did not go as usual.
void Warn(std::string_view message) { Log(Severity::kWarning, message); }
void SayOfServer(rpc::Notice notice, std::string_view message) {
  Log(notice == rpc::Notice::kInfo ? Severity::kInfo : Severity::kWarning, message);
}

// As many descriptors as this process may have: each connection and each table takes one, and what
// shells give is often 1,024.
void TakeAllDescriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

// A store that this user may not touch is neither damaged nor gone.
absl::Status CheckStoreRights(const Config& config) {
  if (config.log == "embedded") {
    RETURN_IF_ERROR(CheckRights(config.log_dir(), Rights::kReadAndWrite));
  }
  RETURN_IF_ERROR(CheckRights(config.models_dir(), Rights::kReadAndWrite));
  return CheckRights(config.data_dir + "/command-cache", Rights::kReadAndWrite);
}

// Closes to others what of the data directory is open.
absl::Status CloseDataDirectory(const std::string& path) {
  ASSIGN_OR_RETURN(const OpenFiles open, CloseToOthers(path));
  if (open.count > 0) {
    Log(Severity::kWarning,
        Cat("others than this user could read ", Grouped(open.count),
            " files and directories, such as ", open.example, "; closed to them now"));
  }
  return absl::OkStatus();
}

rpc::ServerOptions ServerOptionsOf(const Config& config, Metrics* metrics) {
  rpc::ServerOptions options;
  options.address = config.listen;
  options.insecure = config.insecure;
  if (!config.tls_cert.empty()) {
    options.tls = rpc::TlsFiles{config.tls_cert, config.tls_key, config.tls_client_ca};
  }
  options.max_in_flight = static_cast<int>(config.max_in_flight);
  options.max_deadline = absl::Milliseconds(config.max_deadline_ms);
  options.max_in_flight_bytes = config.max_in_flight_bytes;
  options.max_unsent_bytes = config.max_unsent_bytes;
  options.max_streams = static_cast<int>(config.max_streams);
  options.stream_window = static_cast<int>(config.stream_window);
  options.max_message_bytes = static_cast<int>(config.max_message_bytes);
  options.max_connection_age = absl::Milliseconds(config.max_connection_age_ms);
  options.keepalive_time = absl::Milliseconds(config.keepalive_ms);
  options.say = SayOfServer;
  options.metrics = metrics;
  return options;
}

// Tells systemd, if it is there, that the service is up.
void NotifySystemd(std::string_view state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path == nullptr || std::strlen(path) >= sizeof address.sun_path) return;
  std::strcpy(address.sun_path, path);
  const socklen_t size = offsetof(sockaddr_un, sun_path) + std::strlen(path);
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // an abstract socket
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address), size);
  close(fd);
}

// How fast files of rows are written while no command waits for the disk: a start that has much to
// make of the log waits for little else.
constexpr int64_t kStartFileRate = 256 << 20;

// What keeps this process from serving all it should; empty = ready.
std::vector<std::string> Missing(const command::Engine& engine, const projection::Models& models) {
  std::vector<std::string> missing;
  if (const auto s = engine.Ready(); !s.ok()) missing.push_back(Cat("commands: ", s.message()));
  if (const auto s = models.Ready(); !s.ok()) missing.push_back(Cat("read models: ", s.message()));
  return missing;
}

// Health of every service and projection by name, and of the whole.
void SetHealth(const command::Engine& engine, const projection::Models& models,
               const projection::Topology& topology, rpc::Health* health) {
  const bool serving = !Interrupted().load();
  const bool commands = serving && engine.Ready().ok();
  for (const auto* service : CommandServices()) health->Set(service->full_name(), commands);
  health->Set("daybook.book.v1.CommandService", commands);
  for (const auto& entry : topology.entries()) {
    const bool queries = serving && models.Serves(entry.projection.name).ok();
    health->Set(entry.service.service, queries);
    health->Set(entry.projection.name, queries);
  }
  health->Set("", commands && models.Ready().ok());
}

// Of what strangers can cause. Never destroyed: gRPC may write until the very end.
MessageLimit& StrangersMessages() {
  static auto* const limit = new MessageLimit;
  return *limit;
}

// What gRPC and protobuf have to say, said in the program's own way.
void SayLibrary(rpc::LibraryLogLevel level, std::string_view line) {
  if (!StrangersMessages().Admit(line, ReadClocks().steady)) return;
  Log(level == rpc::LibraryLogLevel::kInfo ? Severity::kDebug : Severity::kWarning, line);
}

absl::Status Serve(const Config& config) {
  rpc::SendLibraryLogsTo(SayLibrary);
  TakeAllDescriptors();
  if (config.log == "embedded" && config.IsGiven("kafka.brokers")) {
    Log(Severity::kWarning, "kafka.brokers is set and not used: log = embedded (--log kafka?)");
  }
  RETURN_IF_ERROR(MakeDataDirectory(config.data_dir));
  RETURN_IF_ERROR(CheckStoreRights(config));
  RETURN_IF_ERROR(CloseDataDirectory(config.data_dir));
  WorkDirectory::RemoveLeftOver(config.data_dir);
  Metrics metrics;
  metrics.AddProcess(Version());
  ASSIGN_OR_RETURN(const auto log, OpenLog(config, LogUse::kServe));
  ASSIGN_OR_RETURN(auto book, TheBook());
  const projection::Topology topology = TheTopology();
  std::string endpoint;  // known when the server listens, asked when the engine claims
  ASSIGN_OR_RETURN(const auto engine,
                   command::Engine::Open(log.get(), std::move(book),
                                         {.cache_directory = config.data_dir + "/command-cache",
                                          .endpoint = [&endpoint] { return endpoint; },
                                          .accepted_records = config.accepted_records(),
                                          .max_queue = static_cast<size_t>(config.max_queue),
                                          .say = Warn},
                                         &metrics));
  ASSIGN_OR_RETURN(
      const auto models,
      projection::Models::Open(*log, topology, {.directory = config.models_dir(), .say = Warn}));
  AddModelFigures(topology, *engine, *models, &metrics);
  metrics.AddGauge("daybook_ready", "1 if nothing is missing, as /readyz says it.", {},
                   [&] { return Missing(*engine, *models).empty() ? 1.0 : 0.0; });

  rpc::Server server(ServerOptionsOf(config, &metrics));
  for (auto& service : UnaryCommands(*engine)) server.Add(std::move(service));
  server.Add(WrappedCommands(*engine));
  for (auto& service : Queries(*models)) server.Add(std::move(service));
  rpc::HttpServer http({.address = config.http_listen,
                        .insecure = config.insecure,
                        .metrics = &metrics,
                        .missing = [&] { return Missing(*engine, *models); },
                        .version = Version()});

  SetHealth(*engine, *models, topology, &server.health());
  RETURN_IF_ERROR(server.Start());
  endpoint = EndpointOf(config.listen, config.advertise, server.port(), HostName());
  if (!config.http_listen.empty()) RETURN_IF_ERROR(http.Start());
  store::SetFileRate(kStartFileRate);
  models->Start();
  engine->Start();  // last: it deposes whoever owns the log, so everything else must work
  Log(Severity::kInfo, "serving",
      {{"grpc", Cat(config.listen.substr(0, config.listen.rfind(':')), ":", server.port())},
       {"endpoint", endpoint},
       {"http",
        config.http_listen.empty()
            ? "none"
            : Cat(config.http_listen.substr(0, config.http_listen.rfind(':')), ":", http.port())},
       {"log", log->name()},
       {"partitions", std::to_string(log->partitions())}});

  ReadinessNotice notice(Log);
  ClockNotice clock_notice(Log);
  bool ever_ready = false, starting = true;
  for (; !Interrupted().load(); absl::SleepFor(absl::Milliseconds(20))) {
    SetHealth(*engine, *models, topology, &server.health());
    const Moment now = ReadClocks();
    clock_notice.Look(now);
    StrangersMessages().TakeLeftOut(now.steady, [](int64_t count, std::string_view example) {
      Log(Severity::kWarning, Cat("left out ", Grouped(count), " messages such as: ", example));
    });
    const absl::Status commands = engine->Ready();
    if (starting && commands.ok()) {
      starting = false;
      store::SetFileRate(store::kFileRate);
    }
    // A log that cannot be owned because of what is in it: refused, not half served.
    if (!ever_ready && absl::IsFailedPrecondition(commands)) {
      EndWithin(kDrain + kClosing, kExitFailed, [commands] { ReportError(commands); });
      engine->Drain(WallNow() + kDrain);
      return commands;
    }
    if (AskedToClaim()) {
      Log(Severity::kInfo,
          "told that this machine's clock is right, and to claim the partitions that others own");
      engine->ConfirmClock();
      for (int p = 0; p < engine->partitions(); ++p) engine->Want(p, true);
    }
    if (!notice.Is(Missing(*engine, *models), now.steady)) continue;
    ever_ready = true;
    NotifySystemd("READY=1");
  }

  Log(Severity::kInfo, "stopping; a second signal stops at once");
  NotifySystemd("STOPPING=1");
  SetHealth(*engine, *models, topology, &server.health());
  server.DrainStreams();
  engine->Drain(WallNow() + kDrain);  // commands under way get their answers; new ones are refused
  server.Shutdown(WallNow() + kLastAnswers);
  models->Stop();
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
                "daybook serve --log kafka --kafka-brokers localhost:9092",
            .details =
                "Says `ready` on stderr when it owns all partitions and the read models have\n"
                "caught up. SIGTERM or Ctrl-C: health says NOT_SERVING, calls under way end,\n"
                "everything is flushed, exit 0; a second signal stops at once, which loses\n"
                "nothing either. On Kafka who starts last takes the partitions over; who had\n"
                "them follows, and names the owner to callers, until SIGUSR1 (`systemctl\n"
                "reload`) asks it to take them back. The same signal says that this machine's\n"
                "clock is right, if it was set forward while the server ran.",
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
