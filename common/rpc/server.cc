#include "common/rpc/server.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/rpc/address.h"
#include "common/rpc/credentials.h"
#include "common/rpc/listener.h"
#include "common/rpc/queue.h"
#include "common/rpc/reasons.h"
#include "common/rpc/reflection.h"
#include "common/rpc/stream.h"
#include "common/rpc/unary.h"
#include "common/rpc/unknown_method.h"
#include "common/rpc/wire.h"
#include "grpc/health/v1/health.pb.h"

namespace daybook::rpc {
namespace {

constexpr int kMaxMetadataBytes = 8 * 1024;
constexpr int kHandshakeMs = 20'000;
// What a message may take longer to come than its call may take.
constexpr absl::Duration kMessageGrace = absl::Seconds(5);

// Seats per queue for calls of methods that nobody serves.
constexpr int kWaitingUnknown = 2;

// For the last answers of a shutdown to leave.
constexpr absl::Duration kBeforeCancelling = absl::Milliseconds(200);

using google::protobuf::DynamicCastToGenerated;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr size_t kMaxHealthNameBytes = 256;

absl::Status CheckHealthName(const std::string& name) {
  FieldViolations bad;
  if (name.size() > kMaxHealthNameBytes) {
    bad.Add("service", absl::StrCat("at most ", kMaxHealthNameBytes, " bytes"));
  }
  return bad.ToStatus();
}

void AnswerCheck(const Health& health, std::unique_ptr<Call> call) {
  const auto* request = DynamicCastToGenerated<HealthCheckRequest>(&call->request());
  if (const auto bad = CheckHealthName(request->service()); !bad.ok()) {
    return call->FinishError(bad);
  }
  const Health::Serving serving = health.Get(request->service());
  if (!serving.has_value()) {
    return call->FinishError(Refuse(reason::kHealthNameUnknown,
                                    absl::StrCat("nothing is called '", request->service(), "'")));
  }
  HealthCheckResponse response;
  response.set_status(*serving ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING);
  call->Finish(response);
}

std::string WatchResponse(Health::Serving serving) {
  HealthCheckResponse response;
  response.set_status(!serving.has_value() ? HealthCheckResponse::SERVICE_UNKNOWN
                      : *serving           ? HealthCheckResponse::SERVING
                                           : HealthCheckResponse::NOT_SERVING);
  return response.SerializeAsString();
}

void AnswerWatch(Health& health, std::unique_ptr<StreamItem> item) {
  absl::Status bad = item->problem();
  const auto* request = DynamicCastToGenerated<HealthCheckRequest>(&item->message());
  if (bad.ok()) bad = CheckHealthName(request->service());
  if (!bad.ok()) return item->EndStream(bad);
  StreamItem& i = *item;
  const uint64_t watch = health.Watch(
      request->service(), [item = std::shared_ptr<StreamItem>(std::move(item))](Health::Serving s) {
        item->SendNewest(WatchResponse(s));
      });
  i.WhenOver([&health, watch] { health.Unwatch(watch); });
}

void SetLimits(const ServerOptions& options, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(options.max_message_bytes);
  builder.SetMaxSendMessageSize(options.max_message_bytes);
  // What a compressed message grows to is not bounded by gRPC 1.51.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  // So nothing is left to do for gRPC's two filters of it, which each call would pass.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, 0);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_calls_of_one_connection);
  // Until the caller has said what HTTP/2 begins with.
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMs);
  // Two servers on one port would each get some of the calls, without a word.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  const auto milliseconds = [&](const char* argument, absl::Duration duration) {
    builder.AddChannelArgument(argument, static_cast<int>(absl::ToInt64Milliseconds(duration)));
  };
  milliseconds(GRPC_ARG_KEEPALIVE_TIME_MS, options.keepalive_time);
  milliseconds(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, options.keepalive_timeout);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  milliseconds(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, options.min_ping_interval);
  milliseconds(GRPC_ARG_MAX_CONNECTION_AGE_MS, options.max_connection_age);
  milliseconds(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, options.max_deadline + absl::Seconds(5));
}

