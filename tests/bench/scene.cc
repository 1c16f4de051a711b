#include "tests/bench/scene.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/rpc/client.h"
#include "grpc/health/v1/health.pb.h"
#include "tests/support/kafka_broker.h"

namespace daybook::bench {
namespace {

constexpr absl::Duration kStart = absl::Seconds(120);  // a broker whose jars must be fetched, too

// Waits until the server says that all of it serves.
absl::Status AwaitServing(const std::string& address, Child& process, absl::Duration timeout) {
  rpc::Client client(address);
  const absl::Time give_up = absl::Now() + timeout;
  while (absl::Now() < give_up) {
    RETURN_IF_ERROR(process.Running());
    std::string bytes;
    grpc::health::v1::HealthCheckResponse response;
    const absl::Status status =
        client.CallRaw("/grpc.health.v1.Health/Check", "", &bytes, absl::Now() + absl::Seconds(2));
    if (status.ok() && response.ParseFromString(bytes) &&
        response.status() == grpc::health::v1::HealthCheckResponse::SERVING) {
      return absl::OkStatus();
    }
    absl::SleepFor(absl::Milliseconds(50));
  }
  return absl::DeadlineExceededError(absl::StrCat(address, " is not ready"));
}

}  // namespace

absl::StatusOr<Scene::Server> Scene::StartDaybook(const std::string& name, const std::string& kafka,
                                                  absl::Duration timeout) {
  std::filesystem::create_directories(DataOf(name));
  Server server;
  server.address = absl::StrCat("127.0.0.1:", FreePort());
  std::vector<std::string> argv = {options_.daybook, "serve",      "--listen",      server.address,
                                   "--data-dir",     DataOf(name), "--http-listen", "127.0.0.1:0"};
  if (!kafka.empty()) {
    for (const std::string& arg :
         {std::string("--log"), std::string("kafka"), std::string("--kafka-brokers"), kafka}) {
      argv.push_back(arg);
    }
  }
  ASSIGN_OR_RETURN(server.process,
                   Child::Start(argv, absl::StrCat(options_.directory, "/", name, ".log")));
  RETURN_IF_ERROR(AwaitServing(server.address, *server.process, timeout));
  return server;
}

absl::StatusOr<Scene::Server> Scene::StartEcho(size_t result_bytes) {
  Server server;
  ASSIGN_OR_RETURN(server.process, Child::Start({options_.echo, absl::StrCat(result_bytes)},
                                                options_.directory + "/echo.log"));
  ASSIGN_OR_RETURN(const std::string line, server.process->ReadLine(absl::Seconds(10)));
  server.address = line.substr(line.find(' ') + 1);
  return server;
}

absl::StatusOr<std::string> Scene::Broker() {
  RETURN_IF_ERROR(no_broker_);
  if (broker_.process != nullptr) return broker_.address;
  if (!options_.kafka) {
    no_broker_ = absl::NotFoundError("left out by --no-kafka");
    return no_broker_;
  }
  report_.Say("starting a Kafka broker");
  auto process = Child::Start({options_.broker, "start", "--dir", options_.directory + "/broker"},
                              options_.directory + "/broker.log");
  if (!process.ok()) return no_broker_ = process.status();
  const auto line = (*process)->ReadLine(kStart);
  if (!line.ok()) {
    no_broker_ = absl::NotFoundError(absl::StrCat("no broker: ", line.status().message()));
    return no_broker_;
  }
  // ready 127.0.0.1:PORT pid N
  const size_t begin = line->find(' ') + 1;
  broker_.address = line->substr(begin, line->find(' ', begin) - begin);
  broker_.process = *std::move(process);
  return broker_.address;
}

}  // namespace daybook::bench
