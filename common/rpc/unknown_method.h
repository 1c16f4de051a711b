// Calls of methods that nobody serves. gRPC would answer them by itself, but without a reason.
// Private to common/rpc (gRPC types).
#pragma once

#include "common/rpc/queue.h"

namespace daybook::rpc {

// A call taken by Shared::unknown_methods: UNIMPLEMENTED, UNSUPPORTED, and the next one is awaited.
// Lives until gRPC has reported on it for the last time. The queue's thread.
class UnknownMethod {
 public:
  // Waits for one.
  static void Post(Shared& shared, grpc::ServerCompletionQueue* queue);

 private:
  UnknownMethod(Shared& shared, grpc::ServerCompletionQueue* queue)
      : shared_(shared), queue_(queue) {}
  static void Arrived(void* owner, bool ok);
  static void Finished(void* owner, bool ok);

  Shared& shared_;
  grpc::ServerCompletionQueue* const queue_;
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_{&context_};
  Event arrived_{&Arrived, this};
  Event finished_{&Finished, this};
};

}  // namespace daybook::rpc