ListenerLimits LimitsOf(const ServerOptions& options) {
  return {.unheard = options.keepalive_timeout,
          .connections = options.max_connections,
          .unfinished_bytes = options.max_in_flight_bytes,
          .message_time = options.max_deadline + kMessageGrace,
          .max_calls = options.max_calls_of_one_connection,
          .encrypted = options.tls.has_value()};
}

}  // namespace

class Server::Impl {
 public:
  explicit Impl(ServerOptions options) : shared_(std::make_shared<Shared>(options)) {
    Service health_service(
        grpc::health::v1::HealthCheckRequest::descriptor()->file()->FindServiceByName("Health"));
    health_service.Handle(
        "Check", [this](std::unique_ptr<Call> call) { AnswerCheck(health_, std::move(call)); });
    const auto watch = [this](Caller&) -> absl::StatusOr<ItemHandler> {
      return [this](std::unique_ptr<StreamItem> item) { AnswerWatch(health_, std::move(item)); };
    };
    health_service.HandleStream("Watch", watch, StreamUse::kLook);
    services_.push_back(std::move(health_service));
  }

  void Add(Service service) { services_.push_back(std::move(service)); }

  absl::Status Start() {
    DAYBOOK_CHECK(server_ == nullptr);
    services_.push_back(ReflectionOf(services_));
    RETURN_IF_ERROR(CheckServices());
    ASSIGN_OR_RETURN(const Address address, ParseAddress(shared_->options.address));
    ASSIGN_OR_RETURN(const auto credentials, Credentials(address));
    if (const absl::Status opened = listener_.Open(address); !opened.ok()) {
      return absl::FailedPreconditionError(
          absl::StrCat("cannot listen on ", shared_->options.address, ": ", opened.message()));
    }

    grpc::ServerBuilder builder;
    SetLimits(shared_->options, builder);
    // Connections come from a listener of our own: see listener.h.
    connections_ = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, credentials);
    Register(builder);
    builder.RegisterAsyncGenericService(&shared_->unknown_methods);
    for (int i = 0; i < std::max(1, shared_->options.queues); ++i) {
      shared_->queues.push_back(
          std::make_unique<CallQueue>(*shared_, builder.AddCompletionQueue()));
    }
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) {
      for (auto& queue : shared_->queues) queue->Stop();
      return absl::FailedPreconditionError("gRPC could not start a server");
    }
    for (const Service& service : services_) health_.SetDefault(service.descriptor()->full_name());
    health_.SetDefault("");
    for (auto& queue : shared_->queues) {
      queue->Start();
      for (int i = 0; i < kWaitingUnknown; ++i) UnknownMethod::Post(*shared_, queue->grpc());
    }
    if (shared_->options.metrics != nullptr) {
      shared_->options.metrics->AddGauge(
          "daybook_rpc_in_flight", "Calls in handlers.", {},
          [shared = shared_] { return static_cast<double>(shared->calls.taken()); });
      shared_->options.metrics->AddGauge(
          "daybook_rpc_streams", "Streams that are open.", {},
          [shared = shared_] { return static_cast<double>(shared->streams.taken()); });
      shared_->options.metrics->AddGauge(
          "daybook_rpc_in_flight_bytes", "Bytes of requests in handlers.", {},
          [shared = shared_] { return static_cast<double>(shared->budget.taken()); });
      shared_->options.metrics->AddGauge(
          "daybook_rpc_unsent_bytes",
          "Bytes of answers above 4 KiB that their callers have not taken.", {},
          [shared = shared_] { return static_cast<double>(shared->unsent.taken()); });
    }
    listener_.Start([this](int listener, int connection) {
      grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters accepted;
      accepted.listener_fd = listener;
      accepted.fd = connection;
      connections_->HandleNewConnection(&accepted);
    });
    return absl::OkStatus();
  }

  int port() const { return listener_.port(); }
  Health& health() { return health_; }
  int in_flight() const { return static_cast<int>(shared_->calls.taken()); }

  int streams() const { return static_cast<int>(shared_->streams.taken()); }

  void DrainStreams() {
    shared_->draining_streams.store(true, std::memory_order_release);
    for (auto& queue : shared_->queues) queue->EndStreams(false, ShuttingDown());
  }

  void Shutdown(absl::Time deadline) {
    if (server_ == nullptr) return;
    listener_.Stop();
    health_.Stop();
    shared_->stopping.store(true, std::memory_order_release);
    for (auto& queue : shared_->queues) queue->EndStreams(true, ShuttingDown());
    // At the deadline gRPC cancels what is left, which tells callers nothing: so they are answered
    // a little before.
    const absl::Time now = WallNow();
    const absl::Time last_answers =
        deadline - std::clamp((deadline - now) / 2, absl::ZeroDuration(), kBeforeCancelling);
    std::atomic<bool> down{false};
    std::thread shutter([&] {
      server_->Shutdown(absl::ToChronoTime(deadline));
      down = true;
    });
    const absl::Status stopping =
        Refuse(reason::kShuttingDown, "the server stopped before the call was finished");
    while (!down || shared_->outstanding.load(std::memory_order_acquire) > 0) {
      if (down || WallNow() >= last_answers) {
        for (auto& queue : shared_->queues) queue->AnswerAll(stopping);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    shutter.join();
    for (auto& queue : shared_->queues) queue->Stop();
    server_.reset();
  }

 private:
  absl::Status CheckServices() const {
    std::string problems;
    for (const Service& service : services_) {
      const absl::Status status = service.Check();
      if (!status.ok()) absl::StrAppend(&problems, problems.empty() ? "" : "; ", status.message());
    }
    return problems.empty() ? absl::OkStatus() : absl::FailedPreconditionError(problems);
  }

  absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> Credentials(
      const Address& address) const {
    const ServerOptions& options = shared_->options;
    if (options.tls.has_value()) {
      ASSIGN_OR_RETURN(auto opened, Certificates::Open(*options.tls, options.say));
      const std::shared_ptr<Certificates> certificates = std::move(opened);
      if (options.metrics != nullptr) {
        options.metrics->AddGauge(
            "daybook_tls_certificate_expiry_time_seconds",
            "When the certificate in use is over, Unix time.", {}, [certificates] {
              return static_cast<double>(absl::ToUnixSeconds(certificates->expires()));
            });
      }
      return ServerCredentialsOf(certificates);
    }
    if (!address.loopback() && !options.insecure) {
      return absl::FailedPreconditionError(absl::StrCat(
          "refusing to listen on ", options.address,
          " in plain text, because others can reach it: give a TLS certificate and key, listen on "
          "127.0.0.1, or say --insecure"));
    }
    return grpc::InsecureServerCredentials();
  }

  void Register(grpc::ServerBuilder& builder) {
    for (const Service& service : services_) {
      RawService& raw = shared_->services.emplace_back();
      const auto add = [&](const std::string& name, Handler handler, StreamHandler stream,
                           StreamUse use = StreamUse::kWork) {
        Method& method = shared_->methods.emplace_back(
            shared_->methods.size(), *service.descriptor()->FindMethodByName(name),
            std::move(handler), std::move(stream), use, shared_->options.metrics);
        method.seats = method.stream_handler ? &NewStreamSeats : &NewUnarySeats;
        raw.Add(method);
      };
      for (const auto& [name, handler] : service.handlers()) add(name, handler, nullptr);
      for (const auto& [name, stream] : service.stream_handlers()) {
        add(name, nullptr, stream.handler, stream.use);
      }
      builder.RegisterService(&raw);
    }
  }

  Health health_;
  std::vector<Service> services_;
  const std::shared_ptr<Shared> shared_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> connections_;
  std::unique_ptr<grpc::Server> server_;
  Listener listener_{LimitsOf(shared_->options), shared_->options.metrics};
};

Server::Server(ServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Server::~Server() { Shutdown(WallNow()); }

Server& Server::Add(Service service) {
  impl_->Add(std::move(service));
  return *this;
}

absl::Status Server::Start() { return impl_->Start(); }
int Server::port() const { return impl_->port(); }
Health& Server::health() { return impl_->health(); }
int Server::in_flight() const { return impl_->in_flight(); }
int Server::streams() const { return impl_->streams(); }
void Server::DrainStreams() { impl_->DrainStreams(); }
void Server::Shutdown(absl::Time deadline) { impl_->Shutdown(deadline); }

}  // namespace daybook::rpc
