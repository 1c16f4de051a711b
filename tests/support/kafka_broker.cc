#include "tests/support/kafka_broker.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/base/status.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kStart = absl::Seconds(60);
constexpr char kClusterId[] = "ZGF5Ym9vay10ZXN0cy0xMg";

// A child that is to die with us is tied to the thread that made it: so all are made by one thread
// that lives as long as the process.
void OnSpawner(std::function<void()> work) {
  struct Spawner {
    std::mutex mutex;
    std::condition_variable changed;
    std::function<void()> work;
  };
  static Spawner* const spawner = [] {
    auto* s = new Spawner;
    std::thread([s] {
      for (;;) {
        std::function<void()> work;
        {
          std::unique_lock lock(s->mutex);
          s->changed.wait(lock, [&] { return s->work != nullptr; });
          std::swap(work, s->work);
        }
        work();
      }
    }).detach();
    return s;
  }();
  static std::mutex one_at_a_time;
  const std::lock_guard turn(one_at_a_time);
  std::promise<void> done;
  {
    const std::lock_guard lock(spawner->mutex);
    spawner->work = [&] {
      work();
      done.set_value();
    };
  }
  spawner->changed.notify_one();
  done.get_future().wait();
}

// Starts a program whose output goes to the end of `log`.
pid_t Spawn(const std::vector<std::string>& command, const std::string& log) {
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t pid = -1;
  OnSpawner([&] {
    const pid_t parent = ::getpid();
    pid = ::fork();
    if (pid != 0) return;
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    const int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(fd, 1);
    ::dup2(fd, 2);
    // The descriptors of a test, its locks among them, are not the broker's.
    for (int i = 3; i < 1024; ++i) ::close(i);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  });
  return pid;
}

std::string ReadAll(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string LastLines(const std::string& path) {
  const std::string all = ReadAll(path);
  return all.size() > 2000 ? all.substr(all.size() - 2000) : all;
}

// Where the jars are, fetching them first if need be.
absl::StatusOr<std::string> FetchJars() {
  if (std::system("java -version >/dev/null 2>&1") != 0) {
    return absl::NotFoundError("no broker: java is not installed");
  }
  FILE* const pipe = ::popen(DAYBOOK_FETCH_BROKER, "r");
  if (pipe == nullptr) return absl::NotFoundError("no broker: cannot run fetch");
  std::array<char, 4096> line = {};
  const bool read = std::fgets(line.data(), line.size(), pipe) != nullptr;
  if (::pclose(pipe) != 0 || !read) {
    return absl::NotFoundError("no broker: tests/support/kafka/fetch failed");
  }
  return std::string(absl::StripSuffix(line.data(), "\n"));
}

}  // namespace

