// Completion queues, what their calls take of the server, and the seats that calls sit on.
// Private to common/rpc (gRPC types).
//
// Operation. A queue has one thread, which waits for what gRPC reports. For each method it has
// Seats, which keep some seats posted to gRPC; when a call takes one, the next is posted. How a
// call is served is theirs: unary.h and stream.h. The queue sweeps them now and then, so that calls
// are answered by their deadlines, and sends answers for them.
//
// Concurrency. Arrivals and the sweep run on the queue's thread, answers on any.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/support/async_unary_call.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/rpc/actor.h"
#include "common/rpc/method.h"
#include "common/rpc/pool.h"

namespace daybook::rpc {

// For a caller to take an answer, beyond the time that there was for it.
constexpr absl::Duration kTakeAnswer = absl::Seconds(5);
// Between a deadline and the answer that says so.
constexpr absl::Duration kAfterDeadline = absl::Milliseconds(500);
// Between two sweeps, at most.
constexpr absl::Duration kSweepEvery = absl::Milliseconds(200);

// The rpcs of one service, taken as raw bytes.
class RawService : public grpc::Service {
 public:
  void Add(Method& method);
  void Request(int index, grpc::ServerContext* context, grpc::ByteBuffer* request,
               grpc::internal::ServerAsyncStreamingInterface* writer,
               grpc::ServerCompletionQueue* queue, void* tag) {
    RequestAsyncUnary(index, context, request, writer, queue, queue, tag);
  }
  void RequestStream(int index, grpc::ServerContext* context,
                     grpc::internal::ServerAsyncStreamingInterface* stream,
                     grpc::ServerCompletionQueue* queue, void* tag) {
    RequestAsyncBidiStreaming(index, context, stream, queue, queue, tag);
  }

 private:
  int size_ = 0;
};

// What a completion queue's tags are.
struct Event {
  void (*proceed)(void* owner, bool ok);
  void* owner;
};

class CallQueue;

// What all queues of a server share. Handles keep it alive, so that a call may outlive its server.
struct Shared : std::enable_shared_from_this<Shared> {
  explicit Shared(const ServerOptions& options);
  ~Shared();

  const ServerOptions options;
  const bool loopback;  // nobody else can reach the server
  std::deque<Method> methods;
  std::deque<RawService> services;
  grpc::AsyncGenericService unknown_methods;
  std::vector<std::unique_ptr<CallQueue>> queues;
  Counter* overloaded = nullptr;
  Counter* not_taken = nullptr;

  // The refusals of who finds no room in a pool; counted.
  absl::Status TooManyCalls(Pool::Outcome why);
  absl::Status TooManyStreams(Pool::Outcome why, StreamUse use);
  absl::Status TooManyBytes(Pool::Outcome why);   // of requests
  absl::Status TooMuchUnsent(Pool::Outcome why);  // of answers
  absl::Status Overloaded(Pool::Outcome why, const std::string& what);
  // Whether new streams of the method are refused.
  bool Refuses(const Method& method) const;
  // See actor.h.
  std::string Actor(const grpc::ServerContext& context) const {
    return ActorOf(context, options.tls.has_value() && !options.tls->client_ca.empty(), loopback);
  }
  // Whose share of a pool a call is: by certificate, else by address.
  std::string CallerName(const grpc::ServerContext& context) const;

  std::atomic<bool> stopping{false};
  std::atomic<bool> draining_streams{false};
  Pool calls;                           // handles
  Pool streams;                         // open, of those who work
  Pool streams_of_connections;          // the same, shared by connections rather than callers
  Pool looking;                         // open, of those who look
  Pool budget;                          // bytes of requests
  Pool unsent;                          // bytes of answers
  std::atomic<int64_t> outstanding{0};  // tags that gRPC will still report
};

std::string_view MetadataOf(const grpc::ServerContext& context, std::string_view key);
// `10.0.0.1` of a call that comes from `ipv4:10.0.0.1:40532`.
std::string PeerOfCall(const grpc::ServerContext& context);

// The seats of one method on one queue.
class Seats {
 public:
  virtual ~Seats() = default;
  // Posts to gRPC as many seats as are to wait for calls.
  virtual void Start() = 0;
  // Ends calls that are late. Not set: there is none to be looked at again; else the next look is
  // not later than that, and not later than a sweep from now. The queue's thread.
  virtual std::optional<absl::Time> Sweep(absl::Time now) = 0;
  // Streams read no more, and end so when everything read is answered. Any thread.
  virtual void End(const absl::Status& status) = 0;
  // Answers every open call.
  virtual void AnswerAll(const absl::Status& status) = 0;
};

// An answer that is ready to be given to gRPC.
class Outgoing {
 public:
  virtual void Send() = 0;

 protected:
  ~Outgoing() = default;
};

class CallQueue {
 public:
  CallQueue(Shared& shared, std::unique_ptr<grpc::ServerCompletionQueue> queue);
  ~CallQueue();

  // After the grpc server has started.
  void Start();

  // Answers every open call; again and again until nothing is outstanding. After the grpc server
  // has shut down.
  void AnswerAll(const absl::Status& status);

  // Ends the thread. When nothing is outstanding.
  void Stop();

  // Streams of requests, or all streams, end when they can. Any thread.
  void EndStreams(bool all, const absl::Status& status);

  // Sends an answer; `answer` lives until it has. Any thread. gRPC is quickest when one thread does
  // everything: with many calls in flight an alarm wakes the queue's own, which sends all that have
  // come meanwhile. With few the detour costs more than it saves, and this thread sends.
  void Send(Outgoing* answer);

  // Somebody has come who is to be looked at, by `time` and not later than a sweep from now. The
  // queue's thread.
  void SweepBy(absl::Time time) {
    watching_ = true;
    next_sweep_ = std::min(next_sweep_, time);
  }
  // The same for a call that has just come: sweeps if it is time to. Saves the timer where calls
  // come all the time.
  void WatchAndSweep(absl::Time now);

  grpc::ServerCompletionQueue* grpc() { return queue_.get(); }

 private:
  void Run();
  void Sweep(absl::Time now);
  static void SendAnswers(void* owner, bool ok);

  Shared& shared_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::vector<std::unique_ptr<Seats>> seats_;  // by number of the method
  std::thread thread_;
  std::atomic<std::thread::id> runs_on_{};  // said by the thread itself: it may answer before
                                            // `thread_` has been assigned
  absl::Time next_sweep_ = absl::InfinitePast();
  bool watching_ = false;  // somebody has come since the last sweep, or was still there then

  Event answers_wait_{&SendAnswers, this};
  grpc::Alarm answers_alarm_;
  std::mutex answers_mutex_;
  std::vector<Outgoing*> answers_;  // to be sent by the thread
  std::vector<Outgoing*> sending_;  // reused; the thread's
};

}  // namespace daybook::rpc
