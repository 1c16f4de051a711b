#include "common/rpc/unknown_method.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/rpc/wire.h"

namespace daybook::rpc {

void UnknownMethod::Post(Shared& shared, grpc::ServerCompletionQueue* queue) {
  // Released to gRPC, which gives it back with its reports.
  auto* call = new UnknownMethod(shared, queue);
  shared.outstanding.fetch_add(1, std::memory_order_relaxed);
  shared.unknown_methods.RequestCall(&call->context_, &call->stream_, queue, queue,
                                     &call->arrived_);
}

void UnknownMethod::Arrived(void* owner, bool ok) {
  auto* call = static_cast<UnknownMethod*>(owner);
  if (!ok) return Finished(owner, false);  // the server has shut down
  Shared& shared = call->shared_;
  if (!shared.stopping.load(std::memory_order_acquire)) Post(shared, call->queue_);
  call->stream_.Finish(
      WireStatus(Refuse(reason::kUnsupported,
                        absl::StrCat("this server has no method ", call->context_.method()))),
      &call->finished_);
}

void UnknownMethod::Finished(void* owner, bool) {
  const std::unique_ptr<UnknownMethod> call(static_cast<UnknownMethod*>(owner));
  call->shared_.outstanding.fetch_sub(1, std::memory_order_release);
}

}  // namespace daybook::rpc
