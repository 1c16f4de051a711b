// Completion queues, and unary calls on them (streams: stream.h). Private to common/rpc (gRPC
// types).
//
// Operation. A Slot is a seat for one call: gRPC's context, the parsed request, the answer's
// writer. `waiting_per_method` seats a method are posted to gRPC; when a call takes one, the next
// is posted. Seats are used again, with their request message, so that the hot path allocates next
// to nothing.
//
// Life of a seat: posted → a call arrives → open (a handler has a handle) → claimed (exactly one of
// handler, deadline sweep and shutdown answers) → free, when gRPC has reported the answer sent and
// the handle is gone. Who drops the last of these references frees the seat. Whether the caller is
// still there is not asked for: that would be one event of the queue more a call. A caller who does
// not take the answer is cancelled by the sweep some seconds after the deadline.
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
#include <unordered_set>
#include <vector>

#include "common/rpc/actor.h"
#include "common/rpc/method.h"
#include "common/rpc/pool.h"

namespace daybook::rpc {

// For a caller to take an answer, beyond the time that there was for it.
constexpr absl::Duration kTakeAnswer = absl::Seconds(5);

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
class StreamSeat;
struct Slot;

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
  // Whether new streams of the method are.
  bool Refuses(const Method& method) const;
  // See actor.h.
  std::string Actor(const grpc::ServerContext& context) const {
    return ActorOf(context, options.tls.has_value() && !options.tls->client_ca.empty(), loopback);
  }

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
// Whose share of a pool a call is: by certificate, else by address.
std::string CallerName(const Shared& shared, const grpc::ServerContext& context);

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

  // One seat more waits for a call of the method.
  void Post(Method& method);

  // Sends a slot's answer. Any thread; but gRPC is quickest when one thread does everything, so
  // that with many calls in flight the queue's own sends them, those that have come meanwhile
  // together.
  void Send(Slot* slot);

  void Free(Slot* slot);
  void Dispatch(Slot* slot);  // a call has arrived

  void Forget(const std::shared_ptr<StreamSeat>& seat);
  // The next sweep is not later than that. The queue's thread.
  void SweepBy(absl::Time time) {
    watching_ = true;
    next_sweep_ = std::min(next_sweep_, time);
  }

 private:
  void Run();
  absl::Status Admit(Slot* slot);  // what it takes of the pools, and its request; or why not
  void Sweep(absl::Time now);
  Slot* Take(Method& method);
  std::vector<std::shared_ptr<StreamSeat>> Streams();

  Shared& shared_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::thread thread_;
  std::atomic<std::thread::id> runs_on_{};  // said by the thread itself: it may answer before
                                            // `thread_` has been assigned
  absl::Time next_sweep_ = absl::InfinitePast();
  bool watching_ = false;  // somebody has come since the last sweep, or was still there then

  static void SendAnswers(void* owner, bool ok);
  Event answers_wait_{&SendAnswers, this};
  grpc::Alarm answers_alarm_;
  std::mutex answers_mutex_;
  std::vector<Slot*> answers_;  // to be sent by the thread
  std::vector<Slot*> sending_;  // reused; the thread's

  std::mutex mutex_;  // guards the lists
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<std::vector<Slot*>> free_;  // by method
  std::unordered_set<std::shared_ptr<StreamSeat>> streams_;
};

}  // namespace daybook::rpc
