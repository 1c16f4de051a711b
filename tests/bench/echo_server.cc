// The denominator of the command and query figures: a gRPC server of the technology of common/rpc
// (raw methods, one completion queue, one thread) that does nothing but answer.
//
//   bench_echo RESULT_BYTES        prints `ready 127.0.0.1:PORT`; ends with SIGTERM
//
// /daybook.bench.v1.Echo/Empty answers nothing to anything. /daybook.bench.v1.Echo/Batch parses an
// ExecuteBatchRequest and serialises an ExecuteBatchResponse with as many results, each of
// RESULT_BYTES bytes.
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/support/async_unary_call.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <optional>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "common/base/status.h"
#include "daybook/book/v1/command_service.pb.h"

namespace daybook::bench {
namespace {

using book::v1::ExecuteBatchRequest;
using book::v1::ExecuteBatchResponse;

// As common/rpc: so many requests a method are kept ready.
constexpr int kWaiting = 64;
enum Method { kEmpty, kBatch, kMethods };
constexpr const char* kPaths[kMethods] = {"/daybook.bench.v1.Echo/Empty",
                                          "/daybook.bench.v1.Echo/Batch"};

class Echo : public grpc::Service {
 public:
  Echo() {
    for (int i = 0; i < kMethods; ++i) {
      AddMethod(new grpc::internal::RpcServiceMethod(
          kPaths[i], grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
      MarkMethodAsync(i);
    }
  }
  using grpc::Service::RequestAsyncUnary;
};

struct Seat {
  Method method;
  bool answered = false;
  std::optional<grpc::ServerContext> context;
  std::optional<grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>> writer;
  grpc::ByteBuffer request;
};

// A payment's result of exactly `bytes` bytes.
book::v1::CommandResult ResultOf(size_t bytes) {
  book::v1::CommandResult result;
  auto& payment = *result.mutable_record_payment();
  payment.set_payment_id("00000000-0000-8000-8000-000000000000");
  payment.set_revision(1);
  for (size_t size; (size = result.ByteSizeLong()) < bytes;) {
    payment.mutable_consistency_token()->append(std::max<size_t>(1, (bytes - size) / 2), 'x');
  }
  return result;
}

class Server {
 public:
  explicit Server(size_t result_bytes) : result_(ResultOf(result_bytes)) {
    grpc::ServerBuilder builder;
    builder.SetMaxReceiveMessageSize(4 << 20);
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&service_);
    queue_ = builder.AddCompletionQueue();
    server_ = builder.BuildAndStart();
    DAYBOOK_CHECK(server_ != nullptr && port_ != 0);
  }

  int port() const { return port_; }

  [[noreturn]] void Run() {
    for (int method = 0; method < kMethods; ++method) {
      for (int i = 0; i < kWaiting; ++i) Post(static_cast<Method>(method));
    }
    void* tag = nullptr;
    bool ok = false;
    while (queue_->Next(&tag, &ok)) {
      Seat* seat = static_cast<Seat*>(tag);
      if (!ok || seat->answered) {
        seat->writer.reset();
        seat->context.reset();
        seat->request.Clear();
        free_[seat->method].push_back(seat);
        continue;
      }
      Post(seat->method);
      seat->answered = true;
      seat->writer->Finish(
          seat->method == kBatch ? Batch(seat->request) : grpc::ByteBuffer(&empty_, 1),
          grpc::Status::OK, seat);
    }
    std::abort();
  }

 private:
  void Post(Method method) {
    if (free_[method].empty()) {
      free_[method].push_back(&seats_.emplace_back());
      free_[method].back()->method = method;
    }
    Seat* seat = free_[method].back();
    free_[method].pop_back();
    seat->answered = false;
    seat->context.emplace();
    seat->writer.emplace(&*seat->context);
    service_.RequestAsyncUnary(method, &*seat->context, &seat->request, &*seat->writer,
                               queue_.get(), queue_.get(), seat);
  }

  grpc::ByteBuffer Batch(grpc::ByteBuffer& request) {
    grpc::Slice slice;
    const bool single =
        request.TrySingleSlice(&slice).ok() || request.DumpToSingleSlice(&slice).ok();
    DAYBOOK_CHECK(single && request_.ParseFromArray(slice.begin(), static_cast<int>(slice.size())));
    response_.Clear();
    for (int i = 0; i < request_.commands_size(); ++i) *response_.add_results() = result_;
    const size_t size = response_.ByteSizeLong();
    grpc_slice bytes = grpc_slice_malloc(size);
    response_.SerializeWithCachedSizesToArray(GRPC_SLICE_START_PTR(bytes));
    const grpc::Slice owned(bytes, grpc::Slice::STEAL_REF);
    return grpc::ByteBuffer(&owned, 1);
  }

  const book::v1::CommandResult result_;
  const grpc::Slice empty_;
  ExecuteBatchRequest request_;    // reused
  ExecuteBatchResponse response_;  // reused
  Echo service_;
  int port_ = 0;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::deque<Seat> seats_;
  std::vector<Seat*> free_[kMethods];
};

}  // namespace
}  // namespace daybook::bench

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench_echo RESULT_BYTES\n");
    return 2;
  }
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as daybook
  daybook::bench::Server server(static_cast<size_t>(std::atoi(argv[1])));
  std::printf("ready 127.0.0.1:%d\n", server.port());
  std::fflush(stdout);
  server.Run();
}
