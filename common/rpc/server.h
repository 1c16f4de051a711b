// The gRPC server, made from service descriptors: no generated stubs, no class per method.
//
//   rpc::Service billing("daybook.billing.v1.BillingService");
//   billing.Handle("IssueInvoice", [](std::unique_ptr<rpc::Call> call) {
//     ...  // now or later, from any thread: call->Finish(response) or call->FinishError(status)
//   });
//   rpc::Server server(options);
//   server.Add(std::move(billing));
//   RETURN_IF_ERROR(server.Start());  // listens; refuses an rpc without a handler
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
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/health.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace daybook {
class Metrics;
}

namespace daybook::rpc {

// What is known of a caller. Lives as long as its call, or its stream.
class Caller {
 public:
  virtual ~Caller() = default;
  virtual const google::protobuf::MethodDescriptor& method() const = 0;
  // The caller's deadline. Of a call: capped by the server's, never infinite. Of a stream: as the
  // caller said, often infinite.
  virtual absl::Time deadline() const = 0;
  // Value of a metadata key (lower case), empty if absent. Lives as long as the call. Only from one
  // thread at a time.
  virtual std::string_view metadata(std::string_view key) const = 0;
  // Who calls, as the transport knows them: see actor.h. Never empty.
  virtual std::string actor() const = 0;

  // What the caller is told if nobody answers in time; DEADLINE_EXCEEDED if this is never said.
  // Only before the handler returns.
  virtual void SetDeadlineStatus(absl::Status status) = 0;
};

// One unary call in flight. Finished exactly once; one that is destroyed unfinished is answered
// UNAVAILABLE (SHUTTING_DOWN). May outlive the server, which then has answered it. "In time" is
// deadline + 0.5 s.
class Call : public Caller {
 public:
  // The parsed request; bytes that do not parse never reach a handler (INVALID_ARGUMENT). Lives as
  // long as the call, also after it is finished.
  virtual const google::protobuf::Message& request() const = 0;

  // Exactly one of these, from any thread. When the server has already answered (deadline, stop),
  // they do nothing.
  virtual void Finish(const google::protobuf::Message& response) = 0;
  virtual void FinishSerialized(std::string response) = 0;   // response's wire bytes
  virtual void FinishError(const absl::Status& status) = 0;  // not OK; payloads become details
};

using Handler = std::function<void(std::unique_ptr<Call>)>;

// One message of a caller's stream, and the way for what is sent back for it. It takes a place in
// the stream's window until its answer has left, or until it goes unanswered. May outlive stream
// and server, whose end makes a no-op of everything here.
class StreamItem {
 public:
  virtual ~StreamItem() = default;
  // The message, as far as it could be read.
  virtual const google::protobuf::Message& message() const = 0;
  // Not OK: the message does not parse, has unknown fields, or the server holds too much already
  // (MALFORMED_REQUEST, UNKNOWN_FIELDS, OVERLOADED). It is for the handler to tell the caller: the
  // stream goes on.
  virtual const absl::Status& problem() const = 0;
  // When the answer is due: the server's cap from when the message was read, or a little before the
  // stream's deadline; only that where the caller sends one message. If it is not there 0.5 s
  // later, the stream ends with SetDeadlineStatus.
  virtual absl::Time deadline() const = 0;

  // From any thread; wire bytes of one response. They leave in the order of these calls.
  // The last one for this message, at most once.
  virtual void Answer(std::string response) = 0;
  // One of many; if the last one has not left yet, this one takes its place.
  virtual void SendNewest(std::string response) = 0;
  // Ends the whole stream so, at once; what has not left is dropped.
  virtual void EndStream(const absl::Status& status) = 0;

  // Called once on the server's thread when the stream is over, however it ends. Only before the
  // handler returns.
  virtual void WhenOver(std::function<void()> callback) = 0;
};

// Streams of those who look at the server rather than work with it (health, reflection) have seats
// of their own, and no more than two of their messages wait for answers.
enum class StreamUse { kWork, kLook };

// A streaming rpc is opened once a call, which gives what takes its messages, one at a time on one
// thread; not OK ends the stream so. The Caller lives as long as that function.
//
// Life of a stream. Messages are read while its window has room (ServerOptions::stream_window):
// else HTTP/2 holds the sender. It ends
// - OK, when the caller has closed its half and every item is answered or gone;
// - DEADLINE_EXCEEDED, shortly before the caller's deadline (100 ms, or a tenth of what there was):
//   nothing more is read, items still out may answer;
// - UNAVAILABLE (SHUTTING_DOWN), when the server drains: in the same way. An rpc whose caller sends
//   one message only ends at Shutdown at once;
// - when the caller cancels or is lost: what is still sent goes nowhere.
using ItemHandler = std::function<void(std::unique_ptr<StreamItem>)>;
using StreamHandler = std::function<absl::StatusOr<ItemHandler>(Caller&)>;

// A service of the protos and its handlers, one for every rpc.
class Service {
 public:
  explicit Service(const google::protobuf::ServiceDescriptor* descriptor);
  // By full name, `daybook.billing.v1.BillingService`; the proto must be linked in.
  explicit Service(std::string_view full_name);

