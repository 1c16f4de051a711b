#include "services/daybook/inspect/doctor_server.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/rpc/address.h"
#include "daybook/balances/v1/balances_service.pb.h"
#include "grpc/health/v1/health.pb.h"
#include "services/daybook/config/connect.h"
#include "services/daybook/wiring/services.h"

namespace daybook {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr int kPatienceSeconds = 5;
constexpr size_t kMostReadyBytes = 64 << 10;

absl::Time Deadline() { return WallNow() + absl::Seconds(kPatienceSeconds); }

absl::StatusOr<bool> IsServing(rpc::Client& client, const std::string& service) {
  static const auto* const check =
      HealthCheckRequest::descriptor()->file()->FindServiceByName("Health")->FindMethodByName(
          "Check");
  HealthCheckRequest request;
  request.set_service(service);
  HealthCheckResponse response;
  RETURN_IF_ERROR(client.Call(*check, request, &response, Deadline()));
  return response.status() == HealthCheckResponse::SERVING;
}

// A socket that is connected to an address of the host, or -1.
int ConnectTo(const rpc::Address& address) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(address.port);
  if (getaddrinfo(address.host.c_str(), port.c_str(), &hints, &found) != 0) {
    return -1;
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(found, &freeaddrinfo);
  const timeval patience = {.tv_sec = kPatienceSeconds, .tv_usec = 0};
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    const int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(fd, at->ai_addr, at->ai_addrlen) == 0) return fd;
    close(fd);
  }
  return -1;
}

// The lines of /readyz that say what is missing; none if nobody answers so there.
std::vector<std::string> MissingBy(const std::string& http_address) {
  const auto address = rpc::ParseAddress(http_address);
  if (!address.ok() || address->port == 0) return {};
  const int fd = ConnectTo(*address);
  if (fd < 0) return {};
  const std::string request =
      Cat("GET /readyz HTTP/1.1\r\nHost: ", http_address, "\r\nConnection: close\r\n\r\n");
  std::string answer;
  if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) ==
      static_cast<ssize_t>(request.size())) {
    char piece[4096];
    ssize_t n = 0;
    while (answer.size() < kMostReadyBytes && (n = recv(fd, piece, sizeof piece, 0)) > 0) {
      answer.append(piece, static_cast<size_t>(n));
    }
  }
  close(fd);
  const size_t body = answer.find("\r\n\r\n");
  if (!absl::StartsWith(answer, "HTTP/1.1 503") || body == answer.npos) return {};
  std::vector<std::string> lines =
      absl::StrSplit(answer.substr(body + 4), '\n', absl::SkipWhitespace());
  if (!lines.empty() && lines.front() == "not ready") lines.erase(lines.begin());  // the heading
  return lines;
}

// What a server of these roles serves.
std::vector<const google::protobuf::ServiceDescriptor*> ServicesOf(const Roles& roles) {
  std::vector<const google::protobuf::ServiceDescriptor*> services;
  if (roles.commands) services = AllCommandServices();
  for (const auto* service : QueryServices(roles.projections)) services.push_back(service);
  return services;
}

// What is missing of a server that says that it is not ready.
std::string WhatIsMissing(const Config& config, rpc::Client& client) {
  // `server` may be another machine than the one that http_listen is of.
  if (config.server.empty() || config.IsGiven("http_listen")) {
    const std::vector<std::string> lines = MissingBy(config.http_listen);
    if (!lines.empty()) return absl::StrJoin(lines, "; ");
  }
  std::vector<std::string> closed;
  for (const auto* service : ServicesOf(config.roles)) {
    const auto serving = IsServing(client, service->full_name());
    if (serving.ok() && !*serving) closed.push_back(service->full_name());
  }
  return Cat(closed.empty() ? "it does not say what is missing"
                            : Cat("not serving: ", absl::StrJoin(closed, ", ")),
             "; its /readyz and its log say why");
}

}  // namespace

absl::StatusOr<std::string> AskServer(const Config& config) {
  const auto client = Connect(config);
  const auto serving = IsServing(*client, "");
  if (absl::IsUnavailable(serving.status()) && ReasonOf(serving.status()).empty()) {
    const auto address = rpc::ParseAddress(config.server_address());
    const int fd = address.ok() ? ConnectTo(*address) : -1;
    if (fd < 0) return Cat("none at ", config.server_address());
    close(fd);
    return absl::FailedPreconditionError(Cat("something listens at ", config.server_address(),
                                             " and does not answer: ", serving.status().message()));
  }
  RETURN_IF_ERROR(serving.status());
  if (!*serving) {
    return absl::FailedPreconditionError(
        Cat("answers at ", config.server_address(),
            " and is not ready: ", WhatIsMissing(config, *client)));
  }
  const auto* method =
      balances::v1::GetControlTotalsRequest::descriptor()->file()->service(0)->FindMethodByName(
          "GetControlTotals");
  balances::v1::GetControlTotalsResponse response;
  const absl::Status asked =
      client->Call(*method, balances::v1::GetControlTotalsRequest(), &response, Deadline());
  if (ReasonOf(asked) == reason::kNotServedHere.name) {
    return Cat("ready at ", config.server_address(), ", without balances");
  }
  RETURN_IF_ERROR(asked);
  return Cat("ready at ", config.server_address(), ", ", Grouped(response.customer_count()),
             " customers");
}

}  // namespace daybook
