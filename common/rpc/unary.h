// Unary calls on completion queues. Private to common/rpc (gRPC types).
//
// Operation. A Slot is a seat for one call: gRPC's context, the parsed request, the answer's
// writer. `waiting_per_method` seats a method are posted to gRPC; when a call takes one, the next
// is posted. Seats are used again, with their request message, so that the hot path allocates next
// to nothing.
//
// Life of a seat: posted → a call arrives → open (a handler has a handle) → claimed (exactly one of
// handler, deadline sweep and shutdown answers) → free, when gRPC has reported both the answer sent
// and the call done and the handle is gone. Who drops the last of these references frees the seat.
//
// Concurrency. Arrivals and the sweep run on the queue's thread, answers on any.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/support/async_unary_call.h>

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "common/rpc/method.h"

namespace daybook::rpc {

// The rpcs of one service, taken as raw bytes.
class RawService : public grpc::Service {
 public:
  void Add(Method& method);
  void Request(int index, grpc::ServerContext* context, grpc::ByteBuffer* request,
               grpc::internal::ServerAsyncStreamingInterface* writer,
               grpc::ServerCompletionQueue* queue, void* tag) {
    RequestAsyncUnary(index, context, request, writer, queue, queue, tag);
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
struct Slot;

// What all queues of a server share. Handles keep it alive, so that a call may outlive its server.
struct Shared : std::enable_shared_from_this<Shared> {
  explicit Shared(const ServerOptions& options);
  ~Shared();

  const ServerOptions options;
  std::deque<Method> methods;
  std::deque<RawService> services;
  std::vector<std::unique_ptr<CallQueue>> queues;
  Counter* overloaded = nullptr;

  std::atomic<bool> stopping{false};
  std::atomic<int> in_flight{0};        // handles
  std::atomic<int64_t> outstanding{0};  // tags that gRPC will still report
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

  void Free(Slot* slot);
  void Dispatch(Slot* slot);  // a call has arrived

 private:
  void Run();
  void Post(Method& method);
  void Sweep(absl::Time now);
  Slot* Take(Method& method);

  Shared& shared_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::thread thread_;
  absl::Time next_sweep_ = absl::InfinitePast();

  std::mutex mutex_;  // guards the lists
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<std::vector<Slot*>> free_;  // by method
};

}  // namespace daybook::rpc
