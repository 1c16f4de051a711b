#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <atomic>

#include "tests/rpc/serving.h"

namespace daybook::rpc {
namespace {

class RpcCompression : public Serving {
 protected:
  // A call of IssueInvoice by a client that compresses so.
  grpc::Status AskCompressed(grpc_compression_algorithm algorithm) {
    IssueInvoiceRequest request;
    request.set_customer_id(std::string(10'000, 'c'));  // short ones are not compressed
    const grpc::Slice slice(request.SerializeAsString());
    const grpc::ByteBuffer bytes(&slice, 1);
    grpc::GenericStub stub(grpc::CreateChannel("127.0.0.1:" + std::to_string(server_->port()),
                                               grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    context.set_compression_algorithm(algorithm);
    grpc::CompletionQueue queue;
    const auto call = stub.PrepareUnaryCall(&context, PathOf(IssueInvoice()), bytes, &queue);
    call->StartCall();
    grpc::ByteBuffer response;
    grpc::Status status;
    call->Finish(&response, &status, nullptr);
    void* tag;
    bool ok;
    queue.Next(&tag, &ok);
    return status;
  }
};

TEST_F(RpcCompression, IsRefusedBeforeAHandlerSeesIt) {
  std::atomic<int> handled{0};
  Serve([&](std::unique_ptr<Call> call) {
    ++handled;
    Echo(std::move(call));
  });
  EXPECT_TRUE(AskCompressed(GRPC_COMPRESS_NONE).ok());
  EXPECT_EQ(handled, 1);
  for (const auto algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    const grpc::Status status = AskCompressed(algorithm);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED) << status.error_message();
  }
  EXPECT_EQ(handled, 1);
}

}  // namespace
}  // namespace daybook::rpc
