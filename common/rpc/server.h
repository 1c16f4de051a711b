// The gRPC server, made from service descriptors: no generated stubs, no class per method.
//
//   rpc::Service billing(billing::v1::BillingService descriptor);
//   billing.Handle("IssueInvoice", [&](std::unique_ptr<rpc::Call> call) {
//   engine.Submit(std::move(call)); }); rpc::Server server(options);
//   server.Add(std::move(billing));
//   RETURN_IF_ERROR(server.Start());          // listens; refuses an rpc without a handler
//   ...
//   server.Shutdown(absl::Now() + absl::Seconds(10));
//
// What a handler never sees, because the server answers it: bytes that do not parse, unknown fields
// at any depth, messages above the limit, unknown methods, calls above the in-flight bound, calls
// that come while it stops. Every call is answered by its deadline + 1 s, whatever the handler
// does. Reflection and grpc.health.v1 are part of every server.
//
// Concurrency: handlers run on the server's threads (one completion queue, one thread on 2 cores)
// and must not block; a call is finished from any thread. No grpc type stands in this header.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/rpc/health.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace daybook {
class Metrics;
}

namespace daybook::rpc {

// One unary call in flight. Finished exactly once; one that is destroyed unfinished is answered
// UNAVAILABLE (SHUTTING_DOWN). May outlive the server, which then has answered it.
class Call {
 public:
  virtual ~Call() = default;
  virtual const google::protobuf::MethodDescriptor& method() const = 0;
  // The parsed request; bytes that do not parse never reach a handler (INVALID_ARGUMENT). Lives as
  // long as the call, also after it is finished.
  virtual const google::protobuf::Message& request() const = 0;
  // The caller's deadline, capped by the server's; never infinite.
  virtual absl::Time deadline() const = 0;
  virtual bool cancelled() const = 0;
  // Value of a metadata key (lower case), empty if absent. Lives as long as the call. Only from one
  // thread at a time.
  virtual std::string_view metadata(std::string_view key) const = 0;
  // Who calls, as the transport knows them; empty when it does not.
  virtual std::string actor() const = 0;

  // What the caller is told if nobody finishes the call by its deadline + 0.5 s; DEADLINE_EXCEEDED
  // if this is never said. Only before the handler returns.
  virtual void SetDeadlineStatus(absl::Status status) = 0;

  // Exactly one of these, from any thread. When the server has already answered (deadline, stop),
  // they do nothing.
  virtual void Finish(const google::protobuf::Message& response) = 0;
  virtual void FinishSerialized(std::string response) = 0;   // response's wire bytes
  virtual void FinishError(const absl::Status& status) = 0;  // not OK; payloads become details
};

using Handler = std::function<void(std::unique_ptr<Call>)>;

// A service of the protos and its handlers, one for every rpc.
class Service {
 public:
  explicit Service(const google::protobuf::ServiceDescriptor* descriptor);
  // By full name, `daybook.billing.v1.BillingService`; the proto must be linked in.
  explicit Service(std::string_view full_name);

  // A name that the service does not have, or has twice, is reported by Server::Start.
  Service& Handle(std::string_view method, Handler handler);

  // Says on purpose that an rpc is not served: it is answered UNIMPLEMENTED. The only thing that
  // can be done with a streaming rpc.
  Service& Decline(std::string_view method);

  // What Start would refuse: no such service, names without rpc, rpcs without handler.
  absl::Status Check() const;

  const google::protobuf::ServiceDescriptor* descriptor() const { return descriptor_; }
  const std::map<std::string, Handler, std::less<>>& handlers() const { return handlers_; }

 private:
  const google::protobuf::ServiceDescriptor* descriptor_;
  std::string name_;
  std::map<std::string, Handler, std::less<>> handlers_;
  std::set<std::string, std::less<>> declined_;
};

// PEM files; read again when they change (within 10 s). Replace them atomically, by a rename of
// their directory or of a symbolic link to it.
struct TlsFiles {
  std::string certificate_chain;
  std::string private_key;
  std::string client_ca{};  // if set, clients must show a certificate of it (mTLS)
};

struct ServerOptions {
  std::string address = "127.0.0.1:50051";  // port 0: any free one, see Server::port
  // Plain text on an address that others can reach. Without it and without `tls` Start refuses.
  bool insecure = false;
  std::optional<TlsFiles> tls{};

  int queues = 1;  // completion queues, one thread each; more than one is slower on 2 cores
  // Requests kept ready a method, so that a burst finds somebody waiting.
  int waiting_per_method = 64;
  // Calls in handlers; one more is answered RESOURCE_EXHAUSTED (OVERLOADED) at once.
  int max_in_flight = 4096;
  absl::Duration max_deadline = absl::Seconds(60);  // also that of a caller who names none
  int max_message_bytes = 4 * 1024 * 1024;          // either way
  absl::Duration max_connection_age = absl::Minutes(30);

  Metrics* metrics = nullptr;  // outlives the server; null: nothing is counted
};

class Server {
 public:
  explicit Server(ServerOptions options);
  ~Server();  // as Shutdown(now)
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Before Start.
  Server& Add(Service service);

  // Listens and serves. FAILED_PRECONDITION names what is missing or refused: rpcs without handler,
  // a reachable address without TLS, an address that cannot be had. Once.
  absl::Status Start();

  // The port that it listens on, after Start.
  int port() const;

  // What grpc.health.v1 says. Start makes every added service and "" (the whole server) SERVING
  // unless Set was called for it before.
  Health& health();

  // Calls in handlers now.
  int in_flight() const;

  // Health says NOT_SERVING, nothing new is taken, calls in flight may finish until `deadline`, the
  // rest is cancelled. Returns when no thread of the server runs. Any number of times.
  void Shutdown(absl::Time deadline);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace daybook::rpc