  // A name that the service does not have, or has twice, is reported by Server::Start.
  Service& Handle(std::string_view method, Handler handler);

  // The same for an rpc with `stream` on the side of the responses, or both.
  Service& HandleStream(std::string_view method, StreamHandler handler,
                        StreamUse use = StreamUse::kWork);

  // Says on purpose that an rpc is not served: it is answered UNIMPLEMENTED.
  Service& Decline(std::string_view method);

  // What Start would refuse: no such service, names without rpc, rpcs without handler.
  absl::Status Check() const;

  const google::protobuf::ServiceDescriptor* descriptor() const { return descriptor_; }
  const std::map<std::string, Handler, std::less<>>& handlers() const { return handlers_; }
  struct Stream {
    StreamHandler handler;
    StreamUse use;
  };
  const std::map<std::string, Stream, std::less<>>& stream_handlers() const {
    return stream_handlers_;
  }

 private:
  const google::protobuf::ServiceDescriptor* descriptor_;
  std::string name_;
  std::map<std::string, Handler, std::less<>> handlers_;
  std::map<std::string, Stream, std::less<>> stream_handlers_;
  std::set<std::string, std::less<>> declined_;
};

// PEM files. When they have changed, a new connection gets what stands in them then, if all of it
// fits together; else what there was before stays, and ServerOptions::say is told which file is
// why.
struct TlsFiles {
  std::string certificate_chain;
  std::string private_key;
  std::string client_ca{};  // if set, clients must show a certificate of it (mTLS)
};

// What a message for people is about: something everybody waited for, or something to look at.
enum class Notice { kInfo, kWarning };

struct ServerOptions {
  std::string address = "127.0.0.1:50051";  // port 0: any free one, see Server::port
  // Plain text on an address that others can reach. Without it and without `tls` Start refuses.
  bool insecure = false;
  std::optional<TlsFiles> tls{};

  int queues = 1;  // completion queues, one thread each; more than one is slower on 2 cores
  // Seats kept ready a method. A burst beyond them waits within gRPC until each arrival has made
  // another; more of them cost every call time (README).
  int waiting_per_method = 4;
  // Of each of the pools that follow, a caller (a certificate, or an address) may have three times
  // what is free, which is three quarters if nobody else is there (pool.h).
  //
  // Calls in handlers; one more is answered RESOURCE_EXHAUSTED (OVERLOADED) at once.
  int max_in_flight = 4096;
  // Connections; one more is closed at once.
  int max_connections = 16384;
  // Streams open at once; one more is answered RESOURCE_EXHAUSTED (OVERLOADED). One connection has
  // as many as are free at most: half, if nobody else is there.
  int max_streams = 1024;
  // The same of those who look at the server: health and reflection.
  int max_looking_streams = 512;
  // Messages of one stream whose answers have not left; then nothing more of it is read.
  int stream_window = 256;
  // Requests in handlers, of calls and of streams, in wire bytes together. A call above it is
  // answered RESOURCE_EXHAUSTED (OVERLOADED), a message of a stream so that the stream goes on.
  // Messages that are not whole may take as much again (http2_gate.h); their shares are
  // connections', not callers'.
  int64_t max_in_flight_bytes = 256 << 20;
  // Answers of calls that their callers have not taken, those above 4 KiB together. A call whose
  // answer is above it is answered RESOURCE_EXHAUSTED (OVERLOADED) instead; what it commanded is
  // done. An answer that is not taken 5 s after the deadline is dropped. Answers of a stream beyond
  // 64 KiB count too; without room the stream ends OVERLOADED.
  int64_t max_unsent_bytes = 256 << 20;
  // Calls of one connection that are open at once; HTTP/2 makes the caller wait with the next.
  int max_calls_of_one_connection = 1024;
  // Of a call, also when the caller names none, and of one message of a stream.
  absl::Duration max_deadline = absl::Seconds(60);
  int max_message_bytes = 4 * 1024 * 1024;  // either way
  // A connection this old is told to go (a new one takes over without a lost call); after
  // max_deadline + 5 s it is closed, with the streams that are still on it.
  absl::Duration max_connection_age = absl::Minutes(30);
  // Silence after which a connection is asked whether it lives, and the time for an answer.
  absl::Duration keepalive_time = absl::Seconds(60);
  absl::Duration keepalive_timeout = absl::Seconds(20);
  // Clients that ask more often than this, without a call, are disconnected.
  absl::Duration min_ping_interval = absl::Seconds(10);

  // Messages for people, from any thread.
  std::function<void(Notice, std::string_view)> say = [](Notice, std::string_view) {};
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

  // Calls in handlers, and streams open, now.
  int in_flight() const;
  int streams() const;

  // First half of a shutdown: streams of requests are read no further and end when everything read
  // is answered; new ones are refused. Calls are served as before.
  void DrainStreams();

  // Health says NOT_SERVING, nothing new is taken, calls in flight may finish until shortly before
  // `deadline`, the rest is answered SHUTTING_DOWN. Returns when no thread of the server runs. Any
  // number of times.
  void Shutdown(absl::Time deadline);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace daybook::rpc