int FreePort() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  DAYBOOK_CHECK(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  DAYBOOK_CHECK(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(fd);
  return ::ntohs(address.sin_port);
}

bool BrokerIsRequired() { return std::getenv("CI") != nullptr; }

absl::StatusOr<std::unique_ptr<KafkaBroker>> KafkaBroker::Start(BrokerOptions options) {
  ASSIGN_OR_RETURN(const std::string jars, FetchJars());
  if (options.port == 0) options.port = FreePort();
  if (options.controller_port == 0) options.controller_port = FreePort();
  std::unique_ptr<KafkaBroker> broker(new KafkaBroker(std::move(options), jars));
  RETURN_IF_ERROR(broker->Format());
  RETURN_IF_ERROR(broker->Launch());
  return broker;
}

KafkaBroker::~KafkaBroker() { Kill(); }

std::string KafkaBroker::address() const { return absl::StrCat("127.0.0.1:", options_.port); }

absl::Status KafkaBroker::Format() {
  const std::string& d = options_.directory;
  std::error_code error;
  fs::create_directories(d, error);
  const std::string voters =
      options_.voters.empty()
          ? absl::StrCat(options_.node_id, "@127.0.0.1:", options_.controller_port)
          : options_.voters;
  std::ofstream(d + "/server.properties")
      << "process.roles=broker,controller\nnode.id=" << options_.node_id
      << "\ncontroller.quorum.voters=" << voters
      << "\nlisteners=PLAINTEXT://127.0.0.1:" << options_.port
      << ",CONTROLLER://127.0.0.1:" << options_.controller_port
      << "\nadvertised.listeners=PLAINTEXT://127.0.0.1:" << options_.port
      << "\ncontroller.listener.names=CONTROLLER\nlog.dirs=" << d << "/data"
      << "\noffsets.topic.replication.factor=" << options_.replicas
      << "\ntransaction.state.log.replication.factor=" << options_.replicas
      << "\ntransaction.state.log.min.isr=1\ntransaction.state.log.num.partitions=2"
      << "\nshare.coordinator.state.topic.replication.factor=" << options_.replicas
      << "\nshare.coordinator.state.topic.min.isr=1\ngroup.initial.rebalance.delay.ms=0"
      // A broker that was killed is let in again only when its session has ended.
      << "\nbroker.session.timeout.ms=1500\nbroker.heartbeat.interval.ms=300"
      << "\nauto.create.topics.enable=false\n"
      << options_.properties << "\n";
  std::ofstream(d + "/log4j2.properties")
      << "appender.out.type=Console\nappender.out.name=out\nappender.out.layout.type="
         "PatternLayout\n"
         "appender.out.layout.pattern=%d %p %m (%c)%n\nrootLogger.level=WARN\n"
         "rootLogger.appenderRef.out.ref=out\nlogger.kafka.name=kafka.server.KafkaRaftServer\n"
         "logger.kafka.level=INFO\n";
  if (fs::exists(d + "/data/meta.properties", error)) return absl::OkStatus();
  const std::string log = d + "/broker.log";
  const pid_t pid =
      Spawn({"java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", jars_ + "/*",
             absl::StrCat("-Dlog4j2.configurationFile=", d, "/log4j2.properties"),
             "kafka.tools.StorageTool", "format", "-t", kClusterId, "-c", d + "/server.properties"},
            log);
  int status = 0;
  if (pid < 0 || ::waitpid(pid, &status, 0) != pid || status != 0) {
    return absl::InternalError(absl::StrCat("the broker cannot format ", d, ": ", LastLines(log)));
  }
  return absl::OkStatus();
}

absl::Status KafkaBroker::Launch() {
  const std::string& d = options_.directory;
  const std::string log = d + "/broker.log";
  std::error_code error;
  const auto before = fs::exists(log, error) ? fs::file_size(log, error) : 0;
  pid_ = Spawn({"java", absl::StrCat("-Xmx", options_.heap_mib, "m"),
                options_.quick_start ? "-XX:TieredStopAtLevel=1" : "-XX:+TieredCompilation", "-cp",
                jars_ + "/*", absl::StrCat("-Dlog4j2.configurationFile=", d, "/log4j2.properties"),
                "kafka.Kafka", d + "/server.properties"},
               log);
  if (pid_ < 0) return absl::InternalError("the broker cannot be started");
  for (const absl::Time deadline = absl::Now() + kStart; absl::Now() < deadline;) {
    if (absl::StrContains(ReadAll(log).substr(before), "Kafka Server started")) {
      return absl::OkStatus();
    }
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      return absl::InternalError(absl::StrCat("the broker ended at once: ", LastLines(log)));
    }
    absl::SleepFor(absl::Milliseconds(20));
  }
  Kill();
  return absl::DeadlineExceededError(absl::StrCat("the broker does not start: ", LastLines(log)));
}

void KafkaBroker::Kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void KafkaBroker::Stop() { ::kill(pid_, SIGSTOP); }
void KafkaBroker::Continue() { ::kill(pid_, SIGCONT); }

absl::Status KafkaBroker::StartAgain() {
  DAYBOOK_CHECK(pid_ < 0);
  return Launch();
}

}  // namespace daybook
